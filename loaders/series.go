package loaders

import (
	"context"
	"sync"

	"footfall/analytics"
)

// seriesResult is a measure by calendar buckets: what is of all of them, and the totals
// of each.
type seriesResult struct {
	of       analytics.Measured
	interval analytics.Interval
	slots    []analytics.Slot
	totals   []*analytics.Totals
}

// point is what the bucket of one slot measures. It is compared as what the range has of
// it, whatever a noun's own window cuts off.
func (r *seriesResult) point(s analytics.Slot) analytics.Measured {
	m := r.of
	m.Asked, m.Window = s.Bucket.Cut(r.of.Asked.Range), s.Bucket.Narrow(s.Range)
	return m
}

// maxRowPoints bounds the points of all rows of a breakdown together.
const maxRowPoints = 50_000

// rowsSeries is the question that the rows of one breakdown share with what is in
// none: whichever asks first makes it.
type rowsSeries struct {
	once  sync.Once
	slots []analytics.Slot
	query *analytics.Query
	err   error
}

type rowsSeriesKey struct {
	of        *analytics.BreakdownResult
	interval  analytics.Interval
	weekStart analytics.Weekday
	want      analytics.Want
}

// partSeries is a part of a breakdown by calendar buckets, as points makes them.
func partSeries[S any](ctx context.Context, l *Loaders, of analytics.Measured, ask SeriesAsk, points func(seriesResult) *S) (*S, error) {
	r, err := l.partRun(ctx, of, ask)
	if err != nil {
		return nil, err
	}
	return points(r), nil
}

func (l *Loaders) partRun(ctx context.Context, of analytics.Measured, ask SeriesAsk) (seriesResult, error) {
	b := of.Part.Of
	ctx = withMaxStaleness(ctx, of.MaxStaleness)
	extent, err := l.breakdownExtent(ctx, b)
	if err != nil {
		return seriesResult{}, err
	}
	shared, _ := l.shared.LoadOrStore(rowsSeriesKey{b, ask.Interval, ask.WeekStart, ask.Want}, &rowsSeries{})
	s := shared.(*rowsSeries)
	s.once.Do(func() {
		if s.ask(b, extent, ask); s.err == nil {
			s.err = l.points.take(ctx, l.room, len(s.slots)*(len(b.Groups)+1))
		}
	})
	if s.err != nil {
		return seriesResult{}, s.err
	}
	totals, err := l.partTotals(ctx, &of, s.query)
	return seriesResult{of, ask.Interval, s.slots, totals}, err
}

// breakdownExtent is what the buckets cover: the breakdown's window, or a
// campaign's life from the first event to the last.
func (l *Loaders) breakdownExtent(ctx context.Context, b *analytics.BreakdownResult) (analytics.Range, error) {
	if !b.WholeLife() {
		return b.Window.Range, nil
	}
	return l.extents.Load(ctx, b.Query.Subject)
}

func (s *rowsSeries) ask(b *analytics.BreakdownResult, extent analytics.Range, ask SeriesAsk) {
	calendar := ask.calendar(b.Window.Zone)
	cut := calendar.Slots
	if b.WholeLife() {
		cut = calendar.WholeSlots
	}
	if s.slots, s.err = cut(extent); s.err != nil {
		return
	}
	if n := len(s.slots) * len(b.Groups); n > maxRowPoints && len(b.Groups) > 1 {
		s.err = analytics.Invalidf("interval", "%s for %d rows gives %d points, more than %d: ask for a coarser interval, a shorter range or fewer rows",
			ask.Interval, len(b.Groups), n, maxRowPoints)
		return
	}
	s.query = b.Over(rangesOf(s.slots), ask.Want)
}

type partKey struct {
	of   *analytics.BreakdownResult
	over analytics.Range
	want analytics.Want
}

// part measures a part of a breakdown over m's window. All parts share the
// question.
func (l *Loaders) part(ctx context.Context, m *analytics.Measured, want analytics.Want) (*analytics.Totals, error) {
	b, over := m.Part.Of, m.Window.Range
	shared, _ := l.shared.LoadOrStore(partKey{b, over, want}, b.Over([]analytics.Range{over}, want))
	totals, err := l.partTotals(ctx, m, shared.(*analytics.Query))
	if err != nil {
		return nil, err
	}
	return totals[0], nil
}

// partTotals are the totals of m's part, and says in m when they were read. Where
// values are not told apart and the breakdown itself does not say so, of its own
// range, there are none: they would silently lack events.
func (l *Loaders) partTotals(ctx context.Context, m *analytics.Measured, q *analytics.Query) ([]*analytics.Totals, error) {
	answer, err := l.load(withMaxStaleness(ctx, m.MaxStaleness), q)
	if err != nil {
		return nil, err
	}
	if b := m.Part.Of; answer.Truncated && (!b.Truncated || m.Window.Range != b.Window.Range) {
		return nil, analytics.ErrIndistinct("breakdown", b.By()...)
	}
	m.AsOf = answer.AsOf
	return m.Part.Totals(&answer)
}

func rangesOf(slots []analytics.Slot) []analytics.Range {
	out := make([]analytics.Range, len(slots))
	for i, s := range slots {
		out[i] = s.Range
	}
	return out
}
