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
			kept = recutAmong(kept, v)
		}
		if want := analytics.CutSessions(all); !reflect.DeepEqual(kept, want) {
			t.Fatalf("sessions:\n got %v\nwant %v", kept, want)
		}
	})
}

// The borders themselves, each with the microsecond beside it.
func TestVisitsAtTheBorders(t *testing.T) {
	t.Parallel()
	chain := func(from, step int64, n int) (views []int64) {
		for i := range n {
			views = append(views, from+int64(i)*step)
		}
		return views
	}
	steady := chain(0, 29*minute, 9) // ends 8 minutes before its four hours
	for _, stored := range [][]int64{{0}, steady, chain(0, 29*minute, 40), chain(0, 30*minute, 40), chain(0, 31*minute, 40)} {
		for _, at := range []int64{30 * minute, 4 * hour, 4*hour + 30*minute, 8*hour + 30*minute, 12*hour + 30*minute} {
			for _, off := range []int64{-1, 0, 1} {
				for _, fresh := range [][]int64{{at + off}, {-at - off}, {1, at + off}, {1, 1 + at + off}, {-minute, at + off}} {
					kept := analytics.CutSessions(stored)
					for _, v := range enter(t, kept, fresh) {
						kept = recutAmong(kept, v)
					}
					if want := analytics.CutSessions(slices.Concat(stored, fresh)); !reflect.DeepEqual(kept, want) {
						t.Errorf("%v among %v:\n got %v\nwant %v", fresh, stored, kept, want)
					}
				}
			}
		}
	}
}

// recutAmong is the stored sessions after those near the visits were cut anew.
func recutAmong(kept []analytics.Session, v *visits) []analytics.Session {
	gone, born := v.recut()
	kept = slices.DeleteFunc(slices.Clone(kept), func(s analytics.Session) bool {
		return slices.ContainsFunc(gone, func(g analytics.Session) bool { return slices.Equal(g.Views, s.Views) })
	})
	kept = append(kept, born...)
	slices.SortFunc(kept, func(a, b analytics.Session) int { return a.Start().Compare(b.Start()) })
	return kept
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
