package resolvers

import (
	"context"

	"footfall/analytics"
	"footfall/loaders"
)

// What the resolvers of these names answer where no argument is given, for a whole
// list at once.

// ActivationMetrics answers Activation.metrics.
func ActivationMetrics(ctx context.Context, of []*analytics.Activation) ([]*analytics.ActivationMetrics, error) {
	return loaders.For(ctx).ActivationMetrics(ctx, of, loaders.Ask{Want: wanted(ctx)})
}

// PartnerEngagement answers Partner.engagement.
func PartnerEngagement(ctx context.Context, of []*analytics.Partner) ([]*analytics.PartnerEngagement, error) {
	return loaders.For(ctx).PartnerEngagement(ctx, of, loaders.Ask{Want: wanted(ctx)})
}

// CampaignMetrics answers Campaign.metrics.
func CampaignMetrics(ctx context.Context, of []*analytics.Campaign) ([]*analytics.CampaignMetrics, error) {
	return loaders.For(ctx).CampaignMetrics(ctx, of, loaders.Ask{Want: wanted(ctx)})
}
