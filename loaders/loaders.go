package loaders

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Viewer is whose data a request may see.
type Viewer struct {
	Tenant       analytics.Tenant
	ActivationID string // when set, nothing but this activation
}

// Ask is how a measure is asked for: nil fields stand for the defaults.
type Ask struct {
	Range        *analytics.RangeInput
	TimeZone     *analytics.TimeZone
	Where        []*analytics.DimensionFilter
	MaxStaleness *analytics.Duration
	Want         analytics.Want
}

// withMaxStaleness bounds the age of what is read under ctx as was asked for.
func withMaxStaleness(ctx context.Context, maxStaleness *analytics.Duration) context.Context {
	if maxStaleness == nil {
		return ctx
	}
	return analytics.WithMaxAge(ctx, time.Duration(*maxStaleness))
}

// SeriesAsk is how a time series is asked for.
type SeriesAsk struct {
	Ask
	Interval  analytics.Interval
	WeekStart analytics.Weekday
}

// calendar is whose buckets the series runs by.
func (a SeriesAsk) calendar(zone analytics.TimeZone) analytics.Calendar {
	return analytics.Calendar{Interval: a.Interval, Zone: zone, WeekStart: a.WeekStart}
}

// Loaders serve one request.
type Loaders struct {
	viewer      Viewer
	source      Source
	room        *Room
	now         time.Time // one clock reading a request, so that its ranges agree
	activations *batcher[string, *analytics.Activation]
	partners    *batcher[uuid.UUID, *analytics.Partner]
	allPartners *batcher[struct{}, []*analytics.Partner]
	campaigns   *batcher[string, *analytics.Campaign]
	totals      *batcher[*analytics.Query, analytics.Answer]
	extents     *batcher[int64, analytics.Range]
	shared      sync.Map // what parts of one breakdown ask together: rowsSeriesKey → *rowsSeries, partKey → *Query
	points      pointBudget
	away        sync.Map // by the bound, why measures could not be read: a request does not wait for them twice
}

// Options configure New.
type Options struct {
	Source Source
	Viewer Viewer
	Now    time.Time
	Room   *Room // nil bounds nothing
	Crowd  Crowd // nil: nothing is known of it
}

// New makes the loaders of one request.
func New(o Options) *Loaders {
	if o.Crowd == nil {
		o.Crowd = loners{}
	}
	source, tenant := o.Source, o.Viewer.Tenant.ID
	l := &Loaders{viewer: o.Viewer, source: source, now: o.Now.UTC(), room: o.Room}
	l.activations = newBatcher(o.Crowd, func(ctx context.Context, ids []string) ([]*analytics.Activation, error) {
		return source.Activations(ctx, tenant, ids)
	})
	l.partners = newBatcher(o.Crowd, func(ctx context.Context, uuids []uuid.UUID) ([]*analytics.Partner, error) {
		return source.Partners(ctx, tenant, uuids)
	})
	l.allPartners = newBatcher(o.Crowd, func(ctx context.Context, _ []struct{}) ([][]*analytics.Partner, error) {
		all, err := source.ListPartners(ctx, tenant)
		return [][]*analytics.Partner{all}, err
	})
	l.campaigns = newBatcher(o.Crowd, func(ctx context.Context, keys []string) ([]*analytics.Campaign, error) {
		return source.Campaigns(ctx, tenant, keys)
	})
	l.extents = newBatcher(o.Crowd, func(ctx context.Context, subjects []int64) ([]analytics.Range, error) {
		return source.Extents(ctx, tenant, subjects)
	})
	l.totals = newBatcher(o.Crowd, func(ctx context.Context, queries []*analytics.Query) ([]analytics.Answer, error) {
		if away, known := l.away.Load(analytics.MaxAge(ctx)); known {
			return nil, away.(error)
		}
		merged, of := merge(queries)
		answers, err := source.Totals(ctx, tenant, merged)
		if analytics.IsUnavailable(err) {
			l.away.Store(analytics.MaxAge(ctx), err)
		}
		return spread(answers, of), err
	})
	if r, ok := source.(Recaller); ok {
		l.recallBy(r)
	}
	return l
}

// recallBy has what is remembered answered at once.
func (l *Loaders) recallBy(r Recaller) {
	tenant := l.Tenant()
	l.activations.recall = func(ctx context.Context, ids []string) ([]*analytics.Activation, bool) {
		return r.RecallActivations(ctx, tenant, ids)
	}
	l.partners.recall = func(ctx context.Context, uuids []uuid.UUID) ([]*analytics.Partner, bool) {
		return r.RecallPartners(ctx, tenant, uuids)
	}
	l.campaigns.recall = func(ctx context.Context, keys []string) ([]*analytics.Campaign, bool) {
		return r.RecallCampaigns(ctx, tenant, keys)
	}
	l.totals.recall = func(ctx context.Context, queries []*analytics.Query) ([]analytics.Answer, bool) {
		all := make([]analytics.Query, len(queries))
		for i, q := range queries {
			all[i] = *q
		}
		return r.RecallTotals(ctx, tenant, all)
	}
}

