package loaders

import (
	"context"

	"footfall/analytics"
)

// BreakdownAsk is how a breakdown is asked for; a nil order is the default.
type BreakdownAsk struct {
	Ask
	By    []analytics.Dimension
	Order *analytics.BreakdownOrder
	First int
}

// ActivationBreakdown measures an activation by the values of dimensions.
func (l *Loaders) ActivationBreakdown(ctx context.Context, a *analytics.Activation, ask BreakdownAsk) (*analytics.ActivationBreakdown, error) {
	asked, err := l.activationWindow(a, ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: a, Asked: asked, Window: asked.Narrow(a.Window())}
	result, answer, err := l.breakdown(ctx, analytics.KindEvent, a.Subject, m, ask)
	if err != nil {
		return nil, err
	}
	b := &analytics.ActivationBreakdown{BreakdownResult: result}
	for i, g := range answer.Groups {
		m := b.Row(i)
		b.Rows = append(b.Rows, &analytics.ActivationBreakdownRow{
			BreakdownRow: *m.Part, Metrics: g.Totals[0].ActivationMetrics(m),
		})
	}
	if answer.Other != nil {
		b.Other = answer.Other[0].ActivationMetrics(b.Rest())
	}
	return b, nil
}

// PartnerBreakdown measures a partner by the values of dimensions.
func (l *Loaders) PartnerBreakdown(ctx context.Context, p *analytics.Partner, ask BreakdownAsk) (*analytics.PartnerBreakdown, error) {
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: p, Asked: window, Window: window}
	result, answer, err := l.breakdown(ctx, analytics.KindPartner, p.Subject, m, ask)
	if err != nil {
		return nil, err
	}
	b := &analytics.PartnerBreakdown{BreakdownResult: result}
	for i, g := range answer.Groups {
		m := b.Row(i)
		b.Rows = append(b.Rows, &analytics.PartnerBreakdownRow{
			BreakdownRow: *m.Part, Metrics: g.Totals[0].PartnerEngagement(m),
		})
	}
	if answer.Other != nil {
		b.Other = answer.Other[0].PartnerEngagement(b.Rest())
	}
	return b, nil
}

// CampaignBreakdown measures a campaign by the values of dimensions, by default
// over its whole life.
func (l *Loaders) CampaignBreakdown(ctx context.Context, c *analytics.Campaign, ask BreakdownAsk) (*analytics.CampaignBreakdown, error) {
	zone := l.zone(ask.TimeZone)
	window, err := l.window(ask.Range, zone, analytics.WindowOf(analytics.Always, zone))
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: c, Asked: window, Window: window}
	result, answer, err := l.breakdown(ctx, analytics.KindCampaign, c.Subject, m, ask)
	if err != nil {
		return nil, err
	}
	b := &analytics.CampaignBreakdown{BreakdownResult: result}
	for i, g := range answer.Groups {
		m := b.Row(i)
		b.Rows = append(b.Rows, &analytics.CampaignBreakdownRow{
			BreakdownRow: *m.Part, Metrics: g.Totals[0].CampaignMetrics(m),
		})
	}
	if answer.Other != nil {
		b.Other = answer.Other[0].CampaignMetrics(b.Rest())
	}
	return b, nil
}

// breakdown asks for the groups of one subject in m's window.
func (l *Loaders) breakdown(ctx context.Context, kind analytics.Kind, subject int64, m analytics.Measured, ask BreakdownAsk) (analytics.BreakdownResult, analytics.Answer, error) {
	var result analytics.BreakdownResult
	by, err := analytics.NewBreakdown(ask.By, ask.Order, ask.First)
	if err != nil {
		return result, analytics.Answer{}, err
	}
	if m.Where, err = analytics.NewWhere(ask.Where); err != nil {
		return result, analytics.Answer{}, err
	}
	q := &analytics.Query{Subject: subject, Kind: kind, Ranges: []analytics.Range{m.Window.Range}, Want: ask.Want, Where: m.Where, By: by}
	if by.Order.Field == analytics.ByUniques {
		q.Want |= analytics.WantUniques
	}
	m.MaxStaleness = ask.MaxStaleness
	answer, err := l.load(withMaxStaleness(ctx, m.MaxStaleness), q)
	if err != nil {
		return result, answer, err
	}
	m.AsOf = answer.AsOf
	result = analytics.BreakdownResult{Measured: m, Query: *q, Truncated: answer.Truncated}
	for _, g := range answer.Groups {
		result.Groups = append(result.Groups, g.Values)
	}
	return result, answer, nil
}

// ActivationRowSeries measures a row by calendar bucket.
func (l *Loaders) ActivationRowSeries(ctx context.Context, row *analytics.ActivationBreakdownRow, ask SeriesAsk) (*analytics.ActivationTimeSeries, error) {
	return partSeries(ctx, l, row.Metrics.Measured, ask, l.activationPoints)
}

// ActivationOtherSeries measures what is in no row by calendar bucket; nil when
// nothing is.
func (l *Loaders) ActivationOtherSeries(ctx context.Context, b *analytics.ActivationBreakdown, ask SeriesAsk) (*analytics.ActivationTimeSeries, error) {
	if b.Other == nil {
		return nil, nil
	}
	return partSeries(ctx, l, b.Other.Measured, ask, l.activationPoints)
}

// PartnerRowSeries measures a row by calendar bucket.
func (l *Loaders) PartnerRowSeries(ctx context.Context, row *analytics.PartnerBreakdownRow, ask SeriesAsk) (*analytics.PartnerTimeSeries, error) {
	return partSeries(ctx, l, row.Metrics.Measured, ask, l.partnerPoints)
}

// PartnerOtherSeries measures what is in no row by calendar bucket; nil when
// nothing is.
func (l *Loaders) PartnerOtherSeries(ctx context.Context, b *analytics.PartnerBreakdown, ask SeriesAsk) (*analytics.PartnerTimeSeries, error) {
	if b.Other == nil {
		return nil, nil
	}
	return partSeries(ctx, l, b.Other.Measured, ask, l.partnerPoints)
}

// CampaignRowSeries measures a row by calendar bucket.
func (l *Loaders) CampaignRowSeries(ctx context.Context, row *analytics.CampaignBreakdownRow, ask SeriesAsk) (*analytics.CampaignTimeSeries, error) {
	return partSeries(ctx, l, row.Metrics.Measured, ask, l.campaignPoints)
}

// CampaignOtherSeries measures what is in no row by calendar bucket; nil when
// nothing is.
func (l *Loaders) CampaignOtherSeries(ctx context.Context, b *analytics.CampaignBreakdown, ask SeriesAsk) (*analytics.CampaignTimeSeries, error) {
	if b.Other == nil {
		return nil, nil
	}
	return partSeries(ctx, l, b.Other.Measured, ask, l.campaignPoints)
}
