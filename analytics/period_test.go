package analytics_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	type days = map[analytics.Period][2]string // first day, first day after
	for _, c := range []struct {
		name, zone, now string
		want            days
	}{
		{"an ordinary day", "UTC", "2026-05-20T13:14:15Z", days{
			analytics.CurrentYear: {"2026-01-01", "2027-01-01"}, analytics.LastYear: {"2025-01-01", "2026-01-01"},
			analytics.CurrentQuarter: {"2026-04-01", "2026-07-01"}, analytics.LastQuarter: {"2026-01-01", "2026-04-01"},
			analytics.CurrentMonth: {"2026-05-01", "2026-06-01"}, analytics.LastMonth: {"2026-04-01", "2026-05-01"},
			analytics.Last30Days: {"2026-04-21", "2026-05-21"}, analytics.Last90Days: {"2026-02-20", "2026-05-21"},
			analytics.Last6Months: {"2025-11-20", "2026-05-21"}, analytics.Last12Months: {"2025-05-20", "2026-05-21"},
		}},
		{"the first instant of a year", "UTC", "2026-01-01T00:00:00Z", days{
			analytics.CurrentYear: {"2026-01-01", "2027-01-01"}, analytics.LastYear: {"2025-01-01", "2026-01-01"},
			analytics.CurrentQuarter: {"2026-01-01", "2026-04-01"}, analytics.LastQuarter: {"2025-10-01", "2026-01-01"},
			analytics.CurrentMonth: {"2026-01-01", "2026-02-01"}, analytics.LastMonth: {"2025-12-01", "2026-01-01"},
			analytics.Last30Days: {"2025-12-03", "2026-01-02"}, analytics.Last90Days: {"2025-10-04", "2026-01-02"},
			analytics.Last6Months: {"2025-07-01", "2026-01-02"}, analytics.Last12Months: {"2025-01-01", "2026-01-02"},
		}},
		{"the last instant of a year", "UTC", "2025-12-31T23:59:59.999999Z", days{
			analytics.CurrentYear: {"2025-01-01", "2026-01-01"}, analytics.LastQuarter: {"2025-07-01", "2025-10-01"},
			analytics.CurrentMonth: {"2025-12-01", "2026-01-01"}, analytics.Last30Days: {"2025-12-02", "2026-01-01"},
			analytics.Last6Months: {"2025-06-30", "2026-01-01"}, analytics.Last12Months: {"2024-12-31", "2026-01-01"},
		}},
		{"a month's end, clamped to a leap day", "UTC", "2024-08-31T12:00:00Z", days{
			analytics.Last6Months: {"2024-02-29", "2024-09-01"}, analytics.Last12Months: {"2023-08-31", "2024-09-01"},
			analytics.LastMonth: {"2024-07-01", "2024-08-01"},
		}},
		{"a month's end, clamped to the 28th", "UTC", "2025-08-31T12:00:00Z", days{
			analytics.Last6Months: {"2025-02-28", "2025-09-01"},
		}},
		{"a leap day", "UTC", "2024-02-29T12:00:00Z", days{
			analytics.Last12Months: {"2023-02-28", "2024-03-01"}, analytics.Last6Months: {"2023-08-29", "2024-03-01"},
			analytics.CurrentMonth: {"2024-02-01", "2024-03-01"}, analytics.Last30Days: {"2024-01-31", "2024-03-01"},
			analytics.CurrentYear: {"2024-01-01", "2025-01-01"}, analytics.LastYear: {"2023-01-01", "2024-01-01"},
		}},
		{"the day after a leap day", "UTC", "2024-03-01T00:00:00Z", days{
			analytics.LastMonth: {"2024-02-01", "2024-03-01"}, analytics.Last30Days: {"2024-02-01", "2024-03-02"},
			analytics.Last12Months: {"2023-03-01", "2024-03-02"},
		}},
		{"the clock of Paris in summer", "Europe/Paris", "2026-06-30T22:30:00Z", days{
			analytics.CurrentMonth: {"2026-07-01", "2026-08-01"}, analytics.CurrentQuarter: {"2026-07-01", "2026-10-01"},
			analytics.LastQuarter: {"2026-04-01", "2026-07-01"}, analytics.Last30Days: {"2026-06-02", "2026-07-02"},
		}},
		{"far east, where it is tomorrow", "Pacific/Kiritimati", "2026-12-31T10:00:00Z", days{
			analytics.CurrentYear: {"2027-01-01", "2028-01-01"}, analytics.LastMonth: {"2026-12-01", "2027-01-01"},
			analytics.Last30Days: {"2026-12-03", "2027-01-02"},
		}},
		{"a microsecond before that", "Pacific/Kiritimati", "2026-12-31T09:59:59.999999Z", days{
			analytics.CurrentYear: {"2026-01-01", "2027-01-01"}, analytics.Last30Days: {"2026-12-02", "2027-01-01"},
		}},
		{"far west, where it is yesterday", "Pacific/Pago_Pago", "2026-03-01T10:59:59Z", days{
			analytics.CurrentMonth: {"2026-02-01", "2026-03-01"}, analytics.Last30Days: {"2026-01-30", "2026-03-01"},
		}},
		{"midnights that do not exist", "America/Sao_Paulo", "2018-11-04T12:00:00Z", days{
			analytics.Last30Days: {"2018-10-06", "2018-11-05"}, analytics.Last12Months: {"2017-11-04", "2018-11-05"},
		}},
	} {
		z := zone(t, c.zone)
		for p, want := range c.want {
			w := p.Resolve(z, utc(t, c.now))
			same(t, c.name+": "+string(p), [2]string{dayAt(t, w.Start, z), dayAt(t, w.End, z)}, want)
			viaInput, err := analytics.RangeInput{Period: &p}.Resolve(z, utc(t, c.now))
			ok(t, err)
			same(t, c.name+": as input", viaInput, w)
		}
	}
	same(t, "how many periods are documented", len(analytics.Periods), 10)
}

