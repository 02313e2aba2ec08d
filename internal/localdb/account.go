package localdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is an unprivileged user that the servers run as; nil stands for whoever we are.
type account struct {
	name     string
	uid, gid uint32
}

// accountFor picks the account for the data folder: nil unless we are root, because Postgres refuses to run as root.
// Data that is there already stays with its owner; new data goes to postgres, else to nobody.
func accountFor(data string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if uid, gid, err := ownerOf(data); err == nil && uid != 0 {
		return &account{name: "uid " + strconv.Itoa(int(uid)), uid: uid, gid: gid}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if a, err := lookupAccount(name); err == nil {
			return a, nil
		}
	}
	return nil, errors.New("postgres refuses to run as root, and there is no user postgres or nobody to run it as")
}

func lookupAccount(name string) (*account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user id of %s: %w", name, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("group id of %s: %w", name, err)
	}
	return &account{name: name, uid: uint32(uid), gid: uint32(gid)}, nil
}

// credential is what a child is started with; nil leaves it ours.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own hands a file or folder to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reaches reports whether the account may pass through the folder and every folder above it. It reads permission bits
// only: an access control list that says otherwise shows up as an error of the server.
func (a *account) reaches(dir string) bool {
	if a == nil {
		return true
	}
	for {
		if !a.enters(dir) {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}

func (a *account) enters(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	pass := fs.FileMode(0o001)
	switch {
	case stat.Uid == a.uid:
		pass = 0o100
	case stat.Gid == a.gid:
		pass = 0o010
	}
	return info.Mode().Perm()&pass != 0
}

// ownerOf tells who owns the path itself, links not followed.
func ownerOf(path string) (uid, gid uint32, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("%s has no owner on this system", path)
	}
	return stat.Uid, stat.Gid, nil
}
