package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var comparisons = []string{"PREVIOUS_PERIOD", "PREVIOUS_YEAR", "SAME_ELAPSED", "WEEKDAY_MATCHED"}

// both selects measures, the earlier ones and the change between them.
func both(measures, by string) string {
	fields := strings.Fields(measures)
	return fmt.Sprintf(`%s range { start end } previous(by: %s) { %[1]s range { start end } } change(by: %[2]s) { %s { absolute percent } previousRange { start end } }`,
		measures, by, strings.Join(fields, " { absolute percent } "))
}

// checkChange checks every change answered against the measures beside it, and
// says how many were not 0.
func checkChange(t *testing.T, got any, measures string) (moved int) {
	t.Helper()
	matches(t, at(got, "change.previousRange"), encoded(at(got, "previous.range")))
	for m := range strings.FieldsSeq(measures) {
		now, isNow := at(got, m).(float64)
		before, wasBefore := at(got, "previous."+m).(float64)
		absolute, isAbsolute := at(got, "change."+m+".absolute").(float64)
		percent, isPercent := at(got, "change."+m+".percent").(float64)
		if isAbsolute != (isNow && wasBefore) || isPercent != (isAbsolute && before != 0) {
			t.Errorf("%s from %v to %v is %s", m, at(got, "previous."+m), at(got, m), encoded(at(got, "change."+m)))
			continue
		}
		if isAbsolute && math.Abs(absolute-(now-before)) > 1e-9 || isPercent && math.Abs(percent-100*(now-before)/before) > 0.05+1e-9 {
			t.Errorf("%s from %v to %v is %s", m, before, now, encoded(at(got, "change."+m)))
		}
		if ten := 10 * percent; math.Abs(ten-math.Round(ten)) > 1e-6 {
			t.Errorf("%s changed by %v percent, want one decimal", m, percent)
		}
		if absolute != 0 {
			moved++
		}
	}
	return moved
}

