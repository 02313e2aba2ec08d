package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/loaders"
)

const showLive = `subscription { campaignLive(campaignKey: "show") { at viewersNow metrics { likes totalViewers peakConcurrentViewers } } }`

func (b *bundle) show() {
	b.t.Helper()
	_, err := b.writer.UpsertCampaigns(b.t.Context(), b.tenant.ID, []analytics.CampaignInput{{CampaignKey: "show", Title: "t", ScheduledAt: time.Now()}})
	ok(b.t, err)
}

func (b *bundle) like(id string) {
	b.t.Helper()
	b.record(react(id, "like", "show", "v", "2026-03-01T10:00:00Z"))
}

func TestLiveCampaign(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	now := time.Now().UTC()
	b.record(watch("w1", "show", "v1", false, now.Add(-time.Minute).Format(time.RFC3339Nano), 3600),
		watch("w2", "show", "v2", false, now.Add(-time.Hour).Format(time.RFC3339Nano), 1800))
	i := 0
	for name, open := range b.ways() {
		i++
		t.Run(name, func(t *testing.T) {
			b := b.in(t)
			s := open(showLive)
			first := s.next("next")
			live := at(first, "data.campaignLive")
			matches(t, at(live, "metrics"), fmt.Sprintf(`{"likes":%d,"totalViewers":2,"peakConcurrentViewers":1}`, i-1))
			equal(t, "viewers now", number(live, "viewersNow"), 1)
			if when := instantOf(at(live, "at").(string)); time.Since(when) > time.Minute || when.Nanosecond() != 0 {
				t.Errorf("at %v", when)
			}
			b.like(name)
			s.until("data.campaignLive.metrics.likes", int64(i))
			s.cancel()
			s.ended()
		})
	}
	await.Until(t, "nothing is left", func() bool { return b.live.Stats().Feeds == 0 && b.streams.Open() == 0 })
}

func TestLiveRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	token := b.activate("act_one", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	b.activate("act_two", "rock", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	stranger := b.as(b.newKey(b.newTenant("other", "UTC"), analytics.ScopeRead))
	clerk := b.as(b.newKey(b.tenant, analytics.ScopeWrite))
	for name, open := range b.ways() {
		asToken, asStranger := b.as(token).ways()[name], stranger.ways()[name]
		for _, c := range []struct {
			query, code string
			open        func(string) *stream
		}{
			{`subscription { campaignLive(campaignKey: "none") { at } }`, "NOT_FOUND", open},
			{`subscription { activationLive(activationId: "act_none") { clickCount } }`, "NOT_FOUND", open},
			{`subscription { activationLive(activationId: "act_two") { clickCount } }`, "NOT_FOUND", asToken},
			{`subscription { leaderboardLive(first: 0) { totalCount } }`, "BAD_USER_INPUT", open},
			{`subscription { leaderboardLive { totalCount } }`, "FORBIDDEN", asToken},
			{showLive, "FORBIDDEN", asToken},
			{showLive, "FORBIDDEN", clerk.ways()[name]},
			{showLive, "NOT_FOUND", asStranger},
			{`subscription { activationLive(activationId: "act_one") { clickCount } }`, "NOT_FOUND", asStranger},
			{`subscription { nothing }`, "GRAPHQL_VALIDATION_FAILED", open},
			{`subscription {`, "GRAPHQL_PARSE_FAILED", open},
		} {
			s := c.open(c.query)
			if name == "WebSocket" {
				equal(t, name+" "+c.query, at(s.next("error"), "0.extensions.code"), any(c.code))
				continue
			}
			equal(t, name+" "+c.query, at(s.next("next"), "errors.0.extensions.code"), any(c.code))
			s.next("complete")
			s.ended()
		}
		s := asToken(`subscription { activationLive(activationId: "act_one") { clickCount range { start } } }`)
		equal(t, name+" by token", number(s.next("next"), "data.activationLive.clickCount"), 0)
		s.cancel()
	}
}

func TestLiveActivationAndLeaderboard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_one", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	partner := analytics.PartnerInput{UUID: [16]byte{15: 1}, Name: "p", PartnerType: analytics.Referral}
	_, err := b.writer.UpsertPartners(t.Context(), b.tenant.ID, []analytics.PartnerInput{partner})
	ok(t, err)
	day := instantOf("2026-03-01T00:00:00Z")
	s := b.socket(`subscription { activationLive(activationId: "act_one") { clickCount previous { clickCount } } }`,
		`subscription { leaderboardLive(range: {dates: {startDate: "2026-03-01", endDate: "2026-03-01"}}) {
			edges { rank node { name } engagement { totalPageViews uniqueUsers previous { totalPageViews } } } } }`)
	got := map[string]any{}
	for range 2 {
		m := await.Value(t, "a first value", s.said)
		got[m.id] = m.payload
	}
	matches(t, got["0"], `{"data":{"activationLive":{"clickCount":0,"previous":{"clickCount":0}}}}`)
	matches(t, got["1"], `{"data":{"leaderboardLive":{"edges":[{"rank":1,"node":{"name":"p"},
		"engagement":{"totalPageViews":0,"uniqueUsers":0,"previous":{"totalPageViews":0}}}]}}}`)
	b.record(view("v1", partner.UUID.String(), "u", day.Format(time.RFC3339)))
	m := await.Value(t, "a value after a view", s.said)
	equal(t, "which changed", m.id, "1")
	equal(t, "page views", number(m.payload, "data.leaderboardLive.edges.0.engagement.totalPageViews"), 1)
	b.record(click("c1", "click", "jazz", "s", day.Format(time.RFC3339)))
	m = await.Value(t, "a value after a click", s.said)
	equal(t, "which changed", m.id, "0")
	equal(t, "clicks", number(m.payload, "data.activationLive.clickCount"), 1)
}

