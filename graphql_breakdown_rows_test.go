package main

import (
	"fmt"
	"strings"
	"testing"
)

// with adds fields to a line of NDJSON.
func with(line, fields string) string { return strings.TrimSuffix(line, "}") + "," + fields + "}" }

// A breakdown of an activation: the most events first, one session in two rows is
// one in other, and what events did not say is null.
func TestActivationBreakdown(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Europe/Paris" })
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	b.record(
		with(click("1", "click", "jazz", "s1", "2026-03-01T10:00:00Z"), `"source":"search","country":"fr"`),
		with(click("2", "click", "jazz", "s2", "2026-03-01T10:00:01Z"), `"source":"search","country":"FR"`),
		with(click("3", "outbound_click", "jazz", "s2", "2026-03-02T10:00:01Z"), `"source":"search","country":null`),
		with(click("4", "click", "jazz", "s3", "2026-03-02T10:00:00Z"), `"source":"Search"`),
		with(click("5", "click", "jazz", "s3", "2026-03-03T10:00:00Z"), `"source":"mail"`),
		with(click("6", "calendar_sync", "jazz", "s3", "2026-03-03T10:00:01Z"), `"source":"mail"`),
		with(click("7", "click", "jazz", "s3", "2026-03-04T10:00:00Z"), `"source":""`),
		with(click("8", "click", "jazz", "s9", "2026-03-08T00:00:00Z"), `"source":"late"`),
		with(click("9", "click", "rock", "s9", "2026-03-02T00:00:00Z"), `"source":"other"`),
	)
	const query = `{ activation(activationId: "act") {
		bySource: breakdown(by: [SOURCE], first: 2) {
			by truncated range { start end } rows { values metrics { clickCount uniqueSessionCount previous { clickCount } } timeSeries(interval: MONTH) { points { metrics { clickCount } } } }
			other { clickCount uniqueSessionCount outboundSessionRate range { start } } otherTimeSeries(interval: WEEK) { points { start metrics { uniqueSessionCount } } }
		}
		twice: breakdown(by: [COUNTRY, SOURCE], orderBy: { field: VALUE, direction: ASC }) { rows { values metrics { clickCount outboundClickCount calendarSyncCount } } other { clickCount } }
		day: breakdown(by: [SOURCE], range: { dates: { startDate: "2026-03-03", endDate: "2026-03-03" } }, where: [{ dimension: SOURCE, notIn: ["search", null] }]) {
			rows { values metrics { clickCount previous { clickCount } } } other { clickCount } }
		none: breakdown(by: [SOURCE], where: [{ dimension: SOURCE, in: ["none"] }]) { rows { values } other { clickCount } truncated }
	} }`
	const want = `{"activation": {
		"bySource": {
			"by": ["SOURCE"], "truncated": false, "range": {"start": "2026-03-01T01:00:00+01:00", "end": "2026-03-08T01:00:00+01:00"},
			"rows": [
				{"values": ["search"], "metrics": {"clickCount": 2, "uniqueSessionCount": 2, "previous": {"clickCount": 0}}, "timeSeries": {"points": [{"metrics": {"clickCount": 2}}]}},
				{"values": ["mail"], "metrics": {"clickCount": 1, "uniqueSessionCount": 1, "previous": {"clickCount": 0}}, "timeSeries": {"points": [{"metrics": {"clickCount": 1}}]}}
			],
			"other": {"clickCount": 2, "uniqueSessionCount": 1, "outboundSessionRate": 0, "range": {"start": "2026-03-01T01:00:00+01:00"}},
			"otherTimeSeries": {"points": [{"start": "2026-03-01T01:00:00+01:00", "metrics": {"uniqueSessionCount": 0}}, {"start": "2026-03-02T00:00:00+01:00", "metrics": {"uniqueSessionCount": 1}}]}
		},
		"twice": {"rows": [
			{"values": ["FR", "search"], "metrics": {"clickCount": 2, "outboundClickCount": 0, "calendarSyncCount": 0}},
			{"values": [null, "Search"], "metrics": {"clickCount": 1, "outboundClickCount": 0, "calendarSyncCount": 0}},
			{"values": [null, "mail"], "metrics": {"clickCount": 1, "outboundClickCount": 0, "calendarSyncCount": 1}},
			{"values": [null, "search"], "metrics": {"clickCount": 0, "outboundClickCount": 1, "calendarSyncCount": 0}},
			{"values": [null, null], "metrics": {"clickCount": 1, "outboundClickCount": 0, "calendarSyncCount": 0}}
		], "other": null},
		"day": {"rows": [{"values": ["mail"], "metrics": {"clickCount": 1, "previous": {"clickCount": 0}}}], "other": null},
		"none": {"rows": [], "other": null, "truncated": false}
	}}`
	matches(t, b.ask(query), want)
	matches(t, b.ask(query), want) // as a cache has it
	matches(t, b.as(token).ask(query), want)
	b.exec(`UPDATE activations SET status = 'PENDING'`)
	refused(t, b.as(token).post(`{ activation(activationId: "act") { breakdown(by: SOURCE) { truncated } } }`, nil, fresh), "CONFLICT")
}

