package analytics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// label names the calendar bucket that holds an instant: two instants share a
// bucket exactly if they share a label. Repeated hours differ by their offset.
func label(at time.Time, c analytics.Calendar) string {
	at = at.In(c.Zone.Location())
	switch c.Interval {
	case analytics.IntervalQuarterHour:
		return at.Format("2006-01-02 15 -07:00:00 ") + fmt.Sprint(at.Minute()/15)
	case analytics.IntervalHour:
		return at.Format("2006-01-02 15 -07:00:00")
	case analytics.IntervalDay:
		return at.Format("2006-01-02")
	case analytics.IntervalWeek:
		day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		for !strings.EqualFold(day.Weekday().String(), string(c.WeekStart)) {
			day = day.AddDate(0, 0, -1)
		}
		return "week from " + day.Format("2006-01-02")
	default:
		return at.Format("2006-01")
	}
}

// reach is how long a range a naive walk of an interval is asked to make.
var reach = map[analytics.Interval]time.Duration{
	analytics.IntervalQuarterHour: 30 * time.Hour, analytics.IntervalHour: 50 * time.Hour, analytics.IntervalDay: 200 * time.Hour,
	analytics.IntervalWeek: 24 * 24 * time.Hour, analytics.IntervalMonth: 70 * 24 * time.Hour,
}

func TestSlots(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		interval := rapid.SampledFrom([]analytics.Interval{analytics.IntervalQuarterHour, analytics.IntervalHour,
			analytics.IntervalDay, analytics.IntervalWeek, analytics.IntervalMonth}).Draw(t, "interval")
		clock := interval == analytics.IntervalQuarterHour || interval == analytics.IntervalHour
		name := rapid.SampledFrom(zones).Filter(func(z string) bool {
			return clock || z != "America/St_Johns" // has dates in two parts: see below
		}).Draw(t, "zone")
		z, err := analytics.ParseTimeZone(name)
		ok(t, err)
		loc := z.Location()
		around := rapid.SampledFrom(append(transitions(loc), utc2026)).Draw(t, "around")
		start := genInstant(around.Add(-reach[interval]), around).Draw(t, "start")
		end := start.Add(time.Duration(rapid.Int64Range(0, int64(reach[interval]/time.Microsecond)).Draw(t, "length")) * time.Microsecond)
		if rapid.Bool().Draw(t, "ends at the change") && start.Before(around) {
			end = around
		}
		r := analytics.Range{Start: start, End: end}
		calendar := analytics.Calendar{Interval: interval, Zone: z, WeekStart: rapid.SampledFrom(analytics.Weekdays).Draw(t, "week start")}
		slots, err := calendar.Slots(r)
		ok(t, err)
		checkCover(t, r, slots)

		name = ""
		for i, s := range slots {
			if here := label(s.Start, calendar); here == name {
				t.Fatalf("slot %d cuts the bucket %s in two", i, name)
			} else {
				name = here
			}
			step := max(5*time.Minute, s.End.Sub(s.Start)/500)
			for at := s.Start; at.Before(s.End); at = at.Add(step) {
				same(t, "bucket", label(at, calendar), name)
			}
			last := s.End.Add(-time.Microsecond)
			same(t, "bucket of the last instant", label(last, calendar), name)
			cut := label(s.Start.Add(-time.Microsecond), calendar) == name || label(s.End, calendar) == name
			same(t, "partial", s.Partial(), cut)
		}
	})
}

// checkCover checks that slots follow each other without gap or overlap, from
// the start of the range to its end.
func checkCover(t fataler, r analytics.Range, slots []analytics.Slot) {
	t.Helper()
	at := r.Start
	for i, s := range slots {
		if !s.Start.Equal(at) || !s.Start.Before(s.End) {
			t.Fatalf("slot %d is %v to %v, want a start at %v", i, s.Start, s.End, at)
		}
		at = s.End
	}
	if !at.Equal(r.End) {
		t.Fatalf("the slots of %v end at %v", r, at)
	}
}

