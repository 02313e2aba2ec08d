package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/localdb"
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
	m, known := f.replica.mark(f.t.Context())
	return known && f.replica.read(f.t.Context(), m, f.tenant.ID, statement{"SELECT 1", args{}, func(rows pgx.Rows) error {
		rows.Close()
		return rows.Err()
	}}) == nil
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
	standby := newStandby(t, server, "standby")
	control := connect(t, standby.DatabaseURL())
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

	// The third row fails, on the replica alone.
	asked, got := []string{"SELECT 6 / (3 - n) FROM generate_series(1, 4) n", "SELECT 7"}, []int(nil)
	ok(t, f.read(t.Context(), f.tenant.ID, func() statement {
		text := asked[0]
		asked = asked[1:]
		return statement{text, args{}, func(rows pgx.Rows) (err error) {
			got, err = pgx.CollectRows(rows, pgx.RowTo[int])
			return err
		}}
	}))
	equal(t, "rows when the replica fails within them", fmt.Sprint(got), "[7]")
	equal(t, "the replica is used still", f.ReplicaUsed(), true)

	// What the reader cannot read says nothing of the replica.
	failed := errors.New("unreadable")
	err := f.read(t.Context(), f.tenant.ID, func() statement {
		return statement{"SELECT 7", args{}, func(rows pgx.Rows) error {
			_, err := pgx.CollectRows(rows, func(pgx.CollectableRow) (int, error) { return 0, failed })
			return err
		}}
	})
	if !errors.Is(err, failed) {
		t.Error(err)
	}
	equal(t, "the replica is used beside what cannot be read", f.ReplicaUsed(), true)

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

	ok(t, standby.Postgres().Pause())
	f.pass(2 * time.Second)
	equal(t, "clicks while the replica hangs", f.clicks(), int64(2))
	if why := f.lastTold(); !errors.Is(why, errSilent) {
		t.Errorf("told %v", why)
	}
	ok(t, standby.Postgres().Resume())
	f.pass(time.Minute)
	await.Until(t, "the replica is used once more", f.used)

	// Promoted, it follows no longer, and has a history of its own.
	ok(t, standby.Promote(t.Context()))
	f.click("3")
	f.pass(2 * time.Second)
	equal(t, "clicks when the replica was promoted", f.clicks(), int64(3))
	equal(t, "the promoted answers", f.used(), false)
	if err := f.CheckReplica(t.Context()); !errors.Is(err, errForeign) {
		t.Errorf("the promoted is %v", err)
	}

	ok(t, standby.Close())
	f.pass(time.Minute)
	equal(t, "clicks without the replica", f.clicks(), int64(3))
	if f.CheckReplica(t.Context()) == nil {
		t.Error("a replica that is gone passes the check")
	}
}

// A replica of a primary that another one has replaced may be further on than that, in a
// history that never was.
func TestReplicaOfAnotherTimeline(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t)
	ok(t, migrateURL(t.Context(), server.DatabaseURL()))
	left, next := newStandby(t, server, "left"), newStandby(t, server, "next")
	ok(t, next.Promote(t.Context()))
	_, err := connect(t, server.DatabaseURL()).Exec(t.Context(), "SELECT pg_logical_emit_message(true, 'x', repeat('y', 1000000)) FROM generate_series(1, 40)")
	ok(t, err)
	f := follow(t, next.DatabaseURL(), left.DatabaseURL(), "acme")
	await.Until(t, "the one that is left is ahead", func() bool {
		var replayed, written int64
		ok(t, f.replica.pool.QueryRow(t.Context(), "SELECT pg_last_wal_replay_lsn() - '0/0'").Scan(&replayed))
		ok(t, f.pool.QueryRow(t.Context(), "SELECT pg_current_wal_lsn() - '0/0'").Scan(&written))
		return replayed > written+20_000_000
	})
	f.click("1")
	for range 20 {
		f.pass(2 * time.Second)
		equal(t, "clicks", f.clicks(), int64(1))
	}
	equal(t, "the replica is used", f.ReplicaUsed(), false)
}

// One whose distance cannot be measured is not used, and somebody hears why.
func TestReplicaThatCannotBeMeasured(t *testing.T) {
	t.Parallel()
	server := storetest.PrivateServer(t)
	standby := newStandby(t, server, "standby")
	admin := connect(t, server.DatabaseURL())
	for _, statement := range []string{"CREATE ROLE plain LOGIN PASSWORD 'x'", "CREATE DATABASE plain OWNER plain"} {
		_, err := admin.Exec(t.Context(), statement)
		ok(t, err)
	}
	plain := asUser(t, server, "plain")
	_, err := connect(t, server.URLOf("plain")).Exec(t.Context(), "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	ok(t, err)
	f := follow(t, plain, standby.DatabaseURL(), "acme")
	f.click("1")
	equal(t, "clicks", f.clicks(), int64(1))
	equal(t, "the replica is used", f.ReplicaUsed(), false)
	if f.lastTold() == nil || f.CheckReplica(t.Context()) == nil {
		t.Errorf("told %v, the check %v", f.lastTold(), f.CheckReplica(t.Context()))
	}
}

func newStandby(t *testing.T, server *localdb.Server, name string) *localdb.Standby {
	t.Helper()
	s, err := server.Standby(t.Context(), name)
	ok(t, err)
	t.Cleanup(func() { _ = s.Close() }) // the test may have
	return s
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
		if err = f.CheckReplica(t.Context()); !errors.Is(err, errForeign) { // before anybody reads
			t.Errorf("%s: %v", name, err)
		}
		equal(t, name+" is used", f.ReplicaUsed(), false)
		f.click("1")
		for range 3 {
			f.pass(6 * time.Second)
			equal(t, name+": clicks", f.clicks(), int64(1))
			equal(t, name+" is used", f.used(), false)
		}
	}
}