// A session is of the values it starts with, so that rows and other add up to all
// sessions; of two first page views at one instant the smaller id has it.
func TestSessionsAreOfTheirFirstPageView(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := uuidOf(1)
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	ask := func() any {
		return b.ask(fmt.Sprintf(`{ partner(uuid: %q) { breakdown(by: [PATH], range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }, orderBy: { field: VALUE, direction: ASC }, first: 2) {
			rows { values metrics { %[2]s } } other { %[2]s } } } }`, p, everyEngagement))
	}
	b.record(
		with(view("m", p, "u", "2026-03-10T12:00:00Z"), `"path":"/a"`),
		with(view("2", p, "u", "2026-03-10T12:10:00Z"), `"path":"/b"`),
		with(view("3", p, "u", "2026-03-10T13:00:00Z"), `"path":"/b"`),
		with(view("4", p, "w", "2026-03-10T13:00:00Z"), `"path":"/c"`),
		view("5", p, "u", "2026-03-10T13:01:00Z"),
	)
	matches(t, ask(), `{"partner": {"breakdown": {"rows": [
		{"values": ["/a"], "metrics": {"uniqueUsers": 1, "totalSessions": 1, "totalPageViews": 1, "avgSessionDurationSeconds": 600}},
		{"values": ["/b"], "metrics": {"uniqueUsers": 1, "totalSessions": 1, "totalPageViews": 2, "avgSessionDurationSeconds": 60}}
	], "other": {"uniqueUsers": 2, "totalSessions": 1, "totalPageViews": 2, "avgSessionDurationSeconds": 0}}}}`)
	b.record(with(view("l", p, "u", "2026-03-10T12:00:00Z"), `"path":"/b"`)) // before m
	b.record(with(view("n", p, "u", "2026-03-10T13:00:00Z"), `"path":"/a"`)) // after 3
	b.record(with(view("6", p, "w", "2026-03-10T12:59:00Z"), `"path":"/a"`)) // moves a start
	matches(t, ask(), `{"partner": {"breakdown": {"rows": [
		{"values": ["/a"], "metrics": {"uniqueUsers": 2, "totalSessions": 1, "totalPageViews": 3, "avgSessionDurationSeconds": 60}},
		{"values": ["/b"], "metrics": {"uniqueUsers": 1, "totalSessions": 2, "totalPageViews": 3, "avgSessionDurationSeconds": 330}}
	], "other": {"uniqueUsers": 2, "totalSessions": 0, "totalPageViews": 2, "avgSessionDurationSeconds": null}}}}`)
	// One instant, which no cell holds alone.
	matches(t, b.ask(fmt.Sprintf(`{ partner(uuid: %q) { breakdown(by: [PATH], range: { instants: { start: "2026-03-10T12:00:00Z", end: "2026-03-10T12:00:00.000001Z" } }) {
		rows { values metrics { totalSessions totalPageViews } } } } }`, p)), `{"partner": {"breakdown": {"rows": [
		{"values": ["/a"], "metrics": {"totalSessions": 0, "totalPageViews": 1}}, {"values": ["/b"], "metrics": {"totalSessions": 1, "totalPageViews": 1}}
	]}}}`)
}

