package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A clock that jumps cannot be had by setting the machine's, which is everybody's,
// and Go asks the kernel for the time where no library can step in. So the program
// is built once more with a time.Now that can be moved: Go's own source, with a
// line added as it is compiled. Durations stay right, as they do when a real
// clock is set.
const (
	skewedBin = "bin/footfall-clock"
	clockJump = 2 * time.Hour

	anchor = "	sec, nsec, mono := runtimeNow()\n	if mono == 0 {\n		return Time{uint64(nsec), sec + unixToInternal, Local}"
	moved  = "	sec, nsec, mono := runtimeNow()\n	sec += Skew.Load()\n	if mono == 0 {\n		return Time{uint64(nsec), sec + unixToInternal, Local}"

	skewSource = "package time\n\nimport \"sync/atomic\"\n\n// Skew is how many seconds the clock is moved.\nvar Skew atomic.Int64\n"

	// The signals move the clock an hour forward, and back.
	moverSource = `package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func init() {
	moves := make(chan os.Signal, 8)
	signal.Notify(moves, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for move := range moves {
			hour := int64(time.Hour / time.Second)
			if move == syscall.SIGUSR2 {
				hour = -hour
			}
			time.Skew.Add(hour)
		}
	}()
}
`
)

// buildSkewed builds the program with a clock that can be moved.
func buildSkewed(ctx context.Context, errOut io.Writer) error {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	library := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	source, err := os.ReadFile(filepath.Join(library, "time.go"))
	if err != nil {
		return err
	}
	if strings.Count(string(source), anchor) != 1 {
		return errors.New("this Go's time.Now is another than this program knows: the clock cannot be moved")
	}
	dir, err := os.MkdirTemp("", "footfall-clock-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for place, text := range map[string]string{
		filepath.Join(library, "time.go"):     strings.Replace(string(source), anchor, moved, 1),
		filepath.Join(library, "skew.go"):     skewSource,
		filepath.Join(here, "clock_moves.go"): moverSource,
	} {
		replace[place] = filepath.Join(dir, filepath.Base(place))
		if err = os.WriteFile(replace[place], []byte(text), 0o600); err != nil {
			return err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	if err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		return err
	}
	return build(ctx, errOut, "-overlay", filepath.Join(dir, "overlay.json"), "-o", skewedBin, ".")
}

// clockJumps moves the clock of one gateway of two forward, back, behind, and to
// where it was.
func clockJumps(ctx context.Context, c *course) error {
	if err := c.replace(ctx, 0, skewedBin); err != nil {
		return err
	}
	moves := 0
	for _, move := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGUSR2, syscall.SIGUSR1} {
		for range clockJump / time.Hour {
			if err := c.gateways[0].Signal(move); err != nil {
				return err
			}
			pause(ctx, 50*time.Millisecond) // signals of a kind that meet are one
		}
		if moves += int(clockJump/time.Hour) * sign(move); !c.ahead(ctx, moves) {
			return errors.New("the clock did not move")
		}
		c.hold(ctx)
	}
	return c.replace(ctx, 0, c.binary)
}

func sign(move syscall.Signal) int {
	if move == syscall.SIGUSR1 {
		return 1
	}
	return -1
}

// ahead reports whether the first gateway dates its answers so many hours ahead.
func (c *course) ahead(ctx context.Context, hours int) bool {
	r, err := c.client(c.gateways[0].Address, 1).send(ctx, http.MethodGet, "/healthz", "", "")
	if err != nil {
		return false
	}
	date, err := http.ParseTime(r.header.Get("Date"))
	return err == nil && time.Until(date).Round(time.Hour) == time.Duration(hours)*time.Hour
}