// Where a clock goes back from 00:01 to 23:01, a date comes in two parts. Its
// slot runs from its first instant to the next date's, wherever one begins.
func TestSlotsWhereADateComesTwice(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/St_Johns")
	const change = "2010-11-07T02:31:00Z" // 00:01 to 23:01
	days := []string{"2010-11-06T02:30:00Z", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"}
	for _, from := range []string{"2010-11-05T12:00:00Z", "2010-11-07T02:29:59Z", "2010-11-07T02:30:00Z", change, "2010-11-07T03:00:00Z", "2010-11-07T03:30:00Z"} {
		r := analytics.Range{Start: utc(t, from), End: utc(t, "2010-11-08T12:00:00Z")}
		for _, interval := range []analytics.Interval{analytics.IntervalDay, analytics.IntervalWeek, analytics.IntervalMonth, analytics.IntervalHour} {
			slots, err := analytics.Calendar{Interval: interval, Zone: z}.Slots(r)
			ok(t, err)
			checkCover(t, r, slots)
		}
		want := []time.Time{r.Start}
		for _, d := range days {
			if utc(t, d).After(r.Start) {
				want = append(want, utc(t, d))
			}
		}
		slots, _ := analytics.Calendar{Interval: analytics.IntervalDay, Zone: z}.Slots(r)
		var got []time.Time
		for _, s := range slots {
			got = append(got, s.Start)
		}
		same(t, "days from "+from, got, want)
	}
}

func TestSlotsKnownCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone string
		interval   analytics.Interval
		start, end string
		starts     []string
		partial    string // one letter a slot
	}{
		{"a spring day has 23 hours: the second is missing", "Europe/Paris", analytics.IntervalHour, "2026-03-28T23:30:00Z", "2026-03-29T02:00:00Z",
			[]string{"2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"}, "p--"},
		{"an hour in autumn comes twice", "Europe/Paris", analytics.IntervalHour, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z",
			[]string{"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"}, "--"},
		{"an hour is cut short by the change", "America/St_Johns", analytics.IntervalHour, "2010-11-07T02:30:00Z", "2010-11-07T03:30:00Z",
			[]string{"2010-11-07T02:30:00Z", "2010-11-07T02:31:00Z"}, "--"},
		{"half an hour comes twice", "Australia/Lord_Howe", analytics.IntervalHour, "2026-04-04T14:00:00Z", "2026-04-04T16:00:00Z",
			[]string{"2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"}, "--p"},
		{"days of 23 hours", "Europe/Paris", analytics.IntervalDay, "2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z",
			[]string{"2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"}, "--"},
		{"a skipped day has no slot", "Pacific/Apia", analytics.IntervalDay, "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z",
			[]string{"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"}, "--"},
		{"weeks start on Monday", "UTC", analytics.IntervalWeek, "2026-01-01T00:00:00Z", "2026-01-13T00:00:00Z",
			[]string{"2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"}, "p-p"},
		{"a Sunday is the last day of its week", "UTC", analytics.IntervalWeek, "2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z",
			[]string{"2026-01-04T00:00:00Z"}, "p"},
		{"months of a tenant", "America/New_York", analytics.IntervalMonth, "2026-01-01T05:00:00Z", "2026-03-01T05:00:00Z",
			[]string{"2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z"}, "--"},
		{"inside one bucket", "UTC", analytics.IntervalMonth, "2026-01-05T00:00:00Z", "2026-01-05T00:00:00.000001Z", []string{"2026-01-05T00:00:00Z"}, "p"},
		{"no change, though a table of zones ends", "Asia/Dubai", analytics.IntervalHour, "2038-01-19T03:00:00Z", "2038-01-19T05:00:00Z",
			[]string{"2038-01-19T03:00:00Z", "2038-01-19T04:00:00Z"}, "--"},
		{"the last hours of a leap year that no table of zones has", "Europe/Paris", analytics.IntervalHour, "2040-12-31T21:00:00Z", "2040-12-31T23:30:00Z",
			[]string{"2040-12-31T21:00:00Z", "2040-12-31T22:00:00Z", "2040-12-31T23:00:00Z"}, "--p"},
		{"the last days of a leap year that no table of zones has", "Australia/Sydney", analytics.IntervalDay, "2040-12-30T13:00:00Z", "2041-01-01T13:00:00Z",
			[]string{"2040-12-30T13:00:00Z", "2040-12-31T13:00:00Z"}, "--"},
		{"nothing", "UTC", analytics.IntervalDay, "2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z", nil, ""},
		{"before the epoch", "UTC", analytics.IntervalQuarterHour, "1969-12-31T23:50:00Z", "1970-01-01T00:15:00Z",
			[]string{"1969-12-31T23:50:00Z", "1970-01-01T00:00:00Z"}, "p-"},
	} {
		r := analytics.Range{Start: utc(t, c.start), End: utc(t, c.end)}
		slots, err := analytics.Calendar{Interval: c.interval, Zone: zone(t, c.zone)}.Slots(r)
		ok(t, err)
		checkCover(t, r, slots)
		var starts []string
		partial := ""
		for _, s := range slots {
			starts = append(starts, s.Start.Format(time.RFC3339))
			partial += map[bool]string{true: "p", false: "-"}[s.Partial()]
		}
		same(t, c.name, starts, c.starts)
		same(t, c.name+": partial", partial, c.partial)
	}
}

