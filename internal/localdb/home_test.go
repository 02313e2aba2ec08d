package localdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnreachableFolderMovesTheData(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root drops to a user who cannot reach a folder")
	}
	closed, err := os.MkdirTemp("", "footfall-test-") // mode 0700
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(closed) }()
	o := Options{Dir: filepath.Join(closed, "data"), Fast: true}
	s := start(t, o)
	exec1(t, s.DatabaseURL(), "CREATE TABLE t AS SELECT 42 AS n")
	if strings.HasPrefix(s.Dir(), closed) {
		t.Errorf("data in %s", s.Dir())
	}
	if info, err := os.Stat(closed); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the parent folder was changed: %v, %v", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, o)
	if n := query[int](t, again.DatabaseURL(), "SELECT n FROM t"); n != 42 || again.Dir() != s.Dir() {
		t.Errorf("second start: %d in %s", n, again.Dir())
	}
	if err := errors.Join(again.Close(), os.RemoveAll(closed)); err != nil {
		t.Fatal(err)
	}
	sweep()
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("data that outlived its folder: %v", err)
	}
}

func TestSweepTakesOnlyTheDead(t *testing.T) {
	t.Parallel()
	live, err := temporaryHomeIn(os.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := temporaryHomeIn(os.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dead.temporary = false
	if err := dead.release(); err != nil {
		t.Fatal(err)
	}
	sweep()
	if _, err := os.Stat(live.dir); err != nil {
		t.Errorf("a live home: %v", err)
	}
	if _, err := os.Stat(dead.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dead home: %v", err)
	}
	if err := live.release(); err != nil {
		t.Error(err)
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	open := publicDir(t)
	closed := filepath.Join(open, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	stranger := &account{name: "stranger", uid: 4_000_000, gid: 4_000_000}
	owner := &account{name: "owner", uid: uint32(os.Geteuid()), gid: 4_000_000}
	if stranger.reaches(closed) || !owner.reaches(closed) || !(*account)(nil).reaches(closed) {
		t.Error("reach of a folder with mode 0700")
	}
	if err := os.Chmod(open, 0o711); err != nil {
		t.Fatal(err)
	}
	if !stranger.reaches(open) {
		t.Error("a stranger does not reach a folder with mode 0711")
	}
}

func TestFindPostgresSaysWhatToDo(t *testing.T) {
	t.Parallel()
	if _, err := findPostgres(t.Context(), 1); !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "found only") {
		t.Errorf("error: %v", err)
	}
}

func TestNewestFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, version := range []string{"9", "15", "17"} {
		if err := os.MkdirAll(filepath.Join(root, version), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got := newestFirst(filepath.Join(root, "*"))
	if len(got) != 3 || filepath.Base(got[0]) != "17" || filepath.Base(got[2]) != "9" {
		t.Errorf("order: %v", got)
	}
}
