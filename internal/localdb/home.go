package localdb

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Files in a home. The origin of a home that is not at the place the caller named says what it stands in for: a path,
// or nothing when it is temporary. A home outlives neither its origin nor, without one, the process that holds its lock.
const (
	dataFolder   = "postgres"
	redisFolder  = "redis"
	lockFile     = "lock"
	passwordFile = "password"
	originFile   = ".footfall-origin"
	homePrefix   = "footfall-db-"
)

// roomy is how much free memory a file system must have to be lent to tests.
const roomy = 1 << 30

// ErrInUse says that another live process runs its servers in the folder.
var ErrInUse = errors.New("in use by a live server")

// home is the folder of one server: data, logs, password, and the lock that keeps it to one process.
type home struct {
	dir       string
	owner     *account // whom the servers run as
	temporary bool     // removed on release
	lock      *os.File
}

// openHome finds or makes the folder for the options, and locks it.
func openHome(o Options) (*home, error) {
	sweep()
	if o.Dir == "" {
		return temporaryHome(o.Fast)
	}
	dir, err := ensureDir(o.Dir)
	if err != nil {
		return nil, err
	}
	owner, err := accountFor(filepath.Join(dir, dataFolder))
	if err != nil {
		return nil, err
	}
	if owner.reaches(dir) {
		return lockHome(&home{dir: dir, owner: owner}, nil)
	}
	return movedHome(dir, owner, o)
}

// movedHome stands in for a folder that the unprivileged user cannot reach.
func movedHome(origin string, owner *account, o Options) (*home, error) {
	sum := sha256.Sum256([]byte(origin))
	dir := filepath.Join(durableBase(owner), homePrefix+hex.EncodeToString(sum[:8]))
	if err := os.Mkdir(dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	if err := isOurs(dir); err != nil {
		return nil, err
	}
	o.say("user %s, who runs the database, cannot reach %s: the data is in %s", owner.name, origin, dir)
	return lockHome(&home{dir: dir, owner: owner}, &origin)
}

// temporaryHome makes a folder that goes with its process.
func temporaryHome(fast bool) (*home, error) {
	owner, err := accountFor("")
	if err != nil {
		return nil, err
	}
	base := temporaryBase(owner)
	if fast && freeBytes("/dev/shm") >= roomy && owner.reaches("/dev/shm") {
		base = "/dev/shm"
	}
	return temporaryHomeIn(base, owner)
}

func temporaryHomeIn(base string, owner *account) (*home, error) {
	dir, err := os.MkdirTemp(base, homePrefix)
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	if err := os.Chmod(dir, folderMode()); err != nil {
		return nil, fmt.Errorf("open the temporary folder: %w", err)
	}
	return lockHome(&home{dir: dir, owner: owner, temporary: true}, new(string))
}

// lockHome takes the lock and only then writes the origin: a folder with an origin and a free lock has lost its process.
func lockHome(h *home, origin *string) (_ *home, err error) {
	if h.lock, err = lockDir(h.dir); err != nil {
		return nil, err
	}
	if origin != nil {
		if err := os.WriteFile(filepath.Join(h.dir, originFile), []byte(*origin), 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("mark the data folder: %w", err), h.release())
		}
	}
	return h, nil
}

// lockDir locks the folder for this process; the kernel lets go when it dies.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(file, 20))
		_ = file.Close()
		return nil, fmt.Errorf("%s is %w (process %s): stop that one or choose another folder", dir, ErrInUse, holder)
	}
	if err := errors.Join(file.Truncate(0), second(fmt.Fprint(file, os.Getpid()))); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write the lock of the data folder: %w", err)
	}
	return file, nil
}

func second(_ int, err error) error { return err }

// release removes a temporary folder and gives up the lock, in this order.
func (h *home) release() (err error) {
	if h == nil {
		return nil
	}
	if h.temporary {
		err = os.RemoveAll(h.dir)
	}
	// A child that is being started elsewhere has our files until it is itself: the lock
	// would outlive ours.
	_ = syscall.Flock(int(h.lock.Fd()), syscall.LOCK_UN)
	return errors.Join(err, h.lock.Close())
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

// folder makes a folder that belongs to the servers alone, and returns its path.
func (h *home) folder(name string) (string, error) {
	path := h.path(name)
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	if err := h.owner.own(path); err != nil {
		return "", fmt.Errorf("hand %s to user %s: %w", path, h.owner.name, err)
	}
	return path, nil
}

// password reads the password of both servers, or makes one up on first use: any local user can reach the port.
// The file belongs to the account, because initdb reads it too.
func (h *home) password() (string, error) {
	path := h.path(passwordFile)
	if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
		return strings.TrimSpace(string(text)), nil
	}
	password := rand.Text()
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the password: %w", err)
	}
	if err := h.owner.own(path); err != nil {
		return "", fmt.Errorf("hand the password to user %s: %w", h.owner.name, err)
	}
	return password, nil
}

// sweep removes the homes of servers whose process was killed before it could, and those whose origin is gone.
func sweep() {
	for _, base := range []string{"/dev/shm", "/var/tmp", os.TempDir(), "/tmp"} {
		marks, _ := filepath.Glob(filepath.Join(base, homePrefix+"*", originFile))
		for _, mark := range marks {
			sweepHome(filepath.Dir(mark))
		}
	}
}

func sweepHome(dir string) {
	if isOurs(dir) != nil {
		return
	}
	origin, err := os.ReadFile(filepath.Join(dir, originFile))
	if err != nil {
		return
	}
	if _, err := os.Stat(string(origin)); len(origin) > 0 && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if lock, err := lockDir(dir); err == nil {
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}
