package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/introspection"

	"footfall/analytics"
)

// GraphQL's own ways to ask for more than one should get. What costs too much is
// refused in package graph (TestBypasses).
func TestGraphQLAbuse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	strict := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/graphql-response+json"}}
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"a batch":                {`[{"query":"{ __typename }"},{"query":"{ __typename }"}]`, 422},
		"a circle of fragments":  {`{"query":"{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"}`, 400},
		"a fragment in itself":   {`{"query":"{ campaigns { ...A } } fragment A on CampaignConnection { nodes { id } ...A }"}`, 400},
		"many operations":        {`{"query":"` + strings.Repeat("query { __typename } ", 2) + `"}`, 400},
		"many aliases":           {`{"query":"{ ` + strings.Repeat("a: __typename b: __typename ", 300) + `}"}`, 400},
		"many directives":        {`{"query":"{ __typename ` + strings.Repeat("@skip(if: false) ", 2000) + `}"}`, 400},
		"an unknown directive":   {`{"query":"{ __typename @exec(cmd: \"id\") }"}`, 400},
		"a name for the objects": {`{"query":"{ __typename }","operationName":"__proto__"}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.in(t).do(http.MethodPost, "/graphql", c.body, strict)
			if a.status != c.status || !strings.Contains(a.body, `"errors"`) || strings.Contains(a.body, `"data"`) {
				t.Errorf("%d %.300s, want %d", a.status, a.body, c.status)
			}
		})
	}
}

// A wrong name is not put right: whoever has no schema is not led through it.
func TestNothingIsSuggested(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, query := range []string{
		`{ activation(activationId: "x") { eventKeyy } }`, `{ campaign { id } }`, `{ campaigns(scheduledd: 1) { nodes { id } } }`,
		`{ x: __type(name: "Campagn") { name } ... on Campagn { id } }`, `{ partnerLeaderboard(orderBy: { field: TOTAL_SESSION }) { totalCount } }`,
		`{ partnerLeaderboard(orderBy: { fieldd: NAME }) { totalCount } }`, `query($x: Strin) { __typename }`,
	} {
		a := b.post(query, nil, nil)
		if len(a.errors) == 0 || strings.Contains(a.body, "Did you mean") {
			t.Errorf("%s gives %s", query, a.body)
		}
	}
}

// The schema is for keys, of any scope. A token opens one activation.
func TestIntrospectionIsForKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.as(b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"))
	for _, query := range []string{
		introspection.Query, `{ __schema { types { name } } }`, `{ __type(name: "Campaign") { fields { name } } }`, `{ ... { __schema { types { name } } } }`,
		`{ ...A } fragment A on Query { ...B } fragment B on Query { x: __type(name: "Campaign") { name } }`,
	} {
		a := token.post(query, nil, nil)
		refused(t, a, "FORBIDDEN")
		equal(t, "status", a.status, http.StatusForbidden)
		for _, scope := range []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin} {
			if a := b.as(b.newKey(b.tenant, scope)).post(query, nil, nil); len(a.errors) > 0 {
				t.Errorf("%s refuses %s: %s", scope.Name(), query, a.body)
			}
		}
	}
	var doubling strings.Builder // fragments that name the next one twice, as many as fit below what selections count
	doubling.WriteString(`{...f0}`)
	for i := range 40 {
		_, _ = fmt.Fprintf(&doubling, `fragment f%d on Query{...f%d...f%d}`, i, i+1, i+1)
	}
	doubling.WriteString(`fragment f40 on Query{__typename}`)
	refused(t, token.post(doubling.String(), nil, nil), "COST_LIMIT_EXCEEDED") // and at once
	matches(t, token.ask(`{ __typename activation(activationId: "act") { __typename } }`), `{"__typename": "Query", "activation": {"__typename": "Activation"}}`)
}
