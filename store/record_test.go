package store

import (
	"context"
	"testing"

	"footfall/analytics"
)

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	click := analytics.Event{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: "e", At: at("2026-03-02T12:00:00Z")}
	_, _, err := w.Record(t.Context(), 999, []analytics.Event{click})
	code(t, err, analytics.CodeNotFound)
	outcomes, change, err := w.Record(t.Context(), w.tenant.ID, nil)
	ok(t, err)
	equal(t, "nothing recorded", []any{len(outcomes), change.Seq}, []any{0, int64(0)})
}

// TestRecordAllOrNothing makes the last step of a recording fail.
func TestRecordAllOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.exec(t, "ALTER TABLE outbox ADD CONSTRAINT fails CHECK (topics[1] <> 's3')")
	click := analytics.Event{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2026-03-02T12:00:00Z")}
	if _, _, err := w.Record(t.Context(), w.tenant.ID, []analytics.Event{click}); err == nil || outOfReach(err) {
		t.Fatalf("recorded: %v", err)
	}
	for _, table := range []string{"events", "cells", "identities"} {
		equal(t, table, w.rows(t, table), 0.0)
	}
	equal(t, "subject", w.subject(t, analytics.KindEvent, w.events[0]), int64(0))
}

// TestErrorsSayWhetherToRetry tells the database's absence from our mistakes.
func TestErrorsSayWhetherToRetry(t *testing.T) {
	t.Parallel()
	away, err := Open(t.Context(), Options{URL: "postgres://u:secret@127.0.0.1:1/x?connect_timeout=1"})
	ok(t, err)
	defer away.Close()
	_, err = away.ListPartners(t.Context(), 1)
	code(t, err, analytics.CodeUnavailable)
	_, _, err = away.Record(t.Context(), 1, []analytics.Event{{At: at("2026-03-02T12:00:00Z")}})
	code(t, err, analytics.CodeUnavailable)
	_, err = Open(t.Context(), Options{URL: "postgres://u:secret@host:notaport/x"})
	if err == nil || err.Error() != "the database URL must be a URL such as postgres://user@host/database" {
		t.Errorf("a bad URL: %v", err)
	}
	w := newWorld(t, 1)
	holder, err := w.pool.Begin(t.Context())
	ok(t, err)
	_, err = holder.Exec(t.Context(), sql("lock_tenant"), args{"tenant_id": w.tenant.ID})
	ok(t, err)
	hasty := open(t, w.url+"&options=-c%20lock_timeout%3D10ms")
	defer hasty.Close()
	_, _, err = hasty.Record(t.Context(), w.tenant.ID, []analytics.Event{{Action: analytics.Click, Kind: analytics.KindEvent, Key: "e", ID: "1", At: at("2026-03-02T12:00:00Z")}})
	code(t, err, analytics.CodeUnavailable)
	ok(t, holder.Rollback(t.Context()))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = w.ListPartners(canceled, 1); outOfReach(err) {
		t.Errorf("canceled: %v", err)
	}
	w.exec(t, "ALTER TABLE partners RENAME TO gone")
	if _, err = w.ListPartners(t.Context(), 1); err == nil || outOfReach(err) {
		t.Errorf("a missing table: %v", err)
	}
}
