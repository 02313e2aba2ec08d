package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

// subject is one whose events are broken down, and how GraphQL asks for it.
type subject struct {
	kind            analytics.Kind
	key             string
	field, measures string
	point           string          // the measures of a point of its time series
	uniques         string          // what UNIQUES orders by
	additive        []string        // measures that rows and other add up in
	window          analytics.Range // what counts at all
}

var subjects = []subject{
	{
		analytics.KindEvent, "jazz", `activation(activationId: "act")`,
		`clickCount outboundClickCount calendarSyncCount uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount`,
		"metrics", "uniqueSessionCount", []string{"clickCount", "outboundClickCount", "calendarSyncCount"},
		analytics.Range{Start: instantOf("2026-03-26T10:07:00.000001Z"), End: instantOf("2026-04-01T22:22:22.5Z")},
	}, {
		analytics.KindPartner, uuidOf(1), fmt.Sprintf(`partner(uuid: %q)`, uuidOf(1)), everyEngagement,
		"engagement", "uniqueUsers", []string{"totalSessions", "totalPageViews"}, analytics.Always,
	}, {
		analytics.KindCampaign, "live", `campaign(campaignKey: "live")`,
		`totalViewers totalLoginViewers newLoginViewers peakConcurrentViewers peakAt totalViewingTime averageViewingTime
		likes likeViewers chats chatViewers productClicks productClickViewers bannerClicks`,
		"metrics", "totalViewers", []string{"newLoginViewers", "likes", "chats", "productClicks", "bannerClicks"}, analytics.Always,
	},
}

// question is a breakdown to ask for, as variables and as the model needs it.
type question struct {
	by       []analytics.Dimension
	order    analytics.BreakdownOrder
	first    int
	asked    analytics.Range // as far as it counts
	before   analytics.Range // the one of its length before it, likewise
	has      picks
	where    []map[string]any
	input    map[string]any // the range, nil for none
	zone     string
	interval analytics.Interval
}

func (d *dice) question(s subject) question {
	q := question{
		first: oneOf(d, 1, 2, 3, 5, 100), zone: oneOf(d, "UTC", "Europe/Paris", "Asia/Kathmandu", "America/St_Johns"),
		order: analytics.BreakdownOrder{
			Field: oneOf(d, analytics.ByEvents, analytics.ByUniques, analytics.ByValue), Direction: oneOf(d, analytics.Ascending, analytics.Descending),
		},
		interval: oneOf(d, analytics.IntervalDay, analytics.IntervalMonth),
	}
	for _, i := range d.Perm(len(analytics.AllDimensions))[:1+d.IntN(analytics.MaxBreakdown)] {
		q.by = append(q.by, analytics.AllDimensions[i])
	}
	q.where, q.has = d.where()
	q.input, q.asked = d.span(q.zone)
	switch {
	case q.input != nil && q.first < 3:
		q.interval = analytics.IntervalHour
	case q.input == nil && s.kind == analytics.KindPartner: // by default the year
		q.interval = analytics.IntervalMonth
		loc, _ := time.LoadLocation(q.zone)
		year := time.Now().In(loc).Year()
		q.asked = analytics.Range{Start: time.Date(year, 1, 1, 0, 0, 0, 0, loc), End: time.Date(year+1, 1, 1, 0, 0, 0, 0, loc)}
	}
	q.before = analytics.Range{Start: q.asked.Start.Add(-q.asked.End.Sub(q.asked.Start)), End: q.asked.Start}.Intersect(s.window)
	q.asked = q.asked.Intersect(s.window)
	return q
}

// span is a range to ask for: any two instants, dates of the zone, or none.
func (d *dice) span(zone string) (input map[string]any, r analytics.Range) {
	a, b := d.moment(), d.moment()
	if b.Before(a) {
		a, b = b, a
	}
	switch d.IntN(4) {
	case 0:
		return nil, analytics.Always
	case 1:
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		a, b = a.In(loc), b.In(loc)
		input = map[string]any{"dates": map[string]any{"startDate": a.Format(time.DateOnly), "endDate": b.Format(time.DateOnly)}}
		midnight := func(t time.Time, days int) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, loc)
		}
		return input, analytics.Range{Start: midnight(a, 0), End: midnight(b, 1)}
	default:
		input = map[string]any{"instants": map[string]any{"start": a.Format(time.RFC3339Nano), "end": b.Format(time.RFC3339Nano)}}
		return input, analytics.Range{Start: a, End: b}
	}
}

