package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/await"
)

const board = "/v1/analytics/engagement/partners"

// withRates limits as a gateway does by default, but for the numbers.
func withRates(r rates) func(*settings) { return func(c *settings) { c.serving.rates = r } }

// Two gateways count a key's requests together, and say so alike.
func TestLimitsAcrossGateways(t *testing.T) {
	t.Parallel()
	one := setup(t, withRates(rates{RateLimit: 40, LeaderboardRateLimit: 6}))
	two := one.another()
	var wrong []string
	defer func() {
		for _, w := range wrong {
			t.Error(w)
		}
	}()
	// Where Redis does not answer in a moment each counts for itself for a while, and
	// another key is to show that they count together.
	await.Until(t, "they count together", func() bool {
		wrong = countedTogether(one, two, one.newKey(one.tenant, analytics.ScopeRead))
		return len(wrong) == 0 || one.auth.SharedFailures()+two.auth.SharedFailures() == 0
	})
}

// countedTogether uses up a new key's requests for the leaderboard at two gateways by
// turns, and says what is wrong with their answers.
func countedTogether(one, two *bundle, key string) (wrong []string) {
	check := func(right bool, a answer) {
		if !right {
			wrong = append(wrong, fmt.Sprintf("got %d %v %.200s", a.status, a.header, a.body))
		}
	}
	all := []*bundle{one.as(key), two.as(key)}
	began := time.Now()
	for i := range 6 {
		a := all[i%2].do(http.MethodGet, board, "", nil)
		check(a.status == http.StatusOK && a.header.Get("RateLimit-Policy") == `"leaderboard";q=6;w=60` &&
			strings.HasPrefix(a.header.Get("RateLimit"), fmt.Sprintf(`"leaderboard";r=%d;t=`, 5-i)), a)
	}
	for _, g := range all {
		a := g.do(http.MethodGet, board, "", nil)
		check(a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != "" &&
			strings.HasPrefix(a.body, `{"error":{"code":"rate_limit_exceeded","message":"at most 6 requests for the leaderboard a minute`), a)
	}
	a := all[0].post(`{ partners { totalCount } }`, nil, nil)
	check(a.status == http.StatusOK && a.header.Get("RateLimit-Policy") == `"default";q=40;w=60`, a)
	var left int
	_, err := fmt.Sscanf(a.header.Get("RateLimit"), `"default";r=%d;`, &left)
	back := int(time.Since(began) / (1500 * time.Millisecond)) // of forty a minute
	check(err == nil && left >= 33 && left <= 33+back, a)      // after seven requests
	return wrong
}

// A key has the limit that it was made with, for all it does.
func TestLimitOfAKey(t *testing.T) {
	t.Parallel()
	b := setup(t, withRates(rates{RateLimit: 6000, LeaderboardRateLimit: 500}))
	two := 2
	_, key, err := createKey(t.Context(), b.store, b.tenant, analytics.APIKey{Scopes: []analytics.Scope{analytics.ScopeRead}, RateLimit: &two})
	ok(t, err)
	own := b.as(key)
	equal(t, "first", own.do(http.MethodGet, board, "", nil).header.Get("RateLimit-Policy"), `"default";q=2;w=60`)
	equal(t, "second", own.post(`{ partners { totalCount } }`, nil, nil).status, http.StatusOK)
	equal(t, "third", own.do(http.MethodGet, board, "", nil).status, http.StatusTooManyRequests)
	equal(t, "another key", b.do(http.MethodGet, board, "", nil).status, http.StatusOK)
}

