package analytics_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

func TestFairComparisons(t *testing.T) {
	t.Parallel()
	dates := func(first, last string) analytics.RangeInput {
		return analytics.RangeInput{Dates: &analytics.DateRangeInput{StartDate: date(t, first), EndDate: date(t, last)}}
	}
	instants := func(start, end string) analytics.RangeInput {
		return analytics.RangeInput{Instants: &analytics.InstantRangeInput{Start: utc(t, start), End: utc(t, end)}}
	}
	period := func(p analytics.Period) analytics.RangeInput { return analytics.RangeInput{Period: &p} }
	const elapsed, weekday = analytics.SameElapsed, analytics.WeekdayMatched
	for _, c := range []struct {
		name, zone, now string
		in              analytics.RangeInput
		by              analytics.Comparison
		start, end      string
	}{
		{"a month on its way", "UTC", "2026-05-20T13:14:15.9Z", period(analytics.CurrentMonth), elapsed, "2026-04-01T00:00:00Z", "2026-04-20T13:14:15Z"},
		{"a month's first instant", "UTC", "2026-05-01T00:00:00Z", period(analytics.CurrentMonth), elapsed, "2026-04-01T00:00:00Z", "2026-04-01T00:00:00Z"},
		{"the 31st beside a month of 30 days", "UTC", "2026-05-31T12:00:00Z", period(analytics.CurrentMonth), elapsed, "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"},
		{"the 29th beside a month of 28 days", "UTC", "2026-03-29T00:00:01Z", period(analytics.CurrentMonth), elapsed, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"the 29th beside a leap month", "UTC", "2024-03-29T00:00:01Z", period(analytics.CurrentMonth), elapsed, "2024-02-01T00:00:00Z", "2024-02-29T00:00:01Z"},
		{"the last second of a month", "UTC", "2026-02-28T23:59:59Z", period(analytics.CurrentMonth), elapsed, "2026-01-01T00:00:00Z", "2026-01-28T23:59:59Z"},
		{"a month that is over", "UTC", "2026-05-20T13:14:15Z", period(analytics.LastMonth), elapsed, "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"},
		{"a month that has just ended", "UTC", "2026-03-01T00:00:00Z", period(analytics.LastMonth), elapsed, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
		{"a leap year by days", "UTC", "2024-12-31T12:00:00Z", period(analytics.CurrentYear), elapsed, "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"},
		{"the year after it", "UTC", "2025-03-01T12:00:00Z", period(analytics.CurrentYear), elapsed, "2024-01-01T00:00:00Z", "2024-02-29T12:00:00Z"},
		{"days yet to come", "UTC", "2026-05-20T13:14:15Z", dates("2026-06-01", "2026-06-02"), elapsed, "2026-05-30T00:00:00Z", "2026-05-30T00:00:00Z"},
		{"days after a clock change", "Europe/Paris", "2026-03-30T08:00:00Z", dates("2026-03-29", "2026-03-31"), elapsed, "2026-03-25T23:00:00Z", "2026-03-27T09:00:00Z"},
		{"a time of day that was skipped", "Europe/Paris", "2026-03-31T00:30:00Z", dates("2026-03-30", "2026-03-31"), elapsed, "2026-03-27T23:00:00Z", "2026-03-29T01:00:00Z"},
		{"a time of day that came twice", "Europe/Paris", "2025-10-27T01:30:00Z", dates("2025-10-27", "2025-10-27"), elapsed, "2025-10-25T22:00:00Z", "2025-10-26T00:30:00Z"},
		{"instants by the duration", "Europe/Paris", "2026-03-29T03:00:00Z", instants("2026-03-29T00:00:00Z", "2026-03-29T06:00:00Z"), elapsed, "2026-03-28T18:00:00Z", "2026-03-28T21:00:00Z"},
		{"no instants", "UTC", "2026-03-29T03:00:00Z", instants("2026-03-30T00:00:00Z", "2026-03-30T00:00:00Z"), elapsed, "2026-03-30T00:00:00Z", "2026-03-30T00:00:00Z"},

		{"30 days move 35", "UTC", "2026-05-20T13:14:15Z", period(analytics.Last30Days), weekday, "2026-03-17T00:00:00Z", "2026-04-16T00:00:00Z"},
		{"seven days move seven", "UTC", "2026-05-20T13:14:15Z", dates("2026-05-11", "2026-05-17"), weekday, "2026-05-04T00:00:00Z", "2026-05-11T00:00:00Z"},
		{"eight days move fourteen", "UTC", "2026-05-20T13:14:15Z", dates("2026-05-11", "2026-05-18"), weekday, "2026-04-27T00:00:00Z", "2026-05-05T00:00:00Z"},
		{"a day moves a week over a clock change", "Europe/Paris", "2026-05-20T13:14:15Z", dates("2026-03-30", "2026-03-30"), weekday, "2026-03-22T23:00:00Z", "2026-03-23T23:00:00Z"},
		{"a month as its days", "UTC", "2024-03-20T00:00:00Z", period(analytics.LastMonth), weekday, "2023-12-28T00:00:00Z", "2024-01-26T00:00:00Z"},
		{"a leap year", "UTC", "2024-03-20T00:00:00Z", period(analytics.CurrentYear), weekday, "2022-12-26T00:00:00Z", "2023-12-27T00:00:00Z"},
		{"instants by the clock", "Europe/Paris", "2026-05-20T13:14:15Z", instants("2026-03-31T10:00:00.000001Z", "2026-03-31T12:00:00Z"), weekday, "2026-03-24T11:00:00.000001Z", "2026-03-24T13:00:00Z"},
		{"instants of a week to the microsecond", "UTC", "2026-05-20T13:14:15Z", instants("2026-05-01T10:00:00Z", "2026-05-08T10:00:00Z"), weekday, "2026-04-24T10:00:00Z", "2026-05-01T10:00:00Z"},
		{"a microsecond more", "UTC", "2026-05-20T13:14:15Z", instants("2026-05-01T10:00:00Z", "2026-05-08T10:00:00.000001Z"), weekday, "2026-04-17T10:00:00Z", "2026-04-24T10:00:00.000001Z"},
		{"no instants, a week before", "UTC", "2026-05-20T13:14:15Z", instants("2026-05-08T10:00:00Z", "2026-05-08T10:00:00Z"), weekday, "2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"},
	} {
		now := utc(t, c.now)
		w, err := c.in.Resolve(zone(t, c.zone), now)
		ok(t, err)
		same(t, c.name, w.Before(c.by, now).Range, analytics.Range{Start: utc(t, c.start), End: utc(t, c.end)})
	}
}

// naiveAt looks for the first instant at which the clock of a zone shows a date
// and a time of day, or is past them.
func naiveAt(day time.Time, clock time.Duration, loc *time.Location) time.Time {
	shown := func(t time.Time) string { return t.In(loc).Format("2006-01-02 15:04:05") }
	wanted := day.Add(clock).Format("2006-01-02 15:04:05")
	at := day.Add(clock - 30*time.Hour)
	for _, step := range []time.Duration{5 * time.Minute, time.Second} { // clocks change at whole five minutes, or a minute past them
		for shown(at.Add(step)) < wanted {
			at = at.Add(step)
		}
	}
	return at.Add(time.Second)
}

// Day by day, a naive calendar comes to the same ranges in every zone, around
// every change of its clock.
func TestFairComparisonsAgainstANaiveCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, err := analytics.ParseTimeZone(rapid.SampledFrom(zones).Filter(func(name string) bool {
			return name != "America/St_Johns" // has clocks that go back over midnight: shown is not ordered there
		}).Draw(t, "zone"))
		ok(t, err)
		loc := z.Location()
		around := rapid.SampledFrom(append(transitions(loc), utc2026, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))).Draw(t, "around")
		now := genInstant(around.AddDate(0, 0, -3), around.AddDate(0, 2, 0)).Draw(t, "now")
		midnight := func(at time.Time) time.Time {
			y, m, d := at.In(loc).Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		today := midnight(now)
		first, last := today.AddDate(0, 0, -rapid.IntRange(0, 70).Draw(t, "days before")), today.AddDate(0, 0, rapid.IntRange(-1, 9).Draw(t, "days after"))
		if last.Before(first) {
			last = first
		}
		var w analytics.Window
		previous := first
		if rapid.Bool().Draw(t, "a month") {
			first = time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
			last, previous = first.AddDate(0, 1, -1), first.AddDate(0, -1, 0)
			w = analytics.CurrentMonth.Resolve(z, now)
		} else {
			in := analytics.RangeInput{Dates: &analytics.DateRangeInput{
				StartDate: analytics.DateOf(first, time.UTC), EndDate: analytics.DateOf(last, time.UTC),
			}}
			w, err = in.Resolve(z, now)
			ok(t, err)
			for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
				previous = previous.AddDate(0, 0, -1)
			}
		}

		end := naiveAt(first, 0, loc)
		if second := now.Truncate(time.Second); second.Before(naiveAt(last.AddDate(0, 0, 1), 0, loc)) {
			reached := previous
			for day := first; day.Before(midnight(second)); day = day.AddDate(0, 0, 1) {
				reached = reached.AddDate(0, 0, 1)
			}
			h, m, s := second.In(loc).Clock()
			if until := naiveAt(reached, time.Duration(h*3600+m*60+s)*time.Second, loc); until.Before(end) {
				end = until
			}
		}
		same(t, "the same elapsed", w.Before(analytics.SameElapsed, now).Range, analytics.Range{Start: naiveAt(previous, 0, loc), End: end})

		from, to := first, last
		for !to.Before(first) {
			from, to = from.AddDate(0, 0, -7), to.AddDate(0, 0, -7)
		}
		same(t, "weekdays matched", w.Before(analytics.WeekdayMatched, now).Range,
			analytics.Range{Start: naiveAt(from, 0, loc), End: naiveAt(to.AddDate(0, 0, 1), 0, loc)})
	})
}

