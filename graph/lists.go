package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
	"footfall/graph/plain"
)

// maxResolved bounds a list whose elements gqlgen resolves one by one, each with
// a goroutine and some kilobytes: a long series is written plainly or refused.
const maxResolved = 10_000

// plainTypes are the objects that are read from memory but for the fields that
// have resolvers. One that is missing is resolved by gqlgen.
var plainTypes = plain.NewTypes(
	plain.Of[analytics.CampaignAudience](), plain.Of[analytics.AudiencePoint](),
	plain.Of[analytics.Activation](), plain.Of[analytics.ActivationEdge](), plain.Of[analytics.ActivationMetrics](), plain.Of[analytics.ActivationPoint](),
	plain.Of[analytics.Campaign](), plain.Of[analytics.CampaignEdge](), plain.Of[analytics.CampaignMetrics](), plain.Of[analytics.CampaignPoint](),
	plain.Of[analytics.Partner](), plain.Of[analytics.PartnerEngagement](), plain.Of[analytics.PartnerGroup](),
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