// A campaign's row is what its viewers did in the events that carry the value: who
// watches on two devices is in both rows, and once in all.
func TestCampaignBreakdown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("early", "live")
	b.record(
		with(watch("1", "live", "v1", true, "2026-03-01T10:00:00Z", 600), `"device":"tv"`),
		with(watch("2", "live", "v1", true, "2026-03-01T10:05:00Z", 600), `"device":"mobile"`),
		with(watch("3", "live", "v2", true, "2026-03-01T10:08:00Z", 60), `"device":"tv"`),
		with(watch("4", "live", "v2", false, "2026-03-01T10:08:30Z", 60), `"device":"tv"`),
		with(watch("5", "early", "v2", true, "2026-03-01T08:00:00Z", 60), `"device":"tv"`),
		with(react("6", "like", "live", "v2", "2026-03-01T10:09:00Z"), `"device":"tv"`),
		react("7", "chat", "live", "v3", "2026-03-01T10:09:00Z"),
	)
	const measures = `totalViewers totalLoginViewers newLoginViewers peakConcurrentViewers peakAt totalViewingTime likes chatViewers`
	matches(t, b.ask(fmt.Sprintf(`{ campaign(campaignKey: "live") {
		metrics { %[1]s } tv: metrics(where: [{ dimension: DEVICE, in: ["tv"] }]) { %[1]s }
		breakdown(by: [DEVICE], first: 2) { range { start } rows { values metrics { %[1]s } } other { %[1]s } }
		late: breakdown(by: [DEVICE], range: { instants: { start: "2026-03-01T10:09:00Z", end: "2026-03-01T10:12:00.5Z" } }, first: 1, orderBy: { field: UNIQUES }) {
			range { start end } rows { values metrics { %[1]s } } other { totalViewers peakAt totalViewingTime likes } }
	} }`, measures)), `{"campaign": {
		"metrics": {"totalViewers": 2, "totalLoginViewers": 2, "newLoginViewers": 1, "peakConcurrentViewers": 2, "peakAt": "2026-03-01T10:08:00Z", "totalViewingTime": 990, "likes": 1, "chatViewers": 1},
		"tv": {"totalViewers": 2, "totalLoginViewers": 2, "newLoginViewers": 1, "peakConcurrentViewers": 2, "peakAt": "2026-03-01T10:08:00Z", "totalViewingTime": 690, "likes": 1, "chatViewers": 0},
		"breakdown": {"range": null, "rows": [
			{"values": ["tv"], "metrics": {"totalViewers": 2, "totalLoginViewers": 2, "newLoginViewers": 1, "peakConcurrentViewers": 2, "peakAt": "2026-03-01T10:08:00Z", "totalViewingTime": 690, "likes": 1, "chatViewers": 0}},
			{"values": ["mobile"], "metrics": {"totalViewers": 1, "totalLoginViewers": 1, "newLoginViewers": 0, "peakConcurrentViewers": 1, "peakAt": "2026-03-01T10:05:00Z", "totalViewingTime": 600, "likes": 0, "chatViewers": 0}}
		], "other": {"totalViewers": 0, "totalLoginViewers": 0, "newLoginViewers": 0, "peakConcurrentViewers": 0, "peakAt": null, "totalViewingTime": 0, "likes": 0, "chatViewers": 1}},
		"late": {"range": {"start": "2026-03-01T10:09:00Z", "end": "2026-03-01T10:12:00.5Z"}, "rows": [
			{"values": ["tv"], "metrics": {"totalViewers": 2, "totalLoginViewers": 1, "newLoginViewers": 0, "peakConcurrentViewers": 2, "peakAt": "2026-03-01T10:09:00Z", "totalViewingTime": 90, "likes": 1, "chatViewers": 0}}
		], "other": {"totalViewers": 1, "peakAt": "2026-03-01T10:09:00Z", "totalViewingTime": 181, "likes": 0}}
	}}`)
}

// However many rows a breakdown has, it costs Postgres the same, with their series
// and what they are compared with.
func TestBreakdownRoundTrips(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var lines []string
	for a := range 10 {
		b.activate(fmt.Sprint("act", a), fmt.Sprint("e", a), "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z")
		for i := range 40 {
			line := click(fmt.Sprint(a, "-", i), "click", fmt.Sprint("e", a), fmt.Sprint("s", i%7), fmt.Sprintf("2026-03-%02dT10:00:00Z", 1+i%20))
			lines = append(lines, with(line, fmt.Sprintf(`"source":"source %d","device":"%d"`, i%20, i%2)))
		}
	}
	b.record(lines...)
	b = b.unattended()
	const most = 8
	for _, format := range []string{
		`{ activation(activationId: "act1") { breakdown(by: [SOURCE], first: %d) { rows { values metrics { clickCount uniqueSessionCount } } other { clickCount } } } }`,
		`{ activation(activationId: "act1") { breakdown(by: [SOURCE, DEVICE], first: %d) { rows { timeSeries(interval: DAY) { points { metrics { uniqueSessionCount } } } } } } }`,
		`{ activation(activationId: "act1") { breakdown(by: [SOURCE], first: %d) { rows { metrics { clickCount previous { uniqueSessionCount } } } } } }`,
		`{ activations(first: %d) { nodes { breakdown(by: [SOURCE]) { rows { metrics { clickCount } timeSeries(interval: WEEK) { points { metrics { clickCount } } } } } } } }`,
	} {
		b.sameStatements(most, fmt.Sprintf(format, 1), fmt.Sprintf(format, 2), fmt.Sprintf(format, 10))
	}
}

// What breakdowns refuse says so as any bad input does.
func TestBadBreakdownInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	for arguments, want := range map[string]string{
		`by: []`: "by", `by: [PATH, PATH]`: "twice", `by: PATH, first: 0`: "first", `by: PATH, where: [{ dimension: PATH }]`: "where",
	} {
		a := b.post(fmt.Sprintf(`{ activation(activationId: "act") { breakdown(%s) { truncated } } }`, arguments), nil, nil)
		refused(t, a, "BAD_USER_INPUT", want)
	}
}

