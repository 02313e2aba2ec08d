package live

import (
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/loaders"
)

// topics are some of a tenant's, or all.
type topics struct {
	all  bool
	some map[analytics.Topic]bool
}

// touch reports whether one of them is among what was read.
func (t topics) touch(reads map[analytics.Topic]bool) bool {
	if t.all {
		return true
	}
	few, many := t.some, reads
	if len(few) > len(many) {
		few, many = many, few
	}
	for name := range few {
		if many[name] {
			return true
		}
	}
	return false
}

func (t *topics) add(more topics) {
	t.all = t.all || more.all
	if t.some == nil {
		t.some = map[analytics.Topic]bool{}
	}
	for name := range more.some {
		t.some[name] = true
	}
}

// noting is a Source that notes what is asked of it: a feed depends on what its
// last computation read. It implements each method itself, so that none goes by.
type noting struct {
	next  loaders.Source
	mu    sync.Mutex
	reads map[analytics.Topic]bool
	stale bool // an answer was, and is to be asked for again
}

func (n *noting) note(names ...analytics.Topic) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		n.reads[name] = true
	}
}

// take is what was read since it was last called, and whether an answer was stale.
func (n *noting) take() (reads map[analytics.Topic]bool, stale bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	reads, stale = n.reads, n.stale
	n.reads, n.stale = map[analytics.Topic]bool{}, false
	return reads, stale
}

// Activations implements loaders.Source.
func (n *noting) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	n.note(analytics.TopicActivations)
	return n.next.Activations(ctx, tenant, ids)
}

// ListActivations implements loaders.Source.
func (n *noting) ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error) {
	n.note(analytics.TopicActivations)
	return n.next.ListActivations(ctx, tenant, f, page)
}

// CountActivations implements loaders.Source.
func (n *noting) CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error) {
	n.note(analytics.TopicActivations)
	return n.next.CountActivations(ctx, tenant, f)
}

// Partners implements loaders.Source.
func (n *noting) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	n.note(analytics.TopicPartners)
	return n.next.Partners(ctx, tenant, uuids)
}

// ListPartners implements loaders.Source.
func (n *noting) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	n.note(analytics.TopicPartners)
	return n.next.ListPartners(ctx, tenant)
}

// Campaigns implements loaders.Source.
func (n *noting) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	n.note(analytics.TopicCampaigns)
	return n.next.Campaigns(ctx, tenant, keys)
}

// ListCampaigns implements loaders.Source.
func (n *noting) ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	n.note(analytics.TopicCampaigns)
	return n.next.ListCampaigns(ctx, tenant, f, page)
}

// CountCampaigns implements loaders.Source.
func (n *noting) CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error) {
	n.note(analytics.TopicCampaigns)
	return n.next.CountCampaigns(ctx, tenant, f)
}

// Totals implements loaders.Source.
func (n *noting) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	for _, q := range queries {
		n.note(analytics.SubjectTopic(q.Subject))
	}
	answers, err := n.next.Totals(ctx, tenant, queries)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stale = n.stale || slices.ContainsFunc(answers, func(a analytics.Answer) bool { return a.Stale })
	return answers, err
}

// Extents implements loaders.Source.
func (n *noting) Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error) {
	for _, subject := range subjects {
		n.note(analytics.SubjectTopic(subject))
	}
	return n.next.Extents(ctx, tenant, subjects)
}
