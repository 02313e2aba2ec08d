package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// Totals answers queries of one tenant, in their order, with one statement
// however many they are, and another for those by dimensions.
func (s *Store) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	asOf := s.instant()
	answers := make([]analytics.Answer, len(queries))
	var n, slicedN []int // the places of queries that are not by dimensions, and of those that are
	var plain, sliced []analytics.Query
	for i, q := range queries {
		if q.Sliced() {
			slicedN, sliced = append(slicedN, i), append(sliced, q)
		} else {
			n, plain = append(n, i), append(plain, q)
		}
	}
	batch, err := s.totals(ctx, tenant, plain)
	if err != nil {
		return nil, err
	}
	for i, p := range batch.plans {
		answers[n[i]] = analytics.Answer{Totals: p.Totals(), AsOf: asOf, Audience: p.Audience(asOf), Gone: batch.gone[p]}
	}
	bySlice, err := s.sliced(ctx, tenant, sliced)
	if err != nil {
		return nil, err
	}
	for i, a := range bySlice {
		a.AsOf = asOf
		answers[slicedN[i]] = a
	}
	return answers, nil
}

// totals reads what answers queries that are not by dimensions.
func (s *Store) totals(ctx context.Context, tenant int64, queries []analytics.Query) (*totalsBatch, error) {
	batch := newTotalsBatch(tenant, queries)
	if batch.size() > 0 {
		rows, err := s.read(ctx, tenant, batch.text(), batch.args)
		if err != nil {
			return nil, wrap(err)
		}
		if err = batch.fold(rows); err != nil {
			return nil, wrap(err)
		}
	}
	return batch, nil
}

// totalsBatch is a batch of plans as one statement. A row of the result belongs
// to the source of its number n, and to one of the subjects that this is read for.
type totalsBatch struct {
	plans    []*analytics.Plan // of the queries, in their order
	groups   []*totalsGroup
	sources  []totalsSource
	subjects []int64 // of the groups, one after the other
	cells    cellFetches
	sums     cellFetches
	ragged   raggedFetches
	// Those of the ragged ends that are campaigns', subject by subject.
	audience raggedFetches
	args     args
	gone     map[*analytics.Plan]analytics.Gone // those that cannot be answered
}

// totalsGroup is queries that ask the same of different subjects.
type totalsGroup struct {
	plan     *analytics.Plan // of the first
	of       map[int64]*analytics.Plan
	subjects []int64
}

type totalsSource struct {
	group  *totalsGroup
	fetch  analytics.Fetch
	ragged int // the number of the ragged end, when fetch is not set
}

// cellFetches are runs of stored buckets, each of one subject or of a run of the
// batch's subjects.
type cellFetches struct {
	n, subjects                         []int64
	firsts, lasts                       []int32
	actions, levels                     []int16
	froms, tos                          []time.Time
	sessions, visitors, quarters, steps []bool
}

type raggedFetches struct {
	n, subjects        []int64
	firsts, lasts      []int32
	starts, ends       []time.Time
	reaches            []time.Time // the earliest event that may count there
	sessions, visitors []bool
}

func newTotalsBatch(tenant int64, queries []analytics.Query) *totalsBatch {
	b := &totalsBatch{gone: map[*analytics.Plan]analytics.Gone{}}
	b.plan(queries)
	for _, g := range b.groups {
		first, q := int32(len(b.subjects)+1), g.plan.Query // Postgres counts from 1
		b.subjects = append(b.subjects, g.subjects...)
		last := int32(len(b.subjects))
		for _, f := range g.plan.Fetches {
			to := &b.cells
			if f.Numbers() && len(q.Ranges) == 1 {
				to = &b.sums
			}
			to.add(int64(len(b.sources)), f)
			to.firsts, to.lasts = append(to.firsts, first), append(to.lasts, last)
			b.sources = append(b.sources, totalsSource{group: g, fetch: f})
		}
		for i, r := range g.plan.Ragged {
			n := int64(len(b.sources))
			b.ragged.add(n, q, r)
			b.ragged.firsts, b.ragged.lasts = append(b.ragged.firsts, first), append(b.ragged.lasts, last)
			if q.Kind == analytics.KindCampaign {
				for _, subject := range g.subjects {
					b.audience.add(n, q, r)
					b.audience.subjects = append(b.audience.subjects, subject)
				}
			}
			b.sources = append(b.sources, totalsSource{group: g, ragged: i})
		}
	}
	b.bind(tenant)
	return b
}

// plan plans the queries, together those that differ in nothing but the subject.
func (b *totalsBatch) plan(queries []analytics.Query) {
	type shape struct {
		kind   analytics.Kind
		want   analytics.Want
		ranges int
		hull   analytics.Range
	}
	alike := map[shape][]*totalsGroup{}
	for _, q := range queries {
		s := shape{kind: q.Kind, want: q.Want, ranges: len(q.Ranges)}
		if s.ranges > 0 {
			s.hull = analytics.Range{Start: q.Ranges[0].Start, End: q.Ranges[s.ranges-1].End}
		}
		i := slices.IndexFunc(alike[s], func(g *totalsGroup) bool {
			return g.of[q.Subject] == nil && slices.Equal(g.plan.Query.Ranges, q.Ranges)
		})
		if i < 0 {
			i = len(alike[s])
			g := &totalsGroup{plan: analytics.NewPlan(q), of: map[int64]*analytics.Plan{}}
			alike[s], b.groups = append(alike[s], g), append(b.groups, g)
		}
		b.plans = append(b.plans, alike[s][i].add(q.Subject))
	}
}

