package rest

import (
	"maps"
	"time"

	"footfall/analytics"
	"footfall/web/report"
)

// reportPeriod is how much of an activation's window a report shows, in days of
// the reader's time zone.
type reportPeriod struct {
	kind        report.Period
	window      analytics.Range
	zone        analytics.TimeZone
	now         time.Time
	first, last analytics.Date // of a narrowed period
}

// newReportPeriod ends a narrowed period today, or with the window.
func newReportPeriod(kind report.Period, window analytics.Range, zone analytics.TimeZone, now time.Time) reportPeriod {
	p := reportPeriod{kind: kind, window: window, zone: zone, now: now}
	last := window.End.Add(-time.Microsecond)
	if now.Before(last) {
		last = now
	}
	if last.Before(window.Start) {
		last = window.Start
	}
	p.last = noEarlier(analytics.DateOf(last, zone.Location()))
	p.first = noEarlier(p.last.AddDays(1 - kind.Days()))
	return p
}

// noEarlier is the day, or the first that begins after analytics.MinInstant in every
// time zone.
func noEarlier(day analytics.Date) analytics.Date {
	if first := analytics.DateOf(analytics.MinInstant.AddDate(0, 0, 1), time.UTC); day.DaysUntil(first) > 0 {
		return first
	}
	return day
}

func (p reportPeriod) narrowed() bool { return p.kind != report.Whole }

// drawn is the range of the charts. What lies after today, or after this hour when
// the chart is by hours, is not drawn: it would look as if nobody came.
func (p reportPeriod) drawn() analytics.Range {
	loc := p.zone.Location()
	if p.narrowed() {
		return analytics.Range{Start: p.first.Start(loc), End: p.last.AddDays(1).Start(loc)}
	}
	tomorrow := analytics.DateOf(p.now, loc).AddDays(1).Start(loc)
	if p.now.Before(p.window.Start) {
		return analytics.Range{Start: p.window.Start, End: p.window.Start}
	}
	drawn := p.window.Intersect(analytics.Range{Start: p.window.Start, End: tomorrow})
	if report.IntervalOf(report.Range(drawn)) == report.Hour {
		hour := analytics.Calendar{Interval: analytics.IntervalHour, Zone: p.zone}.Window(p.now)
		drawn = drawn.Intersect(analytics.Range{Start: p.window.Start, End: hour.End})
	}
	return drawn
}

// ahead is what of the window is not drawn because it lies ahead.
func (p reportPeriod) ahead() analytics.Range {
	drawn := p.drawn()
	if p.narrowed() || !drawn.Start.Before(drawn.End) || !drawn.End.Before(p.window.End) {
		return analytics.Range{Start: p.window.End, End: p.window.End}
	}
	return analytics.Range{Start: drawn.End, End: p.window.End}
}

// variables are those of the document, with the ones that are given.
func (p reportPeriod) variables(given map[string]any) map[string]any {
	drawn, ahead, start := p.drawn(), p.ahead(), p.first.Start(p.zone.Location())
	interval := report.IntervalOf(report.Range(drawn))
	earliest, latest := noEarlier(p.first.AddDays(-p.kind.Days())), p.first.AddDays(-1)
	out := maps.Clone(given)
	maps.Copy(out, map[string]any{
		"drawn":    instants(drawn),
		"ahead":    instants(ahead),
		"before":   instants(analytics.Range{Start: start, End: start}),
		"interval": string(interval),
		// What lies before a narrowed period can be shown where some of it is in the
		// window, and compared where all of it is.
		"narrowed":   p.narrowed() && start.After(p.window.Start),
		"comparable": p.narrowed() && !earliest.Start(p.zone.Location()).Before(p.window.Start),
		"byHour":     interval == report.Day,
		"goesOn":     ahead.Start.Before(ahead.End),
	})
	if p.narrowed() {
		out["range"], out["drawn"] = dates(p.first, p.last), dates(p.first, p.last)
	}
	if p.narrowed() && earliest.DaysUntil(latest) >= 0 {
		out["before"] = dates(earliest, latest)
	}
	return out
}

func instants(r analytics.Range) map[string]any {
	return map[string]any{"instants": map[string]any{"start": r.Start.Format(time.RFC3339Nano), "end": r.End.Format(time.RFC3339Nano)}}
}

func dates(first, last analytics.Date) map[string]any {
	return map[string]any{"dates": map[string]any{"startDate": first.String(), "endDate": last.String()}}
}
