package load

import (
	"math"
	"slices"
	"time"
)

// Pass is what one pass of load saw.
type Pass struct {
	Requests   int
	Rate       float64 // requests a second
	P50, P99   time.Duration
	Statements float64 // sent to Postgres, a request
	EdgeHits   float64 // share of the requests that the edge cache answered, 0 to 1
}

// summarise turns the times of the requests of one pass into a pass. It sorts
// them.
func summarise(took []time.Duration, elapsed time.Duration) Pass {
	if len(took) == 0 || elapsed <= 0 {
		return Pass{}
	}
	slices.Sort(took)
	return Pass{
		Requests: len(took), Rate: float64(len(took)) / elapsed.Seconds(),
		P50: percentile(took, 50), P99: percentile(took, 99),
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

// Median is the middle value, or the mean of the two in the middle.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Spread is the distance of the largest from the smallest value, as a share of
// the median: how much the passes disagree.
func Spread(values []float64) float64 {
	m := Median(values)
	if m == 0 {
		return 0
	}
	return (slices.Max(values) - slices.Min(values)) / m
}

// Each is one figure of every pass.
func Each(passes []Pass, figure func(Pass) float64) []float64 {
	out := make([]float64, len(passes))
	for i, p := range passes {
		out[i] = figure(p)
	}
	return out
}

// Milliseconds is a duration as the tables write it.
func Milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
