package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// rebuildEvents is how many events are derived from at a time.
const rebuildEvents = 20_000

// Rebuild derives everything of a tenant anew from its events: cells, sessions,
// audiences and first logins. Where events were pruned that is CodeGone. Readers see
// all of the old or all of the new; writers of the tenant wait. Progress counts
// events; nil is allowed.
func (s *Store) Rebuild(ctx context.Context, tenant analytics.Tenant, progress func(done, total int)) error {
	r := &rebuilding{tenant: tenant.ID, progress: progress}
	return s.write(ctx, tenant.ID, func(tx pgx.Tx) error {
		r.tx = tx
		if err := r.run(ctx); err != nil {
			return err
		}
		return s.audit(ctx, tx, tenant.ID, "rebuild", "", detail{"events": r.done})
	})
}

type rebuilding struct {
	tenant      int64
	tx          pgx.Tx
	progress    func(done, total int)
	done, total int
}

func (r *rebuilding) run(ctx context.Context) error {
	// The compactor's DELETE … COPY must not straddle ours.
	if _, err := r.tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", cellsLock+r.tenant); err != nil {
		return err
	}
	if err := r.refusePruned(ctx); err != nil {
		return err
	}
	subjects, err := listSubjects(ctx, r.tx, r.tenant)
	if err != nil {
		return err
	}
	for _, table := range []string{"cells", "sessions", "viewers", "first_logins"} {
		if _, err = r.tx.Exec(ctx, sql("clear_"+table), args{"tenant_id": r.tenant}); err != nil {
			return err
		}
	}
	if r.progress != nil {
		if err = r.tx.QueryRow(ctx, sql("count_events"), args{"tenant_id": r.tenant}).Scan(&r.total); err != nil {
			return err
		}
	}
	if err = r.derive(ctx, subjects); err != nil {
		return err
	}
	touched := map[int64]analytics.Kind{}
	for _, s := range subjects {
		touched[s.id] = s.kind
	}
	_, err = announce(ctx, r.tx, r.tenant, subjectTopics(touched))
	return err
}

// refusePruned refuses to clear what could not be derived again.
func (r *rebuilding) refusePruned(ctx context.Context) error {
	from, err := horizon(ctx, r.tx, r.tenant)
	if err != nil {
		return err
	}
	var gone bool
	if err = r.tx.QueryRow(ctx, sql("older_cells"), args{"tenant_id": r.tenant, "before": from}).Scan(&gone); err != nil || !gone {
		return err
	}
	return analytics.Errorf(analytics.CodeGone, "events are kept from %s on, and cells from before it could not be derived again: nothing was rebuilt",
		from.Format(time.DateOnly))
}

// derive plays all events through the deriver, in bounded memory.
func (r *rebuilding) derive(ctx context.Context, subjects []namedSubject) error {
	kinds := map[int64]analytics.Kind{}
	for _, s := range subjects {
		kinds[s.id] = s.kind
	}
	last := analytics.Event{At: analytics.MinInstant}
	for {
		facts, err := r.facts(ctx, kinds, last)
		if err != nil || len(facts) == 0 {
			return err
		}
		d := deriver{tenant: r.tenant, tx: r.tx}
		if err = d.derive(ctx, facts); err != nil {
			return err
		}
		if err = copyCells(ctx, r.tx, r.tenant, d.count(facts)()); err != nil {
			return fmt.Errorf("cells: %w", err)
		}
		last = *facts[len(facts)-1].Event
		r.done += len(facts)
		if r.progress != nil {
			r.progress(r.done, r.total)
		}
	}
}

// facts reads the events that follow one.
func (r *rebuilding) facts(ctx context.Context, kinds map[int64]analytics.Kind, after analytics.Event) ([]fact, error) {
	rows, err := r.tx.Query(ctx, sql("events_after"), args{
		"tenant_id": r.tenant, "at": after.At, "id": after.ID, "most": rebuildEvents,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (fact, error) {
		f := fact{Event: &analytics.Event{}}
		var session, visitor *int64
		var seconds *int
		var loggedIn *bool
		targets := append([]any{&f.At, &f.ID, &f.subject, &session, &visitor, &seconds, &f.Action, &loggedIn}, dimensionsInto(&f.Dimensions)...)
		err := row.Scan(targets...)
		f.Kind = kinds[f.subject]
		f.session, f.visitor = uint32(orZero(session)), uint32(orZero(visitor))
		f.Seconds, f.LoggedIn = orZero(seconds), orZero(loggedIn)
		return f, err
	})
}

// orZero is what p points to, the zero value for nil.
func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