// where is up to two filters, and what passes them.
func (d *dice) where() (filters []map[string]any, has picks) {
	filters, has = []map[string]any{}, all
	for range d.IntN(3) {
		dimension, some, before := oneOf(d, analytics.AllDimensions...), []any{}, has
		listed := set{}
		for range d.IntN(3) {
			value := oneOf(d, words[dimension]...)
			if some = append(some, value); value == "" {
				some[len(some)-1] = nil
			}
			if dimension == analytics.DimensionCountry {
				value = strings.ToUpper(value)
			}
			listed[value] = true
		}
		in := d.IntN(2) == 0
		filters = append(filters, map[string]any{"dimension": dimension, map[bool]string{true: "in", false: "notIn"}[in]: some})
		has = func(e *analytics.Event) bool { return before(e) && listed[e.Value(dimension)] == in }
	}
	return filters, has
}

// TestBreakdowns compares random breakdowns and filters, with the series of
// both, with a naive count of the events.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	rounds, questions := 3, 60
	if testing.Short() {
		rounds = 1
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := &dice{Rand: rand.New(rand.NewPCG(seed, 1))}
			b := setup(t)
			b.tellStories(d, 300+300*int(seed))
			for i := range questions {
				if i == questions/2 {
					_, err := b.store.Compact(t.Context(), nil)
					ok(t, err)
				}
				s := oneOf(d, subjects...)
				q := d.question(s)
				b.compareFilters(d.told, s, q)
				b.compareBreakdown(d.told, s, q)
			}
		})
	}
}

