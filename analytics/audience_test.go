package analytics_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// horizon is how many seconds a bitmap of the naive model has.
const horizon = 120

// genWatched draws spans of whole seconds, empty and backward ones too.
var genWatched = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) analytics.Watching {
	from := rapid.Int64Range(0, horizon-1).Draw(t, "from")
	to := rapid.Int64Range(max(0, from-2), min(horizon, from+20)).Draw(t, "to")
	return analytics.Watching{From: from * second, To: to * second}
}), 0, 12)

// bits marks the seconds of spans.
func bits(spans []analytics.Watching) (out [horizon]bool) {
	for _, w := range spans {
		for s := w.From; s < w.To; s += second {
			out[s/second] = true
		}
	}
	return out
}

// runs lists the runs of marked seconds: disjoint, ascending, never touching.
func runs(marked [horizon]bool) analytics.Intervals {
	var out analytics.Intervals
	for i := range int64(horizon) {
		switch {
		case !marked[i]:
		case i > 0 && marked[i-1]:
			out[len(out)-1].To = (i + 1) * second
		default:
			out = append(out, analytics.Watching{From: i * second, To: (i + 1) * second})
		}
	}
	return out
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := genWatched.Draw(t, "a"), genWatched.Draw(t, "b")
		inA, inB := bits(a), bits(b)
		s := analytics.Intervals(nil).Union(a...)
		o := analytics.Intervals(nil).Union(b...)
		same(t, "a", s, runs(inA))
		var either [horizon]bool
		length := int64(0)
		for i := range either {
			either[i] = inA[i] || inB[i]
			if inA[i] {
				length += second
			}
		}
		same(t, "a ∪ b", s.Union(b...), runs(either))
		same(t, "b ∪ a", o.Union(s...), runs(either))
		same(t, "length", s.Micros(), length)
		same(t, "a, untouched", s, runs(inA))
		same(t, "b, untouched", o, runs(inB))
	})
}

// minus is the part of a that is not in b.
func minus(a, b analytics.Intervals) analytics.Intervals {
	for _, cut := range b {
		var left analytics.Intervals
		for _, w := range a {
			for _, part := range []analytics.Watching{{From: w.From, To: min(w.To, cut.From)}, {From: max(w.From, cut.To), To: w.To}} {
				if part.From < part.To {
					left = append(left, part)
				}
			}
		}
		a = left
	}
	return a
}

// Each quarter-hour touched is named once, and the parts add up.
func TestEachQuarter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s analytics.Intervals
		var spans []span
		for range rapid.IntRange(0, 4).Draw(t, "spans") {
			from := rapid.Int64Range(-20, 20).Draw(t, "quarter")*quarter + rapid.SampledFrom([]int64{-1, 0, 1, 7 * minute}).Draw(t, "offset")
			to := from + rapid.OneOf(rapid.Int64Range(1, 3*hour), rapid.SampledFrom([]int64{1, quarter, 2 * quarter})).Draw(t, "length")
			s = s.Union(analytics.Watching{From: from, To: to})
			spans = append(spans, span{from, to})
		}
		got := map[int64]int64{}
		s.EachQuarter(func(at time.Time, micros int64) {
			slot := at.Truncate(15 * time.Minute)
			if end := at.Add(time.Duration(micros) * time.Microsecond); micros <= 0 || end.After(slot.Add(15*time.Minute)) {
				t.Fatalf("%v for %d µs leaves its quarter-hour", at, micros)
			}
			got[slot.UnixMicro()] += micros
		})
		want := map[int64]int64{}
		total := int64(0)
		for at := -25 * quarter; at < 40*quarter; at += quarter {
			if n := naiveLength(spans, span{at, at + quarter}); n > 0 {
				want[at] = n
				total += n
			}
		}
		same(t, "micros by quarter-hour", got, want)
		same(t, "micros in all", s.Micros(), total)
	})
}

// Whatever order the pieces come in, the signed steps add up to those of the
// merged sets, and the peak is what counting at every second finds.
func TestStepsAndPeak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type watch struct {
			viewer int
			span   analytics.Watching
		}
		var all []watch
		var seen [4][horizon]bool
		for viewer := range seen {
			for _, w := range genWatched.Draw(t, "watched") {
				all = append(all, watch{viewer, w})
			}
		}
		for _, w := range all {
			for s := w.span.From; s < w.span.To; s += second {
				seen[w.viewer][s/second] = true
			}
		}
		var audience [horizon + 1]int64
		for _, one := range seen {
			for i, on := range one {
				if on {
					audience[i]++
				}
			}
		}
		var want analytics.Steps
		for i, n := range audience {
			if i == 0 && n != 0 || i > 0 && n != audience[i-1] {
				before := int64(0)
				if i > 0 {
					before = audience[i-1]
				}
				want = append(want, analytics.Step{At: int64(i) * second, Delta: n - before})
			}
		}

		var ledger analytics.Ledger
		var merged [4]analytics.Intervals
		for _, w := range rapid.Permutation(all).Draw(t, "order") {
			piece := analytics.Intervals(nil).Union(w.span)
			ledger.AddSteps(9, minus(piece, merged[w.viewer]).Steps())
			merged[w.viewer] = merged[w.viewer].Union(w.span)
		}
		var got analytics.Steps
		for _, row := range ledger.Rows() {
			block, err := row.Unpack()
			ok(t, err)
			got = append(got, block.Steps...)
		}
		same(t, "steps", got, want)

		from := rapid.Int64Range(0, horizon).Draw(t, "from")
		to := rapid.Int64Range(from, horizon).Draw(t, "to")
		peak, at := int64(0), time.Time{}
		for i := from; i < to; i++ {
			if audience[i] > peak {
				peak, at = audience[i], time.Unix(i, 0).UTC()
			}
		}
		gotPeak, gotAt := got.Peak(analytics.Range{Start: time.Unix(from, 0), End: time.Unix(to, 0)})
		same(t, "peak", gotPeak, peak)
		same(t, "instant of the peak", gotAt, at)
	})
}

func TestStepsOfOneViewer(t *testing.T) {
	t.Parallel()
	s := analytics.Intervals{{From: 1, To: 3}, {From: 5, To: 9}}
	same(t, "steps", s.Steps(), analytics.Steps{{At: 1, Delta: 1}, {At: 3, Delta: -1}, {At: 5, Delta: 1}, {At: 9, Delta: -1}})
	within := analytics.Range{Start: time.UnixMicro(6), End: time.UnixMicro(7)}
	peak, at := s.Steps().Peak(within)
	if peak != 1 || !at.Equal(within.Start) {
		t.Fatalf("who joined before the range is watching when it starts: got %d at %v", peak, at)
	}
	if peak, at = s.Steps().Peak(analytics.Range{Start: time.UnixMicro(3), End: time.UnixMicro(5)}); peak != 0 || !at.IsZero() {
		t.Fatalf("intervals are half-open: got %d at %v", peak, at)
	}
}
