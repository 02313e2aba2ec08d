package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"footfall/internal/await"
	"footfall/internal/storetest"
)

// measuresOf are all fields that measure, each with a number and its asOf as n
// and at; %s takes the argument.
var measuresOf = map[string]struct{ query, path string }{
	"ActivationMetrics":    {`{ o: activation(activationId: "act") { m: metrics%s { n: clickCount at: asOf } } }`, "o.m"},
	"activation, previous": {`{ o: activation(activationId: "act") { m: metrics(range: { dates: { startDate: "2026-03-02", endDate: "2026-03-02" } }%s) { p: previous { n: clickCount at: asOf } } } }`, "o.m.p"},
	"activation, series":   {`{ o: activation(activationId: "act") { m: timeSeries(interval: MONTH%s) { p: points { e: metrics { n: clickCount at: asOf } } } } }`, "o.m.p.0.e"},
	"PartnerEngagement":    {`{ o: partner(uuid: "` + uuidOf(1) + `") { m: engagement(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-01" } }%s) { n: totalPageViews at: asOf } } }`, "o.m"},
	"partner, previous":    {`{ o: partner(uuid: "` + uuidOf(1) + `") { m: engagement(range: { dates: { startDate: "2026-03-02", endDate: "2026-03-02" } }%s) { p: previous { n: totalPageViews at: asOf } } } }`, "o.m.p"},
	"partner, series":      {`{ o: partner(uuid: "` + uuidOf(1) + `") { m: timeSeries(interval: DAY, range: { dates: { startDate: "2026-03-01", endDate: "2026-03-01" } }%s) { p: points { e: engagement { n: totalPageViews at: asOf } } } } }`, "o.m.p.0.e"},
	"leaderboard":          {`{ o: partnerLeaderboard(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-01" } }%s) { edges { m: engagement { n: totalPageViews at: asOf } } } }`, "o.edges.0.m"},
	"CampaignMetrics":      {`{ o: campaign(campaignKey: "live") { m: metrics%s { n: likes at: asOf } } }`, "o.m"},
	"campaign, series":     {`{ o: campaign(campaignKey: "live") { m: timeSeries(interval: MONTH%s) { p: points { e: metrics { n: likes at: asOf } } } } }`, "o.m.p.0.e"},
}

// measured writes a query with an argument more, or none.
func measured(query, argument string) string {
	if argument == "" {
		return strings.Replace(query, "%s", "", 1)
	}
	query = strings.Replace(query, "metrics%s", "metrics("+argument+")", 1) // has no other
	return strings.Replace(query, "%s", ", "+argument, 1)
}

func (b *bundle) recordOneOfEach(n int) {
	b.t.Helper()
	const at = "2026-03-01T10:00:00Z"
	b.record(click(fmt.Sprint("c", n), "click", "jazz", "s", at), view(fmt.Sprint("v", n), uuidOf(1), "u", at), react(fmt.Sprint("l", n), "like", "live", "u", at))
}

// instantAt is the instant at a path of an answer that went well.
func (b *bundle) instantAt(a answer, path string) time.Time {
	b.t.Helper()
	text, is := at(a.data, path).(string)
	if !is || len(a.errors) > 0 {
		b.t.Fatalf("no %s in %d %s", path, a.status, a.body)
	}
	return instantOf(text)
}

