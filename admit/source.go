package admit

import (
	"context"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/loaders"
)

// perSlot is how many nouns or queries of one call weigh as much as a call does.
const perSlot = 64

// source is a loaders.Source behind a gate.
type source struct {
	next loaders.Source
	gate *Gate
}

// Reads puts next behind a gate: what the caches know passes no gate, nor does
// what waits for another's load.
func Reads(next loaders.Source, gate *Gate) loaders.Source { return source{next, gate} }

func through[T any](ctx context.Context, g *Gate, tenant int64, items int, read func() (T, error)) (out T, err error) {
	err = g.Pass(ctx, tenant, 1+items/perSlot, func() (err error) {
		out, err = read()
		return err
	})
	return out, err
}

// Activations implements loaders.Source.
func (s source) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	return through(ctx, s.gate, tenant, len(ids), func() ([]*analytics.Activation, error) { return s.next.Activations(ctx, tenant, ids) })
}

// ListActivations implements loaders.Source.
func (s source) ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error) {
	return through(ctx, s.gate, tenant, 1, func() ([]*analytics.Activation, error) { return s.next.ListActivations(ctx, tenant, f, page) })
}

// CountActivations implements loaders.Source.
func (s source) CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error) {
	return through(ctx, s.gate, tenant, 1, func() (int, error) { return s.next.CountActivations(ctx, tenant, f) })
}

// Partners implements loaders.Source.
func (s source) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	return through(ctx, s.gate, tenant, len(uuids), func() ([]*analytics.Partner, error) { return s.next.Partners(ctx, tenant, uuids) })
}

// ListPartners implements loaders.Source.
func (s source) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	return through(ctx, s.gate, tenant, 1, func() ([]*analytics.Partner, error) { return s.next.ListPartners(ctx, tenant) })
}

// Campaigns implements loaders.Source.
func (s source) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	return through(ctx, s.gate, tenant, len(keys), func() ([]*analytics.Campaign, error) { return s.next.Campaigns(ctx, tenant, keys) })
}

// ListCampaigns implements loaders.Source.
func (s source) ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	return through(ctx, s.gate, tenant, len(f.Keys), func() ([]*analytics.Campaign, error) {
		return s.next.ListCampaigns(ctx, tenant, f, page)
	})
}

// CountCampaigns implements loaders.Source.
func (s source) CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error) {
	return through(ctx, s.gate, tenant, len(f.Keys), func() (int, error) { return s.next.CountCampaigns(ctx, tenant, f) })
}

// Totals implements loaders.Source.
func (s source) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	items := 0
	for _, q := range queries {
		items += len(q.Ranges)
	}
	return through(ctx, s.gate, tenant, items, func() ([]analytics.Answer, error) { return s.next.Totals(ctx, tenant, queries) })
}

// Extents implements loaders.Source.
func (s source) Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error) {
	return through(ctx, s.gate, tenant, len(subjects), func() ([]analytics.Range, error) { return s.next.Extents(ctx, tenant, subjects) })
}
