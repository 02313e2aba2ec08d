package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{7}, 7}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5},
	} {
		given := slices.Clone(c.values)
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %g, want %g", c.values, got, c.want)
		}
		if !slices.Equal(given, c.values) {
			t.Errorf("median reorders its input")
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{0, 0}, 0}, {[]float64{100}, 0}, {[]float64{110, 90, 100}, .2}} {
		if got := Spread(c.values); got != c.want {
			t.Errorf("spread of %v is %g, want %g", c.values, got, c.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{nil, 99, 0}, {[]time.Duration{5}, 1, 5}, {[]time.Duration{5}, 99, 5}, {[]time.Duration{1, 2}, 50, 1}, {[]time.Duration{1, 2}, 51, 2},
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 99.5, 100}, {hundred, 0, 1}, {hundred, 100, 100}, {hundred[:50], 99, 50},
	} {
		if got := percentile(c.sorted, c.p); got != c.want {
			t.Errorf("percentile %g of %d values is %d, want %d", c.p, len(c.sorted), got, c.want)
		}
	}
}

// The definition: no smaller value has as many values at or below it as p
// percent of all.
func TestPercentileIsTheNearestRank(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 50), func(n int) time.Duration { return time.Duration(n) }), 1, 300).Draw(t, "values")
		p := float64(rapid.IntRange(1, 100).Draw(t, "p"))
		slices.Sort(values)
		got := percentile(values, p)
		below, upTo := 0, 0
		for _, v := range values {
			if v < got {
				below++
			}
			if v <= got {
				upTo++
			}
		}
		if need := p / 100 * float64(len(values)); float64(upTo) < need-1e-9 || float64(below) >= need {
			t.Fatalf("percentile %g of %v is %d", p, values, got)
		}
	})
}

func TestSummarise(t *testing.T) {
	t.Parallel()
	took := make([]time.Duration, 200)
	for i := range took {
		took[i] = time.Duration(i+1) * time.Millisecond
	}
	rand.Shuffle(len(took), func(i, j int) { took[i], took[j] = took[j], took[i] })
	got := summarise(took, 4*time.Second)
	want := Pass{Requests: 200, Rate: 50, P50: 100 * time.Millisecond, P99: 198 * time.Millisecond}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got = summarise(nil, time.Second); got != (Pass{}) {
		t.Errorf("no requests give %+v", got)
	}
}