func TestSlotsRefusesTooMany(t *testing.T) {
	t.Parallel()
	r := analytics.Range{Start: utc2026, End: utc2026.Add(100_000 * time.Hour)}
	slots, err := analytics.Calendar{Interval: analytics.IntervalHour}.Slots(r)
	ok(t, err)
	same(t, "points", len(slots), 100_000)
	r.End = r.End.Add(time.Microsecond)
	_, err = analytics.Calendar{Interval: analytics.IntervalHour}.Slots(r)
	refused(t, "one more", err, "interval", []string{"HOUR", "100000", "2026-01-01T00:00:00Z", "2037-05-29T16:00:00.000001Z"})
	_, err = analytics.Calendar{Interval: analytics.IntervalQuarterHour}.Slots(analytics.Always)
	refused(t, "three centuries of quarter-hours", err, "interval", []string{"QUARTER_HOUR", "100000"})
}

// Buckets with an end inside a quarter-hour are not whole ones, be it either end.
func TestWholeSlotsAreQuarterHours(t *testing.T) {
	t.Parallel()
	for zoned, refused := range map[string]bool{"1971-12-15": true, "1972-01-20": true, "1972-02-20": false} { // Liberia went to UTC on 7 January 1972
		day, err := time.Parse(time.DateOnly, zoned)
		ok(t, err)
		calendar := analytics.Calendar{Interval: analytics.IntervalMonth, Zone: zone(t, "Africa/Monrovia")}
		_, err = calendar.WholeSlots(analytics.Range{Start: day, End: day.Add(time.Hour)})
		same(t, zoned, err != nil, refused)
	}
}

// In every zone, weeks start on the day asked for, follow each other without a
// gap, and are seven days long but where a zone skipped one.
func TestWeeksStartOnTheDayAskedFor(t *testing.T) {
	t.Parallel()
	for _, name := range zones {
		z := zone(t, name)
		r := analytics.Range{Start: time.Date(2009, 12, 30, 13, 7, 0, 0, time.UTC), End: time.Date(2012, 4, 2, 3, 0, 0, 0, time.UTC)}
		for i, start := range append(analytics.Weekdays, "") {
			calendar := analytics.Calendar{Interval: analytics.IntervalWeek, Zone: z, WeekStart: start}
			slots, err := calendar.Slots(r)
			ok(t, err)
			checkCover(t, r, slots)
			whole, err := calendar.WholeSlots(r)
			ok(t, err)
			same(t, name+": whole weeks", len(whole), len(slots))
			for n, s := range whole {
				first, last := analytics.DateOf(s.Start, z.Location()), analytics.DateOf(s.End, z.Location())
				days := first.DaysUntil(last)
				skips := name == "Pacific/Apia" && (first.String() == "2011-12-31" || last.String() == "2011-12-31") // 2011-12-30 is not there
				if !skips && (days != 7 || (int(s.Start.In(z.Location()).Weekday())+6)%7 != i%7) {
					t.Fatalf("%s: the week %d from %s is %s to %s", name, n, start, first, last)
				}
				same(t, name+": the slot's week", calendar.Window(s.Start).Range, s.Range)
			}
		}
	}
	same(t, "days of the week", len(analytics.Weekdays), 7)
}