// Whoever guesses gets 429 on every path, in its own form, also by way of a
// proxy, and nobody else behind that proxy does.
func TestGuessingIsSlowed(t *testing.T) {
	t.Parallel()
	b := setup(t, withRates(rates{FailureRateLimit: 5, TrustedProxies: []string{"127.0.0.1"}}))
	token := b.activate("act_x", "event", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	guesser := b.as("wrong")
	from := func(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }
	for i := range 5 {
		a := guesser.do(http.MethodGet, "/api/partner-stats/act_x?token=guess", "", from("203.0.113.1"))
		equal(t, "status", a.status, http.StatusForbidden)
		if want := fmt.Sprintf(`"address";r=%d;`, 4-i); !strings.HasPrefix(a.header.Get("RateLimit"), want) {
			t.Errorf("RateLimit is %q, want %q", a.header.Get("RateLimit"), want)
		}
	}
	for _, c := range []struct{ method, path, body, form string }{
		{http.MethodGet, "/api/partner-stats/act_y?token=guess", "", `{"success":false,"error":`},
		{http.MethodGet, "/partner-stats/act_y?token=guess", "", `<!doctype html>`},
		{http.MethodGet, board, "", `{"error":{"code":"rate_limit_exceeded"`},
		{http.MethodGet, "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", "", `{"code":"`},
		{http.MethodPost, "/graphql", `{"query":"{ partners { totalCount } }"}`, `{"errors":[{"message":"at most 5 refused requests of an address a minute`},
		{http.MethodPost, "/v1/events", `{}`, `{"type":"about:blank","title":"Too Many Requests","status":429`},
	} {
		h := from("203.0.113.1")
		h.Set("Content-Type", "application/json")
		a := guesser.do(c.method, c.path, c.body, h)
		equal(t, c.path, a.status, http.StatusTooManyRequests)
		if !strings.HasPrefix(strings.ToLower(a.body), strings.ToLower(c.form)) || a.header.Get("Retry-After") == "" || a.header.Get("RateLimit") == "" {
			t.Errorf("%s: %v %.200s", c.path, a.header, a.body)
		}
	}
	equal(t, "another address", guesser.do(http.MethodGet, board, "", from("203.0.113.2")).status, http.StatusUnauthorized)
	known := b.do(http.MethodGet, board, "", from("203.0.113.1"))
	equal(t, "a known key of the same address", known.status, http.StatusOK)
	equal(t, "the right token, from elsewhere", b.do(http.MethodGet, "/api/partner-stats/act_x?token="+token, "", from("203.0.113.3")).status, http.StatusOK)
	for range 20 { // probes are not counted
		equal(t, "probe", guesser.do(http.MethodGet, "/readyz", "", from("203.0.113.1")).status, http.StatusOK)
	}
}

// While one tenant's lock is held, its writers wait for it one at a time: others are
// read and written, and probes answered.
func TestWritersOfOneTenantLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := b.as(b.newKey(b.newTenant("other", "UTC"), analytics.ScopeRead, analytics.ScopeAdmin))
	holder, err := pgx.Connect(t.Context(), b.conf.database)
	ok(t, err)
	defer func() { _ = holder.Close(context.WithoutCancel(t.Context())) }()
	tx, err := holder.Begin(t.Context())
	ok(t, err)
	_, err = tx.Exec(t.Context(), "SELECT FROM counters WHERE tenant_id = $1 AND name = 'identity' FOR UPDATE", b.tenant.ID)
	ok(t, err)
	const upsert = `mutation($key: String!) { upsertCampaigns(input: [{ campaignKey: $key, title: "Show", scheduledAt: "2026-03-01T00:00:00Z" }]) { campaigns { id } } }`
	var writers sync.WaitGroup
	for i := range 40 {
		writers.Go(func() {
			a, err := b.graphql(t.Context(), upsert, map[string]any{"key": fmt.Sprint("show-", i)}, nil)
			if err != nil || a.data == nil {
				t.Errorf("writer %d: %v %s", i, err, a.body)
			}
		})
	}
	await.Until(t, "somebody waits", func() bool { return b.running() > 0 })
	for range 5 {
		equal(t, "another tenant's write", other.post(upsert, map[string]any{"key": "other"}, nil).status, http.StatusOK)
		equal(t, "another tenant's read", other.post(`{ campaigns(first: 3) { totalCount } }`, nil, fresh).status, http.StatusOK)
		equal(t, "/readyz", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
		equal(t, "who waits in Postgres", b.running(), 1)
	}
	ok(t, tx.Rollback(t.Context()))
	writers.Wait()
	equal(t, "campaigns", len(at(b.ask(`{ campaigns(first: 100) { nodes { id } } }`), "campaigns.nodes").([]any)), 40)
}
