package main

import (
	"math"
	"slices"
	"testing"

	"footfall/bench/contenders"
)

func TestReachedIsTheLeastOfAllWays(t *testing.T) {
	t.Parallel()
	rate := func(job, via, state string, level int, rate float64, gateway bool) row {
		return row{Job: job, Via: via, State: state, Connections: level, Rates: []float64{rate / 2, rate, rate * 3}, Gateway: gateway, P50: 1, P99: 5}
	}
	rows := []row{
		rate("J2 90d", viaPOST, contenders.Ceiling, 1, 100, false), rate("J2 90d", viaPOST, stateEdge, 1, 90, true),
		rate("J2 90d", viaREST, contenders.Ceiling, 1, 200, false), rate("J2 90d", viaREST, stateEdge, 1, 160, true),
		rate("J2 90d", viaPOST, contenders.Ceiling, 16, 100, false), rate("J2 90d", viaPOST, stateEdge, 16, 50, true),
		rate("J2 90d", viaPOST, stateCold, 1, 50, true), rate("J2 90d", viaPOST, contenders.Events, 1, .1, false),
	}
	edge := targets[0]
	for level, want := range map[int]float64{1: .8, 16: .5, 64: math.NaN()} {
		if got := edge.reached(rows, level).value; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("c=%d: %g, want %g", level, got, want)
		}
	}
	got := verdicts(rows)
	want := []verdict{
		{edge.what, "≥ 0.75 (0.9)", "c=1: 0.8 J2 90d REST · c=16: 0.5", "at c=1"},
		{"J2 uncached, of events by hand", "≥ 200", "c=1: 500", "yes"},
		{"p99 ÷ p50 of cached jobs, c = 16", "≤ 6", "c=16: 5 J2 90d POST edge", "yes"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// A pass is compared with the other's of the same moment.
func TestTimesIsOfPasses(t *testing.T) {
	t.Parallel()
	a, b := row{Rates: []float64{2, 9, 3}}, row{Rates: []float64{4, 3, 2}}
	if got := a.times(b); got != 1.5 {
		t.Errorf("got %g, want 1.5", got)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reached []float64
		bound   float64
		most    bool
		met     string
	}{
		{[]float64{1, 2}, 1, false, "yes"}, {[]float64{.9, .8}, 1, false, "no"}, {[]float64{.9, 1}, 1, false, "at c=16"},
		{[]float64{5, 6}, 6, true, "yes"}, {[]float64{6.1, 5}, 6, true, "at c=16"}, {[]float64{math.NaN(), 7}, 6, true, "no"},
	} {
		reached := mapped(c.reached, func(f float64) figure { return figure{value: f} })
		if got, measured := judge([]int{1, 16}, reached, c.bound, c.most); got.Met != c.met || !measured {
			t.Errorf("%v: %+v", c, got)
		}
	}
	if _, measured := judge([]int{1}, []figure{{value: math.NaN()}}, 1, false); measured {
		t.Error("what was not measured is judged")
	}
}

func TestMultiple(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{.75: "0.75", .9: "0.9", 1: "1", 1.3: "1.3", 1.999: "2", 4: "4", 12.34: "12.3", 412.6: "413"} {
		if got := multiple(f); got != want {
			t.Errorf("%g is %s, want %s", f, got, want)
		}
	}
}
