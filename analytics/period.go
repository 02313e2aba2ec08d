package analytics

import (
	"time"
)

// RangeInput is a range as a client asks for it: exactly one field is given.
type RangeInput struct {
	Period   *Period
	Dates    *DateRangeInput
	Instants *InstantRangeInput
}

// DateRangeInput is a range of days, both inclusive, in the time zone asked for.
type DateRangeInput struct {
	StartDate, EndDate Date
}

// InstantRangeInput is a half-open range of instants.
type InstantRangeInput struct {
	Start, End time.Time
}

// Range checks the input; field names it in the error.
func (in InstantRangeInput) Range(field string) (Range, error) {
	r := Range{in.Start.UTC().Truncate(time.Microsecond), in.End.UTC().Truncate(time.Microsecond)}
	return r, r.Validate(field)
}

// Window is a resolved range that knows its calendar: the zone it was asked in,
// and the step to the period before it.
type Window struct {
	Range
	Zone   TimeZone
	first  Date // the first day, when the range is whole months or days
	months int  // the range is whole calendar months, this many
	days   int  // the range is whole calendar days, this many
}

// WindowOf is a window of plain instants.
func WindowOf(r Range, zone TimeZone) Window { return Window{Range: r, Zone: zone} }

// Resolve turns the input into instants. "Today" is the day of now in zone.
func (in RangeInput) Resolve(zone TimeZone, now time.Time) (Window, error) {
	given := 0
	for _, set := range []bool{in.Period != nil, in.Dates != nil, in.Instants != nil} {
		if set {
			given++
		}
	}
	switch {
	case given != 1:
		return Window{}, Invalidf("range", "exactly one of period, dates and instants must be given, got %d", given)
	case in.Period != nil:
		return in.Period.Resolve(zone, now), nil
	case in.Dates != nil:
		if in.Dates.EndDate.before(in.Dates.StartDate) {
			return Window{}, Invalidf("range.dates", "endDate (%s) must not be before startDate (%s)", in.Dates.EndDate, in.Dates.StartDate)
		}
		w := dayWindow(in.Dates.StartDate, in.Dates.EndDate, zone)
		return w, w.Validate("range.dates")
	default:
		r, err := in.Instants.Range("range.instants")
		return WindowOf(r, zone), err
	}
}

// Resolve turns a period into instants: current_* is the whole calendar year,
// quarter or month that holds today, last_* of a unit the one before it, and
// last_N days or months end with today.
func (p Period) Resolve(zone TimeZone, now time.Time) Window {
	today := DateOf(now, zone.Location())
	year := Date{today.Year, time.January, 1}
	quarter := Date{today.Year, (today.Month-1)/3*3 + 1, 1}
	month := Date{today.Year, today.Month, 1}
	switch p {
	case LastYear:
		return monthWindow(year.AddMonths(-12), 12, zone)
	case CurrentQuarter:
		return monthWindow(quarter, 3, zone)
	case LastQuarter:
		return monthWindow(quarter.AddMonths(-3), 3, zone)
	case CurrentMonth:
		return monthWindow(month, 1, zone)
	case LastMonth:
		return monthWindow(month.AddMonths(-1), 1, zone)
	case Last30Days:
		return dayWindow(today.AddDays(-29), today, zone)
	case Last90Days:
		return dayWindow(today.AddDays(-89), today, zone)
	case Last6Months:
		return dayWindow(today.AddMonths(-6), today, zone)
	case Last12Months:
		return dayWindow(today.AddMonths(-12), today, zone)
	default: // CurrentYear
		return monthWindow(year, 12, zone)
	}
}

func monthWindow(first Date, months int, zone TimeZone) Window {
	loc := zone.Location()
	return Window{Range{first.Start(loc), first.AddMonths(months).Start(loc)}, zone, first, months, 0}
}

// dayWindow is the window of the days first..last, both inclusive.
func dayWindow(first, last Date, zone TimeZone) Window {
	loc := zone.Location()
	return Window{Range{first.Start(loc), last.AddDays(1).Start(loc)}, zone, first, 0, first.DaysUntil(last) + 1}
}

// Narrow is the part of w inside r. It keeps w's calendar, and its own shape
// only when nothing was cut.
func (w Window) Narrow(r Range) Window {
	inside := w.Intersect(r)
	if inside == w.Range {
		return w
	}
	return WindowOf(inside, w.Zone)
}

// Cut is the part of w inside r, whole days where it is that.
func (w Window) Cut(r Range) Window {
	cut := w.Narrow(r)
	if cut.Range == w.Range || w.first == (Date{}) {
		return cut
	}
	loc := w.Zone.Location()
	if days := dayWindow(DateOf(cut.Start, loc), DateOf(cut.End.Add(-time.Microsecond), loc), w.Zone); days.Range == cut.Range {
		return days
	}
	return cut
}
