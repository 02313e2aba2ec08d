package localdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// helperDir names the folder over which the test binary, run again as a helper, starts a server to be killed.
const helperDir = "FOOTFALL_LOCALDB_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(help(dir))
	}
	os.Exit(m.Run())
}

// started is what the helper tells about its servers.
type started struct {
	URL             string
	Dir             string
	Postgres, Redis int
}

func help(dir string) int {
	s, err := Start(context.Background(), Options{Dir: dir, Redis: true, Fast: true, Log: os.Stderr})
	if err != nil {
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(started{s.DatabaseURL(), s.Dir(), s.Postgres().Pid(), s.Redis().Pid()})
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// publicDir is t.TempDir in a place that an unprivileged user can reach.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "footfall-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, folderMode()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	o.Log = t.Output()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func exec1(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func query[T any](t *testing.T, url, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func redisClient(t *testing.T, s *Server) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.RedisURL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func gone(pids ...int) bool {
	for _, pid := range pids {
		if commandLine(pid) != "" {
			return false
		}
	}
	return true
}

func TestStartServes(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Redis: true, Fast: true})
	if got := query[string](t, s.DatabaseURL(), "SELECT current_database() || ' ' || current_setting('fsync')"); got != "footfall off" {
		t.Errorf("database and fsync: %q", got)
	}
	if got := query[int](t, s.socketURL(superuser, s.port), "SELECT 1"); got != 1 {
		t.Errorf("over the socket: %d", got)
	}
	if err := redisClient(t, s).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Error(err)
	}
	url, err := s.NewDatabase(t.Context(), `odd "name"`)
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, url, "CREATE TABLE t (n int)")
	copied, err := s.CloneDatabase(t.Context(), "copy", `odd "name"`)
	if err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, copied, "SELECT count(*) FROM t"); n != 0 {
		t.Errorf("rows in the copy: %d", n)
	}
	if err := s.DropDatabase(t.Context(), "copy"); err != nil {
		t.Error(err)
	}
}

func TestDurableUnlessFast(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	const sql = "SELECT current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes')"
	if got := query[string](t, s.DatabaseURL(), sql); got != "ononon" {
		t.Errorf("fsync, synchronous_commit, full_page_writes: %q", got)
	}
	if s.RedisURL() != "" || s.Redis() != nil {
		t.Error("a Redis that nobody asked for")
	}
}

func TestPasswordIsAsked(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Redis: true, Fast: true})
	_, err := pgx.Connect(t.Context(), strings.Replace(s.DatabaseURL(), s.password, "guess", 1))
	if err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("Postgres with a wrong password: %v", err)
	}
	client := redis.NewClient(&redis.Options{Addr: loopback(s.redisPort)})
	defer func() { _ = client.Close() }()
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err == nil {
		t.Error("Redis without a password took a write")
	}
	info, err := os.Stat(s.home.path(passwordFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: %v, %v", info.Mode(), err)
	}
}

func TestSecondStartReusesData(t *testing.T) {
	t.Parallel()
	o := Options{Dir: filepath.Join(publicDir(t), "new", "data"), Fast: true}
	first := start(t, o)
	exec1(t, first.DatabaseURL(), "CREATE TABLE t AS SELECT 42 AS n")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, o)
	if n := query[int](t, second.DatabaseURL(), "SELECT n FROM t"); n != 42 {
		t.Errorf("after a restart: %d", n)
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	t.Parallel()
	o := Options{Dir: publicDir(t), Fast: true}
	start(t, o)
	if _, err := Start(t.Context(), o); !errors.Is(err, ErrInUse) {
		t.Errorf("second start over a live folder: %v", err)
	}
}

func TestTwoServersSideBySide(t *testing.T) {
	t.Parallel()
	a, b := start(t, Options{Redis: true, Fast: true}), start(t, Options{Redis: true, Fast: true})
	exec1(t, a.DatabaseURL(), "CREATE TABLE mine ()")
	if query[bool](t, b.DatabaseURL(), "SELECT to_regclass('mine') IS NOT NULL") {
		t.Error("the servers share a database")
	}
	if a.RedisURL() == b.RedisURL() {
		t.Error("the servers share a Redis")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Redis: true, Fast: true})
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	pids := append(childrenOf(s.Postgres().Pid()), s.Postgres().Pid(), s.Redis().Pid())
	if err := s.Redis().Pause(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if !gone(pids...) || s.Postgres().Pid() != 0 {
		t.Errorf("left running: %v", pids)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder: %v", err)
	}
}

func TestLongPathStillHasASocket(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: filepath.Join(publicDir(t), strings.Repeat("long", 25)), Fast: true})
	if n := query[int](t, s.socketURL(superuser, s.port), "SELECT 1"); n != 1 {
		t.Errorf("over the socket: %d", n)
	}
}

func TestProcessGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Redis: true, Fast: true})
	for _, pid := range []int{s.Postgres().Pid(), s.Redis().Pid()} {
		if group, err := syscall.Getpgid(pid); err != nil || group != pid {
			t.Errorf("process %d is in group %d: %v", pid, group, err)
		}
	}
}

func TestTakenPortIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Fast: true})
	taken, err := net.Listen("tcp4", loopback(0))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	bin, err := findPostgres(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Postgres().Stop(); err != nil {
		t.Fatal(err)
	}
	var ports []int
	s.postgres, err = startOnFreePort(t.Context(), func(port int) *Process {
		if ports == nil {
			port = taken.Addr().(*net.TCPAddr).Port
		}
		ports, s.port = append(ports, port), port
		return &Process{program: s.postgresProgram(bin, s.home.path(dataFolder), port)}
	})
	if err != nil || len(ports) != 2 {
		t.Fatalf("ports tried: %v, %v", ports, err)
	}
}

// runHelper starts a server in a process of its own and kills that process with -9.
func runHelper(t *testing.T, dir string) started {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	var s started
	if err := errors.Join(err, json.Unmarshal(line, &s)); err != nil {
		t.Fatalf("helper said %q: %v", line, err)
	}
	exec1(t, s.URL, "CREATE TABLE t AS SELECT 42 AS n")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return s
}
