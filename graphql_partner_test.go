package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

// uuidOf is the uuid of a test's partner or group number n.
func uuidOf(n int) string { return fmt.Sprintf("7d0c1c9e-31a2-4e7b-9f57-%012x", n) }

// view is a line of NDJSON: a page view.
func view(id, partner, visitor, at string) string {
	return fmt.Sprintf(`{"id":%q,"action":"page_view","partner":%q,"visitor":%q,"at":%q}`, id, partner, visitor, at)
}

// upsertPartners creates partners from GraphQL inputs without their uuid.
func (b *bundle) upsertPartners(from int, inputs ...string) any {
	b.t.Helper()
	for i := range inputs {
		inputs[i] = fmt.Sprintf("{ uuid: %q, %s }", uuidOf(from+i), inputs[i])
	}
	return b.ask(fmt.Sprintf(`mutation { upsertPartners(input: [%s]) { partners {
		id uuid name logoUuid partnerType leadDirection categories { uuid name } tier { uuid name } stage { uuid name }
	} } }`, strings.Join(inputs, ", ")))
}

func TestUpsertPartners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	matches(t, b.upsertPartners(1,
		fmt.Sprintf(`name: "Une société", partnerType: REFERRAL, leadDirection: SENT, logoUuid: %q, categories: [{uuid: %q, name: "A"}, {uuid: %q, name: "B"}], tier: {uuid: %q, name: "Gold"}, stage: {uuid: %q, name: "Live"}`,
			uuidOf(9), uuidOf(20), uuidOf(21), uuidOf(30), uuidOf(40)),
		`name: "Bare", partnerType: DISTRIBUTOR`,
	), fmt.Sprintf(`{"upsertPartners": {"partners": [
		{"id": "UGFydG5lcjo3ZDBjMWM5ZS0zMWEyLTRlN2ItOWY1Ny0wMDAwMDAwMDAwMDE", "uuid": %q, "name": "Une société", "logoUuid": %q,
		 "partnerType": "REFERRAL", "leadDirection": "SENT", "categories": [{"uuid": %q, "name": "A"}, {"uuid": %q, "name": "B"}],
		 "tier": {"uuid": %q, "name": "Gold"}, "stage": {"uuid": %q, "name": "Live"}},
		{"id": "UGFydG5lcjo3ZDBjMWM5ZS0zMWEyLTRlN2ItOWY1Ny0wMDAwMDAwMDAwMDI", "uuid": %q, "name": "Bare", "logoUuid": null,
		 "partnerType": "DISTRIBUTOR", "leadDirection": null, "categories": [], "tier": null, "stage": null}
	]}}`, uuidOf(1), uuidOf(9), uuidOf(20), uuidOf(21), uuidOf(30), uuidOf(40), uuidOf(2)))
	// Replaced as a whole, and a group is renamed for everyone.
	b.upsertPartners(2, fmt.Sprintf(`name: "Less bare", partnerType: RESELLER, tier: {uuid: %q, name: "Platinum"}`, uuidOf(30)))
	matches(t, b.ask(fmt.Sprintf(`{ a: partner(uuid: %q) { name tier { name } } b: partner(uuid: %q) { name partnerType tier { name } } c: partner(uuid: %q) { name } }`,
		uuidOf(1), uuidOf(2), uuidOf(3))), `{
		"a": {"name": "Une société", "tier": {"name": "Platinum"}},
		"b": {"name": "Less bare", "partnerType": "RESELLER", "tier": {"name": "Platinum"}},
		"c": null
	}`)
}

const everyEngagement = `uniqueUsers totalSessions totalPageViews avgSessionDurationSeconds`

