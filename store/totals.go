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
// however many they are, and another for those that are sliced.
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
func (s *Store) totals(ctx context.Context, tenant int64, queries []analytics.Query) (batch *totalsBatch, err error) {
	err = s.read(ctx, tenant, func() statement {
		batch = newTotalsBatch(tenant, queries)
		if batch.size() == 0 {
			return statement{}
		}
		return statement{batch.text(), batch.args, batch.fold}
	})
	return batch, err
}

// totalsBatch is a batch of plans as one statement. A row of the result belongs
// to the source of its number n, and to one of the subjects that this is read for,
// or to a partner who is not asked for.
type totalsBatch struct {
	plans    []*analytics.Plan // of the queries, in their order
	groups   []*totalsGroup
	sources  []totalsSource
	subjects []int64 // of the groups, one after the other
	cells    cellFetches
	sums     cellFetches
	all      cellFetches // of all partners
	allSums  cellFetches
	ragged   raggedFetches
	args     args
	gone     map[*analytics.Plan]analytics.Gone // those that cannot be answered
}

// totalsGroup is queries that ask the same of different subjects.
type totalsGroup struct {
	plan     *analytics.Plan // of the first
	of       map[int64]*analytics.Plan
	subjects []int64
}

// everyone reports whether all partners are read, because most are asked for, and
// for nothing but their page views: the statement knows no more.
func (g *totalsGroup) everyone() bool {
	q := &g.plan.Query
	return q.Kind == analytics.KindPartner && q.Peers > 0 && 2*len(g.subjects) >= q.Peers &&
		!slices.ContainsFunc(g.plan.Fetches, func(f analytics.Fetch) bool { return f.Action != analytics.PageView || f.Sessions || f.Steps })
}

type totalsSource struct {
	group  *totalsGroup
	fetch  analytics.Fetch
	ragged int  // the number of the ragged end, when fetch is not set
	whole  bool // sums over all runs of the only range, instead of either
}

func newTotalsBatch(tenant int64, queries []analytics.Query) *totalsBatch {
	b := &totalsBatch{gone: map[*analytics.Plan]analytics.Gone{}}
	b.plan(queries)
	for _, g := range b.groups {
		first, q := int32(len(b.subjects)+1), g.plan.Query // Postgres counts from 1
		b.subjects = append(b.subjects, g.subjects...)
		last := int32(len(b.subjects))
		if g.everyone() {
			b.addEveryone(g)
		} else {
			b.addRuns(g, first, last)
		}
		for i, r := range g.plan.Ragged {
			b.ragged.add(int64(len(b.sources)), q, r)
			b.ragged.firsts, b.ragged.lasts = append(b.ragged.firsts, first), append(b.ragged.lasts, last)
			b.sources = append(b.sources, totalsSource{group: g, ragged: i})
		}
	}
	b.bind(tenant)
	return b
}

// addRuns adds what is read of each subject of a group, which are a run of the
// batch's.
func (b *totalsBatch) addRuns(g *totalsGroup, first, last int32) {
	for _, f := range g.plan.Fetches {
		to := &b.cells
		if g.sums(f) {
			to = &b.sums
		}
		to.add(int64(len(b.sources)), f)
		to.firsts, to.lasts = append(to.firsts, first), append(to.lasts, last)
		b.sources = append(b.sources, totalsSource{group: g, fetch: f})
	}
}

// addEveryone adds what is read of all partners for the sake of a group.
func (b *totalsBatch) addEveryone(g *totalsGroup) {
	whole := int64(-1)
	for _, f := range g.plan.Fetches {
		if !g.sums(f) {
			b.all.add(int64(len(b.sources)), f)
			b.sources = append(b.sources, totalsSource{group: g, fetch: f})
			continue
		}
		if whole < 0 {
			whole = int64(len(b.sources))
			b.sources = append(b.sources, totalsSource{group: g, whole: true})
		}
		b.allSums.add(whole, f)
	}
}

