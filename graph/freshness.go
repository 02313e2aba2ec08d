package graph

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/edge"
)

// The names of the extensions that say how fresh an answer is, and what is left
// of a budget. They are no part of what an ETag stands for: the same data is the
// same answer.
const (
	extFreshness  = "freshness"  // an analytics.Freshness
	extStale      = "stale"      // {ageSeconds}, of a stale answer alone
	extCost       = "cost"       // what the operation cost; within it
	extBudgetLeft = "budgetLeft" // what the key's budget has left
)

// tellFreshness says of an answer, or of a part of one, how fresh it is and how long the edge may
// keep it, if at all.
func tellFreshness(ctx context.Context, operation ast.Operation, response *graphql.Response, f analytics.Freshness) {
	query := operation == ast.Query
	switch {
	case !query:
	case response.HasNext == nil:
		report(response, f)
	case f.Stale: // how fresh all parts are nobody knows before the last
		markStale(response, f)
	}
	edge.Limit(ctx, f.MaxAge-f.Age)
	edge.MarkStorable(ctx, query && !f.Stale && len(response.Errors) == 0)
}

// report adds to a query's answer how fresh it is.
func report(response *graphql.Response, f analytics.Freshness) {
	if !f.Reads.Any() {
		return
	}
	extend(response, extFreshness, f)
	if f.Stale {
		markStale(response, f)
	}
}

func markStale(response *graphql.Response, f analytics.Freshness) {
	extend(response, extStale, map[string]any{"ageSeconds": f.Age.Seconds()})
}

// Freshness is what an answer says of how fresh it is; zero when nothing was
// read.
func Freshness(response *graphql.Response) analytics.Freshness {
	f, _ := response.Extensions[extFreshness].(analytics.Freshness)
	return f
}

// offer says in the headers how old a query's answer is, and lets the client keep
// one without errors.
func offer(h http.Header, media string, operation ast.Operation, response *graphql.Response) {
	if f := Freshness(response); f.Reads.Any() {
		edge.Describe(h, f)
	}
	if operation == ast.Query && len(response.Errors) == 0 && len(response.Data) > 0 {
		edge.SetValidator(h, "W/"+edge.Validator([]byte(media), response.Data, others(response.Extensions)))
	}
}

// others is the extensions that tell an answer from others with the same data.
func others(extensions map[string]any) []byte {
	var rest map[string]any
	for name, value := range extensions {
		if name != extFreshness && name != extStale {
			if rest == nil {
				rest = map[string]any{}
			}
			rest[name] = value
		}
	}
	if cost, ok := rest[extCost].(map[string]any); ok {
		cost = maps.Clone(cost)
		delete(cost, extBudgetLeft)
		rest[extCost] = cost
	}
	if len(rest) == 0 {
		return nil
	}
	text, _ := json.Marshal(rest) // what is no JSON is not sent either
	return text
}