// A change is from the earlier measures to these, whatever the comparison, at
// every place where measures are.
func TestChange(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Europe/Paris" })
	b.activate("act", "jazz", "2024-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	dice := rand.New(rand.NewPCG(6, 6))
	var lines []string
	for i := range 900 {
		when := instantOf("2025-02-01T00:00:00Z").Add(time.Duration(dice.Int64N(int64(420 * 24 * time.Hour)))).Format(time.RFC3339Nano)
		action := []string{"click", "click", "outbound_click", "calendar_sync"}[dice.IntN(4)]
		lines = append(lines, click(fmt.Sprint("c", i), action, "jazz", fmt.Sprint("s", dice.IntN(60)), when), view(fmt.Sprint("v", i), uuidOf(1), fmt.Sprint("u", dice.IntN(60)), when))
	}
	b.record(lines...)
	const engagement = `uniqueUsers totalSessions totalPageViews totalSessionSeconds avgSessionDurationSeconds`
	moved := 0
	for _, by := range comparisons {
		for _, r := range []string{
			`dates: { startDate: "2026-03-02", endDate: "2026-03-15" }`, `dates: { startDate: "2026-03-01", endDate: "2026-03-31" }`,
			`dates: { startDate: "2024-05-01", endDate: "2024-05-03" }`, `dates: { startDate: "2025-02-01", endDate: "2025-02-28" }`,
			`instants: { start: "2026-03-28T10:00:00Z", end: "2026-03-30T10:00:00.5Z" }`, `instants: { start: "2026-03-28T10:00:00Z", end: "2026-03-28T10:00:00Z" }`,
		} {
			got := b.ask(fmt.Sprintf(`{
				activation(activationId: "act") { metrics(range: { %s }) { %s } }
				partner(uuid: %q) { engagement(range: { %[1]s }) { %[4]s } }
				partnerLeaderboard(range: { %[1]s }) { edges { engagement { %[4]s } } }
			}`, r, both(everyActivationMeasure, by), uuidOf(1), both(engagement, by)))
			moved += checkChange(t, at(got, "activation.metrics"), everyActivationMeasure)
			checkChange(t, at(got, "partner.engagement"), engagement)
			matches(t, at(got, "partnerLeaderboard.edges.0.engagement"), encoded(at(got, "partner.engagement")))
		}
		got := b.ask(fmt.Sprintf(`{ activation(activationId: "act") { timeSeries(interval: WEEK, weekStart: SUNDAY, range: { dates: { startDate: "2026-02-03", endDate: "2026-03-31" } }) {
			points { metrics { %s } } } } }`, both(everyActivationMeasure, by)))
		for _, p := range at(got, "activation.timeSeries.points").([]any) {
			moved += checkChange(t, at(p, "metrics"), everyActivationMeasure)
		}
	}
	if moved < 100 {
		t.Errorf("only %d measures changed: it proves little", moved)
	}

	// A change asked for alone, under other names and in fragments, is read whole.
	const dates = `range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }`
	whole := at(b.ask(fmt.Sprintf(`{ activation(activationId: "act") { metrics(%s) { %s } } }`, dates, both(everyActivationMeasure, "PREVIOUS_YEAR"))), "activation.metrics.change")
	for m := range strings.FieldsSeq(everyActivationMeasure) {
		got := b.ask(fmt.Sprintf(`{ activation(activationId: "act") { metrics(%s) { c: change(by: PREVIOUS_YEAR) { ... { ...part } } } } } fragment part on ActivationMetricsChange { it: %s { absolute percent } }`, dates, m))
		matches(t, at(got, "activation.metrics.c.it"), encoded(at(whole, m)))
		got = b.ask(fmt.Sprintf(`{ activation(activationId: "act") { timeSeries(interval: MONTH, %s) { points { metrics { change(by: PREVIOUS_YEAR) { %s { absolute percent } } } } } } }`, dates, m))
		matches(t, at(got, "activation.timeSeries.points.0.metrics.change."+m), encoded(at(whole, m)))
	}
}

func TestChangeOfNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
	var lines []string
	add := func(n int, action, session, day string) {
		for range n {
			lines = append(lines, click(fmt.Sprint(len(lines)), action, "jazz", session, day+"T10:00:00Z"))
		}
	}
	add(3, "click", "a", "2026-03-10")
	add(4, "click", "b", "2026-03-11")
	add(1, "click", "c", "2026-03-11")
	add(1, "outbound_click", "b", "2026-03-11")
	add(1, "calendar_sync", "d", "2026-03-12")
	b.record(lines...)
	change := func(first, last string) any {
		return at(b.ask(fmt.Sprintf(`{ activation(activationId: "act") { metrics(range: { dates: { startDate: "2026-03-%s", endDate: "2026-03-%s" } }) { change {
			clickCount { absolute percent } outboundClickCount { absolute percent } uniqueViewSessionCount { absolute percent } outboundSessionRate { absolute percent } outboundClicksPerView { absolute percent }
			previousRange { start end timeZone partial }
		} } } }`, first, last)), "activation.metrics.change")
	}
	matches(t, change("11", "11"), `{
		"clickCount": {"absolute": 2, "percent": 66.7}, "outboundClickCount": {"absolute": 1, "percent": null}, "uniqueViewSessionCount": {"absolute": 1, "percent": 100},
		"outboundSessionRate": {"absolute": 50, "percent": null}, "outboundClicksPerView": {"absolute": 0.2, "percent": null},
		"previousRange": {"start": "2026-03-10T00:00:00Z", "end": "2026-03-11T00:00:00Z", "timeZone": "UTC", "partial": false}}`)
	matches(t, change("12", "12"), `{
		"clickCount": {"absolute": -5, "percent": -100}, "outboundClickCount": {"absolute": -1, "percent": -100}, "uniqueViewSessionCount": {"absolute": -2, "percent": -100},
		"outboundSessionRate": {"absolute": null, "percent": null}, "outboundClicksPerView": {"absolute": null, "percent": null},
		"previousRange": {"start": "2026-03-11T00:00:00Z", "end": "2026-03-12T00:00:00Z", "timeZone": "UTC", "partial": false}}`)
	matches(t, at(change("20", "20"), "clickCount"), `{"absolute": 0, "percent": null}`)
}