// Every measure says when it was read, and goes on saying so wherever it is
// remembered, until it is read again.
func TestAsOf(t *testing.T) {
	t.Parallel()
	a := setup(t)
	b := a.another()
	a.populate()
	a.recordOneOfEach(0)
	for name, m := range measuresOf {
		query := measured(m.query, "")
		before := time.Now().Truncate(time.Microsecond)
		read := a.instantAt(a.post(query, nil, fresh), m.path+".at")
		if after := time.Now(); read.Before(before) || read.After(after) {
			t.Errorf("%s: read at %v, asked from %v to %v", name, read, before, after)
		}
		for _, g := range []*bundle{a, b, a, b} { // b finds it in Redis, then in memory
			await.Until(t, name+" is remembered", func() bool {
				got := g.post(query, nil, nil)
				if again := g.instantAt(got, m.path+".at"); !again.Equal(read) {
					read = again // it was read again meanwhile
					return false
				}
				if of := instantOf(at(got.extensions, "freshness.asOf").(string)); of.After(read) {
					t.Errorf("%s: the oldest was read at %v, this at %v", name, of, read)
				}
				return true
			})
		}
		if again := b.instantAt(b.post(query, nil, fresh), m.path+".at"); !again.After(read) {
			t.Errorf("%s: read at %v, then at %v", name, read, again)
		}
	}
}

// deaf is a gateway over some data, and another that hears of nothing it does, ever.
func deaf(t *testing.T) (a, b *bundle) {
	t.Helper()
	a = setup(t, withEdge, withoutRedis)
	a.conf.redis = ""
	b = a.unattended()
	a.populate()
	return a, b
}

// maxStaleness of nothing sees what was committed and told to nobody; a second
// may be remembered.
func TestMaxStalenessOfNothing(t *testing.T) {
	t.Parallel()
	a, b := deaf(t)
	n := 0
	write := func() { n++; a.recordOneOfEach(n) }
	write()
	for name, m := range measuresOf {
		count := func(argument string) int64 {
			got := b.post(measured(m.query, argument), nil, nil)
			if len(got.errors) > 0 {
				t.Fatalf("%s(%s): %s", name, argument, got.body)
			}
			return number(got.data, m.path+".n")
		}
		for _, zero := range []string{`maxStaleness: "PT0S"`, `maxStaleness: "PT0.999S"`} {
			for _, argument := range []string{"", `maxStaleness: "PT1S"`, `maxStaleness: "P300D"`} {
				await.Until(t, name+" is remembered", func() bool {
					equal(t, name+" that is not remembered", count(zero), int64(n))
					write()
					return count(argument) == int64(n-1)
				})
			}
		}
	}
}

// A query that is answered with events keeps to no-cache as any other.
func TestEventsOfAQueryAreFresh(t *testing.T) {
	t.Parallel()
	a, b := deaf(t)
	query := encoded(map[string]any{"query": measured(measuresOf["ActivationMetrics"].query, "")})
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "Cache-Control": {"no-cache"}}
	for n := range 3 {
		a.recordOneOfEach(n + 1)
		if body := b.do(http.MethodPost, "/graphql", query, header).body; !strings.Contains(body, fmt.Sprintf(`"n":%d,`, n+1)) {
			t.Errorf("after event %d: %s", n+1, body)
		}
	}
}

func TestBadMaxStaleness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.populate()
	for _, value := range []string{`"-PT1S"`, `"PT"`, `""`, `"10"`, `"P367D"`, `"P1Y"`, `5`, `true`} {
		for name, m := range measuresOf {
			a := b.post(measured(m.query, "maxStaleness: "+value), nil, nil)
			refused(t, a, "BAD_USER_INPUT", "maxStaleness", "PT5S")
			if len(a.errors) == 1 && a.errors[0].Extensions["field"] != "maxStaleness" {
				t.Errorf("%s(%s): %v", name, value, a.errors[0])
			}
		}
	}
	a := b.post(`query($d: Duration) { activation(activationId: "act") { metrics(maxStaleness: $d) { clickCount } } }`, map[string]any{"d": "soon"}, nil)
	if len(a.errors) != 1 || !strings.Contains(a.body, "soon") {
		t.Errorf("a variable: %s", a.body)
	}
	matches(t, b.post(`query($d: Duration) { activation(activationId: "act") { metrics(maxStaleness: $d) { clickCount } } }`, map[string]any{"d": nil}, nil).data,
		`{"activation": {"metrics": {"clickCount": 0}}}`)
}