// dayAt is the local date that begins at the instant.
func dayAt(t testing.TB, at time.Time, z analytics.TimeZone) string {
	t.Helper()
	here, before := at.In(z.Location()).Format(time.DateOnly), at.Add(-1).In(z.Location()).Format(time.DateOnly)
	if here == before {
		t.Errorf("%v begins no date of %v", at, z)
	}
	return here
}

// Whatever the moment, a period is whole days, holds today unless it is a last
// year, quarter or month, and then ends where the current one starts.
func TestPeriodsAtAnyTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, err := analytics.ParseTimeZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		ok(t, err)
		now := genInstant(time.Unix(0, 0), time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC)).Draw(t, "now")
		for last, current := range map[analytics.Period]analytics.Period{
			analytics.LastYear: analytics.CurrentYear, analytics.LastQuarter: analytics.CurrentQuarter, analytics.LastMonth: analytics.CurrentMonth,
		} {
			same(t, string(last), last.Resolve(z, now).End, current.Resolve(z, now).Start)
			same(t, string(last)+" as the period before", current.Resolve(z, now).Before(analytics.PreviousPeriod, now), last.Resolve(z, now))
			if r := current.Resolve(z, now); !r.Contains(now) {
				t.Fatalf("%s is %v, without %v", current, r.Range, now)
			}
		}
		for _, p := range []analytics.Period{analytics.Last30Days, analytics.Last90Days, analytics.Last6Months, analytics.Last12Months} {
			if r := p.Resolve(z, now); !r.Contains(now) || r.End.Sub(now) > 25*time.Hour {
				t.Fatalf("%s is %v, does not end with the day of %v", p, r.Range, now)
			}
		}
	})
}

