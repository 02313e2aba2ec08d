// Package resolvers answers the fields of the schema, a file per noun: each
// resolver is one call of the request's loaders or of the Writer. It must not
// know the store, HTTP, or who asks.
package resolvers

import (
	"context"

	"footfall/analytics"
	"footfall/loaders"
)

// Writer is where everything that is written goes. What it acknowledged is
// committed, and every cache has heard of it.
type Writer interface {
	Record(ctx context.Context, tenant int64, events []analytics.EventInput) (analytics.Verdicts, error)
	CreateActivation(ctx context.Context, tenant int64, in analytics.CreateActivationInput) (a *analytics.Activation, token string, err error)
	SetActivationStatus(ctx context.Context, tenant int64, id string, status analytics.ActivationStatus) (*analytics.Activation, error)
	DeleteActivation(ctx context.Context, tenant int64, id string) error
	UpsertPartners(ctx context.Context, tenant int64, in []analytics.PartnerInput) ([]*analytics.Partner, error)
	UpsertCampaigns(ctx context.Context, tenant int64, in []analytics.CampaignInput) ([]*analytics.Campaign, error)
}

// Live is where subscriptions come from. A channel's values begin with that of
// the moment and end with ctx, or earlier when there will be no more.
type Live interface {
	Campaign(ctx context.Context, viewer loaders.Viewer, key string) (<-chan *analytics.CampaignLive, error)
	Activation(ctx context.Context, viewer loaders.Viewer, id string) (<-chan *analytics.ActivationMetrics, error)
	Leaderboard(ctx context.Context, viewer loaders.Viewer, ask loaders.Leaderboard) (<-chan *analytics.PartnerLeaderboardConnection, error)
}

// Resolver is the root of all resolvers.
type Resolver struct {
	Writer  Writer
	Live    Live
	Metrics analytics.Metrics // as the schema defines them
}

// values follows the pointers of a list that holds no null.
func values[T any](list []*T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = *v
	}
	return out
}

// asked gathers the arguments that measures share.
func asked(r *analytics.RangeInput, zone *analytics.TimeZone, where []*analytics.DimensionFilter, maxStaleness *analytics.Duration, want analytics.Want) loaders.Ask {
	return loaders.Ask{Range: r, TimeZone: zone, Where: where, MaxStaleness: maxStaleness, Want: want}
}

// seriesOfRows gathers the arguments of a breakdown's time series; the rest it
// has from the breakdown.
func seriesOfRows(interval analytics.Interval, weekStart analytics.Weekday, want analytics.Want) loaders.SeriesAsk {
	return loaders.SeriesAsk{Ask: loaders.Ask{Want: want}, Interval: interval, WeekStart: weekStart}
}

// one is the single element of what was asked for as a list.
func one[M any](all []*M, err error) (*M, error) {
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
