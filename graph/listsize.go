package graph

import (
	"math/bits"
	"time"

	"footfall/analytics"
	"footfall/graph/cost"
)

// listSizes knows the length of the time series, which follows from arguments
// that are no numbers.
var listSizes = map[string]cost.Size{
	"Activation.timeSeries": seriesSize(0),
	"Partner.timeSeries":    seriesSize(366 * day),
	"Campaign.timeSeries":   seriesSize(0),

	"ActivationBreakdownRow.timeSeries":   pointsOver,
	"ActivationBreakdown.otherTimeSeries": pointsOver,
	"PartnerBreakdownRow.timeSeries":      pointsOver,
	"PartnerBreakdown.otherTimeSeries":    pointsOver,
	"CampaignBreakdownRow.timeSeries":     pointsOver,
	"CampaignBreakdown.otherTimeSeries":   pointsOver,
}

// frames are the spans of breakdowns, which are those of the series in them.
var frames = map[string]cost.Frame{
	"Activation.breakdown": frameOf(0),
	"Partner.breakdown":    frameOf(366 * day),
	"Campaign.breakdown":   frameOf(0),
}

// Spans are in seconds: a time.Duration ends at 292 years.
const (
	day = 24 * 60 * 60
	// usualSpan and usualPoints are assumed of a series that runs over its noun's
	// whole life; usualPoints is the schema's assumedSize.
	usualSpan   = 30 * day
	usualPoints = 100
)

var intervals = map[analytics.Interval]int64{
	analytics.IntervalQuarterHour: 15 * 60, analytics.IntervalHour: 60 * 60, analytics.IntervalDay: day,
	analytics.IntervalWeek: 7 * day, analytics.IntervalMonth: 28 * day,
}

// periods are as long as each can be.
var periods = map[analytics.Period]int64{
	analytics.CurrentYear: 366 * day, analytics.LastYear: 366 * day, analytics.CurrentQuarter: 92 * day, analytics.LastQuarter: 92 * day,
	analytics.CurrentMonth: 31 * day, analytics.LastMonth: 31 * day, analytics.Last30Days: 30 * day, analytics.Last90Days: 90 * day,
	analytics.Last6Months: 185 * day, analytics.Last12Months: 367 * day,
}

// seriesSize is how many points a series can have by its interval and its range;
// fallback is how long it is without a range, 0 where that depends on the noun.
func seriesSize(fallback int64) cost.Size {
	return func(arguments map[string]any, _ int64) (n, most int64, known bool) {
		return pointsOver(arguments, rangeOr(fallback, arguments))
	}
}

// pointsOver is how many points a series over a span of seconds can have. Span 0 is the
// noun's whole life: n is then what is usual, and most what any series may have.
func pointsOver(arguments map[string]any, span int64) (n, most int64, known bool) {
	name, _ := arguments["interval"].(string)
	interval, known := intervals[analytics.Interval(name)]
	if !known {
		return 0, 0, false
	}
	points := func(span int64) int64 { // the first and the last may be parts
		return min(span/interval+2, analytics.MaxPoints)
	}
	if span == 0 {
		return max(points(usualSpan), usualPoints), analytics.MaxPoints, true
	}
	return points(span), points(span), true
}

// frameOf is how long a breakdown's range is, rounded up to three binary digits: a span
// is one of few then.
func frameOf(fallback int64) cost.Frame {
	return func(arguments map[string]any) int64 {
		span := rangeOr(fallback, arguments)
		step := int64(1) << max(0, bits.Len64(uint64(span))-3)
		return (span + step - 1) / step * step
	}
}

func rangeOr(fallback int64, arguments map[string]any) int64 {
	if in, _ := arguments["range"].(map[string]any); in != nil {
		return spanOf(in)
	}
	return fallback
}

// spanOf is how long a range lasts; one that cannot be read is refused later, and
// lasts as long as its noun.
func spanOf(in map[string]any) int64 {
	if period, ok := in["period"].(string); ok {
		return periods[analytics.Period(period)]
	}
	ends := func(name, start, end string, parse func(string) (time.Time, bool)) int64 {
		m, _ := in[name].(map[string]any)
		from, _ := m[start].(string)
		to, _ := m[end].(string)
		a, okA := parse(from)
		b, okB := parse(to)
		if !okA || !okB {
			return 0
		}
		return max(b.Unix()-a.Unix(), 1)
	}
	date := func(s string) (time.Time, bool) {
		d, err := analytics.ParseDate(s)
		return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), err == nil
	}
	if span := ends("dates", "startDate", "endDate", date); span > 0 {
		return span + day
	}
	return ends("instants", "start", "end", analytics.ParseInstant)
}
