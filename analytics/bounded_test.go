package analytics

import (
	"strconv"
	"testing"
	"time"
)

// Merging holds twice the combinations that are kept, however many come, of events and
// of what was watched.
func TestMergingIsBounded(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	row := func(action Action, from int) *Block {
		var l Ledger
		for i := from; i < from+maxFacetsOfDay; i++ {
			d := Dimensions{Path: strconv.Itoa(i)}
			if action == WatchLogin {
				l.AddWatched(1, 1, Watching{at.UnixMicro(), at.UnixMicro() + 1}, d)
			} else {
				l.Add(Fact{Subject: 1, Action: action, At: at, Events: 1, Dimensions: &d})
			}
		}
		for k, b := range l.blocks {
			if k.Level == LevelDay {
				return b
			}
		}
		t.Fatal("no day")
		return nil
	}
	for _, action := range []Action{PageView, WatchLogin} {
		whole := row(action, 0)
		for i := 1; i < 4; i++ {
			whole.mergeBounded(row(action, i*maxFacetsOfDay), LevelDay)
			if parts, watched := len(whole.facets.parts), len(whole.watched.by); parts > 2*maxFacetsOfDay || watched > 2*maxFacetsOfDay {
				t.Fatalf("%v: %d combinations, %d of what was watched", action, parts, watched)
			}
		}
		if whole.facets.dropped == 0 && whole.watched.dropped == 0 {
			t.Errorf("%v: nothing was folded", action)
		}
	}
}
