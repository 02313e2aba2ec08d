package analytics

import (
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"
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
		return Date{}, Invalidf("", "must be a date such as 2026-03-31, got %s", Quote(s))
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
		return Invalidf("", "must be a date such as 2026-03-31, got %s", Show(v))
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
func (d Date) Start(loc *time.Location) time.Time { return d.at(0, loc) }

// at is the first instant at which the clock in loc shows the date and the time
// of day, or has been put past it.
func (d Date) at(clock time.Duration, loc *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Add(clock)
	// From a day earlier on, the first stretch of one offset that shows the wall
	// clock or begins past it.
	for t := wall.Add(-24 * time.Hour).In(loc); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		start := wall.Add(-time.Duration(offset) * time.Second)
		if start.Before(t) {
			start = t.UTC()
		}
		if !end.After(t) || start.Before(end) { // the zone's last bound need not lie ahead
			return start
		}
		t = end
	}
}

// clockOf is what the clock in loc shows at t, as the time since midnight.
func clockOf(t time.Time, loc *time.Location) time.Duration {
	local := t.In(loc)
	h, m, s := local.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(local.Nanosecond())
}

func (d Date) before(o Date) bool { return d.DaysUntil(o) > 0 }

// TimeZone is an IANA time zone. The zero TimeZone is UTC.
type TimeZone struct{ loc *time.Location }

// zones remembers the locations loaded, by name. Names come from clients: those that
// exist are kept, and no more than there can be where case does not count.
var zones = otter.Must(&otter.Options[string, *time.Location]{MaximumSize: 1_000})

// ParseTimeZone reads an IANA name. "Local", offsets and names that mean
// different things on different machines are refused.
func ParseTimeZone(name string) (TimeZone, error) {
	if loc, ok := zones.GetIfPresent(name); ok {
		return TimeZone{loc}, nil
	}
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "", ".", "Local", "localtime", "posixrules", "Factory", "posix", "right":
	default:
		if !fs.ValidPath(name) { // Europe//Paris, which is a file too
			break
		}
		if loc, err := time.LoadLocation(name); err == nil {
			zones.Set(strings.Clone(name), loc)
			return TimeZone{loc}, nil
		}
	}
	return TimeZone{}, Invalidf("", "must be an IANA time zone such as Europe/Paris, got %s", Quote(name))
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
		return Invalidf("", "must be an IANA time zone such as Europe/Paris, got %s", Show(v))
	}
	parsed, err := ParseTimeZone(s)
	*z = parsed
	return err
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
