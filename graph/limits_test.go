package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph/cost"
	"footfall/graph/generated"
)

// reply is a response that says more than data.
type reply struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct {
			Code, Bound  string
			Limit, Value int64
		}
	}
	Extensions struct {
		Cost struct {
			Estimated          int64
			Actual, BudgetLeft *int64
		}
		Plan *struct{ Batches []map[string]any }
	}
}

// ask posts an operation and reads the answer.
func (b *bundle) ask(query string, variables map[string]any, headers ...string) (r reply) {
	b.t.Helper()
	text, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal(b.do(http.MethodPost, "/graphql", string(text), headers...).Body.Bytes(), &r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// refused is the limit that stopped an operation, "" when none did.
func (r reply) refused() string {
	for _, e := range r.Errors {
		if e.Extensions.Code == string(analytics.CodeTooExpensive) && e.Extensions.Value > e.Extensions.Limit {
			return e.Extensions.Bound
		}
	}
	return ""
}

// The ways by which other servers were led to think an operation cheap. None of
// these runs.
func TestBypasses(t *testing.T) {
	const heavy = `nodes { timeSeries(interval: DAY, range: { period: LAST_12_MONTHS }) { points { metrics { uniqueSessionCount } } } }`
	leaderboard := func(inside string) string { return `{ partnerLeaderboard(first: 1000) { nodes { ` + inside + ` } } }` }
	deep := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	var doubling strings.Builder // 2^40 selections in 40 fragments
	doubling.WriteString(`{ partnerLeaderboard(first: 1) { nodes { engagement { ...F0 } } } } `)
	for i := range 40 {
		fmt.Fprintf(&doubling, "fragment F%d on PartnerEngagement { ...F%d ...F%d } ", i, i+1, i+1)
	}
	doubling.WriteString(`fragment F40 on PartnerEngagement { uniqueUsers }`)
	var fanning strings.Builder // 8^7 fields in seven fragments, each set a small one
	fanning.WriteString(`{ activations(first: 1) { nodes { metrics { ...G0 } } } } `)
	for i := range 7 {
		fmt.Fprintf(&fanning, "fragment G%d on ActivationMetrics { %s } ", i, aliased(fmt.Sprintf("previous { ...G%d }", i+1), 8))
	}
	fanning.WriteString(`fragment G7 on ActivationMetrics { clickCount }`)
	const first = `query($n: Int!) { activations(first: $n) { ` + heavy + ` } }`
	for name, c := range map[string]struct {
		query     string
		variables map[string]any
		bound     string
	}{
		"a huge first":                     {`{ activations(first: 2000000000) { nodes { id } } }`, nil, "cost"},
		"a first above int32":              {`{ activations(first: 4294967297) { ` + heavy + ` } }`, nil, "cost"},
		"a first by variable":              {first, map[string]any{"n": 1000}, "cost"},
		"a huge first by variable":         {first, map[string]any{"n": math.MaxInt32}, "cost"},
		"a first by a variable's default":  {strings.Replace(first, "Int!", "Int! = 1000", 1), nil, "cost"},
		"a first by its own default":       {`{ ` + aliased(`activations { `+heavy+` }`, 40) + ` }`, nil, "cost"},
		"a fragment used many times":       {`{ ` + aliased("partnerLeaderboard(first: 1000) { ...P }", 25) + ` } fragment P on PartnerLeaderboardConnection { nodes { engagement { uniqueUsers } } }`, nil, "cost"},
		"fragments that double":            {doubling.String(), nil, "selections"},
		"one name in merged selections":    {`{ __type(name: "Query") { fields { type { ` + strings.Repeat(`ofType { `+strings.Repeat("name ", 200)+`} `, 10) + ` } } zzz } }`, nil, "duplicates"},
		"fragments that fan out":           {fanning.String(), nil, "fields"},
		"inline fragments on an interface": {`{ ` + aliased(`node(id: "x") { ... on Activation { timeSeries(interval: QUARTER_HOUR, range: { period: LAST_12_MONTHS }) { points { metrics { uniqueSessionCount } } } } }`, 40) + ` }`, nil, "cost"},
		"a thousand aliases":               {`{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10") { ` + aliased("name", 1000) + ` } }`, nil, "aliases"},
		"aliases of the costly":            {`{ partnerLeaderboard(first: 1000) { nodes { ` + aliased("engagement { uniqueUsers }", 60) + ` } } }`, nil, "cost"},
		"many root fields":                 {`{ ` + strings.Repeat(`node(id: "x") { id } `, 51) + ` }`, nil, "rootFields"},
		"root fields in fragments":         {`{ ...A ...A ...A } fragment A on Query { ` + strings.Repeat(`node(id: "x") { id } `, 20) + ` }`, nil, "rootFields"},
		"connections in connections":       {leaderboard(`engagement { ` + deep("previous { ", "uniqueUsers", " }", 12) + ` }`), nil, "depth"},
		"nested time series":               {leaderboard(`timeSeries(interval: HOUR) { points { engagement { previous { uniqueUsers } } } }`), nil, "cost"},
		"a long series for a short word":   {`{ ` + aliased(`activation(activationId: "x") { timeSeries(interval: QUARTER_HOUR, range: { instants: { start: "2026-01-01T00:00:00Z", end: "2026-04-11T00:00:00Z" } }) { points { metrics { uniqueSessionCount } } } }`, 40) + ` }`, nil, "cost"},
		"introspection by ofType":          {`{ __schema { types { ` + deep("ofType { ", "name", " }", 20) + ` } } }`, nil, "depth"},
		"introspection by alias":           {`{ ` + aliased(`__schema { types { fields { type { fields { name } } } } }`, 45) + ` }`, nil, "cost"},
		"an include that is not false":     {strings.Replace(first, "nodes", "nodes @include(if: true) @skip(if: false)", 1), map[string]any{"n": 1000}, "cost"},
		"an include by a variable":         {`query($x: Boolean! = true) { activations(first: 1000) @include(if: $x) { ` + heavy + ` } }`, nil, "cost"},
		"depth left out by a directive":    {`{ node(id: "x") @skip(if: true) { ... on Partner { engagement { ` + deep("previous { ", "uniqueUsers", " }", 20) + ` } } } }`, nil, "depth"},
		"another operation is the named":   {`query A { __typename } query B { activations(first: 1000) { ` + heavy + ` } }`, nil, "cost"},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			var r reply
			if strings.HasPrefix(c.query, "query A") {
				text, _ := json.Marshal(map[string]any{"query": c.query, "operationName": "B"})
				_ = json.Unmarshal(b.do(http.MethodPost, "/graphql", string(text)).Body.Bytes(), &r)
			} else {
				r = b.ask(c.query, c.variables)
			}
			if got := r.refused(); got != c.bound || r.Data != nil {
				t.Errorf("%.200s was refused by %q, want %q: %+v", c.query, got, c.bound, r.Errors)
			}
			if n := b.calls.Load(); n != 0 {
				t.Errorf("the source was asked %d times", n)
			}
		})
	}
}

