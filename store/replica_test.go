package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/storetest"
)

// followed is a world whose reads go to a replica, on a clock that a test turns.
type followed struct {
	*world
	t    *testing.T
	past atomic.Int64 // since the start, in nanoseconds

	mu   sync.Mutex
	told []error // why the replica is not used, nil that it is
}

func follow(t *testing.T, url, replica, key string) *followed {
	t.Helper()
	ok(t, migrateURL(t.Context(), url))
	f := &followed{t: t}
	start := time.Now()
	s, err := Open(t.Context(), Options{
		URL: url, ReadURL: replica,
		Now: func() time.Time { return start.Add(time.Duration(f.past.Load())) },
		OnReplica: func(_ bool, why error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.told = append(f.told, why)
		},
	})
	ok(t, err)
	t.Cleanup(s.Close)
	f.world = settle(t, s, url, key, 1)
	return f
}

func (f *followed) pass(d time.Duration) { f.past.Add(int64(d)) }

func (f *followed) click(id string) {
	f.t.Helper()
	f.record(f.t, analytics.Event{ID: id, Action: analytics.Click, Kind: analytics.KindEvent, Key: "e0", At: at("2026-03-01T00:00:00Z")})
}

func (f *followed) clicks() int64 {
	f.t.Helper()
	return f.total(f.t, analytics.KindEvent, "e0", analytics.Always, wantAll).Of[analytics.Click].Events
}

// used reports whether the replica answers, some seconds later.
func (f *followed) used() bool {
	f.pass(2 * time.Second)
	rows, used := f.replica.read(f.t.Context(), f.tenant.ID, "SELECT 1", args{})
	if used {
		rows.Close()
	}
	return used
}

func (f *followed) lastTold() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.told) == 0 {
		return nil
	}
	return f.told[len(f.told)-1]
}

// A replica is read as long as it is no further behind than its readers count on. Else
// the primary is, and nobody notices.
func TestReplica(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t)
	standby, err := server.Standby(t.Context())
	ok(t, err)
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			ok(t, standby.Close())
		}
	}
	t.Cleanup(stop)
	control, err := pgx.Connect(t.Context(), standby.DatabaseURL())
	ok(t, err)
	t.Cleanup(func() { _ = control.Close(context.WithoutCancel(t.Context())) })
	told := func(statement string) (answer string) {
		t.Helper()
		ok(t, control.QueryRow(t.Context(), statement).Scan(&answer))
		return answer
	}

	f := follow(t, server.DatabaseURL(), standby.DatabaseURL(), "acme")
	f.click("1")
	await.Until(t, "the replica follows", f.used)
	equal(t, "clicks", f.clicks(), int64(1))
	equal(t, "the replica is used", f.ReplicaUsed(), true)
	ok(t, f.CheckReplica(t.Context()))

	told("SELECT pg_wal_replay_pause()::text")
	await.Until(t, "replay is paused", func() bool { return told("SELECT pg_get_wal_replay_pause_state()") == "paused" })
	f.click("2")
	equal(t, "clicks while the replica may be behind", f.clicks(), int64(1))
	for range 10 {
		f.pass(2 * time.Second)
		f.clicks()
	}
	equal(t, "clicks when it is too far behind", f.clicks(), int64(2))
	equal(t, "the replica answers", f.used(), false)
	equal(t, "the replica is used", f.ReplicaUsed(), false)
	if why := f.lastTold(); !errors.Is(why, errBehind) {
		t.Errorf("told %v", why)
	}
	told("SELECT pg_wal_replay_resume()::text")
	await.Until(t, "the replica is used again", f.used)
	equal(t, "why it is not used", f.lastTold(), nil)

	stop()
	f.pass(2 * time.Second)
	equal(t, "clicks without the replica", f.clicks(), int64(2))
	if f.lastTold() == nil || errors.Is(f.lastTold(), errBehind) {
		t.Errorf("told %v", f.lastTold())
	}
	if f.CheckReplica(t.Context()) == nil {
		t.Error("a replica that is gone passes the check")
	}
}

// What is no replica of the primary's database is never read.
func TestForeignReplica(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t)
	other, err := server.NewDatabase(t.Context(), "other")
	ok(t, err)
	ok(t, migrateURL(t.Context(), other))
	for name, url := range map[string]string{"another": other, "the-primary-itself": server.DatabaseURL()} {
		f := follow(t, server.DatabaseURL(), url, name)
		f.click("1")
		for range 3 {
			f.pass(6 * time.Second)
			equal(t, name+": clicks", f.clicks(), int64(1))
			equal(t, name+" is used", f.used(), false)
		}
		if err = f.CheckReplica(t.Context()); !errors.Is(err, errForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