func TestPartnerEngagement(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "America/New_York" })
	p := uuidOf(1)
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	b.record(
		view("1", p, "u1", "2026-03-10T12:00:00Z"),
		view("2", p, "u1", "2026-03-10T12:29:59.999999Z"), // 29:59.999999 later: the same session
		view("3", p, "u1", "2026-03-10T12:59:59.999999Z"), // 30:00 later: another
		view("4", p, "u2", "2026-03-10T12:00:00Z"),
		view("5", p, "u1", "2026-03-11T03:59:59Z"), // still the 10th in New York
		view("6", p, "u3", "2026-03-11T04:00:00Z"), // the 11th
		view("7", p, "u1", "2025-03-10T12:00:00Z"),
	)
	query := fmt.Sprintf(`{ partner(uuid: %q) {
		day: engagement(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }) {
			%[2]s range { start end timeZone } previous { totalPageViews avgSessionDurationSeconds } lastYear: previous(by: PREVIOUS_YEAR) { %[2]s range { start end } }
		}
		utc: engagement(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }, timeZone: "UTC") { %[2]s }
		cut: engagement(range: { instants: { start: "2026-03-10T12:29:59.999999Z", end: "2026-03-10T13:00:00Z" } }) { %[2]s }
	} }`, p, everyEngagement)
	matches(t, b.ask(query), `{"partner": {
		"day": {"uniqueUsers": 2, "totalSessions": 4, "totalPageViews": 5, "avgSessionDurationSeconds": 449.99999975,
			"range": {"start": "2026-03-10T00:00:00-04:00", "end": "2026-03-11T00:00:00-04:00", "timeZone": "America/New_York"},
			"previous": {"totalPageViews": 0, "avgSessionDurationSeconds": null},
			"lastYear": {"uniqueUsers": 1, "totalSessions": 1, "totalPageViews": 1, "avgSessionDurationSeconds": 0,
				"range": {"start": "2025-03-10T00:00:00-04:00", "end": "2025-03-11T00:00:00-04:00"}}},
		"utc": {"uniqueUsers": 2, "totalSessions": 3, "totalPageViews": 4, "avgSessionDurationSeconds": 599.999999666666667},
		"cut": {"uniqueUsers": 1, "totalSessions": 1, "totalPageViews": 2, "avgSessionDurationSeconds": 0}
	}}`)
}

// A late page view can move a session's start to an earlier bucket, bridge two
// sessions into one, or cut one in two.
func TestLateEventsMoveSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := uuidOf(1)
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	days := func() any {
		return at(b.ask(fmt.Sprintf(`{ partner(uuid: %q) { timeSeries(interval: DAY, range: { dates: { startDate: "2026-03-09", endDate: "2026-03-11" } }) {
			points { engagement { totalSessions totalPageViews avgSessionDurationSeconds } } } } }`, p)), "partner.timeSeries.points")
	}
	point := func(sessions, views int, mean string) string {
		return fmt.Sprintf(`{"engagement": {"totalSessions": %d, "totalPageViews": %d, "avgSessionDurationSeconds": %s}}`, sessions, views, mean)
	}
	b.record(view("1", p, "u", "2026-03-10T00:10:00Z"), view("2", p, "u", "2026-03-10T00:50:00Z"))
	matches(t, days(), `[`+point(0, 0, "null")+`,`+point(2, 2, "0")+`,`+point(0, 0, "null")+`]`)
	b.record(view("3", p, "u", "2026-03-10T00:30:00Z")) // bridges the two
	matches(t, days(), `[`+point(0, 0, "null")+`,`+point(1, 3, "2400")+`,`+point(0, 0, "null")+`]`)
	b.record(view("4", p, "u", "2026-03-09T23:50:00Z")) // moves the start to the day before
	matches(t, days(), `[`+point(1, 1, "3600")+`,`+point(0, 3, "null")+`,`+point(0, 0, "null")+`]`)
	// A chain of page views reaches the four hours: one before it moves the cut.
	var chain []string
	from := instantOf("2026-03-11T08:00:00Z")
	for i := range 10 {
		chain = append(chain, view(fmt.Sprint("c", i), p, "u", from.Add(time.Duration(i)*25*time.Minute).Format(time.RFC3339)))
	}
	b.record(chain...) // 08:00 to 11:45
	matches(t, days(), `[`+point(1, 1, "3600")+`,`+point(0, 3, "null")+`,`+point(1, 10, "13500")+`]`)
	b.record(view("c10", p, "u", "2026-03-11T07:40:00Z")) // 11:45 is 4:05 after it: a session of its own
	matches(t, days(), `[`+point(1, 1, "3600")+`,`+point(0, 3, "null")+`,`+point(2, 11, "6600")+`]`)
}