// A range that runs is marked, and compared with as much of the one before.
func TestSameElapsed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	now := time.Now().UTC()
	text := func(t time.Time) string { return t.Format(time.RFC3339Nano) }
	hour := func(h float64) string { return text(now.Add(time.Duration(h * float64(time.Hour)))) }
	token := b.activate("act", "jazz", hour(-1000), hour(1000))
	b.record(
		click("1", "click", "jazz", "a", hour(-2.5)), click("2", "click", "jazz", "b", hour(-1.5)),
		click("3", "click", "jazz", "c", hour(-0.5)), click("4", "click", "jazz", "d", hour(-0.4)), click("5", "click", "jazz", "e", hour(0.5)),
	)
	got := b.as(token).ask(fmt.Sprintf(`{ activation(activationId: "act") { metrics(range: { instants: { start: %q, end: %q } }) {
		clickCount range { partial }
		whole: previous { clickCount range { end partial } } elapsed: previous(by: SAME_ELAPSED) { clickCount range { start end partial } }
		change(by: SAME_ELAPSED) { clickCount { absolute percent } previousRange { end } }
	} } }`, hour(-1), hour(1)))
	matches(t, at(got, "activation.metrics.range"), `{"partial": true}`)
	equal(t, "clicks, one of them early", number(got, "activation.metrics.clickCount"), 3)
	matches(t, at(got, "activation.metrics.whole"), fmt.Sprintf(`{"clickCount": 2, "range": {"end": %q, "partial": false}}`, text(now.Add(-time.Hour).Truncate(time.Microsecond))))
	equal(t, "clicks up to as far", number(got, "activation.metrics.elapsed.clickCount"), 1)
	matches(t, at(got, "activation.metrics.change.clickCount"), `{"absolute": 2, "percent": 200}`)
	equal(t, "one clock", at(got, "activation.metrics.change.previousRange.end"), at(got, "activation.metrics.elapsed.range.end"))
	equal(t, "start", at(got, "activation.metrics.elapsed.range.start"), any(text(now.Add(-3*time.Hour).Truncate(time.Microsecond))))
	if end := instantOf(at(got, "activation.metrics.elapsed.range.end").(string)); end.Before(now.Add(-2*time.Hour-2*time.Second)) || end.After(time.Now().Add(-2*time.Hour)) {
		t.Errorf("it ends at %v, two hours before now (%v)", end, now)
	}

	// By calendar days: as many of them, and the same time of the day.
	got = b.ask(`{ activation(activationId: "act") { metrics(range: { period: LAST_30_DAYS }) { previous(by: SAME_ELAPSED) { range { end partial } } } }
		partnerLeaderboard(range: { period: LAST_30_DAYS }) { range { end partial } } }`)
	equal(t, "a leaderboard of days that are not over", at(got, "partnerLeaderboard.range.partial"), any(true))
	equal(t, "days that are over", at(got, "activation.metrics.previous.range.partial"), any(false))
	end := instantOf(at(got, "activation.metrics.previous.range.end").(string))
	if days := 30 * 24 * time.Hour; end.Before(now.Add(-days-2*time.Second)) || end.After(time.Now().Add(-days)) {
		t.Errorf("it ends at %v, 30 days before now (%v)", end, now)
	}
}

