package main

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/testlog"
	"footfall/store"
	"footfall/web"
)

// unattended is another gateway without its work in the background: every
// statement is a request's.
func (b *bundle) unattended() *bundle {
	b.t.Helper()
	g, err := openGateway(b.t.Context(), store.Options{URL: b.conf.database}, redisServer{URL: b.conf.redis}, b.conf.serving, b.conf.log)
	ok(b.t, err)
	handler, err := g.handler(web.Config{})
	ok(b.t, err)
	server := httptest.NewServer(handler)
	b.t.Cleanup(func() {
		server.Close()
		g.close()
	})
	other := *b
	other.gateway, other.base = g, server.URL
	return &other
}

// statements is how many statements a query costs Postgres, at best: a machine
// that is busy enough may part a batch.
func (b *bundle) statements(query string) int64 {
	b.t.Helper()
	least := int64(1 << 62)
	for range 3 {
		before := b.store.Statements()
		b.ask(query)
		least = min(least, b.store.Statements()-before)
	}
	return least
}

// sameStatements checks that queries cost the same, and at most so many.
func (b *bundle) sameStatements(most int64, queries ...string) {
	b.t.Helper()
	for _, q := range queries {
		n := b.statements(q)
		if first := b.statements(queries[0]); n != first || n > most {
			b.t.Errorf("%d statements for\n%s\nand %d for\n%s", n, q, first, queries[0])
		}
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	b := setup(t, withoutLimits)
	const n = 100
	var partners []analytics.PartnerInput
	var campaigns []analytics.CampaignInput
	var events []string
	day := instantOf("2026-03-01T00:00:00Z")
	for i := range n {
		status := analytics.Activated
		_, _, err := b.writer.CreateActivation(t.Context(), b.tenant.ID, analytics.CreateActivationInput{
			EventKey: fmt.Sprint("e", i), EventName: "n", Tier: "t", StartAt: day.Add(time.Duration(i) * time.Minute), EndAt: day.AddDate(0, 2, 0), Status: &status,
		})
		ok(t, err)
		campaigns = append(campaigns, analytics.CampaignInput{CampaignKey: fmt.Sprint("c", i), Title: "t", ScheduledAt: day})
		partners = append(partners, analytics.PartnerInput{UUID: [16]byte{15: byte(i)}, Name: "p", PartnerType: analytics.Referral})
		at := day.Add(time.Duration(i) * 7 * time.Hour).Format(time.RFC3339)
		events = append(events, click(fmt.Sprint("k", i), "click", fmt.Sprint("e", i), fmt.Sprint("s", i%7), at),
			view(fmt.Sprint("v", i), partners[i].UUID.String(), fmt.Sprint("u", i%7), at), watch(fmt.Sprint("w", i), fmt.Sprint("c", i), "v", true, at, 600))
	}
	_, err := b.writer.UpsertPartners(t.Context(), b.tenant.ID, partners)
	ok(t, err)
	_, err = b.writer.UpsertCampaigns(t.Context(), b.tenant.ID, campaigns)
	ok(t, err)
	b.record(events...)

	b = b.unattended()
	// With no-cache: the key, the list, the measures. All partners tie: a
	// leaderboard reads counts and then uniques.
	sized := func(format string) (queries []string) {
		for _, first := range []int{10, 1, 100} {
			queries = append(queries, fmt.Sprintf(format, first))
		}
		return queries
	}
	b.sameStatements(3, sized(`{ activations(first: %d) { nodes { metrics { clickCount uniqueSessionCount outboundSessionRate } } } }`)...)
	b.sameStatements(3, sized(`{ activations(first: %d) { nodes { timeSeries(interval: DAY) { points { metrics { clickCount uniqueSessionCount } } } } } }`)...)
	b.sameStatements(4, sized(`{ activations(first: %d) { nodes { metrics(range: { dates: { startDate: "2026-03-05", endDate: "2026-03-09" } }) {
		clickCount previous { clickCount uniqueSessionCount } lastYear: previous(by: PREVIOUS_YEAR) { clickCount } } } } }`)...)
	b.sameStatements(3, sized(`{ campaigns(first: %d) { nodes { metrics { totalViewers newLoginViewers peakConcurrentViewers likes } } } }`)...)
	b.sameStatements(4, sized(`{ campaigns(first: %d) { nodes { timeSeries(interval: HOUR) { points { metrics { totalViewers peakConcurrentViewers } } } } } }`)...)
	b.sameStatements(5, sized(`{ partnerLeaderboard(first: %d) { nodes { engagement { uniqueUsers totalSessions } } } }`)...)
	b.sameStatements(4, sized(`{ partnerLeaderboard(first: %d) { edges { engagement { uniqueUsers totalSessions } } } }`)...)
	b.sameStatements(6, sized(`{ partnerLeaderboard(first: %d) { edges { engagement { totalSessions previous { uniqueUsers totalSessions } } node { timeSeries(interval: MONTH) { points { engagement { uniqueUsers } } } } } } }`)...)

	// What is asked for one by one meets in batches too, as the scheduler has it.
	var hundred strings.Builder
	for i := range n {
		_, _ = fmt.Fprintf(&hundred, `c%d: campaign(campaignKey: "c%d") { metrics { totalViewers } } p%d: partner(uuid: "%s") { engagement { uniqueUsers } } `, i, i, i, partners[i].UUID)
	}
	if cost := b.statements(`{ ` + hundred.String() + `}`); cost > 12 { // of more than 400; 4 where the machine keeps up
		t.Errorf("%d statements for 100 campaigns and 100 partners", cost)
	}
}

// corrupt makes every set of a subject's cells unreadable.
func (b *bundle) corrupt(kind analytics.Kind, key string) {
	b.t.Helper()
	b.exec(`UPDATE cells SET sessions = '\xff00ff', visitors = '\xff00ff', quarter_sets = '\xff00ff' WHERE tenant_id = $1
		AND subject_id = (SELECT subject_id FROM subjects WHERE tenant_id = $1 AND kind = $2 AND key = $3)`, b.tenant.ID, int16(kind), key)
}

// Counts never read a set: they are answered although the sets are broken.
// Uniques then fail, as an internal error that says nothing of the inside.
func TestCountsReadNoSets(t *testing.T) {
	t.Parallel()
	var log testlog.Log
	b := setup(t, func(c *settings) { c.log = slog.New(slog.NewTextHandler(&log, nil)) })
	b.activate("act", "jazz", "2026-01-01T00:00:00Z", "2026-04-01T12:15:00Z")
	b.campaigns("c")
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	for i, at := range []string{"2026-01-10T10:00:00Z", "2026-02-10T10:00:00Z", "2026-04-01T10:00:00Z"} {
		b.record(click(fmt.Sprint(i), "click", "jazz", "s", at), view(fmt.Sprint("v", i), uuidOf(1), "u", at),
			watch(fmt.Sprint("w", i), "c", "v", true, at, 60), react(fmt.Sprint("l", i), "like", "c", "v", at))
	}
	b.corrupt(analytics.KindEvent, "jazz")
	b.corrupt(analytics.KindPartner, uuidOf(1))
	b.corrupt(analytics.KindCampaign, "c")
	const dates = `range: { dates: { startDate: "2026-01-01", endDate: "2026-04-01" } }`
	matches(t, b.ask(fmt.Sprintf(`{
		activation(activationId: "act") {
			metrics { clickCount outboundClickCount calendarSyncCount outboundClicksPerView previous { clickCount } change { clickCount { absolute } } }
			timeSeries(interval: MONTH) { points { metrics { clickCount } } }
		}
		partner(uuid: %q) {
			engagement(%s) { totalSessions totalPageViews avgSessionDurationSeconds }
			timeSeries(interval: MONTH, %[2]s) { points { engagement { totalSessions } } }
		}
		campaign(campaignKey: "c") { metrics { newLoginViewers peakConcurrentViewers peakAt totalViewingTime likes chats productClicks bannerClicks } }
		partnerLeaderboard(%[2]s) { edges { engagement { totalSessions } } }
	}`, uuidOf(1), dates)), `{
		"activation": {
			"metrics": {"clickCount": 3, "outboundClickCount": 0, "calendarSyncCount": 0, "outboundClicksPerView": 0, "previous": {"clickCount": 0}, "change": {"clickCount": {"absolute": 3}}},
			"timeSeries": {"points": [{"metrics": {"clickCount": 1}}, {"metrics": {"clickCount": 1}}, {"metrics": {"clickCount": 0}}, {"metrics": {"clickCount": 1}}]}
		},
		"partner": {
			"engagement": {"totalSessions": 3, "totalPageViews": 3, "avgSessionDurationSeconds": 0},
			"timeSeries": {"points": [{"engagement": {"totalSessions": 1}}, {"engagement": {"totalSessions": 1}}, {"engagement": {"totalSessions": 0}}, {"engagement": {"totalSessions": 1}}]}
		},
		"campaign": {"metrics": {"newLoginViewers": 1, "peakConcurrentViewers": 1, "peakAt": "2026-01-10T10:00:00Z", "totalViewingTime": 180, "likes": 3, "chats": 0, "productClicks": 0, "bannerClicks": 0}},
		"partnerLeaderboard": {"edges": [{"engagement": {"totalSessions": 3}}]}
	}`)
	for _, query := range []string{
		`{ activation(activationId: "act") { metrics { clickCount uniqueSessionCount } } }`,
		`{ activation(activationId: "act") { metrics { outboundInteractionRate } } }`,
		`{ activation(activationId: "act") { metrics { change { uniqueSessionCount { absolute } } } } }`,
		`{ activation(activationId: "act") { metrics(range: { dates: { startDate: "2026-04-01", endDate: "2026-04-01" } }) { uniqueViewSessionCount } } }`,
		`{ activation(activationId: "act") { ... { metrics { ...sessions } } } } fragment sessions on ActivationMetrics { n: uniqueSessionCount }`,
		fmt.Sprintf(`{ partner(uuid: %q) { engagement(%s) { uniqueUsers } } }`, uuidOf(1), dates),
		fmt.Sprintf(`{ partner(uuid: %q) { timeSeries(interval: MONTH, %s) { points { engagement { uniqueUsers } } } } }`, uuidOf(1), dates),
		`{ campaign(campaignKey: "c") { metrics { averageLikes } } }`,
		`{ partnerLeaderboard(` + dates + `, orderBy: { field: UNIQUE_USERS }) { nodes { name } } }`,
		`{ partnerLeaderboard(` + dates + `) { edges { engagement { uniqueUsers } } } }`,
	} {
		for _, header := range []map[string][]string{nil, fresh} {
			a := b.post(query, nil, header)
			refused(t, a, "INTERNAL")
			if len(a.errors) == 1 && a.errors[0].Message != "internal error" {
				t.Errorf("%s says %q", query, a.errors[0].Message)
			}
		}
	}
	if !strings.Contains(log.String(), "request failed") {
		t.Error("the failure is not in the log")
	}
}

// A leaderboard reads the sets of its page, and of those who tie with its ends,
// alone.
func TestLeaderboardReadsItsPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var events []string
	names := []string{"A", "B", "C", "D", "E", "F"}
	for i, sessions := range []int{4, 3, 2, 2, 2, 1} { // C, D and E tie in sessions and page views
		b.upsertPartners(i+1, fmt.Sprintf(`name: %q, partnerType: REFERRAL`, names[i]))
		for s := range sessions {
			visitor := fmt.Sprint("u", s)
			if names[i] == "C" {
				visitor = "u" // one user, at different times
			}
			events = append(events, view(fmt.Sprint(i, "-", s), uuidOf(i+1), visitor, fmt.Sprintf("2026-03-10T%02d:00:00Z", s)))
		}
	}
	b.record(events...)
	board := func(arguments string) string {
		return `{ partnerLeaderboard(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }, ` + arguments + `) {
			pageInfo { endCursor } edges { node { name } engagement { uniqueUsers totalSessions } } } }`
	}
	order := func(data any) string {
		text := ""
		for _, e := range at(data, "partnerLeaderboard.edges").([]any) {
			text += fmt.Sprint(at(e, "node.name"), number(e, "engagement.uniqueUsers"), " ")
		}
		return text
	}
	equal(t, "everyone", order(b.ask(board("first: 10"))), "A4 B3 D2 E2 C1 F1 ")

	b.corrupt(analytics.KindPartner, uuidOf(6)) // F, last and tied with nobody
	for arguments, want := range map[string]string{
		"first: 2": "A4 B3 ", "first: 3": "A4 B3 D2 ", "first: 4": "A4 B3 D2 E2 ", "first: 5": "A4 B3 D2 E2 C1 ",
	} {
		equal(t, arguments, order(b.ask(board(arguments))), want)
	}
	refused(t, b.post(board("first: 6"), nil, fresh), "INTERNAL")

	b.corrupt(analytics.KindPartner, uuidOf(3)) // C, which ties with the end of a page of three
	equal(t, "first: 2", order(b.ask(board("first: 2"))), "A4 B3 ")
	refused(t, b.post(board("first: 3"), nil, fresh), "INTERNAL")

	// Without uniques asked for, only who ties is read.
	counts := `{ partnerLeaderboard(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }, %s) { nodes { name } } }`
	b.corrupt(analytics.KindPartner, uuidOf(1))
	matches(t, b.ask(fmt.Sprintf(counts, "first: 2")), `{"partnerLeaderboard": {"nodes": [{"name": "A"}, {"name": "B"}]}}`)
	refused(t, b.post(fmt.Sprintf(counts, "first: 3"), nil, fresh), "INTERNAL")
	matches(t, b.ask(fmt.Sprintf(counts, `first: 2, orderBy: { field: NAME, direction: ASC }`)), `{"partnerLeaderboard": {"nodes": [{"name": "A"}, {"name": "B"}]}}`)
}