// What is deleted meanwhile ends its subscriptions, with the reason.
func TestLiveEndsWithItsNoun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_one", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	query := `subscription { activationLive(activationId: "act_one") { clickCount } }`
	events, socket := b.events(http.MethodPost, query), b.socket(query)
	events.next("next")
	socket.next("next")
	b.ask(`mutation { deleteActivation(activationId: "act_one") { activationId } }`)
	gone := `[{"message":"there is no activation \"act_one\"","path":["activationLive"],"locations":[{"line":1,"column":16}],"extensions":{"code":"NOT_FOUND"}}]`
	matches(t, at(events.next("next"), "errors"), gone)
	events.next("complete")
	events.ended()
	matches(t, socket.next("error"), gone)
}

// An operation of another kind is answered too, and a subscription by plain
// HTTP says where it belongs.
func TestLiveTakesEveryOperation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	for name, open := range b.ways() {
		s := open(`{ campaign(campaignKey: "show") { title } }`)
		if got := encoded(s.next("next")); !strings.Contains(got, `"data":{"campaign":{"title":"t"}}`) || strings.Contains(got, "errors") {
			t.Errorf("got %s", got)
		}
		s.next("complete")
		if name == "WebSocket" {
			continue
		}
		s.ended()
	}
	mutation := `mutation { recordEvents(events: []) { accepted } }`
	b.events(http.MethodPost, mutation).next("next")
	equal(t, "a mutation by GET", b.events(http.MethodGet, mutation).status, http.StatusMethodNotAllowed)
	a := b.post(showLive, nil, nil)
	equal(t, "as JSON", a.status, http.StatusNotAcceptable)
	equal(t, "as JSON", a.errors[0].Message, "Accept: must prefer text/event-stream to JSON for a subscription")
	equal(t, "without a key", b.as("").events(http.MethodPost, showLive).status, http.StatusUnauthorized)
	s := b.as("ff_wrong").socket(showLive)
	s.ended()
	equal(t, "a WebSocket with the wrong key", s.status, 4401)
}

// Tenants may name their campaigns alike.
func TestLiveTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.as("")
	other.tenant = b.newTenant("other", "UTC")
	other.key = b.newKey(other.tenant, analytics.ScopeRead, analytics.ScopeWrite)
	b.show()
	other.show()
	ours, theirs := b.socket(showLive), other.socket(showLive)
	ours.next("next")
	theirs.next("next")
	b.like("l1")
	b.like("l2")
	ours.until("data.campaignLive.metrics.likes", 2)
	other.like("l1")
	equal(t, "their likes", number(theirs.next("next"), "data.campaignLive.metrics.likes"), 1)
}

func TestLiveAcrossGateways(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings){"told by Redis": func(*settings) {}, "polling": withoutRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := setup(t, change)
			other := one.another()
			one.show()
			s := other.events(http.MethodPost, showLive)
			s.until("data.campaignLive.metrics.likes", 0)
			for i := range int64(3) {
				began := time.Now()
				one.like(fmt.Sprint("l", i))
				s.until("data.campaignLive.metrics.likes", i+1)
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("it took %v", took)
				}
			}
		})
	}
}

