package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// deriver turns new events into what follows from them: entries of the ledger,
// and the sessions, audiences and first logins they move. What it leaves behind
// depends on the set of events alone.
type deriver struct {
	tenant int64
	tx     pgx.Tx
	ledger analytics.Ledger
	kinds  map[int64]analytics.Kind // of the subjects whose numbers changed
}

func (d *deriver) touch(subject int64, kind analytics.Kind) {
	if d.kinds == nil {
		d.kinds = map[int64]analytics.Kind{}
	}
	d.kinds[subject] = kind
}

// derive looks up and moves what the facts change of sessions, audiences and first
// logins. The facts themselves are entered by count.
func (d *deriver) derive(ctx context.Context, facts []fact) error {
	var views, watches []*fact
	for i := range facts {
		f := &facts[i]
		d.touch(f.subject, f.Kind)
		switch f.Action {
		case analytics.PageView:
			views = append(views, f)
		case analytics.Watch:
			watches = append(watches, f)
		}
	}
	if err := d.sessions(ctx, views); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err := d.audiences(ctx, watches); err != nil {
		return fmt.Errorf("audiences: %w", err)
	}
	if err := d.firstLogins(ctx, watches); err != nil {
		return fmt.Errorf("first logins: %w", err)
	}
	return nil
}

// count enters the facts and packs the cells of all that was derived, beside what
// the caller does meanwhile: it has Postgres store them.
func (d *deriver) count(facts []fact) (rows func() []analytics.Row) {
	return async(func() []analytics.Row {
		for i := range facts {
			f := &facts[i]
			d.ledger.Add(analytics.Fact{
				Subject: f.subject, Action: f.Action, At: f.At, Events: 1, Session: f.session, Visitor: f.visitor,
				Dimensions: &f.Dimensions,
			})
		}
		return d.ledger.Rows()
	})
}