// A day with more combinations than are kept tells paths not apart: what is by
// path says so, and everything else stays exact.
func TestTruncatedBreakdown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	const kept = 10_000
	var lines []string
	for i := range kept + 1 {
		line := click(fmt.Sprint(i), "click", "jazz", fmt.Sprint("s", i%9), fmt.Sprintf("2026-03-02T%02d:00:00Z", i%24))
		lines = append(lines, with(line, fmt.Sprintf(`"path":"/%d","source":"%d"`, i, i%3)))
	}
	lines = append(lines, with(click("other day", "click", "jazz", "s", "2026-03-03T10:00:00Z"), `"path":"/7"`))
	b.record(lines[:kept]...)
	ask := func() any {
		return b.ask(`{ activation(activationId: "act") {
			byPath: breakdown(by: [PATH], first: 1) { truncated rows { values metrics { clickCount } } other { clickCount uniqueSessionCount } }
			bySource: breakdown(by: [SOURCE], first: 1) { truncated rows { metrics { clickCount } } other { uniqueSessionCount } }
			metrics(where: [{ dimension: SOURCE, in: ["1"] }]) { clickCount }
		} }`)
	}
	matches(t, ask(), `{"activation": {
		"byPath": {"truncated": false, "rows": [{"values": ["/0"], "metrics": {"clickCount": 1}}], "other": {"clickCount": 9999, "uniqueSessionCount": 9}},
		"bySource": {"truncated": false, "rows": [{"metrics": {"clickCount": 3334}}], "other": {"uniqueSessionCount": 6}},
		"metrics": {"clickCount": 3333}
	}}`)
	b.record(lines[kept:]...)
	const want = `{"activation": {
		"byPath": {"truncated": true, "rows": [{"values": ["/7"], "metrics": {"clickCount": 1}}], "other": {"clickCount": 10001, "uniqueSessionCount": 9}},
		"bySource": {"truncated": false, "rows": [{"metrics": {"clickCount": 3334}}], "other": {"uniqueSessionCount": 7}},
		"metrics": {"clickCount": 3334}
	}}`
	matches(t, ask(), want)
	_, err := b.store.Compact(t.Context(), nil)
	ok(t, err)
	matches(t, ask(), want)
	const byPath = `{ activation(activationId: "act") { metrics(range: { dates: { startDate: "2026-03-0%d", endDate: "2026-03-03" } }, where: [{ dimension: PATH, in: ["/7"] }]) { clickCount } } }`
	refused(t, b.post(fmt.Sprintf(byPath, 1), nil, fresh), "CONFLICT", "PATH")
	matches(t, b.ask(fmt.Sprintf(byPath, 3)), `{"activation": {"metrics": {"clickCount": 1}}}`)
	// A whole month is told apart where one of its days is not: what is asked of the
	// day is refused, where the breakdown of the month or of another day cannot say so.
	const rows = `{ activation(activationId: "wide") { breakdown(by: [PATH], range: { dates: { startDate: "%s", endDate: "%s" } }, first: 1) { truncated rows { metrics { clickCount } %s } } } }`
	b.activate("wide", "jazz", "2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z")
	matches(t, b.ask(fmt.Sprintf(rows, "2026-03-01", "2026-03-31", "")), `{"activation": {"breakdown": {"truncated": false, "rows": [{"metrics": {"clickCount": 2}}]}}}`)
	refused(t, b.post(fmt.Sprintf(rows, "2026-03-01", "2026-03-31", "timeSeries(interval: DAY) { points { start } }"), nil, fresh), "CONFLICT", "PATH")
	matches(t, b.ask(fmt.Sprintf(rows, "2026-03-03", "2026-03-03", "")), `{"activation": {"breakdown": {"truncated": false, "rows": [{"metrics": {"clickCount": 1}}]}}}`)
	refused(t, b.post(fmt.Sprintf(rows, "2026-03-03", "2026-03-03", "metrics { previous { clickCount } }"), nil, fresh), "CONFLICT", "PATH")
	for range 2 { // from the store, then from the cache: others are answered all the same
		a := b.post(`{ node: activation(activationId: "act") { eventKey }
			lost: activation(activationId: "act") { metrics(where: [{ dimension: PATH, in: ["/7"] }]) { clickCount } }
			kept: activation(activationId: "act") { metrics(where: [{ dimension: SOURCE, in: ["1"] }]) { clickCount } } }`, nil, nil)
		matches(t, a.data, `{"node": {"eventKey": "jazz"}, "lost": null, "kept": {"metrics": {"clickCount": 3334}}}`)
		if len(a.errors) != 1 || a.errors[0].code() != "CONFLICT" {
			t.Errorf("errors: %v", a.errors)
		}
	}
}
