package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// sliced answers queries by dimensions, in their order, with one statement.
func (s *Store) sliced(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	var b *slicedBatch
	err := s.read(ctx, tenant, func() statement {
		b = newSlicedBatch(queries)
		if len(b.sources) == 0 {
			return statement{}
		}
		return statement{b.text(), b.args(tenant), b.fold}
	})
	if err != nil {
		return nil, err
	}
	answers := make([]analytics.Answer, len(queries))
	for i, p := range b.plans {
		answers[i] = p.Answer()
		answers[i].Gone = b.gone[p]
	}
	return answers, nil
}

// slicedBatch is a batch of plans as one statement. A row of the result belongs
// to the source of its number n.
type slicedBatch struct {
	plans   []*analytics.SlicedPlan
	sources []slicedSource
	cells   cellFetches
	watched []bool
	ragged  raggedFetches
	gone    map[*analytics.SlicedPlan]analytics.Gone // those that cannot be answered
}

type slicedSource struct {
	plan   *analytics.SlicedPlan
	fetch  analytics.Fetch
	ragged int // the number of the ragged end, when fetch is not set
}

func newSlicedBatch(queries []analytics.Query) *slicedBatch {
	b := &slicedBatch{gone: map[*analytics.SlicedPlan]analytics.Gone{}}
	for _, q := range queries {
		p := analytics.NewSlicedPlan(q)
		b.plans = append(b.plans, p)
		for _, f := range p.Fetches {
			b.cells.add(int64(len(b.sources)), f)
			b.cells.subjects, b.watched = append(b.cells.subjects, q.Subject), append(b.watched, f.Watched)
			b.sources = append(b.sources, slicedSource{plan: p, fetch: f})
		}
		for i, r := range p.Ragged {
			b.ragged.add(int64(len(b.sources)), p.Query, r)
			b.ragged.subjects = append(b.ragged.subjects, q.Subject)
			b.sources = append(b.sources, slicedSource{plan: p, ragged: i})
		}
	}
	return b
}

func (b *slicedBatch) text() string {
	text := sql("sliced_cells")
	if len(b.ragged.n) > 0 {
		text += sql("sliced_ragged") + sql("sliced_pruned")
	}
	return text + "\nORDER BY n, bucket" // the rows of a bucket one after the other
}

func (b *slicedBatch) args(tenant int64) args {
	c := &b.cells
	a := args{
		"tenant_id": tenant,
		"n":         c.n, "subjects": c.subjects, "actions": c.actions, "levels": c.levels, "froms": c.froms, "tos": c.tos,
		"sessions": c.sessions, "visitors": c.visitors, "quarters": c.quarters, "watched": b.watched,
	}
	if len(b.ragged.n) > 0 {
		b.ragged.bind(a)
		a["ragged_subjects"], a["ragged_reaches"] = b.ragged.subjects, b.ragged.reaches
	}
	return a
}

// fold hands each row of the result to the plan that asked for it.
func (b *slicedBatch) fold(rows pgx.Rows) error {
	var r resultRow
	var dims analytics.Dimensions
	targets := []any{
		&r.n, &r.bucket, &r.Events, &r.Starts, &r.Micros, (*stored)(&r.Sessions), (*stored)(&r.Visitors),
		(*stored)(&r.Quarters), (*stored)(&r.QuarterSets), (*stored)(&r.Facets), (*stored)(&r.Watched), &r.action, &r.sessionIDs, &r.visitorIDs,
	}
	_, err := pgx.ForEachRow(rows, append(targets, dimensionsInto(&dims)...), func() error {
		source := b.sources[r.n]
		plan := source.plan
		switch {
		case r.bucket != nil:
			return plan.Row(source.fetch, r.cells(plan.Query.Subject, source.fetch))
		case *r.action == 0:
			b.gone[plan] = analytics.GoneAt(plan.Ragged[source.ragged], time.UnixMicro(r.Events))
		default:
			plan.Count(source.ragged, analytics.Action(*r.action), dims, r.counted())
		}
		return nil
	})
	return err
}
