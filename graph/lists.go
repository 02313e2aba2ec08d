package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/graph/plain"
	"footfall/resolvers"
)

// maxResolved bounds a list whose elements gqlgen resolves one by one, each with
// a goroutine and some kilobytes: a long series is written plainly or refused.
const maxResolved = 10_000

// plainTypes are the objects that are read from memory but for the fields that
// have resolvers, of which some are answered for a whole list. One that is missing
// is resolved by gqlgen.
var plainTypes = plain.NewTypes(
	plain.Of[analytics.CampaignAudience](), plain.Of[analytics.AudiencePoint](),
	plain.Of[analytics.Activation](plain.Resolve("metrics", resolvers.ActivationMetrics)), plain.Of[analytics.ActivationEdge](), plain.Of[analytics.ActivationMetrics](), plain.Of[analytics.ActivationPoint](),
	plain.Of[analytics.Campaign](plain.Resolve("metrics", resolvers.CampaignMetrics)), plain.Of[analytics.CampaignEdge](), plain.Of[analytics.CampaignMetrics](), plain.Of[analytics.CampaignPoint](),
	plain.Of[analytics.Partner](plain.Resolve("engagement", resolvers.PartnerEngagement)), plain.Of[analytics.PartnerEngagement](), plain.Of[analytics.PartnerGroup](),
	plain.Of[analytics.PartnerLeaderboardEdge](), plain.Of[analytics.PartnerPoint](), plain.Of[analytics.ResolvedRange](),
)

// writePlainly answers objects and lists of plain data in one piece.
func writePlainly(ctx context.Context, next graphql.Resolver) (any, error) {
	v, err := next(ctx)
	if err != nil {
		return v, err
	}
	fc := graphql.GetFieldContext(ctx)
	written, n := plainTypes.Encode(ctx, fc, v)
	switch {
	case written != nil:
		return written, nil
	case n > maxResolved:
		return nil, analytics.Invalidf("", "%d elements are too many for what is selected of each: ask for at most %d, or leave out fields that take arguments", n, maxResolved)
	}
	noteType(ctx, fc, v)
	return v, nil
}

// plans is where the operation finds what was compiled before of the document that
// it came in. Its own, if it was changed, or kept nowhere, or asks its variables
// what to select.
func (c queryCache) plans(op *graphql.OperationContext, document *ast.QueryDocument) *plain.Plans {
	var kept *plain.Plans
	switch {
	case op.Doc != document:
	case c.trusted.Document(op.RawQuery) == document:
		p, known := c.trustedPlans.Load(document)
		if !known {
			p, _ = c.trustedPlans.LoadOrStore(document, plansFor(document))
		}
		kept = p.(*plain.Plans)
	default:
		if p, ok := c.others.GetIfPresent(op.RawQuery); ok && p.document == document {
			kept = p.plans
		}
	}
	if kept == nil {
		return &plain.Plans{}
	}
	return kept
}

// plansFor is where to keep what is compiled of a document, nil for nowhere.
func plansFor(document *ast.QueryDocument) *plain.Plans {
	for d := range directivesOf(document, document.Operations...) {
		for _, a := range d.Arguments {
			if a.Value.Kind == ast.Variable { // it decides what is selected
				return nil
			}
		}
	}
	return &plain.Plans{}
}
