package localdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
)

func TestKilledServersComeBack(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Redis: true})
	exec1(t, s.DatabaseURL(), "CREATE TABLE t AS SELECT 42 AS n")
	url, redisURL := s.DatabaseURL(), s.RedisURL()
	for _, p := range []*Process{s.Postgres(), s.Redis()} {
		pids := append(childrenOf(p.Pid()), p.Pid())
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		await.Until(t, "killed processes are gone", func() bool { return gone(pids...) })
		if err := p.Kill(); !errors.Is(err, errNotRunning) {
			t.Errorf("kill the dead: %v", err)
		}
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.DatabaseURL() != url || s.RedisURL() != redisURL {
		t.Error("the addresses changed")
	}
	if n := query[int](t, url, "SELECT n FROM t"); n != 42 {
		t.Errorf("after kill -9: %d", n)
	}
	if err := redisClient(t, s).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestPostmasterKilledAloneComesBack(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	exec1(t, s.DatabaseURL(), "CREATE TABLE t AS SELECT 42 AS n")
	pid := s.Postgres().Pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "Pid is 0", func() bool { return s.Postgres().Pid() == 0 })
	if err := s.Postgres().Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := query[int](t, s.DatabaseURL(), "SELECT n FROM t"); n != 42 {
		t.Errorf("after kill -9: %d", n)
	}
}

func TestPausedServerAnswersNobodyAndGoesOn(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Fast: true})
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := s.Postgres().Pause(); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), "SELECT 1")
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Errorf("a paused server answered: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := s.Postgres().Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("after resume: %v", err)
	}
}

func TestStopAndStart(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Fast: true})
	if err := errors.Join(s.Postgres().Stop(), s.Postgres().Stop()); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), s.DatabaseURL()); err == nil {
		t.Error("a stopped server answered")
	}
	if err := s.Postgres().Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Postgres().Start(t.Context()); err == nil {
		t.Error("started twice")
	}
}

func TestServersDieWithTheirProcess(t *testing.T) {
	t.Parallel()
	dir := publicDir(t)
	dead := runHelper(t, dir)
	s := start(t, Options{Dir: dir, Fast: true}) // at once: the orphans may still be leaving
	if n := query[int](t, s.DatabaseURL(), "SELECT n FROM t"); n != 42 {
		t.Errorf("after kill -9 of the process: %d", n)
	}
	await.Until(t, "the orphans are gone", func() bool { return gone(dead.Postgres, dead.Redis) })
}

func TestRecycledProcessIDIsSurvived(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Fast: true})
	path := filepath.Join(s.home.path(dataFolder), "postmaster.pid")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Postgres().Kill(); err != nil {
		t.Fatal(err)
	}
	other := startSleeper(t, s)
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := replaceFile(path, strconv.Itoa(other)+"\n"+rest); err != nil {
		t.Fatal(err)
	}
	if err := s.Postgres().Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if gone(other) {
		t.Error("somebody else's process was ended")
	}
}

// startSleeper runs a process that is not Postgres as the account that Postgres runs as.
func startSleeper(t *testing.T, s *Server) int {
	t.Helper()
	cmd := s.command(t.Context(), "/", "/bin/sleep", "60")
	if err := launch(cmd, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func TestErrorQuotesTheLog(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Fast: true})
	if err := s.Postgres().Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.home.path(dataFolder), "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	err := s.Postgres().Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "could not find the database system") {
		t.Errorf("error: %v", err)
	}
}

func TestLostPasswordIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	o := Options{Dir: publicDir(t), Fast: true}
	s := start(t, o)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.home.path(passwordFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), o); !errors.Is(err, errFatal) {
		t.Errorf("error: %v", err)
	}
}

func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	f, err := s.Standby(t.Context(), "standby")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	exec1(t, s.DatabaseURL(), "CREATE TABLE t AS SELECT 42 AS n")
	await.Until(t, "the standby follows", func() bool {
		return query[bool](t, f.DatabaseURL(), "SELECT pg_is_in_recovery() AND to_regclass('t') IS NOT NULL")
	})
	if err := s.Postgres().Kill(); err != nil {
		t.Fatal(err)
	}
	if err := f.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec1(t, f.DatabaseURL(), "INSERT INTO t VALUES (43)")
	if n := query[int](t, f.DatabaseURL(), "SELECT sum(n)::int FROM t"); n != 85 {
		t.Errorf("after the promotion: %d", n)
	}
}
