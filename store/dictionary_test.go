package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/await"
)

// visits are page views of some event by visitors of these names.
func visitsBy(w *world, batch string, names ...string) []analytics.Event {
	out := make([]analytics.Event, len(names))
	for i, name := range names {
		out[i] = analytics.Event{
			ID: fmt.Sprint(batch, i), Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0],
			Session: name, At: at("2026-03-02T12:00:00Z").Add(time.Duration(i) * time.Second),
		}
	}
	return out
}

// TestReadAheadIsNeverWrong has two processes number the same words in turns:
// what one has read ahead the other changes.
// What is remembered of a subject is no part of what its event came with.
func TestDictionaryKeepsNoLines(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 1000) + "page"
	key := line[1000:]
	d := newDictionary()
	d.learnSubjects("", 1, map[subjectKey]int64{{analytics.KindEvent, key}: 7})
	kept := d.subjects.Keys()
	if len(kept) != 1 || kept[0].key != "page" || unsafe.StringData(kept[0].key) == unsafe.StringData(key) {
		t.Errorf("kept %v", kept)
	}
}

// A writer that waited for the lock hears of what was erased meanwhile.
func TestWritersHearOfErasures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	holder, err := w.pool.Begin(t.Context())
	ok(t, err)
	defer func() { _ = holder.Rollback(t.Context()) }() // or else the pool does not close
	_, err = holder.Exec(t.Context(), sql("lock_tenant"), args{"tenant_id": w.tenant.ID})
	ok(t, err)
	_, err = holder.Exec(t.Context(), sql("count_erasure"), args{"tenant_id": w.tenant.ID})
	ok(t, err)
	heard := make(chan dictionaryState, 1)
	failed := make(chan error, 1)
	go func() {
		failed <- w.writeNumbered(t.Context(), w.tenant.ID, func(_ pgx.Tx, m dictionaryState) error { heard <- m; return nil })
	}()
	await.Until(t, "the writer waits", func() bool {
		select {
		case err := <-failed:
			t.Fatalf("the writer did not wait: %v", err)
		default:
		}
		var waits int
		ok(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waits))
		return waits > 0
	})
	ok(t, holder.Commit(t.Context()))
	ok(t, <-failed)
	equal(t, "erasures", (<-heard).erasures, int64(1))
}

func TestReadAheadIsNeverWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other := open(t, w.url)
	ahead := func(events []analytics.Event) { t.Helper(); ok(t, w.ReadAhead(t.Context(), w.tenant.ID, events)) }

	first := visitsBy(w, "first", "a", "b")
	ahead(first)
	w.record(t, first...)
	second := visitsBy(w, "second", "b", "c", "d", "e")
	ahead(second) // c, d and e have no number
	_, _, err := other.Record(t.Context(), w.tenant.ID, visitsBy(w, "third", "d"))
	ok(t, err) // now d has one
	third := visitsBy(w, "fourth", "d", "c")
	ahead(third)
	w.record(t, second...)
	w.record(t, third...)

	equal(t, "identities", w.rows(t, "identities"), 5.0)
	var distinct int
	ok(t, w.pool.QueryRow(t.Context(), "SELECT count(DISTINCT identity_id) FROM identities").Scan(&distinct))
	equal(t, "numbers", distinct, 5)
	sessions := w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click]
	equal(t, "clicks", sessions, analytics.Total{Events: 9, Sessions: 5})
}

// TestReadAheadSparesLookUps counts the statements of a recording.
func TestReadAheadSparesLookUps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.record(t, visitsBy(w, "warm", "w")...) // its subject and its month are known
	statements := func(events []analytics.Event) int64 {
		before := w.Statements()
		w.record(t, events...)
		return w.Statements() - before
	}
	asking := statements(visitsBy(w, "asking", "x"))
	events := visitsBy(w, "ahead", "y", "w")
	ok(t, w.ReadAhead(t.Context(), w.tenant.ID, events))
	equal(t, "statements", statements(events), asking-1)
	before := w.Statements()
	ok(t, w.ReadAhead(t.Context(), w.tenant.ID, events))
	equal(t, "read ahead of what is known", w.Statements(), before)
}

// TestWhoWasForgottenIsSomebodyNew, also to a process that remembers the number, or
// has just read it ahead.
func TestWhoWasForgottenIsSomebodyNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other := open(t, w.url)
	for i, readAgain := range []bool{false, true} {
		w.record(t, visitsBy(w, fmt.Sprint("before", i), "a", "b")...)
		again := visitsBy(w, fmt.Sprint("after", i), "a", "b")
		if readAgain {
			w.dictionary.numbers.Purge()
		}
		ok(t, w.ReadAhead(t.Context(), w.tenant.ID, again))
		done, err := other.Forget(t.Context(), w.tenant, Erasure{Sessions: []string{"a"}})
		ok(t, err)
		equal(t, "erased", done.Identities, 1)
		w.record(t, again...)
		sessions := w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click].Sessions
		equal(t, "sessions", sessions, int64(3+i))
	}
}

// TestAnotherHistoryIsNotRemembered puts a database back to before what this process
// has committed last, and has others go on from there.
func TestAnotherHistoryIsNotRemembered(t *testing.T) {
	t.Parallel()
	for name, notice := range map[string]func(w *world){
		"by its name":    func(w *world) { w.dictionary.setIncarnation("restored") },
		"by its numbers": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			w.record(t, visitsBy(w, "lost", "a", "b")...)
			for _, table := range []string{"events", "cells", "identities", "outbox"} {
				w.exec(t, "DELETE FROM "+table)
			}
			w.exec(t, "DELETE FROM subjects WHERE kind = "+fmt.Sprint(int(analytics.KindEvent)))
			w.exec(t, "UPDATE counters SET next = 1 WHERE name = 'identity'")
			w.exec(t, "UPDATE tenants SET identity_key = '\\x00'") // of whoever has the lost tenant's number now
			if name == "by its name" {                             // as many as were lost, from another process
				_, _, err := open(t, w.url).Record(t.Context(), w.tenant.ID, visitsBy(w, "found", "c", "d"))
				ok(t, err)
			}
			notice(w)
			w.record(t, visitsBy(w, "after", "d", "a")...)
			want := analytics.Total{Events: 2, Sessions: 2}
			if name == "by its name" {
				want = analytics.Total{Events: 4, Sessions: 3}
			}
			equal(t, "clicks", w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click], want)
		})
	}
}

// TestWrongMemoryIsMended has a dictionary believe that a word has no number.
func TestWrongMemoryIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.record(t, visitsBy(w, "first", "a")...)
	key, err := w.identityKey(t.Context(), w.tenant.ID)
	ok(t, err)
	a := newHasher(key).session(&visitsBy(w, "", "a")[0])
	w.dictionary.numbers.Add(identity{w.tenant.ID, a}, numbered{0, 1 << 40})
	w.record(t, visitsBy(w, "second", "a", "b")...)
	equal(t, "identities", w.rows(t, "identities"), 2.0)
	clicks := w.total(t, analytics.KindEvent, w.events[0], analytics.Always, wantAll).Of[analytics.Click]
	equal(t, "clicks", clicks, analytics.Total{Events: 3, Sessions: 2})
}
