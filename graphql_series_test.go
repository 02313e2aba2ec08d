package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// sample is an event of a random crowd.
type sample struct {
	at      time.Time
	session string
}

// wallBucket names the calendar bucket that holds an instant: two instants share
// a bucket exactly if they share a name. An hour that comes twice is two.
func wallBucket(at time.Time, interval string, loc *time.Location) string {
	at = at.In(loc)
	switch interval {
	case "QUARTER_HOUR":
		return at.Format("2006-01-02 15 Z07:00 ") + fmt.Sprint(at.Minute()/15)
	case "HOUR":
		return at.Format("2006-01-02 15 Z07:00")
	case "DAY":
		return at.Format("2006-01-02")
	case "WEEK":
		year, week := at.ISOWeek()
		return fmt.Sprint(year, "-W", week)
	default:
		return at.Format("2006-01")
	}
}

// Random events around a change of the clock, counted by every interval: each
// point is one bucket of the wall clock, the points follow each other without a
// gap, and each holds what a naive count finds in it.
func TestSeriesInEveryZone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	spans := map[string]time.Duration{
		"QUARTER_HOUR": 30 * time.Hour, "HOUR": 60 * time.Hour, "DAY": 20 * 24 * time.Hour, "WEEK": 60 * 24 * time.Hour, "MONTH": 200 * 24 * time.Hour,
	}
	for i, c := range []struct{ zone, change string }{
		{"UTC", "2026-03-01T00:00:00Z"},
		{"Europe/Paris", "2026-03-29T01:00:00Z"},
		{"Europe/Paris", "2025-10-26T01:00:00Z"},
		{"America/New_York", "2026-03-08T07:00:00Z"},
		{"Asia/Kolkata", "2026-03-01T00:00:00Z"},        // +05:30
		{"Asia/Kathmandu", "2026-03-01T00:00:00Z"},      // +05:45
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, // half an hour back
		{"Pacific/Chatham", "2026-04-04T14:00:00Z"},     // +13:45 to +12:45
		{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},   // midnight does not exist
		{"Pacific/Apia", "2011-12-30T10:00:00Z"},        // a day does not exist
	} {
		change := instantOf(c.change)
		event := fmt.Sprint("event-", i)
		b.activate(event, event, change.AddDate(-1, 0, 0).Format(time.RFC3339), change.AddDate(1, 0, 0).Format(time.RFC3339))
		events := b.crowd(event, change, rand.New(rand.NewPCG(1, uint64(i))))
		for interval, span := range spans {
			t.Run(c.zone+" "+interval, func(t *testing.T) {
				// Off the buckets' borders, so that both ends are cut, and ragged.
				from := change.Add(-span / 3).Add(-7*time.Minute - 123456*time.Microsecond)
				checkSeries(b.in(t), event, interval, c.zone, from, from.Add(span), events)
			})
		}
	}
}

// crowd records events close to an instant and ever farther from it.
func (b *bundle) crowd(event string, around time.Time, dice *rand.Rand) (events []sample) {
	b.t.Helper()
	var lines []string
	for i := range 300 {
		reach := time.Hour << dice.IntN(12) // up to 85 days
		at := around.Add(time.Duration(dice.Int64N(int64(2*reach))) - reach).Truncate(time.Microsecond)
		if dice.IntN(4) == 0 {
			at = at.Truncate(15 * time.Minute)
		}
		s := sample{at, fmt.Sprint("s", dice.IntN(40))}
		events = append(events, s)
		lines = append(lines, click(fmt.Sprint(event, i), "click", event, s.session, at.Format(time.RFC3339Nano)))
	}
	b.record(lines...)
	return events
}