// Weeks start on the day asked for, in any zone, and hold what they should.
func TestWeekStart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.populate()
	var events []sample
	var lines []string
	dice := rand.New(rand.NewPCG(7, 7))
	for i := range 300 {
		at := instantOf("2026-03-01T00:00:00Z").Add(time.Duration(dice.Int64N(int64(31 * 24 * time.Hour)))).Truncate(time.Microsecond)
		events = append(events, sample{at, fmt.Sprint("s", dice.IntN(40))})
		lines = append(lines, click(fmt.Sprint(i), "click", "jazz", events[i].session, at.Format(time.RFC3339Nano)),
			view(fmt.Sprint("v", i), uuidOf(1), "u", at.Format(time.RFC3339Nano)), react(fmt.Sprint("l", i), "like", "live", "u", at.Format(time.RFC3339Nano)))
	}
	b.record(lines...)
	for _, name := range []string{"UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"} { // the clocks of two change in March
		loc, err := time.LoadLocation(name)
		ok(t, err)
		for i, day := range []string{"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"} {
			data := b.ask(fmt.Sprintf(`{
				activation(activationId: "act") { timeSeries(interval: WEEK, weekStart: %s, timeZone: %q) { points { start end metrics { clickCount uniqueSessionCount previous { range { start end } } } } } }
				campaign(campaignKey: "live") { timeSeries(interval: WEEK, weekStart: %[1]s, timeZone: %[2]q) { points { start end metrics { likes } } } }
				partner(uuid: %[3]q) { timeSeries(interval: WEEK, weekStart: %[1]s, timeZone: %[2]q, range: { dates: { startDate: "2026-02-20", endDate: "2026-04-10" } }) { points { start end engagement { totalPageViews } } } }
			}`, day, name, uuidOf(1)))
			for noun, measure := range map[string]string{"activation": "metrics.clickCount", "campaign": "metrics.likes", "partner": "engagement.totalPageViews"} {
				points := at(data, noun+".timeSeries.points").([]any)
				for n, p := range points {
					start, end := instantOf(at(p, "start").(string)), instantOf(at(p, "end").(string))
					whole := noun == "campaign" || n > 0
					if local := start.In(loc); whole && (int(local.Weekday()) != (i+1)%7 || local.Format("15:04") != "00:00") {
						t.Errorf("%s, %s: a week of the %s starts at %v", name, day, noun, local)
					}
					if n > 0 && at(points[n-1], "end") != at(p, "start") {
						t.Errorf("%s, %s: a gap before %v", name, day, start)
					}
					count, sessions := naive(events, start, end)
					equal(t, noun+" in the week", number(p, measure), count)
					if noun == "activation" {
						equal(t, "sessions of the week", number(p, "metrics.uniqueSessionCount"), sessions)
					}
				}
				if noun == "activation" { // the week before is the slot before
					equal(t, "the week before", at(points[2], "metrics.previous.range.start"), at(points[1], "start"))
					equal(t, "its end", at(points[2], "metrics.previous.range.end"), at(points[1], "end"))
				}
			}
		}
	}
}

// What a change is from is read once: it costs Postgres nothing beside previous.
func TestChangeCostsNoStatement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 20 {
		b.activate(fmt.Sprint("act", i), fmt.Sprint("e", i), "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
		b.record(click(fmt.Sprint(i), "click", fmt.Sprint("e", i), "s", "2026-03-10T10:00:00Z"))
	}
	b = b.unattended()
	query := func(more string) string {
		return `{ activations(first: 20) { nodes { metrics(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }) { clickCount uniqueSessionCount ` + more + ` } } } }`
	}
	const previous, change = `previous { clickCount uniqueSessionCount } `, `change { clickCount { absolute } uniqueSessionCount { percent } } `
	b.sameStatements(4, query(previous), query(change), query(previous+change), query(previous+change+`again: `+change+`year: change(by: PREVIOUS_YEAR) { clickCount { percent } }`))
}

