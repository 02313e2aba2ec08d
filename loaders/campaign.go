package loaders

import (
	"context"

	"footfall/analytics"
)

// Campaign finds a campaign by its key; nil when there is none.
func (l *Loaders) Campaign(ctx context.Context, key string) (*analytics.Campaign, error) {
	if !analytics.IsText(key) {
		return nil, nil
	}
	c, err := l.campaigns.Load(ctx, key)
	return c.AsOf(l.now), err
}

// CampaignsAsOfNow are the campaigns as they stand at the request's instant.
func (l *Loaders) CampaignsAsOfNow(campaigns []*analytics.Campaign) []*analytics.Campaign {
	out := make([]*analytics.Campaign, len(campaigns))
	for i, c := range campaigns {
		out[i] = c.AsOf(l.now)
	}
	return out
}

// Campaigns lists a page of campaigns.
func (l *Loaders) Campaigns(ctx context.Context, scheduled *analytics.InstantRangeInput, keys []string, first int, after *string) (*analytics.CampaignConnection, error) {
	p, err := analytics.NewPage("Campaign", first, after)
	if err != nil {
		return nil, err
	}
	c := &analytics.CampaignConnection{Filter: analytics.CampaignFilter{Keys: analytics.Texts(keys)}}
	if scheduled != nil {
		r, err := scheduled.Range("scheduled")
		if err != nil {
			return nil, err
		}
		c.Filter.Scheduled = &r
	}
	if err = analytics.CheckNamed("campaignKeys", keys); err != nil {
		return nil, err
	}
	p.First++
	ctx, end := whileWanted(ctx)
	defer end()
	found, err := l.source.ListCampaigns(ctx, l.Tenant(), c.Filter, p)
	if err != nil {
		return nil, err
	}
	c.Nodes, c.PageInfo = page(l.CampaignsAsOfNow(found), first, after, func(a *analytics.Campaign) string { return a.Cursor().String() })
	for _, a := range c.Nodes {
		c.Edges = append(c.Edges, &analytics.CampaignEdge{Cursor: a.Cursor().String(), Node: a})
	}
	return c, nil
}

// CountCampaigns is how many campaigns the list has that c is a page of.
func (l *Loaders) CountCampaigns(ctx context.Context, c *analytics.CampaignConnection) (int, error) {
	if c.PageInfo.Whole() {
		return len(c.Nodes), nil
	}
	ctx, end := whileWanted(ctx)
	defer end()
	return l.source.CountCampaigns(ctx, l.Tenant(), c.Filter)
}

// CampaignMetrics measures campaigns over their whole life.
func (l *Loaders) CampaignMetrics(ctx context.Context, of []*analytics.Campaign, ask Ask) ([]*analytics.CampaignMetrics, error) {
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	ms, subjects := make([]analytics.Measured, len(of)), make([]int64, len(of))
	for i, c := range of {
		subjects[i] = c.Subject
		ms[i] = analytics.Measured{Noun: c, Window: analytics.WindowOf(analytics.Always, l.zone(nil)), Where: where, MaxStaleness: ask.MaxStaleness}
	}
	totals, err := l.totalsOf(ctx, analytics.KindCampaign, subjects, ms, ask)
	return measures(totals, ms, (*analytics.Totals).CampaignMetrics), err
}

// CampaignCurve is who watched a campaign, in so many steps at most.
func (l *Loaders) CampaignCurve(ctx context.Context, c *analytics.Campaign, points int, maxStaleness *analytics.Duration) (*analytics.CampaignAudience, error) {
	if points < 1 || points > analytics.MaxAudiencePoints {
		return nil, analytics.Invalidf("points", "must be from 1 to %d, got %d", analytics.MaxAudiencePoints, points)
	}
	answer, err := l.load(withMaxStaleness(ctx, maxStaleness), &analytics.Query{
		Subject: c.Subject, Kind: analytics.KindCampaign, Ranges: []analytics.Range{analytics.Always}, Want: analytics.WantCurve,
	})
	if err != nil {
		return nil, err
	}
	return answer.Audience.Curve(points, answer.AsOf), nil
}

// CampaignSeries measures a campaign by calendar bucket, from its first event
// to its last.
func (l *Loaders) CampaignSeries(ctx context.Context, c *analytics.Campaign, ask SeriesAsk) (*analytics.CampaignTimeSeries, error) {
	zone := l.zone(ask.TimeZone)
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	ctx = withMaxStaleness(ctx, ask.MaxStaleness)
	extent, err := l.extents.Load(ctx, c.Subject)
	if err != nil {
		return nil, err
	}
	slots, err := ask.calendar(zone).WholeSlots(extent)
	if err != nil {
		return nil, err
	}
	answer, err := l.series(ctx, analytics.KindCampaign, c.Subject, slots, where, ask.Want)
	if err != nil {
		return nil, err
	}
	life := analytics.WindowOf(extent, zone)
	m := analytics.Measured{Noun: c, Asked: life, Window: life, Where: where, AsOf: answer.AsOf, MaxStaleness: ask.MaxStaleness}
	return l.campaignPoints(seriesResult{m, ask.Interval, slots, answer.Totals}), nil
}

func (l *Loaders) campaignPoints(r seriesResult) *analytics.CampaignTimeSeries {
	zone := r.of.Window.Zone
	s := &analytics.CampaignTimeSeries{Interval: r.interval, TimeZone: zone, Points: make([]*analytics.CampaignPoint, len(r.slots))}
	for i, slot := range r.slots {
		s.Points[i] = &analytics.CampaignPoint{
			Start: slot.Start.In(zone.Location()), End: slot.End.In(zone.Location()),
			Partial: l.partial(slot), Metrics: r.totals[i].CampaignMetrics(r.point(slot)),
		}
	}
	return s
}