// While Postgres is away a stale answer serves who takes it, and nobody else.
func TestMaxStalenessInAnOutage(t *testing.T) {
	t.Parallel()
	servers := storetest.PrivateServer(t)
	b := setup(t, privately(t, servers), withEdge, withoutRedis)
	b.populate()
	const query = `query($d: Duration) { any: activation(activationId: "act") { metrics { clickCount } } bound: activation(activationId: "act") { metrics(maxStaleness: $d) { clickCount } } }`
	within := func(bound string, header http.Header) answer {
		return b.post(query, map[string]any{"d": bound}, header)
	}
	both := `{"any": {"metrics": {"clickCount": 0}}, "bound": {"metrics": {"clickCount": 0}}}`
	matches(t, within("PT3S", nil).data, both)
	get := b.get(query, nil)
	equal(t, "status", get.status, http.StatusOK)
	ok(t, servers.Postgres().Kill())

	served := false
	await.Until(t, "what is older than 3 s is refused", func() bool {
		a := within("PT3S", nil)
		if len(a.errors) == 0 {
			matches(t, a.data, both)
			if age, _ := at(a.extensions, "freshness.ageSeconds").(float64); at(a.extensions, "freshness.stale") == true {
				served = true
				if header, err := strconv.Atoi(a.header.Get("Age")); age > 4 || err != nil || float64(header) < age || a.header.Get("Warning") == "" || at(a.extensions, "stale.ageSeconds") == nil {
					t.Errorf("stale: %v %s", a.header, a.body)
				}
			}
			return false
		}
		refused(t, a, "UNAVAILABLE")
		matches(t, a.data, `{"any": {"metrics": {"clickCount": 0}}, "bound": null}`)
		equal(t, "Cache-Control of a part", a.header.Get("Cache-Control"), "private, no-store")
		return true
	})
	if !served {
		t.Error("nothing was served stale within 3 s")
	}
	refused(t, within("PT0S", nil), "UNAVAILABLE")
	for _, a := range []answer{within("PT1H", nil), within("PT1H", http.Header{"Cache-Control": {"max-age=3600"}})} {
		matches(t, a.data, both)
		equal(t, "stale", at(a.extensions, "freshness.stale"), true)
	}
	for _, header := range []string{"max-age=3", "max-age=3600, max-age=2", "no-cache"} {
		a := within("PT1H", http.Header{"Cache-Control": {header}})
		if a.data != nil && (at(a.data, "any") != nil || at(a.data, "bound") != nil) || len(a.errors) == 0 || a.errors[0].code() != "UNAVAILABLE" {
			t.Errorf("%s: %s", header, a.body)
		}
	}
	// What the client has is what it would get, and that is stale.
	again := b.get(query, http.Header{"If-None-Match": {get.header.Get("ETag")}})
	equal(t, "status", again.status, http.StatusNotModified)
	if !isStale(again) {
		t.Errorf("%v", again.header)
	}
}

// get sends a query by GET.
func (b *bundle) get(query string, header http.Header) answer {
	b.t.Helper()
	h := http.Header{"Content-Type": {"application/json"}} // no simple request
	maps.Copy(h, header)
	return b.do(http.MethodGet, "/graphql?"+url.Values{"query": {query}}.Encode(), "", h)
}