// What is impossible never comes as far as a cost.
func TestRefusedBeforeCosts(t *testing.T) {
	b := setup(t)
	for name, query := range map[string]string{
		"a fragment in a circle":   `{ partnerLeaderboard { ...A } } fragment A on PartnerLeaderboardConnection { totalCount ...B } fragment B on PartnerLeaderboardConnection { ...A }`,
		"a first above int64":      `{ activations(first: 99999999999999999999) { nodes { id } } }`,
		"introspection in circles": `{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`,
		"a thousand directives":    `{ partnerLeaderboard { totalCount ` + strings.Repeat("@include(if: true) ", 1000) + ` } }`,
		"one name for operations":  `query A { __typename } query A { __typename }`,
		"a deep list":              `{ campaigns(campaignKeys: ` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + `) { nodes { id } } }`,
		"a deeper list":            `{ campaigns(campaignKeys: ` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `) { nodes { id } } }`,
		"a deep input object":      `{ partnerLeaderboard(filter: ` + strings.Repeat("{ a: ", 900) + "1" + strings.Repeat("}", 900) + `) { totalCount } }`,
		"one field very often":     `{ campaigns { nodes { ` + strings.Repeat("title ", 4900) + `} } }`,
		"fragments very often":     `{ campaigns { nodes { ` + strings.Repeat("...A ", 900) + `} } } fragment A on Campaign { title title }`,
		"too many tokens":          `{ ` + strings.Repeat("__typename ", 6000) + `}`,
	} {
		r := b.ask(query, nil, headerCost, "1")
		if bound := r.refused(); (bound == "tokens" || bound == "selections" || bound == "duplicates" || bound == "fields") && r.Data == nil {
			continue
		}
		if len(r.Errors) == 0 || r.refused() != "" || r.Data != nil || !strings.HasPrefix(r.Errors[0].Extensions.Code, "GRAPHQL_") {
			t.Errorf("%s: %+v", name, r.Errors)
		}
	}
	b.expect(b.do(http.MethodPost, "/graphql", `[`+body(partners)+`,`+body(partners)+`]`), http.StatusBadRequest, "")
	if n := b.calls.Load(); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
}

