package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/graph"
)

// execution runs the documents of one request.
type execution struct {
	exec  graphql.GraphExecutor
	fresh analytics.Freshness // age and staleness of all answers together
}

// run executes a document and reads its data into a struct of the same shape.
func (x *execution) run(ctx context.Context, document string, variables map[string]any, into any) error {
	now := graphql.Now()
	params := &graphql.RawParams{Query: document, Variables: variables, ReadTime: graphql.TraceTiming{Start: now, End: now}}
	op, errs := x.exec.CreateOperationContext(graph.WithOwnDocument(ctx), params)
	if len(errs) > 0 {
		return failure(errs[0])
	}
	respond, ctx := x.exec.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // the time was over before it began, or the client is gone
		return fmt.Errorf("rest: no response: %w", context.Cause(ctx))
	}
	if len(response.Errors) > 0 {
		return failure(response.Errors[0])
	}
	f := graph.Freshness(response)
	x.fresh.Age, x.fresh.Stale = max(x.fresh.Age, f.Age), x.fresh.Stale || f.Stale
	if err := json.Unmarshal(response.Data, into); err != nil {
		return fmt.Errorf("rest: the response has another shape than its document: %w", err)
	}
	return nil
}

// failure is a GraphQL error as the domain error it was made from. One that is
// not among those a contract knows is ours: the document was not at fault.
func failure(e *gqlerror.Error) error {
	code, _ := e.Extensions["code"].(string)
	switch c := analytics.Code(code); c {
	case analytics.CodeInvalid, analytics.CodeForbidden, analytics.CodeConflict, analytics.CodeGone, analytics.CodeRateLimited, analytics.CodeUnavailable:
		return &analytics.Error{Code: c, Message: e.Message}
	case analytics.CodeInternal:
		return &analytics.Error{Code: c, Message: e.Message} // logged where it happened
	default:
		return &analytics.Error{Code: analytics.CodeInternal, Message: "internal error", Err: errors.New("rest: " + code + ": " + e.Message)}
	}
}