// A question that was answered before is 304 without a statement: from the edge,
// and from the caches once the edge has forgotten.
func TestNotModifiedWithoutPostgres(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings){"with Redis": func(*settings) {}, "without Redis": withoutRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, change, func(c *settings) { c.serving.EdgeCacheTTL = 50 * time.Millisecond })
			b.populate()
			await.Until(t, "the gateway is subscribed", b.cache.Informed)
			const board = "/v1/analytics/engagement/partners?start_date=2026-03-01&end_date=2026-03-31"
			const query = `{ activation(activationId: "act") { eventName metrics { clickCount asOf } } }`
			for what, ask := range map[string]func(http.Header) answer{
				"GraphQL": func(h http.Header) answer { return b.get(query, h) },
				"REST":    func(h http.Header) answer { return b.do(http.MethodGet, board, "", h) },
			} {
				etag := ask(nil).header.Get("ETag")
				revalidated := func(where string, fromEdge bool) {
					t.Helper()
					await.Until(t, what+" revalidates from "+where, func() bool {
						statements, hits := b.store.Statements(), b.edge.Hits()
						a := ask(http.Header{"If-None-Match": {etag}})
						etag = a.header.Get("ETag")
						if a.status == http.StatusNotModified && a.body != "" {
							t.Errorf("304 with %q", a.body)
						}
						return a.status == http.StatusNotModified && b.store.Statements() == statements && (b.edge.Hits() > hits) == fromEdge
					})
				}
				revalidated("the edge", true)
				revalidated("the caches", false)
				b.recordOneOfEach(len(what)) // then the answer is another
				changed := ask(http.Header{"If-None-Match": {etag}, "Cache-Control": {"no-cache"}})
				if changed.status != http.StatusOK || changed.header.Get("ETag") == etag || changed.body == "" {
					t.Errorf("%s after a change: %d %v", what, changed.status, changed.header)
				}
			}
		})
	}
}

// sources counts where the reads of an answer were found.
func sources(a answer) string {
	s, _ := at(a.extensions, "freshness.sources").(map[string]any)
	return fmt.Sprint(s["memory"], s["redis"], s["store"], s["stale"])
}

func TestFreshnessSaysWhere(t *testing.T) {
	t.Parallel()
	a := setup(t)
	b := a.another()
	a.populate()
	await.Until(t, "both are subscribed", func() bool { return a.cache.Informed() && b.cache.Informed() })
	const query = `{ activation(activationId: "act") { metrics { clickCount } } }`
	first := a.post(query, nil, fresh)
	equal(t, "with no-cache", sources(first), "0 0 2 0")
	equal(t, "stale", at(first.extensions, "freshness.stale"), false)
	equal(t, "Age", first.header.Get("Age"), "0")
	equal(t, "Cache-Control", first.header.Get("Cache-Control"), "private, no-cache")
	await.Until(t, "from memory", func() bool { return sources(a.post(query, nil, nil)) == "2 0 0 0" })
	n := 0
	await.Until(t, "from Redis", func() bool {
		b.recordOneOfEach(n)
		n++
		a.post(query, nil, nil)
		return strings.Contains("0 1 0 0|1 1 0 0|0 2 0 0", sources(b.post(query, nil, nil)))
	})
	if f := a.post(`{ __typename }`, nil, nil).extensions["freshness"]; f != nil {
		t.Errorf("nothing was read, and it is fresh: %v", f)
	}
}

// Each part of an answer in parts says that what was read for it so far is stale.
func TestStaleParts(t *testing.T) {
	t.Parallel()
	servers := storetest.PrivateServer(t)
	b := setup(t, privately(t, servers))
	b.deferWorld()
	header := asParts.Clone()
	header.Del("Cache-Control")
	query := encoded(map[string]any{"query": `{ ` + boardOf + `... @defer { engagement(` + marchOf + `) { totalPageViews } }` + boardEnd + ` }`})
	ask := func() string { return b.do(http.MethodPost, "/graphql", query, header).body }
	if body := ask(); !strings.Contains(body, `"path":[`) || strings.Contains(body, `"stale"`) {
		t.Fatal(body)
	}
	ok(t, servers.Postgres().Kill())
	await.Until(t, "every part is marked", func() bool {
		body := ask()
		fragments := strings.Count(body, `"path":[`)
		return fragments > 0 && strings.Count(body, `"extensions":{"stale":{"ageSeconds":`) == 1+fragments
	})
}
