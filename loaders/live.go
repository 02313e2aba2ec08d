package loaders

import (
	"context"

	"footfall/analytics"
)

// Viewer is whose data the request sees.
func (l *Loaders) Viewer() Viewer { return l.viewer }

// CampaignAudience measures a campaign over its whole life, and says who watches
// it from the instant of the answer on.
func (l *Loaders) CampaignAudience(ctx context.Context, c *analytics.Campaign, want analytics.Want) (*analytics.CampaignMetrics, analytics.Steps, error) {
	answer, err := l.load(ctx, &analytics.Query{
		Subject: c.Subject, Kind: analytics.KindCampaign, Ranges: []analytics.Range{analytics.Always}, Want: want | analytics.WantAudience,
	})
	if err != nil {
		return nil, nil, err
	}
	m := analytics.Measured{Noun: c, Window: analytics.WindowOf(analytics.Always, l.zone(nil)), AsOf: answer.AsOf}
	return answer.Totals[0].CampaignMetrics(m), answer.Audience, nil
}
