// Package loaders batches what the resolvers of one request ask for into few
// calls of a Source. It owns the Source interface, which the store and the
// cache both satisfy, and must know neither which of them it has nor who executes
// the request: whom a batch waits for it hears from a Crowd.
package loaders

import (
	"context"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Source answers in batches, within one tenant. What it returns is shared and
// must not be changed. A failure is an error, never an empty answer.
type Source interface {
	// Activations finds activations by id, aligned with ids, nil where there is none.
	Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error)
	// ListActivations lists those that pass the filter, latest start first.
	ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error)
	// CountActivations is how many pass the filter.
	CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error)
	// Partners finds partners by uuid, aligned with uuids, nil where there is none.
	Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error)
	// ListPartners lists all partners by name.
	ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error)
	// Campaigns finds campaigns by key, aligned with keys, nil where there is none.
	Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error)
	// ListCampaigns lists those that pass the filter, scheduled last first.
	ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error)
	// CountCampaigns is how many pass the filter.
	CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error)
	// Totals answers queries, aligned with them.
	Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error)
	// Extents is the range of quarter-hours from the first to the last event of
	// each subject, empty where there is none.
	Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error)
}

// Recaller is a Source that may know answers without asking anybody: all of those
// asked for, or it is as if it knew none.
type Recaller interface {
	RecallActivations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, bool)
	RecallPartners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, bool)
	RecallCampaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, bool)
	RecallTotals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, bool)
}
