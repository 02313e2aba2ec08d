package graph

import (
	"context"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/auth"
	"footfall/edge"
	"footfall/loaders"
)

// The request headers that ask about costs, with the value 1.
const (
	headerCost   = "X-Footfall-Cost"    // say what it cost
	headerDryRun = "X-Footfall-Dry-Run" // say what it would cost and read, and do not run
)

func costWanted(op *graphql.OperationContext) bool { return op.Headers.Get(headerCost) == "1" }
func dryRun(op *graphql.OperationContext) bool     { return op.Headers.Get(headerDryRun) == "1" }

// costAsked tells requests apart at the edge that ask about costs: theirs are
// other answers. It is empty for all others.
func costAsked(h http.Header) string {
	if h.Get(headerCost) != "1" && h.Get(headerDryRun) != "1" {
		return ""
	}
	return strconv.Quote(h.Get(headerCost)) + strconv.Quote(h.Get(headerDryRun))
}

// InterceptOperation implements graphql.OperationInterceptor: it says what an
// operation cost, or plans it instead of running it, for those who ask. Such an
// answer is never kept at the edge: what is left of a budget changes with each.
func (c *costs) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	switch {
	case chargeOf(op) == nil:
		return next(ctx)
	case dryRun(op):
		edge.MarkStorable(ctx, false)
		return c.plan(ctx, op, next)
	case !costWanted(op):
		return next(ctx)
	}
	edge.MarkStorable(ctx, false)
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		switch {
		case response == nil, len(response.Path) > 0: // what is deferred was estimated with the rest
		case response.HasNext != nil: // and what it cost is not known yet
			extend(response, extCost, c.said(op, nil))
		default:
			extend(response, extCost, c.said(op, response.Data))
		}
		return response
	}
}

// plan answers what an operation would cost and which batches it would ask for,
// without data. A query is run over a source that measures nothing, so that the
// plan is what the executor really asks; nothing else is run.
func (c *costs) plan(ctx context.Context, op *graphql.OperationContext, next graphql.OperationHandler) graphql.ResponseHandler {
	planner := c.planner()
	respond := graphql.OneShot(&graphql.Response{})
	switch op.Operation.Operation {
	case ast.Query:
		respond = next(context.WithValue(ctx, plannerKey{}, planner))
	case ast.Mutation:
		if err := permitted(auth.From(ctx), op); err != nil {
			respond = graphql.OneShot(failed(err))
		}
	}
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if response == nil {
			return nil
		}
		answer := &graphql.Response{Errors: response.Errors}
		extend(answer, extCost, c.said(op, nil))
		extend(answer, "plan", map[string]any{"batches": planner.Plan()})
		return answer
	}
}

type plannerKey struct{}

// planned is the source of an operation: the planner of one that is not to run.
func planned(ctx context.Context, source loaders.Source) loaders.Source {
	if planner, ok := ctx.Value(plannerKey{}).(*loaders.Planner); ok {
		return planner
	}
	return source
}

// said is what extensions.cost says of an operation that ran, or of a dry run
// without data.
func (c *costs) said(op *graphql.OperationContext, data []byte) map[string]any {
	spent := chargeOf(op)
	out := map[string]any{"estimated": spent.estimated}
	if data != nil {
		out["actual"] = c.model.Actual(op, data)
	}
	if spent.budget.Limit > 0 {
		out[extBudgetLeft] = spent.budget.Remaining
	}
	return out
}

func extend(r *graphql.Response, name string, value any) {
	if r.Extensions == nil {
		r.Extensions = map[string]any{}
	}
	r.Extensions[name] = value
}
