package graph

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph/cost"
	"footfall/loaders"
)

// maxTokens bounds a document before it is parsed.
const maxTokens = 5_000

// Limits of one operation; 0 is no limit.
type Limits struct {
	Cost       int64
	Depth      int // of fields in fields
	Aliases    int
	RootFields int

	// Measure refuses nothing, and tells Refused what would have been.
	Measure bool
	// Charge takes an operation's cost from a budget, 0 only looks (auth.Authenticator.Charge).
	Charge func(p *auth.Principal, cost int64) (auth.Limit, error)
	// Estimated hears of each operation's cost, Refused of what a limit did not
	// let through.
	Estimated func(cost int64)
	Refused   func(limit string)
}

// costs is the extension that keeps operations within their limits.
type costs struct {
	Limits
	model   *cost.Model
	planner func() *loaders.Planner
}

// charge is what became of one operation.
type charge struct {
	estimated  int64
	deferred   int64 // fragments
	budget     auth.Limit
	retryAfter time.Duration // until the budget suffices; 0 when it does
}

const costExtension = "Cost"

// ExtensionName implements graphql.HandlerExtension.
func (*costs) ExtensionName() string { return costExtension }

// Validate implements graphql.HandlerExtension.
func (*costs) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator: it computes
// the operation's cost, refuses what is over a limit and charges the rest.
func (c *costs) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if isOwnDocument(ctx) {
		return nil
	}
	spent := &charge{estimated: c.model.Estimate(op.Doc, op.Operation, op.Variables)}
	if inParts(ctx, op) {
		spent.deferred = c.model.Deferred(op.Doc, op.Operation, op.Variables)
	}
	op.Stats.SetExtension(costExtension, spent)
	if c.Estimated != nil {
		c.Estimated(spent.estimated)
	}
	shape := cost.ShapeOf(op.Doc, op.Operation)
	for _, bound := range []struct {
		name, what string
		limit, got int64
	}{
		{"depth", "the depth of fields", int64(c.Depth), shape.Depth},
		{"aliases", "the number of aliases", int64(c.Aliases), shape.Aliases},
		{"rootFields", "the number of root fields", int64(c.RootFields), shape.RootFields},
		{"cost", "the estimated cost", c.Cost, spent.estimated},
	} {
		if bound.limit > 0 && bound.got > bound.limit {
			err := analytics.Errorf(analytics.CodeTooExpensive, "%s must be at most %d, got %d", bound.what, bound.limit, bound.got)
			if err := c.refuse(err, bound.name, bound.limit, bound.got); err != nil {
				return err
			}
		}
	}
	return c.spend(ctx, op, spent)
}

// spend takes the cost from the budget; a dry run costs nothing.
func (c *costs) spend(ctx context.Context, op *graphql.OperationContext, spent *charge) *gqlerror.Error {
	p := auth.From(ctx)
	if c.Charge == nil || p == nil {
		return nil
	}
	price := spent.estimated
	if dryRun(op) {
		price = 0
	}
	var err error
	spent.budget, err = c.Charge(p, price)
	if err == nil {
		return nil
	}
	refused := c.refuse(Public(err), "budget", int64(spent.budget.Limit), price)
	if refused != nil && spent.budget.RetryAfter > 0 {
		spent.retryAfter = spent.budget.RetryAfter
		refused.Extensions["left"] = spent.budget.Remaining
	}
	return refused
}

// refuse makes the error for a limit that was passed, nil when it is only
// measured.
func (c *costs) refuse(err *analytics.Error, bound string, limit, got int64) *gqlerror.Error {
	if c.Refused != nil {
		c.Refused(bound)
	}
	if c.Measure {
		return nil
	}
	out := requestError(err)
	out.Extensions["bound"], out.Extensions["limit"], out.Extensions["value"] = bound, limit, got
	return out
}

func chargeOf(op *graphql.OperationContext) *charge {
	spent, _ := op.Stats.GetExtension(costExtension).(*charge)
	return spent
}

// waitForBudget says when to come back to a request whose budget is spent.
func waitForBudget(h http.Header, op *graphql.OperationContext) {
	if spent := chargeOf(op); spent != nil && spent.retryAfter > 0 {
		auth.SetRetryAfter(h, spent.retryAfter)
	}
}
