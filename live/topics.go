package live

import (
	"context"
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
// last computation read.
type noting struct {
	loaders.Source
	mu    sync.Mutex
	reads map[analytics.Topic]bool
}

func (n *noting) note(names ...analytics.Topic) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range names {
		n.reads[name] = true
	}
}

// take is what was read since it was last called.
func (n *noting) take() map[analytics.Topic]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	seen := n.reads
	n.reads = map[analytics.Topic]bool{}
	return seen
}

// Activations implements loaders.Source.
func (n *noting) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	n.note(analytics.TopicActivations)
	return n.Source.Activations(ctx, tenant, ids)
}

// Partners implements loaders.Source.
func (n *noting) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	n.note(analytics.TopicPartners)
	return n.Source.Partners(ctx, tenant, uuids)
}

// ListPartners implements loaders.Source.
func (n *noting) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	n.note(analytics.TopicPartners)
	return n.Source.ListPartners(ctx, tenant)
}

// Campaigns implements loaders.Source.
func (n *noting) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	n.note(analytics.TopicCampaigns)
	return n.Source.Campaigns(ctx, tenant, keys)
}

// Totals implements loaders.Source.
func (n *noting) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	for _, q := range queries {
		n.note(analytics.SubjectTopic(q.Subject))
	}
	return n.Source.Totals(ctx, tenant, queries)
}
