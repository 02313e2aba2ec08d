package live

import (
	"context"
	"encoding/json"
	"reflect"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// Everything is computed, so that subscribers who select differently share.
const everything = analytics.WantUniques | analytics.WantPeak

// Campaign watches a campaign until ctx ends.
func (h *Hub) Campaign(ctx context.Context, viewer loaders.Viewer, key string) (<-chan *analytics.CampaignLive, error) {
	return subscribe(ctx, h, viewer, "campaignLive "+key, query[*analytics.CampaignLive]{
		read: func(ctx context.Context, l *loaders.Loaders) (func(time.Time) *analytics.CampaignLive, error) {
			c, err := l.Campaign(ctx, key)
			if err != nil {
				return nil, err
			}
			if c == nil {
				return nil, analytics.Errorf(analytics.CodeNotFound, "there is no campaign %s", analytics.Quote(key))
			}
			metrics, audience, err := l.CampaignAudience(ctx, c, everything)
			if err != nil {
				return nil, err
			}
			return func(now time.Time) *analytics.CampaignLive {
				at := now.UTC().Truncate(time.Second)
				return &analytics.CampaignLive{At: at, ViewersNow: audience.Level(at), Metrics: metrics}
			}, nil
		},
		same: func(a, b *analytics.CampaignLive) bool {
			return a.ViewersNow == b.ViewersNow && sameMeasures(a.Metrics, b.Metrics)
		},
	})
}

// Activation watches an activation's measures until ctx ends.
func (h *Hub) Activation(ctx context.Context, viewer loaders.Viewer, id string) (<-chan *analytics.ActivationMetrics, error) {
	return subscribe(ctx, h, viewer, "activationLive "+id, query[*analytics.ActivationMetrics]{
		read: func(ctx context.Context, l *loaders.Loaders) (func(time.Time) *analytics.ActivationMetrics, error) {
			a, err := l.Activation(ctx, id)
			if err != nil {
				return nil, err
			}
			if a == nil {
				return nil, analytics.Errorf(analytics.CodeNotFound, "there is no activation %s", analytics.Quote(id))
			}
			all, err := l.ActivationMetrics(ctx, []*analytics.Activation{a}, loaders.Ask{Want: everything})
			if err != nil {
				return nil, err
			}
			return always(all[0], nil)
		},
		same: sameMeasures[analytics.ActivationMetrics],
	})
}

// Leaderboard watches a leaderboard until ctx ends. It reads all measures,
// whatever ask wants.
func (h *Hub) Leaderboard(ctx context.Context, viewer loaders.Viewer, ask loaders.Leaderboard) (<-chan *analytics.PartnerLeaderboardConnection, error) {
	ask.Want = everything
	zone := ""
	if ask.TimeZone != nil {
		zone = ask.TimeZone.String()
	}
	name, err := json.Marshal([]any{"leaderboardLive", ask.Range, zone, ask.Filter, ask.Order, ask.First})
	if err != nil {
		return nil, err
	}
	return subscribe(ctx, h, viewer, string(name), query[*analytics.PartnerLeaderboardConnection]{
		read: func(ctx context.Context, l *loaders.Loaders) (func(time.Time) *analytics.PartnerLeaderboardConnection, error) {
			return always(l.PartnerLeaderboard(ctx, ask))
		},
		same: sameBoard,
	})
}

// always shows what does not depend on the instant.
func always[V any](v V, err error) (func(time.Time) V, error) {
	return func(time.Time) V { return v }, err
}

// measures are the types that embed analytics.Measured.
type measures interface {
	analytics.ActivationMetrics | analytics.CampaignMetrics | analytics.PartnerEngagement
}

// sameMeasures reports whether a and b say the same, whenever they were read.
func sameMeasures[M measures](a, b *M) bool {
	if a == b {
		return true
	}
	x, y := *a, *b
	strip(&x)
	strip(&y)
	return reflect.DeepEqual(x, y)
}

// strip clears what is no news to a subscriber: when measures were read, and of which noun,
// but for a leaderboard's partner, whose name and tier are shown.
func strip(m any) {
	switch m := m.(type) {
	case *analytics.ActivationMetrics:
		m.AsOf, m.Noun = time.Time{}, nil
	case *analytics.CampaignMetrics:
		m.AsOf, m.Noun = time.Time{}, nil
	case *analytics.PartnerEngagement:
		m.AsOf = time.Time{} // the partner shows
	}
}

func sameBoard(a, b *analytics.PartnerLeaderboardConnection) bool {
	if a == b {
		return true
	}
	if a.TotalCount != b.TotalCount || len(a.Edges) != len(b.Edges) || !reflect.DeepEqual(a.Range, b.Range) || !reflect.DeepEqual(a.PageInfo, b.PageInfo) {
		return false
	}
	for i, e := range a.Edges { // a measure holds its partner, and the cursor names it
		if !sameMeasures(e.Engagement, b.Edges[i].Engagement) {
			return false
		}
	}
	return true
}
