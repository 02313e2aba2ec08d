package loaders

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Planner is a Source that reads no measure: it looks nouns up, because what is
// measured depends on them, and writes down which measures it was asked for.
type Planner struct {
	Source
	now   time.Time
	mu    sync.Mutex
	calls []Call
}

// Call is one batch that a request asked its Source for.
type Call struct {
	// Of is activations, partners, campaigns, extents or measures.
	Of string `json:"of"`
	// Keys are the nouns or queries of the batch, for lists how many were found, for their length one.
	Keys int `json:"keys"`
	// Ranges are those of all its queries: one for a total, one for each bucket
	// of a time series.
	Ranges int `json:"ranges,omitempty"`
	// Cells are the stored buckets, of each action, that the ranges decompose into:
	// as many may be read. Sets says that they are read with their sets, Facets that
	// they are read by dimensions.
	Cells  int64 `json:"cells,omitempty"`
	Sets   bool  `json:"sets,omitempty"`
	Facets bool  `json:"facets,omitempty"`
	// Ends are ends of ranges within a quarter-hour, counted from events.
	Ends int `json:"ends,omitempty"`
}

// NewPlanner plans over a source. Cells are counted where events can be by now.
func NewPlanner(s Source, now time.Time) *Planner { return &Planner{Source: s, now: now} }

// Plan is what was asked for, in order.
func (p *Planner) Plan() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call{}, p.calls...)
}

func (p *Planner) note(c Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, c)
}

// Activations implements Source.
func (p *Planner) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	p.note(Call{Of: "activations", Keys: len(ids)})
	return p.Source.Activations(ctx, tenant, ids)
}

// ListActivations implements Source.
func (p *Planner) ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error) {
	found, err := p.Source.ListActivations(ctx, tenant, f, page)
	p.note(Call{Of: "activations", Keys: len(found)})
	return found, err
}

// CountActivations implements Source.
func (p *Planner) CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error) {
	n, err := p.Source.CountActivations(ctx, tenant, f)
	p.note(Call{Of: "activations", Keys: 1})
	return n, err
}

// Partners implements Source.
func (p *Planner) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	p.note(Call{Of: "partners", Keys: len(uuids)})
	return p.Source.Partners(ctx, tenant, uuids)
}

// ListPartners implements Source.
func (p *Planner) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	found, err := p.Source.ListPartners(ctx, tenant)
	p.note(Call{Of: "partners", Keys: len(found)})
	return found, err
}

// Campaigns implements Source.
func (p *Planner) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	p.note(Call{Of: "campaigns", Keys: len(keys)})
	return p.Source.Campaigns(ctx, tenant, keys)
}

// ListCampaigns implements Source.
func (p *Planner) ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	found, err := p.Source.ListCampaigns(ctx, tenant, f, page)
	p.note(Call{Of: "campaigns", Keys: len(found)})
	return found, err
}

// CountCampaigns implements Source.
func (p *Planner) CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error) {
	n, err := p.Source.CountCampaigns(ctx, tenant, f)
	p.note(Call{Of: "campaigns", Keys: 1})
	return n, err
}

// Extents implements Source.
func (p *Planner) Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error) {
	p.note(Call{Of: "extents", Keys: len(subjects)})
	return p.Source.Extents(ctx, tenant, subjects)
}

// Totals implements Source. Every subject answers with other counts, so that
// nobody ties with anybody and a leaderboard asks for the sets of its page alone.
func (p *Planner) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	call := Call{Of: "measures", Keys: len(queries)}
	answers := make([]analytics.Answer, len(queries))
	for i, q := range queries {
		p.count(&call, q)
		each := &analytics.Totals{}
		for a := range each.Of {
			each.Of[a].Events, each.Of[a].Starts = int64(len(queries)-i), int64(len(queries)-i)
		}
		answers[i] = analytics.Answer{Totals: slices.Repeat([]*analytics.Totals{each}, len(q.Ranges)), AsOf: p.now}
	}
	p.note(call)
	return answers, nil
}

func (p *Planner) count(call *Call, q analytics.Query) {
	plan := analytics.NewPlan(q)
	fetches := plan.Fetches
	if q.Sliced() {
		fetches, call.Facets = analytics.NewSlicedPlan(q).Fetches, true
	}
	call.Ranges += len(q.Ranges)
	call.Ends += len(plan.Ragged)
	call.Sets = call.Sets || q.Want&analytics.WantUniques != 0
	for _, f := range fetches {
		from := max(f.From, analytics.BucketOf(f.Level, analytics.MinEventInstant))
		to := min(f.To, analytics.BucketOf(f.Level, p.now.Add(analytics.MaxFuture))+1)
		call.Cells += max(0, int64(to-from))
	}
}