func TestLeaderboard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	group := func(n int) string { return fmt.Sprintf(`{uuid: %q, name: "g%d"}`, uuidOf(n), n) }
	b.upsertPartners(1,
		`name: "Zeta", partnerType: REFERRAL, leadDirection: SENT, categories: [`+group(20)+`], tier: `+group(30)+`, stage: `+group(40),
		`name: "Alpha", partnerType: REFERRAL, leadDirection: RECEIVED, categories: [`+group(20)+`, `+group(21)+`], tier: `+group(31),
		`name: "Mid", partnerType: RESELLER, tier: `+group(30)+`, stage: `+group(41),
		`name: "Alpha", partnerType: DISTRIBUTOR`,
		`name: "Idle", partnerType: REFERRAL`,
	)
	b.record( // partner 1: three views, one session, one user. 2: two sessions, two users. 3: two sessions, one user. 4: none here
		view("1", uuidOf(1), "a", "2026-03-10T10:00:00Z"), view("2", uuidOf(1), "a", "2026-03-10T10:10:00Z"), view("3", uuidOf(1), "a", "2026-03-10T10:20:00Z"),
		view("4", uuidOf(2), "a", "2026-03-10T10:00:00Z"), view("5", uuidOf(2), "b", "2026-03-10T10:00:00Z"),
		view("6", uuidOf(3), "a", "2026-03-10T10:00:00Z"), view("7", uuidOf(3), "a", "2026-03-10T11:00:00Z"),
		view("8", uuidOf(4), "a", "2026-03-11T10:00:00Z"),
	)
	board := func(t testing.TB, arguments string) string {
		data := b.in(t).ask(`{ partnerLeaderboard(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } } ` + arguments + `) {
			totalCount nodes { uuid } edges { rank cursor node { uuid } engagement { totalSessions } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } range { start end timeZone }
		} }`)
		edges, _ := at(data, "partnerLeaderboard.edges").([]any)
		var order []string
		for i, e := range edges {
			equal(t, "rank", number(e, "rank"), int64(i+1))
			equal(t, "node", at(data, fmt.Sprintf("partnerLeaderboard.nodes.%d.uuid", i)), at(e, "node.uuid"))
			uuid := at(e, "node.uuid").(string)
			order = append(order, uuid[len(uuid)-1:])
		}
		equal(t, "total", number(data, "partnerLeaderboard.totalCount"), int64(len(edges)))
		return strings.Join(order, "")
	}
	for arguments, want := range map[string]string{
		"":                                     "23145",
		`orderBy: {}`:                          "23145",
		`orderBy: { direction: ASC }`:          "45123",
		`orderBy: { field: TOTAL_PAGE_VIEWS }`: "12345",
		`orderBy: { field: UNIQUE_USERS }`:     "23145",
		`orderBy: { field: UNIQUE_USERS, direction: ASC }`:     "45312",
		`orderBy: { field: AVG_SESSION_DURATION }`:             "12345",
		`orderBy: { field: NAME, direction: ASC }`:             "24531",
		`orderBy: { field: NAME }`:                             "13524",
		`filter: {}`:                                           "23145",
		`filter: { partnerType: REFERRAL }`:                    "215",
		`filter: { leadDirection: RECEIVED }`:                  "234",
		`filter: { leadDirection: ALL }`:                       "23145",
		`filter: { partnerType: REFERRAL leadDirection: SENT}`: "1",
		fmt.Sprintf(`filter: { partnerUuids: [%q, %q, %q] }`, uuidOf(4), uuidOf(1), uuidOf(99)): "14",
		`filter: { partnerUuids: [] }`:                                                                          "",
		fmt.Sprintf(`filter: { partnerUuids: [%q] }`, uuidOf(99)):                                               "",
		fmt.Sprintf(`filter: { categoryUuids: [%q] }`, uuidOf(20)):                                              "21",
		fmt.Sprintf(`filter: { categoryUuids: [%q], tierUuids: [%q, %q] }`, uuidOf(20), uuidOf(31), uuidOf(32)): "2",
		fmt.Sprintf(`filter: { tierUuids: [%q, %q] }`, uuidOf(30), uuidOf(31)):                                  "231",
		fmt.Sprintf(`filter: { stageUuids: [%q] }`, uuidOf(41)):                                                 "3",
	} {
		t.Run(arguments, func(t *testing.T) {
			equal(t, "order", board(t, arguments), want)
		})
	}
	// A partner who is not listed any more keeps its place among those who are.
	for orderBy, want := range map[string]string{``: "15", `orderBy: { field: UNIQUE_USERS, direction: ASC }`: "12"} {
		data := b.ask(fmt.Sprintf(`{ partnerLeaderboard(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }, filter: { partnerType: REFERRAL }, after: %q %s) { nodes { uuid } } }`,
			base64.RawURLEncoding.EncodeToString([]byte(uuidOf(3))), orderBy))
		got := ""
		for i := range at(data, "partnerLeaderboard.nodes").([]any) {
			uuid := at(data, fmt.Sprintf("partnerLeaderboard.nodes.%d.uuid", i)).(string)
			got += uuid[len(uuid)-1:]
		}
		equal(t, "after a reseller, "+orderBy, got, want)
	}
	matches(t, b.ask(`{ partnerLeaderboard(range: { dates: { startDate: "2026-03-10", endDate: "2026-03-10" } }, first: 2) {
		totalCount range { start end timeZone } edges { rank node { name } engagement { `+everyEngagement+` previous { totalSessions } } }
	} }`), `{"partnerLeaderboard": {"totalCount": 5, "range": {"start": "2026-03-10T00:00:00Z", "end": "2026-03-11T00:00:00Z", "timeZone": "UTC"}, "edges": [
		{"rank": 1, "node": {"name": "Alpha"}, "engagement": {"uniqueUsers": 2, "totalSessions": 2, "totalPageViews": 2, "avgSessionDurationSeconds": 0, "previous": {"totalSessions": 0}}},
		{"rank": 2, "node": {"name": "Mid"}, "engagement": {"uniqueUsers": 1, "totalSessions": 2, "totalPageViews": 2, "avgSessionDurationSeconds": 0, "previous": {"totalSessions": 0}}}
	]}}`)
}

