package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/documents"
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
	written, n := plainTypes.Encode(ctx, graphql.GetFieldContext(ctx), v)
	switch {
	case written != nil:
		return written, nil
	case n > maxResolved:
		return nil, analytics.Invalidf("", "%d elements are too many for what is selected of each: ask for at most %d, or leave out fields that take arguments", n, maxResolved)
	}
	return v, nil
}

// planCache remembers what was compiled of documents, while they are asked for.
type planCache struct {
	of *lru.Cache[*ast.QueryDocument, *plain.Plans]
}

func newPlanCache() planCache {
	of, err := lru.New[*ast.QueryDocument, *plain.Plans](keptDocuments)
	if err != nil {
		panic(err) // the size is positive
	}
	return planCache{of}
}

// plans is where the operation finds what was compiled before of the document that
// it came in. Its own, if it was changed, or kept nowhere, or asks its variables
// what to select.
func (c planCache) plans(op *graphql.OperationContext, document *ast.QueryDocument) *plain.Plans {
	if op.Doc != document || len(op.RawQuery) > documents.MaxLength {
		return &plain.Plans{}
	}
	p, known := c.of.Get(document)
	if !known {
		if !plain.Conditional(document) {
			p = &plain.Plans{}
		}
		c.of.Add(document, p)
	}
	if p == nil {
		return &plain.Plans{}
	}
	return p
}
