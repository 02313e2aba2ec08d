package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
	"footfall/loaders"
)

// What the resolvers of these names answer, for a whole list at once: their
// arguments are those of the field that is being resolved.

// ActivationMetrics answers Activation.metrics.
func ActivationMetrics(ctx context.Context, of []*analytics.Activation) ([]*analytics.ActivationMetrics, error) {
	return loaders.For(ctx).ActivationMetrics(ctx, of, askedHere(ctx))
}

// PartnerEngagement answers Partner.engagement.
func PartnerEngagement(ctx context.Context, of []*analytics.Partner) ([]*analytics.PartnerEngagement, error) {
	return loaders.For(ctx).PartnerEngagement(ctx, of, askedHere(ctx))
}

// CampaignMetrics answers Campaign.metrics.
func CampaignMetrics(ctx context.Context, of []*analytics.Campaign) ([]*analytics.CampaignMetrics, error) {
	return loaders.For(ctx).CampaignMetrics(ctx, of, askedHere(ctx))
}

// askedHere gathers the arguments that measures share from the field.
func askedHere(ctx context.Context) loaders.Ask {
	args := graphql.GetFieldContext(ctx).Args
	span, _ := args["range"].(*analytics.RangeInput)
	zone, _ := args["timeZone"].(*analytics.TimeZone)
	where, _ := args["where"].([]*analytics.DimensionFilter)
	maxStaleness, _ := args["maxStaleness"].(*analytics.Duration)
	return asked(span, zone, where, maxStaleness, wanted(ctx))
}
