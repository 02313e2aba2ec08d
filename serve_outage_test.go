package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"footfall/internal/await"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
)

// outage is gateways whose Postgres comes and goes, and what they said before.
type outage struct {
	t        *testing.T
	servers  *localdb.Server
	gateways map[string]*server
	token    string
	before   map[string]string // path → body
}

const (
	outageQuery = `{
		activation(activationId: "act") { eventName metrics { clickCount uniqueSessionCount } timeSeries(interval: WEEK) { points { metrics { clickCount } } } }
		campaign(campaignKey: "c") { metrics { totalViewers likes } }
		partnerLeaderboard(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }) { nodes { engagement(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }) { uniqueUsers totalSessions } } }
	}`
	outageAnswer = `{
		"activation": {"eventName": "Name of jazz", "metrics": {"clickCount": 3, "uniqueSessionCount": 2}, "timeSeries": {"points": [
			{"metrics": {"clickCount": 0}}, {"metrics": {"clickCount": 3}}, {"metrics": {"clickCount": 0}}]}},
		"campaign": {"metrics": {"totalViewers": 1, "likes": 1}},
		"partnerLeaderboard": {"nodes": [{"engagement": {"uniqueUsers": 1, "totalSessions": 1}}]}
	}`
	outageBoard     = "/v1/analytics/engagement/partners?start_date=2026-03-01&end_date=2026-03-31"
	outageCampaigns = "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-08T00:00:00Z"
)

