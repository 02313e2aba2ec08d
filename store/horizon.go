package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// Horizon is the instant from which on a tenant's events are kept, MinInstant when
// none ever went.
func (s *Store) Horizon(ctx context.Context, tenant int64) (time.Time, error) {
	rows, err := query(ctx, s.pool, tenant, sql("horizon"), args{"tenant_id": tenant})
	at, err := scanHorizon(row{rows, err})
	return at, wrap(err)
}

func horizon(ctx context.Context, tx pgx.Tx, tenant int64) (time.Time, error) {
	return scanHorizon(tx.QueryRow(ctx, sql("horizon"), args{"tenant_id": tenant}))
}

func scanHorizon(r pgx.Row) (time.Time, error) {
	at := analytics.MinInstant
	err := r.Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return at.UTC(), err
}

// refuseTooOld marks events from before the horizon: whether they were counted
// cannot be looked up any more. Under the tenant's lock nobody raises it; live
// events, which no horizon comes near, cost no statement.
func (r *recording) refuseTooOld(ctx context.Context, tx pgx.Tx) error {
	oldest := r.now
	for i := range r.events {
		if r.events[i].At.Before(oldest) {
			oldest = r.events[i].At
		}
	}
	// A day for clocks that differ.
	if r.now.Sub(oldest) < analytics.YoungestHorizon-24*time.Hour {
		return nil
	}
	from, err := horizon(ctx, tx, r.tenant)
	if err != nil {
		return err
	}
	for i := range r.events {
		if r.events[i].At.Before(from) {
			r.outcomes[i] = analytics.TooOld
		}
	}
	return nil
}
