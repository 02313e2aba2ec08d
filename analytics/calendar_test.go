package analytics_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// zones have every kind of trouble a calendar knows: clock changes at midnight
// (Sao_Paulo, Beirut, Havana, Asuncion), a minute past it (St_Johns), by half
// an hour (Lord_Howe) or two (Troll), offsets of quarter-hours (Kathmandu,
// Eucla, Chatham) and of seconds (Monrovia), skipped days (Apia, Kwajalein),
// negative summer time (Dublin), and none of it (UTC).
var zones = []string{
	"UTC", "Europe/Paris", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/Havana", "America/St_Johns",
	"America/Asuncion", "America/Santiago", "America/Scoresbysund", "Asia/Beirut", "Asia/Amman", "Asia/Tehran", "Asia/Kathmandu",
	"Asia/Kolkata", "Atlantic/Azores", "Pacific/Apia", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Chatham",
	"Australia/Lord_Howe", "Australia/Eucla", "Africa/Monrovia", "Africa/Casablanca", "Africa/Cairo", "Antarctica/Troll",
}

// transitions lists the clock changes of a zone from 1970 to 2037.
func transitions(loc *time.Location) []time.Time {
	var out []time.Time
	last := time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); ; {
		_, next := at.In(loc).ZoneBounds()
		if next.IsZero() || next.After(last) {
			return out
		}
		out = append(out, next.UTC())
		at = next
	}
}

// firstInstants walks from one instant to another, five minutes at a time and
// then by seconds, for the first instant of every local date that begins there.
func firstInstants(loc *time.Location, from, to time.Time) map[string]time.Time {
	name := func(t time.Time) string { return t.In(loc).Format(time.DateOnly) }
	out := map[string]time.Time{name(from): {}} // began before the walk
	const step = 5 * time.Minute
	for at := from; at.Before(to); at = at.Add(step) {
		if _, known := out[name(at.Add(step))]; known {
			continue
		}
		for second := at; !second.After(at.Add(step)); second = second.Add(time.Second) {
			if _, known := out[name(second)]; !known {
				out[name(second)] = second
			}
		}
	}
	delete(out, name(from))
	return out
}

func TestDateStartIsTheFirstInstantOfTheDate(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loc := zone(t, name).Location()
			walks := append(transitions(loc), utc2026, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC))
			for _, change := range walks {
				checkStarts(t, loc, change.Add(-40*time.Hour).Truncate(time.Hour), change.Add(60*time.Hour))
			}
		})
	}
}

func checkStarts(t *testing.T, loc *time.Location, from, to time.Time) {
	t.Helper()
	starts := firstInstants(loc, from, to)
	first, last := "9", ""
	for name := range starts {
		first, last = min(first, name), max(last, name)
	}
	var expected time.Time
	for d := date(t, last); d.String() >= first; d = dayBefore(d) { // a skipped date starts where the next one does
		if at, exists := starts[d.String()]; exists {
			expected = at
		}
		if got := d.Start(loc); !got.Equal(expected) || got.Location() != time.UTC {
			t.Errorf("%s starts at %v, want %v", d, got, expected)
		}
	}
}

func dayBefore(d analytics.Date) analytics.Date {
	before := time.Date(d.Year, d.Month, d.Day-1, 0, 0, 0, 0, time.UTC)
	return analytics.Date{Year: before.Year(), Month: before.Month(), Day: before.Day()}
}

func TestDateStartKnownCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, date, start string }{
		{"UTC", "2026-03-29", "2026-03-29T00:00:00Z"},
		{"Europe/Paris", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, // 00:00 does not exist: 01:00-02
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"}, // 23:00 comes twice the day before
		{"Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z"},       // 01:00+03
		{"Asia/Beirut", "2024-10-27", "2024-10-26T22:00:00Z"},       // 00:00+02, after 23:00 twice
		{"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"},    // 00:00 comes twice: the first of them
		{"Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z"},   // likewise
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"},  // 00:00, and again an hour later
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"}, // did not happen
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"Africa/Monrovia", "1971-05-01", "1971-05-01T00:44:30Z"},
		{"Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z"},
	} {
		if got := date(t, c.date).Start(zone(t, c.zone).Location()); !got.Equal(utc(t, c.start)) {
			t.Errorf("%s in %s starts at %v, want %s", c.date, c.zone, got, c.start)
		}
	}
}

// Dates count like days since an epoch do; months are clamped to their end.
func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64Range(-30_000, 90_000).Draw(t, "a"), rapid.Int64Range(-30_000, 90_000).Draw(t, "b")
		on := func(days int64) analytics.Date {
			y, m, d := time.Unix(days*86_400, 0).UTC().Date()
			return analytics.Date{Year: y, Month: m, Day: d}
		}
		same(t, "days until", on(a).DaysUntil(on(b)), int(b-a))
		same(t, "add days", on(a).AddDays(int(b-a)), on(b))

		n := rapid.IntRange(-400, 400).Draw(t, "months")
		got := on(a).AddMonths(n)
		months := func(d analytics.Date) int { return d.Year*12 + int(d.Month) }
		same(t, "add months", months(got), months(on(a))+n)
		longest := map[time.Month]int{time.February: 28, time.April: 30, time.June: 30, time.September: 30, time.November: 30}[got.Month]
		if longest == 0 {
			longest = 31
		}
		if y := got.Year; got.Month == time.February && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			longest = 29
		}
		same(t, "clamped day", got.Day, min(on(a).Day, longest))
	})
	// More days apart than a time.Duration holds.
	if got := date(t, "1900-01-01").DaysUntil(date(t, "2200-01-01")); got != 109_573 {
		t.Errorf("1900 to 2200: got %d days, want 109573", got)
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"2026-03-31", "2024-02-29", "1900-01-01", "0001-01-01", "9999-12-31"} {
		d, err := analytics.ParseDate(good)
		ok(t, err)
		same(t, "date", d, date(t, good))
		same(t, "text", d.String(), good)
		var b strings.Builder
		d.MarshalGQL(&b)
		same(t, "scalar", b.String(), `"`+good+`"`)
	}
	for _, bad := range []string{"", "2026", "2026-3-31", "2026-02-29", "2026-13-01", "2026-01-00", "2026-01-01T00:00:00Z", " 2026-01-01", "20260101", "+2026-01-01"} {
		if d, err := analytics.ParseDate(bad); err == nil {
			t.Errorf("%q is read as %v", bad, d)
		} else if !strings.Contains(err.Error(), `"`+bad+`"`) {
			t.Errorf("%q: the message does not name the value: %v", bad, err)
		}
	}
	var d analytics.Date
	if err := d.UnmarshalGQL(20260331); err == nil {
		t.Error("a number is read as a date")
	}
}

func TestParseTimeZone(t *testing.T) {
	t.Parallel()
	for _, good := range zones {
		same(t, "name", zone(t, good).String(), good)
	}
	same(t, "the zero zone", analytics.TimeZone{}.String(), "UTC")
	for _, bad := range []string{"", "Local", "Europe/Atlantis", "+02:00", "../../etc/passwd", "/etc/localtime", "Europe/Paris\x00",
		"Europe//Paris", "./Europe/Paris", "Europe/./Paris", "Europe/Paris/", "Europe/../Europe/Paris", ".", "Europe"} {
		if z, err := analytics.ParseTimeZone(bad); err == nil {
			t.Errorf("%q is read as %v", bad, z)
		}
	}
}