func startOutage(t *testing.T) *outage {
	t.Helper()
	servers := storetest.PrivateServer(t)
	ok(t, migrate(t.Context(), servers.DatabaseURL()))
	o := &outage{t: t, servers: servers, gateways: map[string]*server{}, before: map[string]string{}}
	key := operator{t, servers.DatabaseURL()}.acme()
	o.gateways["with Redis"] = serveOver(t, servers.DatabaseURL(), "--redis-url", servers.RedisURL()).by(key)
	o.gateways["without Redis"] = serveOver(t, servers.DatabaseURL()).by(key)
	s := o.gateways["with Redis"]
	o.token = s.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z")
	s.activate("unasked", "jazz", "2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z")
	s.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	s.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "c", campaignId: "1", title: "C", scheduledAt: "2026-03-05T00:00:00Z" }]) { campaigns { id } } }`)
	s.record(
		click("1", "click", "jazz", "a", "2026-03-05T10:00:00Z"), click("2", "click", "jazz", "a", "2026-03-05T11:00:00Z"),
		click("3", "click", "jazz", "b", "2026-03-05T12:00:00Z"), view("4", uuidOf(1), "v", "2026-03-05T10:00:00Z"),
		`{"id":"5","action":"watch","campaign":"c","visitor":"v","at":"2026-03-05T10:00:00Z","seconds":60}`,
		`{"id":"6","action":"like","campaign":"c","visitor":"v","at":"2026-03-05T10:00:10Z"}`,
	)
	return o
}

func (o *outage) paths() []string {
	return []string{"/api/partner-stats/act?token=" + o.token, outageBoard, outageCampaigns}
}

// each runs f for every gateway.
func (o *outage) each(f func(t *testing.T, s *server)) {
	for name, s := range o.gateways {
		o.t.Run(name, func(t *testing.T) {
			in := *s
			in.bundle = s.in(t)
			f(t, &in)
		})
	}
}

// zeroless checks that an answer is whole and right, or an honest failure.
func zeroless(t testing.TB, a answer) (answered bool) {
	t.Helper()
	if len(a.errors) == 0 {
		matches(t, a.data, outageAnswer)
		return true
	}
	for _, e := range a.errors {
		equal(t, "code", e.code(), "UNAVAILABLE")
	}
	return false
}

func isStale(a answer) bool {
	_, err := strconv.Atoi(a.header.Get("Age"))
	return err == nil && strings.HasPrefix(a.header.Get("Warning"), "110 ")
}

// While Postgres is away what was asked before is answered, marked as stale, and
// what was not is an error that says to come back; never a zero.
func TestServeThroughAnOutage(t *testing.T) { //nolint:tparallel // the subtests are its steps
	t.Parallel()
	o := startOutage(t)
	o.each(func(t *testing.T, s *server) {
		matches(t, s.post(outageQuery, nil, nil).data, outageAnswer)
		for _, path := range o.paths() {
			a := s.do(http.MethodGet, path, "", nil)
			equal(t, path, a.status, http.StatusOK)
			if isStale(a) || a.header.Get("Warning") != "" {
				t.Errorf("%s is stale: %v", path, a.header)
			}
			if before, known := o.before[path]; known {
				equal(t, path, a.body, before)
			}
			o.before[path] = a.body
		}
	})

	ok(t, o.servers.Postgres().Stop())
	o.each(o.staleAnswers)
	o.each(o.honestFailures)
	late := serveOver(t, o.servers.DatabaseURL()) // starts although nothing is there
	isProblem(t, "/readyz of a gateway that starts", late.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, "Postgres")
	o.each(o.staleAnswers) // still

	ok(t, o.servers.Postgres().Start(t.Context()))
	await.Until(t, "the gateway that started first is ready", func() bool {
		return late.do(http.MethodGet, "/readyz", "", nil).status == http.StatusOK
	})
	o.each(o.recovery)
	for name, s := range o.gateways {
		if log := s.log.String(); !strings.Contains(log, "request failed") || strings.Contains(log, o.token) || strings.Contains(log, s.key) {
			t.Errorf("the log of the gateway %s: %s", name, log)
		}
	}
}

func (o *outage) staleAnswers(t *testing.T, s *server) {
	await.Until(t, "a stale answer", func() bool {
		a := s.post(outageQuery, nil, nil)
		if !zeroless(t, a) {
			t.Fatalf("what was asked before gives %d %s", a.status, a.body)
		}
		stale, is := a.extensions["stale"].(map[string]any)
		if age, number := stale["ageSeconds"].(float64); is && (!number || age <= 0) {
			t.Errorf("stale, but how old? %s", a.body)
		}
		return is
	})
	for _, path := range o.paths() {
		await.Until(t, path+" is stale", func() bool {
			a := s.do(http.MethodGet, path, "", nil)
			if a.status != http.StatusOK || a.body != o.before[path] {
				t.Fatalf("%s gives %d %s", path, a.status, a.body)
			}
			return isStale(a)
		})
	}
}

func (o *outage) honestFailures(t *testing.T, s *server) {
	const unasked = `{ activation(activationId: "unasked") { metrics { clickCount } } }`
	a := s.post(unasked, nil, nil)
	refused(t, a, "UNAVAILABLE")
	matches(t, at(a.data, "activation"), `null`)
	whole := http.Header{"Accept": {"application/graphql-response+json"}}
	if a = s.post(`{ activations { nodes { id } } }`, nil, whole); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("a query without any data gives %d %v %s", a.status, a.header, a.body)
	}
	// A part that is remembered and one that is not: no part is made up.
	if a = s.post(`{ a: activation(activationId: "act") { metrics { clickCount } } b: activation(activationId: "unasked") { metrics { clickCount } } }`, nil, nil); len(a.errors) == 0 ||
		number(a.data, "a.metrics.clickCount") == 0 || at(a.data, "b") != nil {
		t.Errorf("a mixed query gives %s", a.body)
	}
	refused(t, s.post(`{ activation(activationId: "act") { metrics { clickCount } } }`, nil, fresh), "UNAVAILABLE")
	refused(t, s.post(`mutation { deleteActivation(activationId: "act") { activationId } }`, nil, nil), "UNAVAILABLE")

	unavailable := func(what string, a answer) {
		t.Helper()
		if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); a.status != http.StatusServiceUnavailable || err != nil || seconds < 1 || !json.Valid([]byte(a.body)) {
			t.Errorf("%s gives %d %v %s", what, a.status, a.header, a.body)
		}
	}
	for _, path := range []string{
		"/api/partner-stats/unasked?token=" + o.token, strings.Replace(outageBoard, "2026-03-31", "2026-03-04", 1), strings.Replace(outageCampaigns, "03-08", "03-07", 1),
	} {
		unavailable(path, s.do(http.MethodGet, path, "", nil))
	}
	for _, path := range o.paths() {
		unavailable(path+" with no-cache", s.do(http.MethodGet, path, "", fresh))
	}
	ndjson := http.Header{"Content-Type": {"application/x-ndjson"}}
	unavailable("/v1/events", s.do(http.MethodPost, "/v1/events", click("refused by "+s.base, "click", "other", "a", "2026-03-05T10:00:00Z"), ndjson))
	stranger := s.as("ff_" + strings.Repeat("x", 40)) // may be a good key, nobody can tell
	unavailable("an unknown key", stranger.do(http.MethodGet, outageBoard, "", nil))
	ready := s.do(http.MethodGet, "/readyz", "", nil)
	isProblem(t, "/readyz", ready, http.StatusServiceUnavailable, "Postgres")
	unavailable("/readyz", ready)
	equal(t, "/healthz", s.do(http.MethodGet, "/healthz", "", nil).status, http.StatusOK)
	equal(t, "/metrics", s.do(http.MethodGet, "/metrics", "", nil).status, http.StatusOK)
}

func (o *outage) recovery(t *testing.T, s *server) {
	await.Until(t, "no answer is stale", func() bool {
		a := s.post(outageQuery, nil, nil)
		zeroless(t, a)
		return len(a.errors) == 0 && a.extensions["stale"] == nil
	})
	for _, path := range o.paths() {
		await.Until(t, path+" is not stale", func() bool {
			a := s.do(http.MethodGet, path, "", nil)
			if a.status == http.StatusOK {
				equal(t, path, a.body, o.before[path])
			}
			return a.status == http.StatusOK && a.header.Get("Warning") == ""
		})
	}
	matches(t, s.post(`{ activation(activationId: "unasked") { metrics { clickCount } } }`, nil, nil).data, `{"activation": {"metrics": {"clickCount": 3}}}`)
	equal(t, "/readyz", s.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
	equal(t, "an unknown key", s.as("ff_"+strings.Repeat("x", 40)).do(http.MethodGet, outageBoard, "", nil).status, http.StatusUnauthorized)
	// What was refused was not recorded: the same event is new.
	s.record(click("refused by "+s.base, "click", "other", "a", "2026-03-05T10:00:00Z"))
}

// Without Redis answers go on, and stay right.
func TestServeWithoutItsRedis(t *testing.T) {
	t.Parallel()
	o := startOutage(t)
	s := o.gateways["with Redis"]
	matches(t, s.post(outageQuery, nil, nil).data, outageAnswer)
	ok(t, o.servers.Redis().Stop())
	for i := range 20 {
		a := s.post(outageQuery, nil, nil)
		if !zeroless(t, a) || a.extensions["stale"] != nil {
			t.Fatalf("without Redis: %d %s", a.status, a.body)
		}
		line := click(fmt.Sprint("more", i), "click", "other", "a", "2026-03-05T10:00:00Z")
		s.record(line)
		a = s.do(http.MethodPost, "/v1/events", line, http.Header{"Content-Type": {"application/x-ndjson"}})
		equal(t, "again", strings.TrimSpace(a.body), `{"accepted":0,"duplicates":1,"rejected":[]}`)
	}
	equal(t, "/readyz", s.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
	s.record(click("7", "click", "jazz", "c", "2026-03-05T13:00:00Z"))
	equal(t, "clicks with no-cache", number(s.ask(outageQuery), "activation.metrics.clickCount"), 4)
	await.Until(t, "the click counts", func() bool {
		return number(s.post(outageQuery, nil, nil).data, "activation.metrics.clickCount") == 4
	})
	ok(t, o.servers.Redis().Start(t.Context()))
	s.record(click("8", "click", "jazz", "c", "2026-03-05T14:00:00Z"))
	await.Until(t, "Redis is back, the click counts", func() bool {
		return number(s.post(outageQuery, nil, nil).data, "activation.metrics.clickCount") == 5
	})
}
