package localdb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version that Footfall runs on.
const oldestPostgres = 15

// ErrNoPostgres says that the machine has no Postgres binaries that would do.
var ErrNoPostgres = errors.New("install postgres 15 or newer and put it on PATH (scripts/setup.sh postgres does it)")

// binaries are one Postgres installation.
type binaries struct {
	dir     string
	version int // major
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// findPostgres finds an installation: the first one that is new enough, or, for data that exists, the first one of the
// very major version (0 = any) that wrote it.
func findPostgres(ctx context.Context, version int) (binaries, error) {
	var seen []string
	for _, dir := range postgresDirs(ctx) {
		b, err := inspect(ctx, dir)
		if err != nil {
			continue
		}
		if b.version == version || version == 0 && b.version >= oldestPostgres {
			return b, nil
		}
		seen = append(seen, fmt.Sprintf("%d in %s", b.version, dir))
	}
	found := "none found"
	if len(seen) > 0 {
		found = "found only " + strings.Join(seen, ", ")
	}
	if version != 0 {
		return binaries{}, fmt.Errorf("the data was written by postgres %d (%s): %w", version, found, ErrNoPostgres)
	}
	return binaries{}, fmt.Errorf("no postgres (%s): %w", found, ErrNoPostgres)
}

// postgresDirs lists the folders to look in, best first: PATH, pg_config, Debian, Homebrew.
func postgresDirs(ctx context.Context) []string {
	var dirs []string
	for _, name := range []string{"initdb", "postgres"} {
		if path, err := exec.LookPath(name); err == nil {
			dirs = append(dirs, realDir(path))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		dirs = append(dirs, newestFirst(pattern)...)
	}
	return dirs
}

// realDir is the folder of the file behind the links: initdb looks for postgres beside itself.
func realDir(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return filepath.Dir(path)
}

var number = regexp.MustCompile(`\d+`)

// newestFirst expands a pattern, sorted by the number where the star is, highest first.
func newestFirst(pattern string) []string {
	dirs, _ := filepath.Glob(pattern)
	star := strings.IndexByte(pattern, '*')
	version := func(dir string) int {
		n, _ := strconv.Atoi(number.FindString(dir[star:]))
		return n
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	return dirs
}

// inspect asks the postgres in the folder for its version; initdb must be beside it.
func inspect(ctx context.Context, dir string) (binaries, error) {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("ask %s for its version: %w", dir, err)
	}
	version, err := strconv.Atoi(number.FindString(string(out)))
	if err != nil {
		return binaries{}, fmt.Errorf("version of %s: %q", dir, out)
	}
	return binaries{dir: dir, version: version}, nil
}