// aliased selects a field n times.
func aliased(field string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, field)
	}
	return b.String()
}

// What people do is let through: the tools' introspection, also the deeper one of
// newer tools, and what @skip leaves out.
func TestLetThrough(t *testing.T) {
	newest := strings.Replace(introspection.Query, "ofType {\n                kind", "ofType { ofType { ofType { kind } }\n                kind", 1)
	if newest == introspection.Query {
		t.Fatal("the introspection query has changed")
	}
	for name, query := range map[string]string{
		"introspection":         introspection.Query,
		"introspection, deeper": newest,
		"negative":              `{ partnerLeaderboard(first: 1) { totalCount } a: activations(first: -1) @skip(if: true) { nodes { id } } }`,
		"left out":              `{ activations(first: 2000000) @include(if: false) { nodes { id } } partnerLeaderboard { totalCount } }`,
		"a page of everything":  `{ partnerLeaderboard(first: 1000) { edges { rank node { uuid name categories { name } } engagement { uniqueUsers totalSessions totalPageViews avgSessionDurationSeconds } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			if r := b.ask(query, nil); len(r.Errors) > 0 || r.Data == nil {
				t.Errorf("%+v", r.Errors)
			}
		})
	}
	// A negative first counts as one, and is refused by the field it is wrong for.
	b := setup(t)
	r := b.ask(`{ partnerLeaderboard(first: -2147483648) { totalCount } }`, nil)
	if len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "BAD_USER_INPUT" || !strings.Contains(r.Errors[0].Message, "first") {
		t.Errorf("%+v", r)
	}
}

// A limit of nothing is none, and measuring refuses nothing but tells.
func TestLimitsOff(t *testing.T) {
	var refused []string
	for name, limits := range map[string]Limits{
		"off": {},
		"measured": {Cost: 1, Depth: 1, Aliases: 1, RootFields: 1, Measure: true, Refused: func(bound string) { refused = append(refused, bound) },
			Charge: func(*auth.Principal, int64) (auth.Limit, error) {
				return auth.Limit{Limit: 5, RetryAfter: time.Second}, analytics.Errorf(analytics.CodeRateLimited, "spent")
			}},
	} {
		b := setupWith(t, limits)
		r := b.ask(`{ a: partnerLeaderboard { totalCount } b: partnerLeaderboard { totalCount } }`, nil)
		if len(r.Errors) > 0 || r.Data == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if got := strings.Join(refused, " "); got != "depth aliases rootFields cost budget" {
		t.Errorf("told of %q", got)
	}
}

// What the edge remembers costs nothing; an answer that tells of costs is never
// from there, and a dry run only looks at the budget.
func TestCharges(t *testing.T) {
	var charged []int64
	b := setupWith(t, Limits{Charge: func(_ *auth.Principal, cost int64) (auth.Limit, error) {
		charged = append(charged, cost)
		return auth.Limit{Limit: 1000, Remaining: 600}, nil
	}})
	for range 3 {
		b.expect(b.do(http.MethodPost, "/graphql", body(partners)), http.StatusOK, good)
	}
	for range 2 {
		b.expect(b.do(http.MethodPost, "/graphql", body(partners), headerCost, "1"), http.StatusOK,
			`{"data":{"partnerLeaderboard":{"totalCount":0}},"extensions":{"cost":{"actual":52,"budgetLeft":600,"estimated":52}}}`)
	}
	b.expect(b.do(http.MethodPost, "/graphql", body(partners), headerDryRun, "1"), http.StatusOK,
		`{"extensions":{"cost":{"budgetLeft":600,"estimated":52},"plan":{"batches":[{"of":"partners","keys":0}]}}}`)
	b.expect(b.do(http.MethodPost, "/graphql", body(partners), headerDryRun, "0", headerCost, "yes"), http.StatusOK, good)
	if got := fmt.Sprint(charged); got != "[52 52 52 0]" {
		t.Errorf("charged %s", got)
	}
}

// The series in a breakdown are over the breakdown's range.
func TestSeriesOfABreakdown(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	model, err := cost.New(schema, listSizes, frames)
	if err != nil {
		t.Fatal(err)
	}
	estimate := func(query string) int64 {
		doc, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
		if errs != nil {
			t.Fatal(errs)
		}
		return model.Estimate(doc, doc.Operations[0], nil)
	}
	const fewRows = 5
	for _, c := range []struct{ over, interval string }{
		{`range: { dates: { startDate: "2026-10-01", endDate: "2026-10-01" } }`, "HOUR"},
		{`range: { dates: { startDate: "2026-10-01", endDate: "2026-10-01" } }`, "QUARTER_HOUR"},
		{`range: { dates: { startDate: "2017-01-01", endDate: "2026-12-31" } }`, "DAY"},
		{`range: { period: LAST_30_DAYS }`, "DAY"},
		{`range: null`, "DAY"},
	} {
		const points = `{ points { engagement { uniqueUsers } } }`
		series := fmt.Sprintf(`timeSeries(interval: %s) %s`, c.interval, points)
		one := estimate(fmt.Sprintf(`{ partner(uuid: "x") { timeSeries(interval: %s, %s) %s } }`, c.interval, c.over, points))
		got := estimate(fmt.Sprintf(`{ partner(uuid: "x") { breakdown(by: [SOURCE], first: %d, %s) { rows { %s } otherTimeSeries: %s } } }`,
			fewRows, c.over, series, strings.Replace(series, "timeSeries", "otherTimeSeries", 1)))
		if least := fewRows * one; got < least || got > least*3/2+100 {
			t.Errorf("%d rows of %s by %s are estimated at %d, one series at %d", fewRows, c.over, c.interval, got, one)
		}
	}
}

// A point for each bucket that a range can touch, and never more than a series
// may have.
func TestSeriesSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		noun      string
		arguments map[string]any
		want      int64
		known     bool
	}{
		{"Partner", map[string]any{"interval": "DAY"}, 368, true},
		{"Partner", map[string]any{"interval": "MONTH", "range": nil}, 15, true},
		{"Partner", map[string]any{"interval": "DAY", "range": map[string]any{"period": "LAST_30_DAYS"}}, 32, true},
		{"Partner", map[string]any{"interval": "HOUR", "range": map[string]any{"dates": map[string]any{"startDate": "2026-03-01", "endDate": "2026-03-02"}}}, 50, true},
		{"Activation", map[string]any{"interval": "QUARTER_HOUR", "range": map[string]any{"instants": map[string]any{"start": "2026-03-01T00:00:00Z", "end": "2026-03-01T01:00:00+01:00"}}}, 2, true},
		{"Activation", map[string]any{"interval": "QUARTER_HOUR", "range": map[string]any{"instants": map[string]any{"start": "2026-03-01t00:00:00z", "end": "2026-04-10t00:00:00z"}}}, 3842, true},
		{"Activation", map[string]any{"interval": "WEEK"}, 100, true},
		{"Activation", map[string]any{"interval": "QUARTER_HOUR"}, 2882, true},
		{"Campaign", map[string]any{"interval": "HOUR"}, 722, true},
		{"Partner", map[string]any{"interval": "HOUR", "range": map[string]any{"dates": map[string]any{"startDate": "0001-01-01", "endDate": "9999-12-31"}}}, 100_000, true},
		{"Partner", map[string]any{"interval": "MONTH", "range": map[string]any{"instants": map[string]any{"start": "1900-01-01T00:00:00Z", "end": "2200-01-01T00:00:00Z"}}}, 3915, true},
		{"Partner", map[string]any{"interval": "DAY", "range": map[string]any{"dates": map[string]any{"startDate": "2026-03-02", "endDate": "2026-03-01"}}}, 3, true},
		{"Partner", map[string]any{"interval": "DAY", "range": map[string]any{"dates": "x"}}, 100, true},
		{"Partner", map[string]any{"interval": "DAY", "range": map[string]any{"period": 7}}, 100, true},
		{"Partner", map[string]any{"interval": 7}, 0, false},
		{"Partner", nil, 0, false},
	} {
		n, most, known := listSizes[c.noun+".timeSeries"](c.arguments, 0)
		if n != c.want || known != c.known || most < n {
			t.Errorf("%s %v has %d points, %v, want %d", c.noun, c.arguments, n, known, c.want)
		}
	}
}
