package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"footfall/analytics"
)

var (
	withCost = http.Header{"X-Footfall-Cost": {"1"}, "Cache-Control": {"no-cache"}}
	dry      = http.Header{"X-Footfall-Dry-Run": {"1"}}
)

// withBudget gives each key a budget a minute.
func withBudget(n int) func(*settings) { return func(c *settings) { c.serving.CostBudget = n } }

const threePartners = `{ partnerLeaderboard(first: 100, range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }) {
	edges { rank node { name } engagement { uniqueUsers totalSessions } } } }`

func (b *bundle) threePartners() {
	b.t.Helper()
	b.upsertPartners(1, `name: "A", partnerType: REFERRAL`, `name: "B", partnerType: REFERRAL`, `name: "C", partnerType: REFERRAL`)
	b.record(view("1", uuidOf(1), "u1", "2026-03-10T12:00:00Z"), view("2", uuidOf(2), "u1", "2026-03-10T12:00:00Z"), view("3", uuidOf(2), "u2", "2026-03-10T12:00:00Z"))
}

// Estimated from what was asked for, actual from what came.
func TestCostIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge, withBudget(100_000))
	b.threePartners()
	key := b.as(b.newKey(b.tenant, analytics.ScopeRead))
	a := key.post(threePartners, nil, withCost)
	// the root, the leaderboard (50), its range (2), the connection, and of each edge: itself, the node, the measures (1), their set (0.2) and two numbers
	matches(t, a.extensions["cost"], `{"estimated": 376, "actual": 64, "budgetLeft": 99624}`)
	a = key.post(threePartners, nil, http.Header{"X-Footfall-Cost": {"1"}})
	equal(t, "actual", number(any(a.extensions), "cost.actual"), 64)
	for range 2 { // what the edge remembers says nothing of costs
		a = key.post(threePartners, nil, nil)
		equal(t, "costs", a.extensions["cost"], nil)
	}
	matches(t, b.as(b.newKey(b.tenant, analytics.ScopeRead)).post(`{ __typename }`, nil, withCost).extensions["cost"],
		`{"estimated": 1, "actual": 1, "budgetLeft": 99999}`)
	a = key.post(`{ partner(uuid: "`+uuidOf(9)+`") { name } }`, nil, withCost)
	equal(t, "of nothing", number(any(a.extensions), "cost.actual"), 1)
	a = b.post(`{ partnerLeaderboard(first: 0) { totalCount } }`, nil, withCost)
	equal(t, "of an error", number(any(a.extensions), "cost.actual"), 0)
}

