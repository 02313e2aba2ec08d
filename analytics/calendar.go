package analytics

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Date is a calendar date in no particular time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the date of t in loc.
func DateOf(t time.Time, loc *time.Location) Date {
	y, m, d := t.In(loc).Date()
	return Date{y, m, d}
}

// ParseDate reads an ISO 8601 calendar date, YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, Invalidf("", "must be a date such as 2026-03-31, got %s", clip(s))
	}
	return DateOf(t, time.UTC), nil
}

func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalGQL writes the Date scalar.
func (d Date) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(d.String())) }

// UnmarshalGQL reads the Date scalar.
func (d *Date) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return Invalidf("", "must be a date such as 2026-03-31, got a %T", v)
	}
	parsed, err := ParseDate(s)
	*d = parsed
	return err
}

// AddDays is the date n days on.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC), time.UTC)
}

// AddMonths is the date n calendar months on, clamped to the month's end.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// DaysUntil is the number of days from d to o.
func (d Date) DaysUntil(o Date) int {
	a := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	b := time.Date(o.Year, o.Month, o.Day, 0, 0, 0, 0, time.UTC)
	return int((b.Unix() - a.Unix()) / 86400) // a Duration would not hold three centuries
}

// Start is the first instant of the date in loc: midnight, or the end of the
// clock change that swallowed it. A day that a zone skipped starts where the
// next one does.
func (d Date) Start(loc *time.Location) time.Time {
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	// From a day earlier on, the first stretch of one offset whose midnight lies
	// in it or before it.
	for t := midnight.Add(-24 * time.Hour).In(loc); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		start := midnight.Add(-time.Duration(offset) * time.Second)
		if start.Before(t) {
			start = t.UTC()
		}
		if end.IsZero() || start.Before(end) {
			return start
		}
		t = end
	}
}

func (d Date) before(o Date) bool { return d.DaysUntil(o) > 0 }

// TimeZone is an IANA time zone. The zero TimeZone is UTC.
type TimeZone struct{ loc *time.Location }

// zones remembers the locations loaded: names come from clients, but only those
// that exist are kept.
var zones sync.Map // name → *time.Location

// ParseTimeZone reads an IANA name. "Local", offsets and names that mean
// different things on different machines are refused.
func ParseTimeZone(name string) (TimeZone, error) {
	if loc, ok := zones.Load(name); ok {
		return TimeZone{loc.(*time.Location)}, nil
	}
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "", "Local", "localtime", "posixrules", "Factory", "posix", "right":
	default:
		if loc, err := time.LoadLocation(name); err == nil {
			zones.Store(name, loc)
			return TimeZone{loc}, nil
		}
	}
	return TimeZone{}, Invalidf("", "must be an IANA time zone such as Europe/Paris, got %s", clip(name))
}

// Location is the zone for package time.
func (z TimeZone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

func (z TimeZone) String() string { return z.Location().String() }

// MarshalGQL writes the TimeZone scalar.
func (z TimeZone) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(z.String())) }

// UnmarshalGQL reads the TimeZone scalar.
func (z *TimeZone) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return Invalidf("", "must be an IANA time zone such as Europe/Paris, got a %T", v)
	}
	parsed, err := ParseTimeZone(s)
	*z = parsed
	return err
}

// MaxPoints bounds a time series.
const MaxPoints = 10_000

// Slot is one calendar bucket of a time series, clipped to the range asked for.
type Slot struct {
	Range
	Partial bool // the range holds only a part of the calendar bucket
}

// Slots cuts r into the calendar buckets of the interval in loc, without gaps,
// in order. More than MaxPoints is an error that names the interval.
func Slots(r Range, interval Interval, loc *time.Location) ([]Slot, error) {
	var out []Slot
	for t := r.Start; t.Before(r.End); {
		bucket := interval.bucket(t, loc)
		out = append(out, Slot{bucket.Intersect(r), bucket.Intersect(r) != bucket})
		if len(out) > MaxPoints {
			return nil, Invalidf("interval", "%s over %s to %s gives more than %d points, ask for a coarser interval or a shorter range",
				interval, r.Start.Format(time.RFC3339Nano), r.End.Format(time.RFC3339Nano), MaxPoints)
		}
		t = bucket.End
	}
	return out, nil
}

// WholeSlots cuts the calendar buckets that touch r, whole. They are refused
// where the zone's clock does not run by quarter-hours.
func WholeSlots(r Range, interval Interval, loc *time.Location) ([]Slot, error) {
	if r.Empty() {
		return nil, nil
	}
	r.Start = interval.bucket(r.Start, loc).Start
	r.End = interval.bucket(r.End.Add(-time.Microsecond), loc).End
	slots, err := Slots(r, interval, loc)
	for _, s := range slots {
		if BucketOf(LevelQuarter, s.End).Start(LevelQuarter) != s.End {
			return nil, Invalidf("timeZone", "%s was not a multiple of 15 minutes from UTC at %s: ask for another zone", loc, s.End.Format(time.RFC3339))
		}
	}
	return slots, err
}

// bucket is the calendar bucket that holds t. Weeks start on Monday.
func (i Interval) bucket(t time.Time, loc *time.Location) Range {
	switch i {
	case IntervalQuarterHour:
		return clockBucket(t, loc, QuarterHour)
	case IntervalHour:
		return clockBucket(t, loc, time.Hour)
	}
	d := DateOf(t, loc)
	if next := d.AddDays(1); !next.Start(loc).After(t) { // the clock went back over midnight
		d = next
	}
	from, to := d, d.AddDays(1)
	switch i {
	case IntervalWeek:
		weekday := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
		from = d.AddDays(-(int(weekday) + 6) % 7)
		to = from.AddDays(7)
	case IntervalMonth:
		from = Date{d.Year, d.Month, 1}
		to = from.AddMonths(1)
	}
	return Range{from.Start(loc), to.Start(loc)}
}

// clockBucket is the run of instants around t whose wall clock in loc lies in
// one multiple of size; a clock change ends it. Hours repeated by a clock
// change are two buckets.
func clockBucket(t time.Time, loc *time.Location, size time.Duration) Range {
	local := t.In(loc)
	_, offset := local.Zone()
	into := time.Duration(floorMod(local.Unix()+int64(offset), int64(size/time.Second)))*time.Second +
		time.Duration(local.Nanosecond())
	r := Range{t.Add(-into).UTC(), t.Add(size - into).UTC()}
	zoneStart, zoneEnd := local.ZoneBounds()
	if !zoneStart.IsZero() && zoneStart.After(r.Start) {
		r.Start = zoneStart.UTC()
	}
	if !zoneEnd.IsZero() && zoneEnd.Before(r.End) {
		r.End = zoneEnd.UTC()
	}
	return r
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// ParseInstant reads RFC 3339 to the letter: an offset is required, T and Z may
// be small.
func ParseInstant(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || s[12] == ':' || s[19] == ',' { // an hour of one digit, a comma before the fraction
		return time.Time{}, false
	}
	n := len(s)
	return t, s[n-1] == 'Z' || s[n-5:n-3] <= "23" && s[n-2:] <= "59"
}
