package analytics_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// genViews draws page views that sit on and around the borders of a session:
// steps of half an hour, of four hours, and a microsecond either side.
var genViews = rapid.Custom(func(t *rapid.T) []int64 {
	views := []int64{}
	at := rapid.Int64Range(-day, 1_800_000_000*second).Draw(t, "first")
	start := at
	for range rapid.IntRange(0, 30).Draw(t, "views") {
		views = append(views, at)
		switch rapid.IntRange(0, 4).Draw(t, "step") {
		case 0:
			at += rapid.Int64Range(0, 29*minute).Draw(t, "short")
		case 1:
			at += 30*minute + rapid.Int64Range(-1, 1).Draw(t, "idle")
		case 2:
			at = max(at, start+4*hour+rapid.Int64Range(-1, 1).Draw(t, "full"))
			start = at
		case 3: // the same instant again
		case 4:
			at += rapid.Int64Range(0, 5*hour).Draw(t, "any")
			start = at
		}
	}
	return views
})

func TestCutSessions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		views := genViews.Draw(t, "views")
		var want []analytics.Session
		for _, s := range naiveSessions(views) {
			want = append(want, analytics.Session{Views: s})
		}
		same(t, "sessions", analytics.CutSessions(views), want)

		again := slices.Clone(views)
		if len(views) > 0 {
			again = append(again, rapid.SliceOf(rapid.SampledFrom(views)).Draw(t, "duplicates")...)
		}
		again = rapid.Permutation(again).Draw(t, "order")
		kept := slices.Clone(again)
		same(t, "sessions of the same set", analytics.CutSessions(again), want)
		same(t, "the argument", again, kept)
	})
}

func TestCutSessionsAtTheLimits(t *testing.T) {
	t.Parallel()
	const idle, full = 30 * minute, 4 * hour
	steady := []int64{}
	for at := int64(0); at < 9*hour; at += 29 * minute {
		steady = append(steady, at)
	}
	for name, c := range map[string]struct {
		views []int64
		sizes []int
	}{
		"nothing":                            {nil, nil},
		"one view":                           {[]int64{5}, []int{1}},
		"just within half an hour":           {[]int64{0, idle - 1}, []int{2}},
		"half an hour":                       {[]int64{0, idle}, []int{1, 1}},
		"just within four hours":             {append(slices.Clone(steady[:9]), full-1), []int{10}},
		"four hours":                         {append(slices.Clone(steady[:9]), full), []int{9, 1}},
		"a new session has four hours anew":  {steady, []int{9, 9, 1}},
		"the same instant twice is one view": {[]int64{7, 7, 7}, []int{1}},
	} {
		var sizes []int
		for _, s := range analytics.CutSessions(c.views) {
			sizes = append(sizes, len(s.Views))
		}
		same(t, name, sizes, c.sizes)
	}
	s := analytics.CutSessions([]int64{3 * second, second})[0]
	same(t, "start", s.Start(), time.Unix(1, 0).UTC())
	same(t, "length", s.Micros(), 2*second)
}
