package graph

import (
	"footfall/analytics"
	"footfall/graph/generated"
)

// The bounds of one operation.
const (
	maxComplexity = 100_000
	maxTokens     = 5_000
	seriesFactor  = 30 // what a time series counts for, however long
)

// times multiplies without overflow; a client's negative number counts as 1.
func times(child, n int) int {
	n = max(n, 1)
	if child > 0 && n > maxComplexity*10/child {
		return maxComplexity * 10
	}
	return child * n
}

// complexity says what lists and series cost: each element.
func complexity() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	c.Query.Activations = func(child int, _ *analytics.ActivationFilter, first int, _ *string) int { return times(child, first) }
	c.Query.Campaigns = func(child int, _ *analytics.InstantRangeInput, _ []string, first int, _ *string) int {
		return times(child, first)
	}
	c.Query.PartnerLeaderboard = func(child int, _ *analytics.RangeInput, _ *analytics.TimeZone, _ *analytics.PartnerFilter, _ *analytics.PartnerOrder,
		_ []*analytics.DimensionFilter, _ *analytics.Duration, first int, _ *string) int {
		return times(child, first)
	}
	series := func(child int, _ analytics.Interval, _ *analytics.RangeInput, _ *analytics.TimeZone, _ analytics.Weekday,
		_ []*analytics.DimensionFilter, _ *analytics.Duration) int {
		return times(child, seriesFactor)
	}
	c.Activation.TimeSeries, c.Partner.TimeSeries = series, series
	c.Campaign.TimeSeries = func(child int, _ analytics.Interval, _ *analytics.TimeZone, _ analytics.Weekday, _ []*analytics.DimensionFilter, _ *analytics.Duration) int {
		return times(child, seriesFactor)
	}
	breakdown := func(child int, _ []analytics.Dimension, _ *analytics.RangeInput, _ *analytics.TimeZone, _ []*analytics.DimensionFilter,
		_ *analytics.BreakdownOrder, first int, _ *analytics.Duration) int {
		return times(child, first)
	}
	c.Activation.Breakdown, c.Partner.Breakdown, c.Campaign.Breakdown = breakdown, breakdown, breakdown
	c.Subscription.LeaderboardLive = func(child int, _ *analytics.RangeInput, _ *analytics.TimeZone, _ *analytics.PartnerFilter, _ *analytics.PartnerOrder, first int) int {
		return times(child, first)
	}
	return c
}
