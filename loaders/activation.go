package loaders

import (
	"context"

	"footfall/analytics"
)

// Activation finds an activation; nil when there is none that the viewer may see.
func (l *Loaders) Activation(ctx context.Context, id string) (*analytics.Activation, error) {
	if !analytics.IsText(id) || l.viewer.ActivationID != "" && id != l.viewer.ActivationID {
		return nil, nil
	}
	return l.activations.Load(ctx, id)
}

// Activations lists a page of activations.
func (l *Loaders) Activations(ctx context.Context, f *analytics.ActivationFilter, first int, after *string) (*analytics.ActivationConnection, error) {
	p, err := analytics.NewPage("Activation", first, after)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = &analytics.ActivationFilter{}
	}
	if err = f.Check(); err != nil {
		return nil, err
	}
	p.First++
	c := &analytics.ActivationConnection{Filter: *f}
	c.Filter.EventKeys, c.Filter.Tiers = analytics.Texts(f.EventKeys), analytics.Texts(f.Tiers)
	ctx, end := whileWanted(ctx)
	defer end()
	found, err := l.source.ListActivations(ctx, l.Tenant(), c.Filter, p)
	if err != nil {
		return nil, err
	}
	c.Nodes, c.PageInfo = page(found, first, after, func(a *analytics.Activation) string { return a.Cursor().String() })
	for _, a := range c.Nodes {
		c.Edges = append(c.Edges, &analytics.ActivationEdge{Cursor: a.Cursor().String(), Node: a})
	}
	return c, nil
}

// CountActivations is how many activations the list has that c is a page of.
func (l *Loaders) CountActivations(ctx context.Context, c *analytics.ActivationConnection) (int, error) {
	if c.PageInfo.Whole() {
		return len(c.Nodes), nil
	}
	ctx, end := whileWanted(ctx)
	defer end()
	return l.source.CountActivations(ctx, l.Tenant(), c.Filter)
}

// activationWindow is what a range means for an activation: by default its own
// window.
func (l *Loaders) activationWindow(a *analytics.Activation, in *analytics.RangeInput, tz *analytics.TimeZone) (analytics.Window, error) {
	if l.viewer.ActivationID != "" && a.Status != analytics.Activated {
		return analytics.Window{}, analytics.Errorf(analytics.CodeConflict, "the activation is not fulfilled yet: its measures are not reported")
	}
	zone := l.zone(tz)
	return l.window(in, zone, analytics.WindowOf(a.Window(), zone))
}

// ActivationMetrics measures activations over a range, each narrowed to its window.
func (l *Loaders) ActivationMetrics(ctx context.Context, of []*analytics.Activation, ask Ask) ([]*analytics.ActivationMetrics, error) {
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	ms, subjects := make([]analytics.Measured, len(of)), make([]int64, len(of))
	for i, a := range of {
		asked, err := l.activationWindow(a, ask.Range, ask.TimeZone)
		if err != nil {
			return nil, err
		}
		subjects[i] = a.Subject
		ms[i] = analytics.Measured{Noun: a, Where: where, MaxStaleness: ask.MaxStaleness, Asked: asked, Window: asked.Narrow(a.Window())}
	}
	totals, err := l.totalsOf(ctx, analytics.KindEvent, subjects, ms, ask)
	return measures(totals, ms, (*analytics.Totals).ActivationMetrics), err
}

// activationMetrics measures what m is of over another range.
func (l *Loaders) activationMetrics(ctx context.Context, m analytics.Measured, asked analytics.Window, want analytics.Want) (*analytics.ActivationMetrics, error) {
	a := m.Noun.(*analytics.Activation)
	m.Asked, m.Window = asked, asked.Narrow(a.Window())
	totals, err := l.total(ctx, analytics.KindEvent, a.Subject, &m, want)
	if err != nil {
		return nil, err
	}
	return totals.ActivationMetrics(m), nil
}

// PreviousActivationMetrics measures the same activation over an earlier range.
func (l *Loaders) PreviousActivationMetrics(ctx context.Context, m *analytics.ActivationMetrics, by analytics.Comparison, want analytics.Want) (*analytics.ActivationMetrics, error) {
	now := l.now
	if a, ok := m.Noun.(*analytics.Activation); ok && a.EndAt.Before(now) {
		now = a.EndAt // it came no further
	}
	return l.activationMetrics(ctx, m.Measured, m.Asked.Before(by, now), want)
}

// ActivationMetricsChange says how far m is from an earlier range.
func (l *Loaders) ActivationMetricsChange(ctx context.Context, m *analytics.ActivationMetrics, by analytics.Comparison, want analytics.Want) (*analytics.ActivationMetricsChange, error) {
	before, err := l.PreviousActivationMetrics(ctx, m, by, want)
	if err != nil {
		return nil, err
	}
	return &analytics.ActivationMetricsChange{Now: m, Before: before}, nil
}

// ActivationSeries measures an activation by calendar bucket.
func (l *Loaders) ActivationSeries(ctx context.Context, a *analytics.Activation, ask SeriesAsk) (*analytics.ActivationTimeSeries, error) {
	asked, err := l.activationWindow(a, ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	slots, err := ask.calendar(asked.Zone).Slots(asked.Narrow(a.Window()).Range)
	if err != nil {
		return nil, err
	}
	answer, err := l.series(withMaxStaleness(ctx, ask.MaxStaleness), analytics.KindEvent, a.Subject, slots, where, ask.Want)
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: a, Asked: asked, Window: asked, Where: where, AsOf: answer.AsOf, MaxStaleness: ask.MaxStaleness}
	return l.activationPoints(seriesResult{m, ask.Interval, slots, answer.Totals}), nil
}

func (l *Loaders) activationPoints(r seriesResult) *analytics.ActivationTimeSeries {
	zone := r.of.Window.Zone
	s := &analytics.ActivationTimeSeries{Interval: r.interval, TimeZone: zone, Points: make([]*analytics.ActivationPoint, len(r.slots))}
	for i, slot := range r.slots {
		s.Points[i] = &analytics.ActivationPoint{
			Start: slot.Start.In(zone.Location()), End: slot.End.In(zone.Location()),
			Partial: l.partial(slot), Metrics: r.totals[i].ActivationMetrics(r.point(slot)),
		}
	}
	return s
}