// An activation comes no further than its end: what is compared with it ends as early.
func TestSameElapsedOfAnActivationThatEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-10T06:00:00Z")
	matches(t, b.ask(`{ activation(activationId: "act") { metrics(timeZone: "UTC", range: { dates: { startDate: "2026-03-08", endDate: "2026-03-10" } }) {
		range { start end } previous(by: SAME_ELAPSED) { range { start end } } } } }`), `{"activation": {"metrics": {
		"range": {"start": "2026-03-08T00:00:00Z", "end": "2026-03-10T06:00:00Z"},
		"previous": {"range": {"start": "2026-03-05T00:00:00Z", "end": "2026-03-07T06:00:00Z"}}}}}`)
}

// A point that the range cuts off is compared as the part that it is.
func TestPreviousOfACutPoint(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.populate()
	points := func(ask string) any {
		data := b.ask(fmt.Sprintf(`{ partner(uuid: %q) { timeSeries(timeZone: "Europe/Paris", %s) { points { start
			engagement { before: previous { range { start end } } week: previous(by: WEEKDAY_MATCHED) { range { start end } } } } } } }`, uuidOf(1), ask))
		return at(data, "partner.timeSeries.points")
	}
	matches(t, points(`interval: WEEK, range: { dates: { startDate: "2026-03-25", endDate: "2026-04-07" } }`), `[
		{"start": "2026-03-25T00:00:00+01:00", "engagement": {
			"before": {"range": {"start": "2026-03-20T00:00:00+01:00", "end": "2026-03-25T00:00:00+01:00"}},
			"week": {"range": {"start": "2026-03-18T00:00:00+01:00", "end": "2026-03-23T00:00:00+01:00"}}}},
		{"start": "2026-03-30T00:00:00+02:00", "engagement": {
			"before": {"range": {"start": "2026-03-23T00:00:00+01:00", "end": "2026-03-30T00:00:00+02:00"}},
			"week": {"range": {"start": "2026-03-23T00:00:00+01:00", "end": "2026-03-30T00:00:00+02:00"}}}},
		{"start": "2026-04-06T00:00:00+02:00", "engagement": {
			"before": {"range": {"start": "2026-04-04T00:00:00+02:00", "end": "2026-04-06T00:00:00+02:00"}},
			"week": {"range": {"start": "2026-03-30T00:00:00+02:00", "end": "2026-04-01T00:00:00+02:00"}}}}]`)
	// What an activation's own window cuts off does not count, of all events or of a part.
	const series = `timeSeries(interval: MONTH, timeZone: "UTC") { points { metrics { previous { range { start end } } } } }`
	b.activate("short", "jazz", "2026-03-10T00:00:00Z", "2026-03-20T00:00:00Z")
	b.record(`{"id":"1","action":"click","event":"jazz","session":"s","source":"x","at":"2026-03-15T00:00:00Z"}`)
	data := b.ask(`{ activation(activationId: "short") { all: ` + strings.Replace(series, "(", `(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }, `, 1) + `
		breakdown(by: [SOURCE], timeZone: "UTC", range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }) { rows { ` + strings.Replace(series, `, timeZone: "UTC"`, "", 1) + ` } } } }`)
	whole := at(data, "activation.all.points")
	matches(t, whole, `[{"metrics": {"previous": {"range": {"start": "2026-03-10T00:00:00Z", "end": "2026-03-10T00:00:00Z"}}}}]`)
	matches(t, at(data, "activation.breakdown.rows.0.timeSeries.points"), encoded(whole))
	// Cut within a day it is so long, and no days.
	matches(t, points(`interval: MONTH, range: { instants: { start: "2026-03-31T10:00:00Z", end: "2026-03-31T22:00:00Z" } }`), `[
		{"start": "2026-03-31T12:00:00+02:00", "engagement": {
			"before": {"range": {"start": "2026-03-31T00:00:00+02:00", "end": "2026-03-31T12:00:00+02:00"}},
			"week": {"range": {"start": "2026-03-24T12:00:00+01:00", "end": "2026-03-25T00:00:00+01:00"}}}}]`)
}
