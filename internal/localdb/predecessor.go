package localdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// noProcess is a process id that no system gives out.
const noProcess = 1 << 30

// endPredecessor clears the way for a postmaster over the data. We hold the folder's lock, so one that still runs there
// has lost its master to a kill -9: it is told to leave, and waited for. A postmaster.pid whose process id now belongs
// to somebody else, as happens after each restart of a container, would stop Postgres from starting: the id in it is
// replaced, and the rest kept, by which Postgres finds out whether old backends linger.
func endPredecessor(ctx context.Context, data string) error {
	path := filepath.Join(data, "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an old postmaster: %w", err)
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 {
		return fmt.Errorf("no process id in %s: %q", path, first)
	}
	if runsOver(pid, data) {
		return endOrphan(ctx, pid, data)
	}
	return replaceFile(path, strconv.Itoa(noProcess)+"\n"+rest)
}

// runsOver reports whether the process is a postmaster over the data.
func runsOver(pid int, data string) bool {
	line := commandLine(pid)
	return strings.Contains(line, "postgres") && strings.Contains(line+" ", " -D "+data+" ")
}

func endOrphan(ctx context.Context, pid int, data string) error {
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop an orphaned Postgres (process %d): %w", pid, err)
	}
	_ = syscall.Kill(pid, syscall.SIGCONT)
	for runsOver(pid, data) {
		if !pause(ctx) {
			return fmt.Errorf("stop an orphaned Postgres (process %d): %w", pid, ctx.Err())
		}
	}
	return nil
}

// replaceFile overwrites a file that is there, its owner and mode kept.
func replaceFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