func checkSeries(b *bundle, event, interval, zone string, from, to time.Time, events []sample) {
	b.t.Helper()
	loc, err := time.LoadLocation(zone)
	ok(b.t, err)
	data := b.ask(`query($id: String!, $interval: Interval!, $zone: TimeZone!, $from: DateTime!, $to: DateTime!) {
		activation(activationId: $id) { timeSeries(interval: $interval, timeZone: $zone, range: { instants: { start: $from, end: $to } }) {
			timeZone points { start end partial metrics { clickCount uniqueSessionCount range { start end timeZone } } }
		} }
	}`, map[string]any{"id": event, "interval": interval, "zone": zone, "from": from.Format(time.RFC3339Nano), "to": to.Format(time.RFC3339Nano)})
	equal(b.t, "zone", at(data, "activation.timeSeries.timeZone"), any(zone))
	next := from
	points, _ := at(data, "activation.timeSeries.points").([]any)
	for i, p := range points {
		start, end := instantOf(at(p, "start").(string)), instantOf(at(p, "end").(string))
		if !start.Equal(next) || !start.Before(end) {
			b.t.Fatalf("point %d is %v to %v, want it to start at %v", i, start, end, next)
		}
		next = end
		name, last := wallBucket(start, interval, loc), end.Add(-time.Microsecond)
		equal(b.t, "bucket at its end", wallBucket(last, interval, loc), name)
		cut := wallBucket(start.Add(-time.Microsecond), interval, loc) == name || wallBucket(end, interval, loc) == name
		equal(b.t, fmt.Sprint("partial of ", name), at(p, "partial"), any(cut))
		if cut && i > 0 && i < len(points)-1 {
			b.t.Errorf("the bucket %s is cut in two", name)
		}
		equal(b.t, "offset", at(p, "start").(string), start.In(loc).Format(time.RFC3339Nano))
		equal(b.t, "range", encoded(at(p, "metrics.range")), fmt.Sprintf(`{"end":%q,"start":%q,"timeZone":%q}`, at(p, "end"), at(p, "start"), zone))
		clicks, sessions := naive(events, start, end)
		equal(b.t, "clicks of "+name, number(p, "metrics.clickCount"), clicks)
		equal(b.t, "sessions of "+name, number(p, "metrics.uniqueSessionCount"), sessions)
	}
	if !next.Equal(to) {
		b.t.Errorf("the points end at %v, want %v", next, to)
	}
}

func naive(events []sample, from, to time.Time) (clicks, sessions int64) {
	seen := map[string]bool{}
	for _, e := range events {
		if !e.at.Before(from) && e.at.Before(to) {
			clicks++
			seen[e.session] = true
		}
	}
	return clicks, int64(len(seen))
}

// The same for a partner's sessions, over random days of several zones.
func TestPartnerSeries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	dice := rand.New(rand.NewPCG(1, 2))
	var lines []string
	from := instantOf("2026-03-20T00:00:00Z")
	for i := range 400 {
		at := from.Add(time.Duration(dice.Int64N(int64(20 * 24 * time.Hour)))).Truncate(time.Microsecond)
		lines = append(lines, view(fmt.Sprint(i), uuidOf(1), fmt.Sprint("u", dice.IntN(3)), at.Format(time.RFC3339Nano)))
	}
	b.record(lines...)
	for _, zone := range []string{"UTC", "Europe/Paris", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe"} {
		data := b.ask(`query($uuid: UUID!, $zone: TimeZone!) { partner(uuid: $uuid) {
			engagement(range: { instants: { start: "2026-03-20T00:00:00Z", end: "2026-04-09T00:00:00Z" } }, timeZone: $zone) { totalSessions totalPageViews }
			quarters: timeSeries(interval: QUARTER_HOUR, timeZone: $zone, range: { instants: { start: "2026-03-20T00:00:00Z", end: "2026-04-09T00:00:00Z" } }) { points { engagement { totalSessions totalPageViews } } }
			hours: timeSeries(interval: HOUR, timeZone: $zone, range: { instants: { start: "2026-03-20T00:00:00Z", end: "2026-04-09T00:00:00Z" } }) { points { engagement { totalSessions totalPageViews } } }
			weeks: timeSeries(interval: WEEK, timeZone: $zone, range: { instants: { start: "2026-03-20T00:00:00Z", end: "2026-04-09T00:00:00Z" } }) { points { engagement { totalSessions totalPageViews uniqueUsers } } }
		} }`, map[string]any{"uuid": uuidOf(1), "zone": zone})
		equal(t, "page views", number(data, "partner.engagement.totalPageViews"), 400)
		for _, series := range []string{"quarters", "hours", "weeks"} {
			sessions, views := int64(0), int64(0)
			for _, p := range at(data, "partner."+series+".points").([]any) {
				sessions += number(p, "engagement.totalSessions")
				views += number(p, "engagement.totalPageViews")
			}
			equal(t, zone+" page views by "+series, views, 400)
			equal(t, zone+" sessions by "+series, sessions, number(data, "partner.engagement.totalSessions"))
		}
	}
}