// sums reports whether Postgres can add up what is fetched: numbers, all of one
// range.
func (g *totalsGroup) sums(f analytics.Fetch) bool {
	return f.Numbers() && len(g.plan.Query.Ranges) == 1
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
	c, u, r := &b.cells, &b.sums, &b.ragged
	b.args = args{
		"tenant_id": tenant, "subjects": b.subjects,
		"n": c.n, "firsts": c.firsts, "lasts": c.lasts, "actions": c.actions, "levels": c.levels, "froms": c.froms, "tos": c.tos,
		"sessions": c.sessions, "visitors": c.visitors, "quarters": c.quarters, "steps": c.steps,
		"sum_n": u.n, "sum_firsts": u.firsts, "sum_lasts": u.lasts, "sum_actions": u.actions, "sum_levels": u.levels,
		"sum_froms": u.froms, "sum_tos": u.tos,
	}
	if b.readsAll() {
		n, s := &b.all, &b.allSums
		maps.Copy(b.args, args{
			"all_n": n.n, "all_levels": n.levels, "all_froms": n.froms, "all_tos": n.tos, "all_visitors": n.visitors, "all_quarters": n.quarters,
			"all_sum_n": s.n, "all_sum_levels": s.levels, "all_sum_froms": s.froms, "all_sum_tos": s.tos,
		})
	}
	if len(r.n) > 0 {
		r.bind(b.args)
		b.args["ragged_firsts"], b.args["ragged_lasts"] = r.firsts, r.lasts
	}
}

func (b *totalsBatch) size() int { return len(b.sources) }

// readsAll reports whether all partners are read for any group.
func (b *totalsBatch) readsAll() bool { return len(b.all.n)+len(b.allSums.n) > 0 }

func (b *totalsBatch) text() string {
	text := sql("totals_cells")
	if b.readsAll() {
		text += sql("totals_everyone")
	}
	if len(b.ragged.n) > 0 {
		text = sql("totals_ends") + text + sql("totals_ragged") + sql("totals_pruned")
	}
	return text
}

// fold hands each row of the result to the plan that asked for it.
func (b *totalsBatch) fold(rows pgx.Rows) error {
	var r resultRow
	var subject int64
	targets := []any{
		&r.n, &subject, &r.bucket, &r.Events, &r.Starts, &r.Micros, (*stored)(&r.Sessions), (*stored)(&r.Visitors),
		(*stored)(&r.Quarters), (*stored)(&r.QuarterSets), (*stored)(&r.Steps), &r.action, &r.sessionIDs, &r.visitorIDs,
	}
	_, err := pgx.ForEachRow(rows, targets, func() error {
		source := b.sources[r.n]
		plan := source.group.of[subject]
		switch {
		case plan == nil: // one of all, that is not asked for
		case source.whole:
			plan.Add(0, analytics.Action(*r.action), r.Events, r.Starts, r.Micros)
		case r.bucket != nil:
			return plan.Row(source.fetch, r.cells(subject, source.fetch))
		case *r.action == 0:
			b.gone[plan] = analytics.GoneAt(plan.Ragged[source.ragged], time.UnixMicro(r.Events))
		default:
			plan.Count(source.ragged, analytics.Action(*r.action), r.counted())
		}
		return nil
	})
	return err
}

// resultRow is a row of the result of either statement: stored cells where it has a
// bucket, else what a ragged end amounts to or, with action 0, that its events are gone.
type resultRow struct {
	analytics.Row
	n                      int
	bucket                 *time.Time
	action                 *int16
	sessionIDs, visitorIDs []int64
}

// cells is the stored row that was fetched.
func (r *resultRow) cells(subject int64, f analytics.Fetch) *analytics.Row {
	r.Key = analytics.Key{Subject: subject, Action: f.Action, Level: f.Level, Bucket: analytics.BucketOf(f.Level, *r.bucket)}
	return &r.Row
}

func (r *resultRow) counted() analytics.Counted {
	return analytics.Counted{Events: r.Events, Starts: r.Starts, Micros: r.Micros, Sessions: members(r.sessionIDs), Visitors: members(r.visitorIDs)}
}

// members are identities as sets keep them: numbers are handed out below 2^32.
func members(ids []int64) []uint32 {
	out := make([]uint32, len(ids))
	for i, id := range ids {
		out[i] = uint32(id)
	}
	return out
}
