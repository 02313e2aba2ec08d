package store

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// TestVisitsCutWhatTheyTouch enters page views beside sessions that are stored: what is
// found near them is enough for the sessions of all.
func TestVisitsCutWhatTheyTouch(t *testing.T) {
	t.Parallel()
	short := rapid.SampledFrom([]int64{second, minute, 13 * minute, 29 * minute, 30*minute - 1})
	long := rapid.SampledFrom([]int64{30 * minute, 4*hour - 1, 4 * hour, 8*hour + 30*minute, 9 * hour, 20 * hour})
	rapid.Check(t, func(t *rapid.T) {
		pauses := rapid.SampledFrom([]int{2, 10, 100}).Draw(t, "pauses")
		var all, fresh, stored []int64
		at := int64(0)
		for i := range rapid.SampledFrom([]int{3, 30, 100}).Draw(t, "views") {
			step := short
			if i%pauses == 0 {
				step = long
			}
			at += step.Draw(t, "step")
			all = append(all, at)
		}
		late := rapid.SliceOfDistinct(rapid.IntRange(0, len(all)-1), rapid.ID).Draw(t, "late")
		for i, at := range all {
			if !slices.Contains(late, i) {
				stored = append(stored, at)
			}
		}
		for _, i := range late {
			fresh = append(fresh, all[i])
		}
		kept := analytics.CutSessions(stored)
		for _, v := range enter(t, kept, fresh) {
			gone, born := v.recut()
			kept = slices.DeleteFunc(kept, func(s analytics.Session) bool {
				return slices.ContainsFunc(gone, func(g analytics.Session) bool { return slices.Equal(g.Views, s.Views) })
			})
			kept = append(kept, born...)
		}
		slices.SortFunc(kept, func(a, b analytics.Session) int { return a.Start().Compare(b.Start()) })
		if want := analytics.CutSessions(all); !reflect.DeepEqual(kept, want) {
			t.Fatalf("sessions:\n got %v\nwant %v", kept, want)
		}
	})
}

// enter finds visits of one actor among stored sessions.
func enter(t rapid.TB, kept []analytics.Session, fresh []int64) []*visits {
	t.Helper()
	var facts []*fact
	for _, at := range fresh {
		facts = append(facts, &fact{Event: &analytics.Event{At: time.UnixMicro(at)}, visitor: 1})
	}
	out, err := nearby(visitsOf(facts), func(of []*visits) error {
		for _, v := range of {
			for _, s := range kept {
				if s.Start().After(v.since) && !s.Start().After(v.until) {
					v.old = append(v.old, s)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLateVisitsFindFewSessions enters page views before and between those of years.
func TestLateVisitsFindFewSessions(t *testing.T) {
	t.Parallel()
	var daily []int64
	for d := range int64(1000) {
		daily = append(daily, d*day)
	}
	kept := analytics.CutSessions(daily)
	n := 0
	for _, v := range enter(t, kept, []int64{-hour, 100*day + hour, 900*day - minute}) {
		n += len(v.old)
	}
	equal(t, "sessions found", n, 3)
}
