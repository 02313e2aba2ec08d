package localdb

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// longestSocket is how long the path of a unix socket may be everywhere (104 bytes on macOS, 108 on Linux).
const longestSocket = 100

// folderMode lets the unprivileged user pass through a folder of ours when we are root, and nobody else otherwise.
func folderMode() fs.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

// ensureDir makes the folder unless it is there, and returns its absolute path without links.
func ensureDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	if err := os.MkdirAll(dir, folderMode()); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("find the data folder: %w", err)
	}
	return dir, nil
}

// isOurs refuses anything but a true folder that we own: names under /tmp are there for anybody to take first.
func isOurs(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	uid, _, err := ownerOf(dir)
	if err != nil {
		return fmt.Errorf("look at the data folder: %w", err)
	}
	if !info.IsDir() || int(uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of ours: remove it", dir)
	}
	return nil
}

// durableBase is a public folder that survives a reboot, for data.
func durableBase(a *account) string { return firstReachable(a, "/var/tmp", os.TempDir()) }

// temporaryBase is a public folder for what goes with the process.
func temporaryBase(a *account) string { return firstReachable(a, os.TempDir(), "/tmp") }

// firstReachable is the first of the folders that is there and that the account can reach.
func firstReachable(a *account, dirs ...string) string {
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && a.reaches(dir) {
			return dir
		}
	}
	return "/tmp"
}

// freeBytes is the room left on the file system of the path; 0 when there is no such path.
func freeBytes(path string) uint64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0
	}
	return stat.Bavail * uint64(stat.Bsize)
}

// sockets is the folder of the unix sockets.
type sockets struct {
	dir   string
	short *home // where the home's own path is too long for a socket; else nil
}

// openSockets makes the folder: in the home, or in a temporary place with a shorter path.
func openSockets(h *home) (*sockets, error) {
	s := &sockets{}
	if !fitsSocket(h.path("run")) {
		var err error
		if s.short, err = temporaryHomeIn(shortBase(h.owner), h.owner); err != nil {
			return nil, err
		}
		h = s.short
	}
	var err error
	if s.dir, err = h.folder("run"); err != nil {
		_ = s.release()
		return nil, err
	}
	return s, nil
}

func shortBase(a *account) string {
	if base := temporaryBase(a); fitsSocket(filepath.Join(base, homePrefix+"1234567890", "run")) {
		return base
	}
	return "/tmp"
}

func fitsSocket(dir string) bool {
	return len(filepath.Join(dir, ".s.PGSQL.65535.lock")) < longestSocket
}

func (s *sockets) release() error {
	if s == nil {
		return nil
	}
	return s.short.release()
}
