package store

import (
	"math/rand"
	"strings"
	"testing"

	"footfall/analytics"
)

// TestVerifyFindsEveryDamage damages what is stored, one thing at a time: Verify
// says so, and Rebuild repairs it.
func TestVerifyFindsEveryDamage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	gen := &generator{Rand: rand.New(rand.NewSource(1)), w: w, start: at("2026-02-27T20:00:00Z").UnixMicro(), span: 2 * day}
	w.record(t, gen.events(500)...)
	w.record(t, gen.events(500)...)
	verifyClean(t, w.Store, w.tenant)
	for _, c := range []struct{ damage, what string }{
		{"UPDATE cells SET events = events + 1 WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 2 AND action = 1)", "click month"},
		{"UPDATE cells SET starts = starts - 1 WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 4)", "page_view day"},
		{"UPDATE cells SET micros = micros - 1 WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 5)", "watch day"},
		{"UPDATE cells SET visitors = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 2 AND action = 10)", "watch_login month"},
		{"UPDATE cells SET sessions = '\\x017f' WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 2 AND action = 2)", "outbound_click month"},
		{"UPDATE cells SET quarters = NULL, quarter_sets = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 6 AND quarter_sets IS NOT NULL)", "like quarter-hour"},
		{"UPDATE cells SET quarter_sets = '\\x00' WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 3)", "calendar_sync day"},
		{"UPDATE cells SET steps = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 5 AND steps IS NOT NULL)", "audience change"},
		{"INSERT INTO cells (tenant_id, subject_id, bucket, action, level, events, starts, micros) SELECT tenant_id, 999, bucket, action, level, 1, 0, 0 FROM cells WHERE level = 1 LIMIT 1", "day"},
		{"UPDATE cells SET facets = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 1 AND action = 1 AND facets IS NOT NULL)", "click day by dimensions"},
		{"UPDATE cells SET facets = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE level = 2 AND action = 4 AND facets IS NOT NULL)", "page_view month by dimensions"},
		{"UPDATE cells SET watched = NULL WHERE ctid = (SELECT min(ctid) FROM cells WHERE watched IS NOT NULL)", "watched by dimensions"},
		{"DELETE FROM sessions WHERE ctid = (SELECT min(ctid) FROM sessions)", "session"},
		{"UPDATE sessions SET views = NULL WHERE ctid = (SELECT min(ctid) FROM sessions WHERE views IS NOT NULL)", "session"},
		{"UPDATE viewers SET watched = watched * tstzmultirange(tstzrange('2026-02-28', NULL)) WHERE ctid = (SELECT min(ctid) FROM viewers WHERE watched && tstzrange(NULL, '2026-02-28'))", "watched"},
		{"DELETE FROM viewers WHERE ctid = (SELECT max(ctid) FROM viewers)", "watched"},
		{"UPDATE first_logins SET event_id = 'x' WHERE ctid = (SELECT min(ctid) FROM first_logins)", "first login"},
		{"DELETE FROM first_logins WHERE ctid = (SELECT max(ctid) FROM first_logins)", "first login"},
	} {
		tag, err := w.pool.Exec(t.Context(), c.damage)
		ok(t, err)
		if tag.RowsAffected() != 1 {
			t.Fatalf("no damage done: %s", c.damage)
		}
		found, err := w.Verify(t.Context(), w.tenant, nil)
		ok(t, err)
		if !mentions(found, c.what) {
			t.Errorf("%s: not found among %v", c.damage, found)
		}
		var last, total int
		ok(t, w.Rebuild(t.Context(), w.tenant, func(d, n int) { last, total = d, n }))
		equal(t, "progress", []int{last, total}, []int{1000, 1000})
		verifyClean(t, w.Store, w.tenant)
	}
}

func mentions(found []Difference, what string) bool {
	for _, d := range found {
		if strings.Contains(d.What, what) {
			return true
		}
	}
	return false
}

func TestVerifyListsABoundedNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	gen := &generator{Rand: rand.New(rand.NewSource(1)), w: w, start: at("2026-02-27T20:00:00Z").UnixMicro(), span: 40 * day}
	w.record(t, gen.events(2000)...)
	_, err := w.pool.Exec(t.Context(), "DELETE FROM cells")
	ok(t, err)
	found, err := w.Verify(t.Context(), w.tenant, nil)
	ok(t, err)
	equal(t, "differences", len(found), maxDifferences)
}

func TestRebuildAnnouncesEverySubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	ok(t, w.Rebuild(t.Context(), w.tenant, nil))
	pending, err := w.Pending(t.Context(), 100, 1_000_000)
	ok(t, err)
	want := []analytics.Topic{"s1", "s2", "s3", "s4"}
	equal(t, "topics", pending[len(pending)-1].Topics, want)
}
