package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/storetest"
)

func TestMigrateFromManyInstances(t *testing.T) {
	t.Parallel()
	server := storetest.Server(t)
	url, err := server.NewDatabase(t.Context(), "many_instances")
	ok(t, err)
	t.Cleanup(func() { ok(t, server.DropDatabase(context.WithoutCancel(t.Context()), "many_instances")) })
	s := open(t, url)
	v, err := s.Schema(t.Context())
	ok(t, err)
	equal(t, "before", v, Schema{Binary: slices.Max(binaryVersions), Pending: len(binaryVersions)})
	var wait sync.WaitGroup
	var mu sync.Mutex
	ran := 0
	for range 5 {
		instance := open(t, url)
		wait.Go(func() {
			n, err := instance.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			ran += n
			mu.Unlock()
		})
	}
	wait.Wait()
	files, err := migrationFiles.ReadDir("migration")
	ok(t, err)
	equal(t, "migrations run", ran, len(files))
	v, err = s.Schema(t.Context())
	ok(t, err)
	equal(t, "after", v, Schema{Database: v.Binary, Binary: v.Binary})
	ok(t, v.Err())
	acts, err := s.AuditLog(t.Context(), analytics.AuditFilter{Name: "migrate", Most: 10})
	ok(t, err)
	equal(t, "acts of migration", len(acts), 1)
}

// TestPartitions records events of old and new months from two instances that
// both meet each month for the first time, while a reader has the table open.
func TestPartitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	now := time.Now().UTC().Truncate(time.Microsecond)
	months := []time.Time{
		analytics.MinEventInstant, at("1970-01-31T23:59:59.999999Z"), at("1999-12-31T23:59:59Z"), at("2000-01-01T00:00:00Z"),
		at("2015-06-15T12:00:00Z"), at("2024-02-29T12:00:00Z"), now, now.AddDate(0, 1, 0),
	}
	reader, err := w.pool.Begin(t.Context())
	ok(t, err)
	var n int
	ok(t, reader.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&n))
	var wait sync.WaitGroup
	for i := range 4 {
		s := open(t, w.url)
		var events []analytics.Event
		for j, at := range months {
			events = append(events, analytics.Event{
				ID: fmt.Sprint(i, j), Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at,
			})
		}
		wait.Go(func() {
			if _, _, err := s.Record(t.Context(), w.tenant.ID, events); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	ok(t, reader.Rollback(t.Context()))
	total := w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll)
	equal(t, "clicks", total.Of[analytics.Click], analytics.Total{Events: int64(4 * len(months)), Sessions: 1})
	for _, at := range months {
		total := w.total(t, analytics.KindEvent, w.events[0], analytics.Range{Start: at, End: at.Add(time.Microsecond)}, wantAll)
		equal(t, at.String(), total.Of[analytics.Click], analytics.Total{Events: 4, Sessions: 1})
	}
	verifyClean(t, w.Store, w.tenant)
}
