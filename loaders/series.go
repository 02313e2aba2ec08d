package loaders

import (
	"context"
	"fmt"
	"sync"

	"footfall/analytics"
)

// run is a measure by calendar buckets: what is of all of them, and the totals
// of each.
type run struct {
	of       analytics.Measured
	calendar analytics.Calendar
	slots    []analytics.Slot
	totals   []analytics.Totals
}

// point is what the bucket of one slot measures.
func (r *run) point(s analytics.Slot) analytics.Measured {
	m := r.of
	m.Asked = r.calendar.Window(s.Start)
	m.Window = m.Asked.Narrow(s.Range)
	return m
}

// maxRowPoints bounds the points of all rows of a breakdown together.
const maxRowPoints = 50_000

// rowsSeries is the question that the rows of one breakdown share, and what is
// in no row: whichever asks first makes it.
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

// rowRun is a row of a breakdown by calendar buckets.
func (l *Loaders) rowRun(ctx context.Context, row analytics.BreakdownRow, ask SeriesAsk) (run, error) {
	r, answer, err := l.rowsRun(ctx, row.Of, row.Of.Row(row.Index), ask)
	if err == nil {
		r.totals = answer.Groups[row.Index].Totals
	}
	return r, err
}

// otherRun is what is in no row of a breakdown by calendar buckets.
func (l *Loaders) otherRun(ctx context.Context, b *analytics.BreakdownResult, ask SeriesAsk) (run, error) {
	r, answer, err := l.rowsRun(ctx, b, b.Rest(), ask)
	if r.totals = answer.Other; r.totals == nil {
		r.totals = make([]analytics.Totals, len(r.slots))
	}
	return r, err
}

// rowsRun asks for all rows at once; the totals are the caller's to choose.
func (l *Loaders) rowsRun(ctx context.Context, b *analytics.BreakdownResult, of analytics.Measured, ask SeriesAsk) (run, analytics.Answer, error) {
	ctx = within(ctx, b.MaxStaleness)
	extent, err := l.rowsExtent(ctx, b)
	if err != nil {
		return run{}, analytics.Answer{}, err
	}
	shared, _ := l.rows.LoadOrStore(rowsSeriesKey{b, ask.Interval, ask.WeekStart, ask.Want}, &rowsSeries{})
	s := shared.(*rowsSeries)
	if s.once.Do(func() { s.ask(b, extent, ask) }); s.err != nil {
		return run{}, analytics.Answer{}, s.err
	}
	answer, err := l.totals.Load(ctx, s.query)
	if err == nil && len(answer.Groups) != len(b.Groups) {
		err = fmt.Errorf("loaders: %d groups of %d", len(answer.Groups), len(b.Groups))
	}
	of.AsOf = answer.AsOf
	return run{of: of, calendar: ask.calendar(b.Window.Zone), slots: s.slots}, answer, err
}

// rowsExtent is what the buckets cover: the breakdown's window, or a campaign's
// life from the first event to the last.
func (l *Loaders) rowsExtent(ctx context.Context, b *analytics.BreakdownResult) (analytics.Range, error) {
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
	by := *b.Query.By
	by.Values = b.Groups
	q := b.Query
	q.Ranges, q.Want, q.By = rangesOf(s.slots), ask.Want, &by
	s.query = &q
}

func rangesOf(slots []analytics.Slot) []analytics.Range {
	out := make([]analytics.Range, len(slots))
	for i, s := range slots {
		out[i] = s.Range
	}
	return out
}
