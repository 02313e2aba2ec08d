package loaders

import (
	"context"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Partner finds a partner by its uuid; nil when there is none.
func (l *Loaders) Partner(ctx context.Context, id uuid.UUID) (*analytics.Partner, error) {
	return l.partners.Load(ctx, id)
}

// partnerWindow is what a range means for a partner: by default this year.
func (l *Loaders) partnerWindow(in *analytics.RangeInput, tz *analytics.TimeZone) (analytics.Window, error) {
	zone := l.zone(tz)
	return l.window(in, zone, analytics.CurrentYear.Resolve(zone, l.now))
}

// PartnerEngagement measures partners over a range.
func (l *Loaders) PartnerEngagement(ctx context.Context, of []*analytics.Partner, ask Ask) ([]*analytics.PartnerEngagement, error) {
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	ms, subjects := make([]analytics.Measured, len(of)), make([]int64, len(of))
	for i, p := range of {
		subjects[i] = p.Subject
		ms[i] = analytics.Measured{Noun: p, Where: where, MaxStaleness: ask.MaxStaleness, Asked: window, Window: window}
	}
	totals, err := l.totalsOf(ctx, analytics.KindPartner, subjects, ms, ask)
	return measures(totals, ms, (*analytics.Totals).PartnerEngagement), err
}

// partnerEngagement measures what m is of over another range.
func (l *Loaders) partnerEngagement(ctx context.Context, m analytics.Measured, window analytics.Window, want analytics.Want) (*analytics.PartnerEngagement, error) {
	m.Asked, m.Window = window, window
	totals, err := l.total(ctx, analytics.KindPartner, m.Noun.(*analytics.Partner).Subject, &m, want)
	if err != nil {
		return nil, err
	}
	return totals.PartnerEngagement(m), nil
}

// PreviousPartnerEngagement measures the same partner over an earlier range.
func (l *Loaders) PreviousPartnerEngagement(ctx context.Context, e *analytics.PartnerEngagement, by analytics.Comparison, want analytics.Want) (*analytics.PartnerEngagement, error) {
	return l.partnerEngagement(ctx, e.Measured, e.Asked.Before(by, l.now), want)
}

// PartnerEngagementChange says how far e is from an earlier range.
func (l *Loaders) PartnerEngagementChange(ctx context.Context, e *analytics.PartnerEngagement, by analytics.Comparison, want analytics.Want) (*analytics.PartnerEngagementChange, error) {
	before, err := l.PreviousPartnerEngagement(ctx, e, by, want)
	if err != nil {
		return nil, err
	}
	return &analytics.PartnerEngagementChange{Now: e, Before: before}, nil
}

// PartnerSeries measures a partner by calendar bucket.
func (l *Loaders) PartnerSeries(ctx context.Context, p *analytics.Partner, ask SeriesAsk) (*analytics.PartnerTimeSeries, error) {
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	slots, err := ask.calendar(window.Zone).Slots(window.Range)
	if err != nil {
		return nil, err
	}
	answer, err := l.series(withMaxStaleness(ctx, ask.MaxStaleness), analytics.KindPartner, p.Subject, slots, where, ask.Want)
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: p, Asked: window, Window: window, Where: where, AsOf: answer.AsOf, MaxStaleness: ask.MaxStaleness}
	return l.partnerPoints(seriesResult{m, ask.Interval, slots, answer.Totals}), nil
}

func (l *Loaders) partnerPoints(r seriesResult) *analytics.PartnerTimeSeries {
	zone := r.of.Window.Zone
	s := &analytics.PartnerTimeSeries{Interval: r.interval, TimeZone: zone, Points: make([]*analytics.PartnerPoint, len(r.slots))}
	for i, slot := range r.slots {
		s.Points[i] = &analytics.PartnerPoint{
			Start: slot.Start.In(zone.Location()), End: slot.End.In(zone.Location()),
			Partial: l.partial(slot), Engagement: r.totals[i].PartnerEngagement(r.point(slot)),
		}
	}
	return s
}