// A stream ends within seconds of its key's revocation, and says why.
func TestLiveEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	events, socket := b.events(http.MethodGet, showLive), b.socket(showLive)
	events.next("next")
	socket.next("next")
	b.exec("UPDATE api_keys SET revoked_at = now()")
	equal(t, "code", at(events.next("next"), "errors.0.extensions.code"), any("UNAUTHENTICATED"))
	events.next("complete")
	events.ended()
	equal(t, "code", at(socket.next("error"), "0.extensions.code"), any("UNAUTHENTICATED"))
	socket.ended()
	equal(t, "close code", socket.status, 4401)
}

// Clients come back after a gateway closed, if they are not told that all is
// said.
func TestLiveEndsWithTheGateway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	events, socket := b.events(http.MethodPost, showLive), b.socket(showLive)
	events.next("next")
	socket.next("next")
	began := time.Now()
	b.stop()
	events.ended()
	socket.ended()
	equal(t, "close code", socket.status, 1001)
	ok(t, <-b.stopped)
	if took := time.Since(began); took > drainTime/2 {
		t.Errorf("it took %v", took)
	}
}

// A thousand subscribers cost Postgres what one does.
func TestLiveCostsOneSubscriber(t *testing.T) {
	t.Parallel()
	b := setup(t).unattended()
	b.show()
	viewer := loaders.Viewer{Tenant: b.tenant}
	id := 0
	// cost is how many statements an event costs until n subscribers have it, at
	// best: now and then something that is believed for seconds is read again.
	cost := func(n int) int64 {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		watching := make([]<-chan *analytics.CampaignLive, n)
		for i := range watching {
			values, err := b.live.Campaign(ctx, viewer, "show")
			ok(t, err)
			watching[i] = values
		}
		equal(t, "feeds", b.live.Stats().Feeds, int64(min(n, 1)))
		least := int64(1 << 62)
		for range 3 {
			before := b.store.Statements()
			id++
			campaign, visitor := "show", "v"
			_, err := b.writer.Record(ctx, b.tenant.ID, []analytics.EventInput{
				{ID: fmt.Sprint("l", id), Action: "like", Campaign: &campaign, Visitor: &visitor, At: instantOf("2026-03-01T10:00:00Z")},
			})
			ok(t, err)
			for _, values := range watching {
				for likes := int64(-1); likes != int64(id); {
					v := await.Value(t, "a value after an event", values)
					if v == nil {
						t.Fatal("a subscription ended")
					}
					likes = v.Metrics.Likes
				}
			}
			least = min(least, b.store.Statements()-before)
		}
		cancel()
		await.Until(t, "all left", func() bool { return b.live.Stats().Feeds == 0 })
		return least
	}
	none, one, thousand := cost(0), cost(1), cost(1000)
	if one <= none || thousand != one {
		t.Errorf("%d statements without subscribers, %d with one, %d with a thousand", none, one, thousand)
	}
	t.Logf("%d statements without subscribers, %d with one, %d with a thousand", none, one, thousand)
}

// Many connections share what is computed.
func TestLiveManyConnections(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	const n = 60
	all := make([]*stream, 0, 2*n)
	for range n {
		all = append(all, b.events(http.MethodPost, showLive), b.socket(showLive))
	}
	for _, s := range all {
		s.next("next")
	}
	equal(t, "feeds", b.live.Stats().Feeds, 1)
	equal(t, "subscribers", b.live.Stats().Subscribers, 2*n)
	before := b.live.Stats().Computations
	b.like("l1")
	for _, s := range all {
		s.until("data.campaignLive.metrics.likes", 1)
	}
	if more := b.live.Stats().Computations - before; more > n/2 {
		t.Errorf("%d computations for one event", more)
	}
}

// What is not one stream is said to be wrong, and deferred fragments are sent at
// once: a stream has no later parts of an event.
func TestLiveTakesOneFieldWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show()
	b.upsertPartners(1, `name: "A", partnerType: REFERRAL`)
	for name, open := range b.ways() {
		s := open(`subscription { a: campaignLive(campaignKey: "show") { at } b: campaignLive(campaignKey: "show") { at } }`)
		kind := map[string]string{"WebSocket": "error"}[name]
		if got := encoded(s.next(cmp.Or(kind, "next"))); !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: two fields gave %s", name, got)
		}
		s = open(`subscription { leaderboardLive(first: 1) { nodes { name ... @defer { engagement { totalSessions } } } } }`)
		matches(t, s.next("next"), `{"data": {"leaderboardLive": {"nodes": [{"name": "A", "engagement": {"totalSessions": 0}}]}}}`)
	}
}