// A spent budget is 429 until it has come back, for that key alone.
func TestBudget(t *testing.T) {
	t.Parallel()
	b := setup(t, withBudget(100_000), func(c *settings) { c.serving.CostLimit = 1_000_000 })
	b.threePartners()
	o := operator{t, b.conf.database}
	small := b.as(strings.TrimSpace(o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read", "--budget", "500").good()))
	free := b.as(strings.TrimSpace(o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read", "--budget", "0").good()))
	o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read", "--budget=-1").fails(1, "--budget must be 0 or more", "-1")
	rows := o.run("keys", "list", "--tenant", "acme").rows()
	matches(t, []any{at(rows, "0.budget"), at(rows, "1.budget"), at(rows, "2.budget")}, `[null, 500, 0]`)

	equal(t, "within the budget", small.post(threePartners, nil, fresh).status, http.StatusOK)
	a := small.post(threePartners, nil, fresh)
	equal(t, "status", a.status, http.StatusTooManyRequests)
	if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 10 || wait > 31 {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
	if strings.Contains(a.body, `"data"`) || len(a.errors) != 1 || a.errors[0].code() != "RATE_LIMITED" || !strings.Contains(a.errors[0].Message, "500 a minute") {
		t.Errorf("answered %s", a.body)
	}
	equal(t, "wait within the error", strconv.FormatInt(number(any(a.errors[0].Extensions), "retryAfter"), 10), a.header.Get("Retry-After"))
	left := number(any(a.errors[0].Extensions), "left")
	if left < 124 || left > 300 {
		t.Errorf("%d are left", left)
	}
	equal(t, "something small", small.post(`{ __typename }`, nil, fresh).status, http.StatusOK)
	equal(t, "a dry run", small.post(threePartners, nil, dry).status, http.StatusOK)
	a = small.post(strings.Replace(threePartners, "100", "1000", 1), nil, fresh)
	equal(t, "more than any minute's", a.errors[0].code(), "COST_LIMIT_EXCEEDED")
	matches(t, a.errors[0].Extensions, `{"bound": "budget", "code": "COST_LIMIT_EXCEEDED", "limit": 500, "value": 3274}`)
	for range 3 {
		equal(t, "another key", b.post(threePartners, nil, fresh).status, http.StatusOK)
		equal(t, "a key without a limit", free.post(strings.Replace(threePartners, "100", "1000", 1), nil, fresh).status, http.StatusOK)
	}
	a = free.post(threePartners, nil, withCost)
	matches(t, a.extensions["cost"], `{"estimated": 376, "actual": 64}`)
}

// A dry run says what would be asked of the store, and asks for no measure.
func TestDryRun(t *testing.T) {
	t.Parallel()
	b := setup(t, withBudget(100_000))
	b.threePartners()
	b.activate("act_1", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	a := b.post(threePartners, nil, dry)
	equal(t, "status", a.status, http.StatusOK)
	if strings.Contains(a.body, `"data"`) || len(a.errors) > 0 {
		t.Errorf("answered %s", a.body)
	}
	equal(t, "estimated", number(any(a.extensions), "cost.estimated"), 376)
	// March is one month's cell of each partner's page views, read without sets for everyone and then with them for the page.
	matches(t, at(any(a.extensions), "plan"), `{"batches": [
		{"of": "partners", "keys": 3},
		{"of": "measures", "keys": 3, "ranges": 3, "cells": 3},
		{"of": "measures", "keys": 3, "ranges": 3, "cells": 3, "sets": true}
	]}`)
	a = b.post(`{ activation(activationId: "act_1") { eventName
		metrics(range: { instants: { start: "2026-03-02T00:10:00Z", end: "2026-03-03T00:00:00Z" } }) { clickCount }
		timeSeries(interval: DAY) { points { metrics { uniqueSessionCount } } } } }`, nil, dry)
	// Of three actions: the second of March's day, for its quarter-hours, and 31
	// days; in one batch or in two, as the scheduler has it.
	sum := map[string]int64{}
	batches, _ := at(any(a.extensions), "plan.batches").([]any)
	for i := range batches {
		for _, name := range []string{"keys", "ranges", "cells", "ends"} {
			sum[name] += max(0, number(batches, fmt.Sprint(i, ".", name)))
		}
	}
	equal(t, "plan", fmt.Sprint(sum), "map[cells:96 ends:1 keys:3 ranges:32]")

	plan := `{ partner(uuid: "` + uuidOf(1) + `") { engagement { uniqueUsers } timeSeries(interval: DAY) { points { engagement { uniqueUsers } } } } }`
	quiet := b.unattended()
	quiet.post(plan, nil, dry)
	before := quiet.store.Statements()
	quiet.post(plan, nil, dry)
	if n := quiet.store.Statements() - before; n > 1 { // the key's, once a second
		t.Errorf("a dry run over known nouns made %d statements", n)
	}

	a = b.post(`mutation { deleteActivation(activationId: "act_1") { activationId } }`, nil, dry)
	matches(t, at(any(a.extensions), "plan"), `{"batches": []}`)
	equal(t, "the activation is still there", encoded(b.ask(`{ activation(activationId: "act_1") { tier } }`)), `{"activation":{"tier":"premium"}}`)

	a = b.post(`{ partnerLeaderboard(first: 0) { totalCount } }`, nil, dry)
	if len(a.errors) != 1 || a.errors[0].code() != "BAD_USER_INPUT" || strings.Contains(a.body, `"data"`) {
		t.Errorf("answered %s", a.body)
	}
	a = b.post(`{ activations(first: 2000000) { nodes { id } } }`, nil, dry)
	if len(a.errors) != 1 || a.errors[0].code() != "COST_LIMIT_EXCEEDED" || number(any(a.errors[0].Extensions), "value") != 2_000_002 {
		t.Errorf("answered %s", a.body)
	}
}

// An answer to a dry run is not what others get, nor theirs what it gets.
func TestDryRunAtTheEdge(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge)
	b.threePartners()
	for range 2 {
		equal(t, "dry", b.post(threePartners, nil, dry).data, nil)
		if a := b.post(threePartners, nil, nil); a.data == nil || a.extensions["cost"] != nil || a.extensions["plan"] != nil {
			t.Errorf("answered %s", a.body)
		}
		equal(t, "with its cost", number(any(b.post(threePartners, nil, http.Header{"X-Footfall-Cost": {"1"}}).extensions), "cost.actual"), 64)
	}
}

// Measuring counts what would be refused; both are in the metrics.
func TestCostMetrics(t *testing.T) {
	t.Parallel()
	for mode, status := range map[string]string{"measure": "data", "enforce": "errors"} {
		b := setup(t, func(c *settings) { c.serving.CostMode, c.serving.CostLimit, c.serving.CostBudget = mode, 100, 40 })
		b.exec(`UPDATE api_keys SET budget = NULL`)
		if a := b.post(threePartners, nil, nil); !strings.HasPrefix(a.body, `{"`+status) {
			t.Errorf("%s answered %s", mode, a.body)
		}
		metrics := b.do(http.MethodGet, "/metrics", "", nil).body
		for _, line := range []string{`footfall_graphql_over_limit_total{limit="cost"} 1`, `footfall_graphql_cost_sum 376`, `footfall_graphql_cost_count 1`} {
			if !strings.Contains(metrics, "\n"+line+"\n") {
				t.Errorf("%s: no %s", mode, line)
			}
		}
		equal(t, "counted as over the budget", strings.Contains(metrics, `limit="budget"} 1`), mode == "measure")
	}
}

// The REST contracts are as long as their URLs promise, whatever GraphQL may cost.
func TestRESTIsNotLimitedByCost(t *testing.T) {
	t.Parallel()
	b := setup(t, withBudget(1), func(c *settings) { c.serving.CostLimit, c.serving.DepthLimit = 1, 1 })
	for range 3 {
		a := b.do(http.MethodGet, "/analytics/engagement/partners", "", nil)
		equal(t, "status", a.status, http.StatusOK)
	}
	a := b.post(`{ activations { nodes { id } } }`, nil, nil)
	equal(t, "GraphQL", fmt.Sprint(len(a.errors) > 0 && a.errors[0].code() == "COST_LIMIT_EXCEEDED"), "true")
}

// A plan is told over a WebSocket too.
func TestDryRunOnASocket(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.socketWith(http.Header{"X-Footfall-Dry-Run": {"1"}}, `{ campaigns { nodes { id } } }`)
	if plan := s.next("next"); at(plan, "extensions.cost.estimated") == nil || at(plan, "extensions.plan.batches") == nil {
		t.Errorf("got %s", encoded(plan))
	}
	s.next("complete")
}