// Close ends the operation: what it held in memory was written.
func (l *Loaders) Close() { l.points.give(l.room) }

type contextKey struct{}

// With puts the request's loaders into its context.
func With(ctx context.Context, l *Loaders) context.Context {
	return WithLazy(ctx, func() *Loaders { return l })
}

// WithLazy puts loaders into the context that are made when first asked for.
func WithLazy(ctx context.Context, build func() *Loaders) context.Context {
	return context.WithValue(ctx, contextKey{}, sync.OnceValue(build))
}

// For returns the request's loaders. It panics outside a request.
func For(ctx context.Context) *Loaders { return ctx.Value(contextKey{}).(func() *Loaders)() }

// Tenant is whose data the request sees.
func (l *Loaders) Tenant() int64 { return l.viewer.Tenant.ID }

// zone is the time zone asked for, or the tenant's.
func (l *Loaders) zone(asked *analytics.TimeZone) analytics.TimeZone {
	if asked != nil {
		return *asked
	}
	return l.viewer.Tenant.Zone
}

// window resolves the range asked for; fallback is what no range means.
func (l *Loaders) window(in *analytics.RangeInput, zone analytics.TimeZone, fallback analytics.Window) (analytics.Window, error) {
	if in == nil {
		return fallback, nil
	}
	return in.Resolve(zone, l.now)
}

// load asks one question, which may have no answer.
func (l *Loaders) load(ctx context.Context, q *analytics.Query) (analytics.Answer, error) {
	answer, err := l.totals.Load(ctx, q)
	if err == nil {
		err = answer.Err()
	}
	return answer, err
}

// total measures one subject over m's window, and says in m when it was read.
func (l *Loaders) total(ctx context.Context, kind analytics.Kind, subject int64, m *analytics.Measured, want analytics.Want) (*analytics.Totals, error) {
	if m.Part != nil {
		return l.part(ctx, m, want)
	}
	q := queryOf(kind, subject, m, want)
	answer, err := l.load(withMaxStaleness(ctx, m.MaxStaleness), &q)
	if err != nil {
		return nil, err
	}
	m.AsOf = answer.AsOf
	return answer.Totals[0], nil
}

// queryOf asks for what m is of.
func queryOf(kind analytics.Kind, subject int64, m *analytics.Measured, want analytics.Want) analytics.Query {
	return analytics.Query{Subject: subject, Kind: kind, Ranges: []analytics.Range{m.Window.Range}, Want: want, Where: m.Where}
}

// totalsOf measures many nouns as total does one, each over its own window.
func (l *Loaders) totalsOf(ctx context.Context, kind analytics.Kind, subjects []int64, ms []analytics.Measured, ask Ask) ([]*analytics.Totals, error) {
	queries := make([]*analytics.Query, len(ms))
	all := make([]analytics.Query, len(ms))
	for i := range ms {
		all[i] = queryOf(kind, subjects[i], &ms[i], ask.Want)
		queries[i] = &all[i]
	}
	answers, err := l.totals.LoadAll(withMaxStaleness(ctx, ask.MaxStaleness), queries)
	if err != nil {
		return nil, err
	}
	out := make([]*analytics.Totals, len(answers))
	for i := range answers {
		if err := answers[i].Err(); err != nil {
			return nil, err
		}
		ms[i].AsOf, out[i] = answers[i].AsOf, answers[i].Totals[0]
	}
	return out, nil
}

// measures reads what totals say of ms.
func measures[M any](totals []*analytics.Totals, ms []analytics.Measured, read func(*analytics.Totals, analytics.Measured) *M) []*M {
	out := make([]*M, len(ms))
	for i, t := range totals {
		out[i] = read(t, ms[i])
	}
	return out
}

// series asks for one subject by calendar buckets.
func (l *Loaders) series(ctx context.Context, kind analytics.Kind, subject int64, slots []analytics.Slot, where analytics.Where, want analytics.Want) (analytics.Answer, error) {
	if err := l.points.take(ctx, l.room, len(slots)); err != nil {
		return analytics.Answer{}, err
	}
	q := &analytics.Query{Subject: subject, Kind: kind, Ranges: rangesOf(slots), Want: want, Where: where}
	return l.load(ctx, q)
}

// partial reports whether a bucket is cut off, or not over yet.
func (l *Loaders) partial(s analytics.Slot) bool { return s.Partial() || s.End.After(l.now) }

// page cuts the one element too many that tells whether more follow, and says
// where the page lies.
func page[T any](found []T, first int, after *string, cursor func(T) string) ([]T, *analytics.PageInfo) {
	info := &analytics.PageInfo{HasNextPage: len(found) > first, HasPreviousPage: after != nil}
	found = found[:min(len(found), first)]
	if n := len(found); n > 0 {
		start, end := cursor(found[0]), cursor(found[n-1])
		info.StartCursor, info.EndCursor = &start, &end
	}
	return found, info
}