// tellStories records random events, in no order, of three nouns.
func (b *bundle) tellStories(d *dice, n int) {
	b.t.Helper()
	window := subjects[0].window
	b.activate("act", "jazz", window.Start.Format(time.RFC3339Nano), window.End.Format(time.RFC3339Nano))
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`, `name: "Q", partnerType: REFERRAL`)
	b.campaigns("live", "late")
	var lines []string
	for i := range n {
		lines = append(lines, d.event(fmt.Sprintf("%x", (i*7919)%n)))
	}
	for batch := range slices.Chunk(lines, 1+n/7) {
		b.record(batch...)
	}
}

func (q question) variables() map[string]any {
	return map[string]any{
		"by": q.by, "range": q.input, "zone": q.zone, "where": q.where, "first": q.first, "interval": q.interval,
		"order": map[string]any{"field": q.order.Field, "direction": q.order.Direction},
	}
}

// compareFilters checks measures, series and leaderboard of what passes the
// filters. A campaign's are of its whole life.
func (b *bundle) compareFilters(events story, s subject, q question) {
	b.t.Helper()
	variables := q.variables()
	what := fmt.Sprintf("%s %s\n%s\n", s.kind, q.asked, encoded(variables))
	declared, span := `$zone: TimeZone, $where: [DimensionFilter!], $interval: Interval!`, `timeZone: $zone, where: $where`
	if s.kind == analytics.KindCampaign {
		q.asked, q.interval = analytics.Always, analytics.IntervalDay
	} else {
		declared, span = declared+`, $range: RangeInput`, span+`, range: $range`
	}
	measures := fmt.Sprintf(`%s(%s) { %s }`, s.point, span, s.measures)
	if s.kind == analytics.KindCampaign {
		measures = fmt.Sprintf(`%s(where: $where) { %s }`, s.point, s.measures)
	}
	got := at(b.ask(fmt.Sprintf(`query(%s) { of: %s { measures: %s timeSeries(interval: $interval, %s) { points { start end measures: %s { %s } } } } }`,
		declared, s.field, measures, span, s.point, s.measures), variables), "of")
	b.sameJSON(what+"measures", at(got, "measures"), events.amount(s.kind, s.key, q.asked, q.has).Measures)
	b.compareSeries(what+"series", events, s, at(got, "timeSeries.points"), q.has)
	if s.kind != analytics.KindPartner {
		return
	}
	board := b.ask(fmt.Sprintf(`query($zone: TimeZone, $where: [DimensionFilter!], $range: RangeInput) {
		partnerLeaderboard(%s) { edges { node { uuid } engagement { %s } } } }`, span, s.measures), variables)
	for _, e := range at(board, "partnerLeaderboard.edges").([]any) {
		b.sameJSON(what+"leaderboard", at(e, "engagement"), events.amount(s.kind, at(e, "node.uuid").(string), q.asked, q.has).Measures)
	}
}

func (b *bundle) compareBreakdown(events story, s subject, q question) {
	b.t.Helper()
	variables := q.variables()
	measures := s.measures
	compared := s.kind != analytics.KindCampaign && at(q.input, "instants") != nil
	if compared {
		measures += fmt.Sprintf(` previous { %s }`, s.measures)
	}
	got := at(b.ask(fmt.Sprintf(`query($by: [Dimension!]!, $range: RangeInput, $zone: TimeZone, $where: [DimensionFilter!], $order: BreakdownOrder, $first: Int!, $interval: Interval!) {
		of: %s { breakdown(by: $by, range: $range, timeZone: $zone, where: $where, orderBy: $order, first: $first) {
			by truncated
			rows { values metrics { %[4]s } timeSeries(interval: $interval) { points { start end measures: %[3]s { %[2]s } } } }
			other { %[4]s } otherTimeSeries(interval: $interval) { points { start end measures: %[3]s { %[2]s } } }
		} } }`, s.field, s.measures, s.point, measures), variables), "of.breakdown")
	amount := func(has picks) map[string]any {
		measures := events.amount(s.kind, s.key, q.asked, has).Measures
		if compared {
			measures["previous"] = events.amount(s.kind, s.key, q.before, has).Measures
		}
		return measures
	}
	what := fmt.Sprintf("%s %s\n%s\n", s.kind, q.asked, encoded(variables))

	groups := events.groups(s.kind, s.key, q.asked, q.by, q.order, q.has)
	rest := groups[min(q.first, len(groups)):]
	groups = groups[:len(groups)-len(rest)]
	rows := at(got, "rows").([]any)
	if len(rows) != len(groups) {
		b.t.Fatalf("%s%d rows, want %d", what, len(rows), len(groups))
	}
	for i, g := range groups {
		b.sameJSON(what+"values", at(rows[i], "values"), nulled(g.Values))
		has := func(e *analytics.Event) bool { return q.has(e) && slices.Equal(valuesOf(e, q.by), g.Values) }
		b.sameJSON(what+encoded(g.Values), at(rows[i], "metrics"), amount(has))
		b.compareSeries(what+encoded(g.Values), events, s, at(rows[i], "timeSeries.points"), has)
	}
	outside := func(e *analytics.Event) bool {
		return q.has(e) && !slices.ContainsFunc(groups, func(g group) bool { return slices.Equal(valuesOf(e, q.by), g.Values) })
	}
	if len(rest) == 0 {
		b.sameJSON(what+"other", at(got, "other"), nil)
		b.sameJSON(what+"other's series", at(got, "otherTimeSeries"), nil)
	} else {
		b.sameJSON(what+"other", at(got, "other"), amount(outside))
		b.compareSeries(what+"other", events, s, at(got, "otherTimeSeries.points"), outside)
	}
	b.sameJSON(what+"by", at(got, "by"), q.by)
	b.sameJSON(what+"truncated", at(got, "truncated"), false)
	whole := events.amount(s.kind, s.key, q.asked, q.has)
	for _, name := range s.additive {
		sum := max(0, number(at(got, "other"), name))
		for _, row := range rows {
			sum += number(at(row, "metrics"), name)
		}
		b.sameJSON(what+"sum of "+name, sum, whole.Measures[name])
	}
}

// compareSeries checks each point of a series over its own bucket.
func (b *bundle) compareSeries(what string, events story, s subject, points any, has picks) {
	b.t.Helper()
	for _, p := range points.([]any) {
		bucket := analytics.Range{Start: instantOf(at(p, "start").(string)), End: instantOf(at(p, "end").(string))}
		b.sameJSON(what+" in "+bucket.Start.String(), at(p, "measures"), events.amount(s.kind, s.key, bucket, has).Measures)
	}
}

// sameJSON fails the test unless both are written alike.
func (b *bundle) sameJSON(what string, got, want any) {
	b.t.Helper()
	if g, w := encoded(got), encoded(decoded(want)); g != w {
		b.t.Fatalf("%s\n got %s\nwant %s", what, g, w)
	}
}

// nulled writes what events did not say as GraphQL does.
func nulled(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		if v != "" {
			out[i] = v
		}
	}
	return out
}