func TestBefore(t *testing.T) {
	t.Parallel()
	dates := func(first, last string) analytics.RangeInput {
		return analytics.RangeInput{Dates: &analytics.DateRangeInput{StartDate: date(t, first), EndDate: date(t, last)}}
	}
	instants := func(start, end string) analytics.RangeInput {
		return analytics.RangeInput{Instants: &analytics.InstantRangeInput{Start: utc(t, start), End: utc(t, end)}}
	}
	period := func(p analytics.Period) analytics.RangeInput { return analytics.RangeInput{Period: &p} }
	const prev, year = analytics.PreviousPeriod, analytics.PreviousYear
	for _, c := range []struct {
		name, zone string
		in         analytics.RangeInput
		by         analytics.Comparison
		start, end string
	}{
		{"a month before a month", "UTC", period(analytics.CurrentMonth), prev, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"a month a year before", "UTC", period(analytics.LastMonth), year, "2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z"},
		{"a quarter before a quarter", "Europe/Paris", period(analytics.CurrentQuarter), prev, "2023-09-30T22:00:00Z", "2023-12-31T23:00:00Z"},
		{"a year before a year", "UTC", period(analytics.CurrentYear), prev, "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"},
		{"30 days before 30 days", "UTC", period(analytics.Last30Days), prev, "2024-02-01T00:00:00Z", "2024-03-02T00:00:00Z"},
		{"30 days a year before", "UTC", period(analytics.Last30Days), year, "2023-03-02T00:00:00Z", "2023-04-01T00:00:00Z"},
		{"days over a clock change keep their number", "Europe/Paris", dates("2024-03-31", "2024-04-01"), prev, "2024-03-28T23:00:00Z", "2024-03-30T23:00:00Z"},
		{"a leap day a year before", "UTC", dates("2024-02-29", "2024-02-29"), year, "2023-02-28T00:00:00Z", "2023-03-01T00:00:00Z"},
		{"up to a leap day, a year before", "UTC", dates("2024-02-01", "2024-02-29"), year, "2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z"},
		{"dates that make a month are days all the same", "UTC", dates("2024-03-01", "2024-03-31"), prev, "2024-01-30T00:00:00Z", "2024-03-01T00:00:00Z"},
		{"from a skipped day on", "Pacific/Apia", dates("2011-12-30", "2012-01-01"), prev, "2011-12-27T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"a skipped day a year before", "Pacific/Apia", dates("2011-12-30", "2011-12-30"), year, "2010-12-30T10:00:00Z", "2010-12-31T10:00:00Z"},
		{"three centuries", "UTC", dates("1900-01-01", "2199-12-31"), prev, "1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
		{"three centuries of instants", "UTC", instants("1900-01-01T00:00:00Z", "2200-01-01T00:00:00Z"), prev, "1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"},
		{"before the first instant", "UTC", instants("1910-01-01T00:00:00Z", "1930-01-01T00:00:00Z"), prev, "1900-01-01T00:00:00Z", "1910-01-01T00:00:00Z"},
		{"instants before instants", "Europe/Paris", instants("2024-03-31T00:30:00Z", "2024-03-31T03:30:00.000001Z"), prev, "2024-03-30T21:29:59.999999Z", "2024-03-31T00:30:00Z"},
		{"instants by the clock a year before", "Europe/Paris", instants("2024-03-31T12:00:00Z", "2024-11-01T12:00:00.000001Z"), year, "2023-03-31T12:00:00Z", "2023-11-01T12:00:00.000001Z"},
		{"instants where the offset differs", "Europe/Paris", instants("2024-03-28T12:00:00Z", "2024-04-01T00:00:00Z"), year, "2023-03-28T11:00:00Z", "2023-04-01T00:00:00Z"},
		{"instants into a leap day", "UTC", instants("2024-02-28T12:00:00Z", "2024-02-29T10:00:00Z"), year, "2023-02-28T12:00:00Z", "2023-02-28T12:00:00Z"},
		{"no instants", "UTC", instants("2024-03-31T12:00:00Z", "2024-03-31T12:00:00Z"), prev, "2024-03-31T12:00:00Z", "2024-03-31T12:00:00Z"},
	} {
		w, err := c.in.Resolve(zone(t, c.zone), utc(t, "2024-03-31T12:00:00Z"))
		ok(t, err)
		got := w.Before(c.by, utc2026)
		same(t, c.name, got.Range, analytics.Range{Start: utc(t, c.start), End: utc(t, c.end)})
		same(t, c.name+": zone", got.Zone, w.Zone)
	}
}

// A step back can be taken again: the calendar is not forgotten on the way.
func TestBeforeTwice(t *testing.T) {
	t.Parallel()
	now := utc(t, "2024-03-31T12:00:00Z")
	twoBack := analytics.CurrentMonth.Resolve(zone(t, "Europe/Paris"), now).Before(analytics.PreviousPeriod, now).Before(analytics.PreviousPeriod, now)
	same(t, "two months back", twoBack.Range, analytics.Range{Start: utc(t, "2023-12-31T23:00:00Z"), End: utc(t, "2024-01-31T23:00:00Z")})
	days := analytics.Last30Days.Resolve(zone(t, "UTC"), now).Before(analytics.PreviousYear, now).Before(analytics.PreviousPeriod, now)
	same(t, "days before days a year back", days.Range, analytics.Range{Start: utc(t, "2023-01-31T00:00:00Z"), End: utc(t, "2023-03-02T00:00:00Z")})
}

func TestRangeInput(t *testing.T) {
	t.Parallel()
	dates := func(first, last string) *analytics.DateRangeInput {
		return &analytics.DateRangeInput{StartDate: date(t, first), EndDate: date(t, last)}
	}
	instants := func(start, end string) *analytics.InstantRangeInput {
		return &analytics.InstantRangeInput{Start: utc(t, start), End: utc(t, end)}
	}
	for _, c := range []struct {
		name, field string
		in          analytics.RangeInput
		says        []string
	}{
		{"nothing", "range", analytics.RangeInput{}, []string{"exactly one", "period", "dates", "instants", "0"}},
		{"two", "range", analytics.RangeInput{Period: new(analytics.LastYear), Dates: dates("2026-01-01", "2026-01-02")}, []string{"exactly one", "2"}},
		{"three", "range", analytics.RangeInput{Period: new(analytics.LastYear), Dates: dates("2026-01-01", "2026-01-02"),
			Instants: instants("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")}, []string{"exactly one", "3"}},
		{"one day", "", analytics.RangeInput{Dates: dates("2026-01-01", "2026-01-01")}, nil},
		{"dates backwards", "range.dates", analytics.RangeInput{Dates: dates("2026-01-02", "2026-01-01")}, []string{"endDate", "2026-01-01", "startDate", "2026-01-02"}},
		{"the earliest and the latest date", "", analytics.RangeInput{Dates: dates("1900-01-01", "2199-12-31")}, nil},
		{"a date too early", "range.dates", analytics.RangeInput{Dates: dates("1899-12-31", "2026-01-01")}, []string{"1900-01-01T00:00:00Z", "1899-12-31T00:00:00Z"}},
		{"a date too late", "range.dates", analytics.RangeInput{Dates: dates("2026-01-01", "2200-01-01")}, []string{"2200-01-01T00:00:00Z", "2200-01-02T00:00:00Z"}},
		{"the ends of time", "range.dates", analytics.RangeInput{Dates: dates("0001-01-01", "9999-12-31")}, []string{"1900-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}},
		{"equal instants", "", analytics.RangeInput{Instants: instants("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")}, nil},
		{"instants backwards", "range.instants", analytics.RangeInput{Instants: instants("2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z")},
			[]string{"2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z"}},
		{"an instant too early", "range.instants", analytics.RangeInput{Instants: instants("1899-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z")},
			[]string{"1900-01-01T00:00:00Z", "1899-12-31T23:59:59.999999Z"}},
		{"an instant too late", "range.instants", analytics.RangeInput{Instants: instants("2026-01-01T00:00:00Z", "2200-01-01T00:00:00.000001Z")},
			[]string{"2200-01-01T00:00:00Z", "2200-01-01T00:00:00.000001Z"}},
	} {
		_, err := c.in.Resolve(analytics.TimeZone{}, utc2026)
		refused(t, c.name, err, c.field, c.says)
	}

	// Instants are kept to the microsecond, and become UTC.
	w, err := analytics.RangeInput{Instants: &analytics.InstantRangeInput{
		Start: time.Date(2026, 1, 1, 2, 0, 0, 1999, time.FixedZone("", 7200)), End: utc2026.Add(2 * time.Second),
	}}.Resolve(zone(t, "Asia/Kolkata"), utc2026)
	ok(t, err)
	same(t, "instants", w.Range, analytics.Range{Start: utc2026.Add(time.Microsecond), End: utc2026.Add(2 * time.Second)})
	same(t, "zone", w.Zone.String(), "Asia/Kolkata")
}
