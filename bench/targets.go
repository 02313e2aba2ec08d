package main

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"footfall/bench/contenders"
)

// target is what a job must reach: a rate as a multiple of another one's, at
// every number of connections at which both were measured.
type target struct {
	what    string
	job     string  // a pattern of whole names
	of      pick    // the gateway
	than    pick    // what it is compared with
	least   float64 // the ratio
	stretch float64 // 0 for none
}

// pick chooses rows of a job.
type pick struct {
	state string
	via   string // "" for any
}

// Names of the peers.
const (
	postGraphile = "PostGraphile 5"
	mercurius    = "Mercurius + JIT"
)

// targets are those of rates. Whatever is asked is the least of all jobs, ways
// and levels that fit.
var targets = []target{
	{"repeated, edge cache, of the ceiling", "J1hot|J2 .*|J3hot|J4same", pick{state: stateEdge}, pick{state: contenders.Ceiling}, .75, .9},
	{"J1 cached in process, of the ceiling", "J1", pick{stateCached, viaPOST}, pick{state: contenders.Ceiling}, .35, .5},
	{"J1 cached in process, of bare gqlgen", "J1", pick{stateCached, viaPOST}, pick{state: contenders.Bare}, 1, 0},
	{"J1 from Redis, of one GET by hand", "J1 ranges", pick{state: stateRedis}, pick{state: contenders.Redis}, .8, 0},
	{"J1, J1hot uncached, of cells by hand", "J1|J1hot", pick{stateCold, viaPOST}, pick{state: contenders.Cells}, .9, 0},
	{"J1 uncached, of PostGraphile", "J1", pick{stateCold, viaPOST}, pick{state: postGraphile}, 5, 0},
	{"J1hot uncached, of PostGraphile", "J1hot", pick{stateCold, viaPOST}, pick{state: postGraphile}, 50, 0},
	{"J2 uncached, of cells by hand", "J2 .*", pick{stateCold, viaPOST}, pick{state: contenders.Cells}, 4, 0},
	{"J2 uncached, of events by hand", "J2 .*", pick{stateCold, viaPOST}, pick{state: contenders.Events}, 200, 0},
	{"J3 uncached, of events by hand", "J3", pick{stateCold, viaPOST}, pick{state: contenders.Events}, 100, 0},
	{"J4 cached in process, of bare gqlgen", "J4", pick{stateCached, viaPOST}, pick{state: contenders.Bare}, 2, 5},
	{"J4 uncached, of cells by hand", "J4", pick{stateCold, viaPOST}, pick{state: contenders.Cells}, .5, .8},
	{"J5 uncached, of cells by hand", "J5", pick{stateCold, viaPOST}, pick{state: contenders.Cells}, .8, 0},
}

// verdict is a target and what was reached.
type verdict struct {
	What    string `json:"target"`
	Asked   string `json:"asked"`
	Reached string `json:"reached"`
	Met     string `json:"met"`
}

// verdicts judges the rows by the targets; a target that nothing was measured of
// is left out.
func verdicts(rows []row) (out []verdict) {
	levels := levelsOf(rows)
	for _, t := range targets {
		reached := make([]figure, len(levels))
		for i, level := range levels {
			reached[i] = t.reached(rows, level)
		}
		if v, measured := judge(levels, reached, t.least, false); measured {
			v.What, v.Asked = t.what, "≥ "+multiple(t.least)
			if t.stretch > 0 {
				v.Asked += " (" + multiple(t.stretch) + ")"
			}
			out = append(out, v)
		}
	}
	if v, measured := judge(levels, tails(rows, levels), 6, true); measured {
		v.What, v.Asked = "p99 ÷ p50 of cached jobs, c = 16", "≤ 6"
		out = append(out, v)
	}
	return out
}

// figure is what was reached at one level, NaN for nothing, and by which of
// several rows.
type figure struct {
	value float64
	by    string
}

// judge says at which levels a figure is good enough.
func judge(levels []int, reached []figure, bound float64, most bool) (v verdict, measured bool) {
	var said, met, missed []string
	for i, level := range levels {
		f := reached[i]
		if math.IsNaN(f.value) {
			continue
		}
		said = append(said, strings.TrimSuffix(fmt.Sprintf("c=%d: %s %s", level, multiple(f.value), f.by), " "))
		if good := f.value >= bound; good != most || f.value == bound {
			met = append(met, fmt.Sprint(level))
		} else {
			missed = append(missed, fmt.Sprint(level))
		}
	}
	v.Reached = strings.Join(said, " · ")
	switch {
	case len(missed) == 0:
		v.Met = "yes"
	case len(met) == 0:
		v.Met = "no"
	default:
		v.Met = "at c=" + strings.Join(met, ", ")
	}
	return v, len(said) > 0
}

// reached is the least ratio of all jobs and ways that the target is of.
func (t target) reached(rows []row, level int) figure {
	least, of := figure{value: math.NaN()}, 0
	name := regexp.MustCompile("^(?:" + t.job + ")$")
	for _, r := range rows {
		if r.Connections != level || !r.Gateway || r.State != t.of.state || t.of.via != "" && r.Via != t.of.via || !name.MatchString(r.Job) {
			continue
		}
		for _, o := range rows {
			if o.Job == r.Job && o.Via == r.Via && o.Connections == level && o.State == t.than.state {
				of++
				if ratio := r.times(o); !(ratio >= least.value) {
					least = figure{ratio, r.Job + " " + r.Via}
				}
			}
		}
	}
	if of == 1 {
		least.by = ""
	}
	return least
}

// tails is the largest p99 ÷ p50 of what is answered from memory; it is asked of
// 16 connections alone.
func tails(rows []row, levels []int) []figure {
	out := make([]figure, len(levels))
	for i, level := range levels {
		out[i].value = math.NaN()
		for _, r := range rows {
			if level == 16 && r.Connections == level && (r.State == stateCached || r.State == stateEdge) && !(r.P99/r.P50 <= out[i].value) {
				out[i] = figure{r.P99 / r.P50, r.Job + " " + r.Via + " " + r.State}
			}
		}
	}
	return out
}

func levelsOf(rows []row) (out []int) {
	seen := map[int]bool{}
	for _, r := range rows {
		if !seen[r.Connections] {
			seen[r.Connections] = true
			out = append(out, r.Connections)
		}
	}
	return out
}

// multiple writes a ratio with as many digits as matter.
func multiple(f float64) string {
	switch {
	case f >= 20:
		return fmt.Sprintf("%.0f", f)
	case f >= 2:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
	default:
		return strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%.2f", f), "0"), ".0")
	}
}
