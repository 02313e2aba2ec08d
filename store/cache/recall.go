package cache

import (
	"context"

	"github.com/google/uuid"

	"footfall/analytics"
)

// RecallActivations implements loaders.Recaller.
func (c *Cache) RecallActivations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, bool) {
	return recallAll(ctx, c, noun[*analytics.Activation](), c.activations(tenant, ids))
}

// RecallPartners implements loaders.Recaller.
func (c *Cache) RecallPartners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, bool) {
	return recallAll(ctx, c, noun[*analytics.Partner](), c.partners(tenant, uuids))
}

// RecallCampaigns implements loaders.Recaller.
func (c *Cache) RecallCampaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, bool) {
	return recallAll(ctx, c, noun[*analytics.Campaign](), c.campaigns(tenant, keys))
}

// RecallTotals implements loaders.Recaller.
func (c *Cache) RecallTotals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, bool) {
	return recallAll(ctx, c, answers, c.totals(tenant, queries))
}

// recallAll answers the items from memory: all of them, or none.
func recallAll[V any](ctx context.Context, c *Cache, k kind[V], items []item) ([]V, bool) {
	r := newRequest(ctx, c, k, items)
	recalled, missing := r.recall()
	if len(missing) > 0 {
		return nil, false
	}
	for i, e := range recalled {
		r.takeRemembered(i, e)
	}
	return r.out, true
}

// What is asked for, by key.

func (c *Cache) activations(tenant int64, ids []string) []item {
	return nouns(c, tenant, analytics.TopicActivations, "activation", ids)
}

func (c *Cache) partners(tenant int64, uuids []uuid.UUID) []item {
	return nouns(c, tenant, analytics.TopicPartners, "partner", uuids)
}

func (c *Cache) campaigns(tenant int64, keys []string) []item {
	return nouns(c, tenant, analytics.TopicCampaigns, "campaign", keys)
}

// totals are the queries, those over ranges that are over believed for longer.
func (c *Cache) totals(tenant int64, queries []analytics.Query) []item {
	items := make([]item, len(queries))
	for i, q := range queries {
		items[i] = item{totalsKey(tenant, q), c.o.OpenTTL}
		if closed(q, c.o.Now()) {
			items[i].ttl = c.o.ClosedTTL
		}
	}
	return items
}
