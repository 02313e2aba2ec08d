package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/storetest"
)

// TestMigrationGivesWay migrates a database of an earlier version under its
// traffic, and while a long reader holds the table that a migration changes: what
// others ask waits briefly at most, nothing fails, and the migrations come through.
func TestMigrationGivesWay(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	s := open(t, url)
	provider, closeDB, err := s.migrations()
	ok(t, err)
	const before = 4 // the migration after it changes sessions, which are read and written
	_, err = provider.DownTo(t.Context(), before)
	ok(t, err)
	closeDB()

	reader, err := pgx.Connect(t.Context(), url)
	ok(t, err)
	defer func() { ok(t, reader.Close(context.WithoutCancel(t.Context()))) }()
	for _, statement := range []string{"BEGIN", "SELECT count(*) FROM sessions"} {
		_, err = reader.Exec(t.Context(), statement)
		ok(t, err)
	}
	migrated := make(chan error, 1)
	go func() {
		ran, err := open(t, url).Migrate(context.WithoutCancel(t.Context()))
		if err == nil && ran != len(binaryVersions)-before {
			t.Errorf("%d migrations ran", ran)
		}
		migrated <- err
	}()
	stop := make(chan struct{})
	var traffic sync.WaitGroup
	for i := range 2 {
		traffic.Go(func() { previousTraffic(t, url, i, stop) })
	}
	attempts := map[time.Time]bool{} // at the lock
	for len(attempts) < 2 {
		rows, err := s.pool.Query(t.Context(), `SELECT query_start FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ALTER TABLE sessions%' AND pid <> pg_backend_pid()`)
		ok(t, err)
		waiting, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
		ok(t, err)
		for _, since := range waiting {
			attempts[since] = true
		}
		select {
		case err := <-migrated:
			t.Fatal("did not wait for the reader:", err)
		default:
		}
	}
	_, err = reader.Exec(t.Context(), "COMMIT")
	ok(t, err)
	ok(t, <-migrated)
	close(stop)
	traffic.Wait()
	v, err := s.Schema(t.Context())
	ok(t, err)
	ok(t, v.Err())
}

// previousTraffic reads and writes as the version before does, with a limit within
// which every statement must come through.
func previousTraffic(t *testing.T, url string, actor int, stop <-chan struct{}) {
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		for _, statement := range []string{
			"SET statement_timeout = '60s'",
			"INSERT INTO sessions (tenant_id, subject_id, actor_id, started_at, ended_at, views) VALUES ($1, 1, $2, '2026-03-01Z', '2026-03-01Z', NULL)",
			"SELECT count(*) FROM sessions WHERE tenant_id = $1 AND actor_id >= $2",
		} {
			var arguments []any
			if strings.Contains(statement, "$1") {
				arguments = []any{int64(1000 + actor), int64(n)}
			}
			if _, err = conn.Exec(t.Context(), statement, arguments...); err != nil {
				t.Error(err)
				return
			}
		}
	}
}