// The default range is the current calendar year of the tenant's zone.
func TestPartnerDefaultRange(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Pacific/Kiritimati" }) // +14:00
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	zone := b.tenant.Zone.Location()
	year := time.Now().In(zone).Year()
	first := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
	b.record(
		view("1", uuidOf(1), "u", first.UTC().Format(time.RFC3339)),
		view("2", uuidOf(1), "u", first.Add(-time.Second).UTC().Format(time.RFC3339)),
	)
	got := b.ask(fmt.Sprintf(`{ partner(uuid: %q) { engagement { totalPageViews range { start end } } timeSeries(interval: MONTH) { points { start partial } } }
		partnerLeaderboard { edges { engagement { totalPageViews } } } }`, uuidOf(1)))
	equal(t, "page views", number(got, "partner.engagement.totalPageViews"), 1)
	equal(t, "start", at(got, "partner.engagement.range.start"), any(first.Format(time.RFC3339)))
	equal(t, "end", at(got, "partner.engagement.range.end"), any(first.AddDate(1, 0, 0).Format(time.RFC3339)))
	equal(t, "page views on the board", number(got, "partnerLeaderboard.edges.0.engagement.totalPageViews"), 1)
	points := at(got, "partner.timeSeries.points").([]any)
	equal(t, "months", len(points), 12)
	equal(t, "January is over or not", at(points[0], "partial"), any(time.Now().Before(first.AddDate(0, 1, 0))))
	equal(t, "December is not over", at(points[11], "partial"), any(true))
}
