package main

import (
	"math"
	"slices"
	"time"
)

// pass is what one pass of load saw.
type pass struct {
	requests   int
	rate       float64 // requests a second
	p50, p99   time.Duration
	statements float64 // sent to Postgres, a request
	edgeHits   float64 // share of the requests that the edge cache answered, 0 to 1
}

// summarise turns the times of the requests of one pass into a pass. It sorts
// them.
func summarise(took []time.Duration, elapsed time.Duration) pass {
	if len(took) == 0 || elapsed <= 0 {
		return pass{}
	}
	slices.Sort(took)
	return pass{
		requests: len(took), rate: float64(len(took)) / elapsed.Seconds(),
		p50: percentile(took, 50), p99: percentile(took, 99),
	}
}

// percentile is the smallest value that p percent of the sorted values do not
// exceed (nearest rank): always one that was measured.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle value, or the mean of the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// spread is the distance of the largest from the smallest value, as a share of
// the median: how much the passes disagree.
func spread(values []float64) float64 {
	m := median(values)
	if m == 0 {
		return 0
	}
	return (slices.Max(values) - slices.Min(values)) / m
}

// each is one figure of every pass.
func each(passes []pass, figure func(pass) float64) []float64 {
	out := make([]float64, len(passes))
	for i, p := range passes {
		out[i] = figure(p)
	}
	return out
}