// Whatever the instants and the moment, a comparison ends where its range
// starts or before, and what has elapsed only grows with time.
func TestComparisonsNeverOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, err := analytics.ParseTimeZone(rapid.SampledFrom(zones).Draw(t, "zone"))
		ok(t, err)
		around := rapid.SampledFrom(append(transitions(z.Location()), utc2026)).Draw(t, "around")
		r := genRange(around.AddDate(0, 0, -9), around.AddDate(0, 0, 9)).Draw(t, "range")
		w := analytics.WindowOf(r, z)
		now := genInstant(around.AddDate(0, 0, -12), around.AddDate(0, 0, 12)).Draw(t, "now")
		for _, by := range []analytics.Comparison{analytics.PreviousPeriod, analytics.SameElapsed, analytics.WeekdayMatched} {
			b := w.Before(by, now)
			if b.End.After(r.Start) || b.End.Before(b.Start) {
				t.Fatalf("%s of %v is %v", by, r, b.Range)
			}
		}
		matched := w.Before(analytics.WeekdayMatched, now)
		clock := func(at time.Time) string { return at.In(z.Location()).Format("Monday 15:04:05.999999") }
		if settled := matched.End.Sub(matched.Start) == r.End.Sub(r.Start) && clock(matched.End) == clock(r.End); settled {
			same(t, "the same weekday and clock", clock(matched.Start), clock(r.Start))
		}
		early, late := w.Before(analytics.SameElapsed, now), w.Before(analytics.SameElapsed, now.Add(time.Hour))
		if late.End.Before(early.End) || early.Start != late.Start {
			t.Fatalf("%v at %v, %v an hour later", early.Range, now, late.Range)
		}
	})
}