func (g *totalsGroup) add(subject int64) *analytics.Plan {
	p := g.plan.For(subject)
	g.of[subject], g.subjects = p, append(g.subjects, subject)
	return p
}

// bind makes the arguments of the statement: those of its parts that are there.
func (b *totalsBatch) bind(tenant int64) {
	c, u, r, a := &b.cells, &b.sums, &b.ragged, &b.audience
	b.args = args{
		"tenant_id": tenant, "subjects": b.subjects,
		"n": c.n, "firsts": c.firsts, "lasts": c.lasts, "actions": c.actions, "levels": c.levels, "froms": c.froms, "tos": c.tos,
		"sessions": c.sessions, "visitors": c.visitors, "quarters": c.quarters, "steps": c.steps,
		"sum_n": u.n, "sum_firsts": u.firsts, "sum_lasts": u.lasts, "sum_actions": u.actions, "sum_levels": u.levels,
		"sum_froms": u.froms, "sum_tos": u.tos,
	}
	if len(r.n) > 0 {
		r.bind(b.args)
		b.args["ragged_firsts"], b.args["ragged_lasts"] = r.firsts, r.lasts
	}
	if len(a.n) > 0 {
		maps.Copy(b.args, args{
			"audience_n": a.n, "audience_subjects": a.subjects, "audience_starts": a.starts, "audience_ends": a.ends,
			"audience_visitors": a.visitors,
		})
	}
}

func (c *cellFetches) add(n int64, f analytics.Fetch) {
	c.n = append(c.n, n)
	c.actions, c.levels = append(c.actions, int16(f.Action)), append(c.levels, int16(f.Level))
	c.froms, c.tos = append(c.froms, f.From.Start(f.Level)), append(c.tos, f.To.Start(f.Level))
	c.sessions, c.visitors = append(c.sessions, f.Sessions), append(c.visitors, f.Visitors)
	c.quarters, c.steps = append(c.quarters, f.Quarters), append(c.steps, f.Steps)
}

func (r *raggedFetches) add(n int64, q analytics.Query, end analytics.Range) {
	uniques := q.Want&analytics.WantUniques != 0
	r.n = append(r.n, n)
	r.starts, r.ends = append(r.starts, end.Start), append(r.ends, end.End)
	reach := end.Start
	if uniques && q.Kind == analytics.KindCampaign {
		reach = reach.Add(-analytics.MaxWatchSeconds * time.Second)
	}
	r.reaches = append(r.reaches, reach)
	r.sessions = append(r.sessions, uniques && q.Kind == analytics.KindEvent)
	r.visitors = append(r.visitors, uniques && q.Kind != analytics.KindEvent)
}

// bind adds the ragged ends to a statement's arguments, but for whose they are.
func (r *raggedFetches) bind(a args) {
	maps.Copy(a, args{
		"ragged_n": r.n, "ragged_starts": r.starts, "ragged_ends": r.ends,
		"ragged_sessions": r.sessions, "ragged_visitors": r.visitors, "ragged_reaches": r.reaches,
	})
}

func (b *totalsBatch) size() int { return len(b.sources) }

func (b *totalsBatch) text() string {
	text := sql("totals_cells")
	if len(b.ragged.n) > 0 {
		text = sql("totals_ends") + text + sql("totals_ragged") + sql("totals_pruned")
	}
	if len(b.audience.n) > 0 {
		text += sql("totals_ragged_audience")
	}
	return text
}

// fold hands each row of the result to the plan that asked for it.
func (b *totalsBatch) fold(rows pgx.Rows) error {
	var (
		n                      int
		subject                int64
		bucket                 *time.Time
		action                 *int16
		r                      analytics.Row
		sessionIDs, visitorIDs []int64
	)
	targets := []any{
		&n, &subject, &bucket, &r.Events, &r.Starts, &r.Micros, &r.Sessions, &r.Visitors, &r.Quarters, &r.QuarterSets,
		&r.Steps, &action, &sessionIDs, &visitorIDs,
	}
	_, err := pgx.ForEachRow(rows, targets, func() error {
		source := b.sources[n]
		plan := source.group.of[subject]
		if bucket == nil && *action == 0 {
			b.gone[plan] = analytics.GoneAt(plan.Ragged[source.ragged], time.UnixMicro(r.Events))
			return nil
		}
		if bucket == nil {
			plan.Count(source.ragged, analytics.Action(*action), counted(&r, sessionIDs, visitorIDs))
			return nil
		}
		r.Key = analytics.Key{
			Subject: subject, Action: source.fetch.Action, Level: source.fetch.Level,
			Bucket: analytics.BucketOf(source.fetch.Level, *bucket),
		}
		return plan.Row(source.fetch, &r)
	})
	return err
}

// counted is what a row of the result says of a ragged end.
func counted(r *analytics.Row, sessions, visitors []int64) analytics.Counted {
	return analytics.Counted{Events: r.Events, Starts: r.Starts, Micros: r.Micros, Sessions: members(sessions), Visitors: members(visitors)}
}

// members are identities as sets keep them: numbers are handed out below 2^32.
func members(ids []int64) []uint32 {
	out := make([]uint32, len(ids))
	for i, id := range ids {
		out[i] = uint32(id)
	}
	return out
}
