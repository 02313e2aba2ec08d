package analytics

import (
	"slices"
	"time"
)

// MaxPoints bounds a time series: 2.8 years of quarter-hours.
const MaxPoints = 100_000

// Calendar cuts time into buckets, on the wall clock of a zone.
type Calendar struct {
	Interval  Interval
	Zone      TimeZone
	WeekStart Weekday // the zero Weekday is Monday
}

// Slot is one calendar bucket of a time series, clipped to the range asked for.
type Slot struct {
	Range
	Bucket Window // the whole calendar bucket
}

// Partial reports whether the slot is only a part of its calendar bucket.
func (s Slot) Partial() bool { return s.Range != s.Bucket.Range }

// Slots cuts r into calendar buckets, without gaps, in order. More than
// MaxPoints is an error that names the interval.
func (c Calendar) Slots(r Range) ([]Slot, error) {
	var out []Slot
	for t := r.Start; t.Before(r.End); {
		bucket := c.Window(t)
		out = append(out, Slot{bucket.Intersect(r), bucket})
		if len(out) > MaxPoints {
			return nil, Invalidf("interval", "%s over %s to %s gives more than %d points, ask for a coarser interval or a shorter range",
				c.Interval, r.Start.Format(time.RFC3339Nano), r.End.Format(time.RFC3339Nano), MaxPoints)
		}
		t = bucket.End
	}
	return out, nil
}

// WholeSlots cuts the calendar buckets that touch r, whole. They are refused
// where the zone's clock does not run by quarter-hours.
func (c Calendar) WholeSlots(r Range) ([]Slot, error) {
	if r.Empty() {
		return nil, nil
	}
	r.Start = c.Window(r.Start).Start
	r.End = c.Window(r.End.Add(-time.Microsecond)).End
	slots, err := c.Slots(r)
	for _, s := range slots {
		if s.cutsQuarters() {
			return nil, Invalidf("timeZone", "%s was not a multiple of 15 minutes from UTC between %s and %s: ask for another zone",
				c.Zone, s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339))
		}
	}
	return slots, err
}

// Window is the whole calendar bucket that holds t.
func (c Calendar) Window(t time.Time) Window {
	loc := c.Zone.Location()
	switch c.Interval {
	case IntervalQuarterHour:
		return WindowOf(clockBucket(t, loc, QuarterHour), c.Zone)
	case IntervalHour:
		return WindowOf(clockBucket(t, loc, time.Hour), c.Zone)
	}
	d := DateOf(t, loc)
	if next := d.AddDays(1); !next.Start(loc).After(t) { // the clock went back over midnight
		d = next
	}
	switch c.Interval {
	case IntervalWeek:
		first := d.AddDays(-int(floorMod(int64(d.weekday()-c.WeekStart.number()), 7)))
		return dayWindow(first, first.AddDays(6), c.Zone)
	case IntervalMonth:
		return monthWindow(Date{d.Year, d.Month, 1}, 1, c.Zone)
	default:
		return dayWindow(d, d, c.Zone)
	}
}

// weekday numbers the date's day of the week, from 0 for Monday on.
func (d Date) weekday() int {
	return (int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()) + 6) % 7
}

// number is the weekday's number, from 0 for Monday on.
func (d Weekday) number() int { return max(0, slices.Index(Weekdays, d)) }

// clockBucket is the run of instants around t whose wall clock in loc lies in
// one multiple of size; a clock change ends it. Hours repeated by a clock
// change are two buckets.
func clockBucket(t time.Time, loc *time.Location, size time.Duration) Range {
	local := t.In(loc)
	_, offset := local.Zone()
	into := time.Duration(floorMod(local.Unix()+int64(offset), int64(size/time.Second)))*time.Second +
		time.Duration(local.Nanosecond())
	r := Range{t.Add(-into).UTC(), t.Add(size - into).UTC()}
	return steadyAround(local, offset, r)
}

// steadyAround is the part of r around t in which the clock keeps its offset. Bounds of
// zones where it does, as where only its name changes, do not count.
func steadyAround(t time.Time, offset int, r Range) Range {
	keeps := func(at time.Time) bool {
		_, o := at.Zone()
		return o == offset
	}
	for start, _ := t.ZoneBounds(); start.After(r.Start); start, _ = start.Add(-1).ZoneBounds() {
		if !keeps(start.Add(-1)) {
			r.Start = start.UTC()
		}
	}
	// A zone's bounds need not lie ahead: on 31 December of leap years to come they do not.
	for at, end := t, boundAfter(t); end.After(at) && end.Before(r.End); at, end = end, boundAfter(end) {
		if !keeps(end) {
			r.End = end.UTC()
		}
	}
	return r
}

func boundAfter(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	return end
}
