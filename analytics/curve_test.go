package analytics

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Each step of a curve is the most who watch at one of its instants; the largest
// of all is the peak.
func TestCurveIsTheMostOfEachStep(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		epoch := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
		tenths := rapid.Int64Range(0, 120)
		var steps Steps
		var viewers []Intervals
		for range rapid.IntRange(0, 8).Draw(t, "viewers") {
			var seen Intervals
			for range rapid.IntRange(1, 3).Draw(t, "spans") {
				from := epoch.UnixMicro() + tenths.Draw(t, "from")*100_000
				seen = seen.Union(Watching{from, from + rapid.Int64Range(1, 30).Draw(t, "length")*100_000})
			}
			viewers, steps = append(viewers, seen), append(steps, seen.Steps()...)
		}
		steps = steps.normalize()
		asOf := epoch.Add(time.Duration(rapid.Int64Range(0, 200).Draw(t, "as of")) * 100 * time.Millisecond)
		points := rapid.IntRange(1, 20).Draw(t, "points")
		curve := steps.seconds().Curve(points, asOf)
		if len(curve.Points) > points {
			t.Fatalf("%d points, more than %d", len(curve.Points), points)
		}
		ends := epoch.UnixMicro() - 1
		for i, p := range curve.Points {
			from := p.At.UnixMicro()
			if i > 0 && from != ends {
				t.Fatalf("point %d starts at %v, not where the one before ends", i, p.At)
			}
			ends = from + curve.StepSeconds*second
			most := int64(0)
			// The last step is cut off where the second of asOf ends.
			for at := from; at < min(ends, floorDiv(asOf.UnixMicro(), second)*second+second); at += 100_000 {
				most = max(most, watching(viewers, at))
			}
			if p.Viewers != most {
				t.Fatalf("point %d: %d viewers, want %d of %v", i, p.Viewers, most, steps)
			}
		}
		if len(steps) == 0 || asOf.UnixMicro() < steps[len(steps)-1].At {
			return // there is nothing, or more is to come
		}
		peak, _ := steps.Peak(Always)
		largest := int64(0)
		for _, p := range curve.Points {
			largest = max(largest, p.Viewers)
		}
		if largest != peak {
			t.Fatalf("the largest is %d, the peak %d", largest, peak)
		}
	})
}

// Who leaves as a second begins did not watch in it, whoever left within the one before.
func TestWhoLeavesAtASecondIsNotInIt(t *testing.T) {
	t.Parallel()
	steps := Steps{{0, 3}, {second / 2, -1}, {second, -1}, {2 * second, -1}}
	var got []int64
	for _, p := range steps.seconds().Curve(MaxAudiencePoints, time.UnixMicro(2*second)).Points {
		got = append(got, p.Viewers)
	}
	if !slices.Equal(got, []int64{3, 1}) {
		t.Errorf("%v watched", got)
	}
}

func watching(viewers []Intervals, at int64) (n int64) {
	for _, spans := range viewers {
		for _, w := range spans {
			if w.From <= at && at < w.To {
				n++
			}
		}
	}
	return n
}
