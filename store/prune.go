package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/analytics"
)

const (
	// prunerLock is held by the one pruner over all instances.
	prunerLock = 0x666f6f747072756e

	pruneEvery = time.Hour
)

// Pruned is what a prune did.
type Pruned struct {
	Busy   bool     // another pruner is at work: nothing was done
	Months []string // whose events went, such as 2024-12
	Kept   int64    // events of those months that activations' windows still need
	Bytes  int64    // that the months took, with their indexes
}

// Prune drops the events of all tenants from before the first instant of a month.
// First each tenant's horizon rises, under the tenant's lock: from then on nobody
// records what is older, and what later events or reads must still know of it is
// kept. Only then do events go, a month at a time. Broken off, it is taken up by
// the next.
func (s *Store) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	if err := s.checkHorizon(before); err != nil {
		return Pruned{}, err
	}
	p := &pruning{Store: s, before: before}
	alone, err := s.withAdvisoryLock(ctx, prunerLock, func(conn *pgxpool.Conn) error {
		p.conn = conn
		if err := p.raiseHorizons(ctx); err != nil {
			return err
		}
		return p.dropMonths(ctx)
	})
	p.Busy = err == nil && !alone
	return p.Pruned, err
}

// checkHorizon refuses what is no month's beginning, and what is too young.
func (s *Store) checkHorizon(before time.Time) error {
	month := analytics.BucketOf(analytics.LevelMonth, before)
	if start := month.Start(analytics.LevelMonth); !start.Equal(before) {
		return analytics.Invalidf("before", "must be the first day of a month (UTC), such as %s, because events go by months, got %s",
			start.Format(time.DateOnly), before.UTC().Format(time.RFC3339))
	}
	if youngest := s.instant().Add(-analytics.YoungestHorizon); before.After(youngest) {
		return analytics.Invalidf("before", "must not be after %s, so that events of the last %d days are kept, got %s",
			youngest.Format(time.DateOnly), int(analytics.YoungestHorizon.Hours()/24), before.Format(time.DateOnly))
	}
	return nil
}

// RunPruner keeps the events of the current month and of so many before it, until
// ctx ends.
func (s *Store) RunPruner(ctx context.Context, months int, log *slog.Logger) {
	for {
		now := s.instant()
		before := time.Date(now.Year(), now.Month()-time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		done, err := s.Prune(ctx, before)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.ErrorContext(ctx, "old events could not be pruned", "before", before.Format(time.DateOnly), "error", err)
		case len(done.Months) > 0:
			log.InfoContext(ctx, "old events were pruned", "before", before.Format(time.DateOnly), "months", done.Months, "bytes", done.Bytes)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pruneEvery):
		}
	}
}

// pruning is one run of the pruner.
type pruning struct {
	*Store
	Pruned
	before time.Time
	conn   *pgxpool.Conn // that holds the pruner's lock
}

// raiseHorizons goes on until no tenant is left below, those that are added
// meanwhile included.
func (p *pruning) raiseHorizons(ctx context.Context) error {
	for {
		tenants, err := p.tenantsBelowHorizon(ctx, p.conn)
		if err != nil || len(tenants) == 0 {
			return err
		}
		for _, tenant := range tenants {
			if err = p.raiseHorizon(ctx, tenant); err != nil {
				return err
			}
		}
	}
}

// tenantsBelowHorizon lists tenants that may still record events which are to go.
func (p *pruning) tenantsBelowHorizon(ctx context.Context, db interface {
	Query(ctx context.Context, text string, a ...any) (pgx.Rows, error)
},
) ([]int64, error) {
	list := func(statement string, a args) ([]int64, error) {
		rows, err := db.Query(ctx, sql(statement), a)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	aware, err := list("aware_tenants", args{"before": p.before}) // first: no tenant falls back behind it
	if err != nil {
		return nil, err
	}
	all, err := list("tenant_ids", nil)
	return slices.DeleteFunc(all, func(tenant int64) bool {
		_, is := slices.BinarySearch(aware, tenant)
		return is
	}), err
}

// raiseHorizon waits for the tenant's writers: whoever comes after them knows.
func (p *pruning) raiseHorizon(ctx context.Context, tenant int64) error {
	return writeOn(ctx, p.conn, tenant, func(tx pgx.Tx, _ dictionaryState) error {
		since, err := horizon(ctx, tx, tenant)
		if err != nil {
			return err
		}
		for _, keep := range []string{"keep_quarters", "keep_origins"} {
			if _, err = tx.Exec(ctx, sql(keep), args{"tenant_id": tenant, "since": since, "before": p.before}); err != nil {
				return fmt.Errorf("%s: %w", keep, err)
			}
		}
		if _, err = tx.Exec(ctx, sql("raise_horizon"), args{"tenant_id": tenant, "before": p.before}); err != nil {
			return err
		}
		return p.audit(ctx, tx, tenant, "prune", "", detail{"before": p.before.Format(time.DateOnly)})
	})
}

// month is the partition of one.
type month struct {
	table string
	bytes int64
}

func (m month) name() string {
	at, err := time.Parse(partitionLayout, m.table)
	if err != nil {
		return m.table
	}
	return at.Format("2006-01")
}

func (p *pruning) dropMonths(ctx context.Context) error {
	rows, err := p.conn.Query(ctx, sql("list_partitions"), args{"before": partitionName(p.before)})
	if err != nil {
		return err
	}
	months, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (month, error) {
		var m month
		err := row.Scan(&m.table, &m.bytes)
		return m, err
	})
	if err != nil {
		return err
	}
	for _, m := range months {
		if err = p.dropMonth(ctx, m); err != nil {
			return fmt.Errorf("month %s: %w", m.name(), err)
		}
	}
	return nil
}

var (
	errNothingToDrop = errors.New("all events of the month are kept")
	errUnaware       = errors.New("a tenant came in between")
)

// dropMonth tries until it gets the month's lock without keeping others waiting.
func (p *pruning) dropMonth(ctx context.Context, m month) error {
	return giveWay(ctx, func() (again bool, err error) {
		var kept int64
		err = pgx.BeginFunc(ctx, p.conn, func(tx pgx.Tx) (err error) {
			kept, err = p.replaceMonth(ctx, tx, m)
			return err
		})
		switch {
		case errors.Is(err, errNothingToDrop):
			return false, nil
		case errors.Is(err, errUnaware):
			if raising := p.raiseHorizons(ctx); raising != nil {
				return false, raising
			}
			return true, err
		case err == nil:
			p.Months, p.Kept, p.Bytes = append(p.Months, m.name()), p.Kept+kept, p.Bytes+m.bytes
		}
		return sqlState(err) == lockTimedOut, err
	})
}

// replaceMonth puts a partition with what is kept in the month's place, or none.
func (p *pruning) replaceMonth(ctx context.Context, tx pgx.Tx, m month) (kept int64, err error) {
	draft := m.table + "_kept"
	if kept, err = copyKept(ctx, tx, m.table, draft); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", partitionLock); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, "SET LOCAL "+yielding()); err != nil {
		return 0, err
	}
	if _, err = tx.Exec(ctx, "DROP TABLE "+m.table); err != nil {
		return 0, err
	}
	// Nobody can record events of the month now: who still might?
	tenants, err := p.tenantsBelowHorizon(ctx, tx)
	if err == nil && len(tenants) > 0 {
		err = errUnaware
	}
	if err != nil {
		return 0, err
	}
	for _, ddl := range replacement(m.table, draft, kept) {
		if _, err = tx.Exec(ctx, ddl); err != nil {
			return 0, err
		}
	}
	return kept, p.audit(ctx, tx, 0, "prune.month", m.name(), detail{"eventsKept": kept, "bytes": m.bytes})
}

// copyKept makes a table of what is kept of a month, of all tenants at once. Nobody
// changes that any more.
func copyKept(ctx context.Context, tx pgx.Tx, table, draft string) (kept int64, err error) {
	const needed = `EXISTS (SELECT FROM kept_quarters k
		WHERE k.tenant_id = e.tenant_id AND k.subject_id = e.subject_id AND k.quarter = date_bin('15 minutes', e.at, '1970-01-01Z'))`
	var events, others bool
	err = tx.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT FROM %[1]s), EXISTS (SELECT FROM %[1]s e WHERE NOT %[2]s)", table, needed)).Scan(&events, &others)
	switch {
	case err != nil:
		return 0, err
	case events && !others: // it was pruned before
		return 0, errNothingToDrop
	}
	if err = createLikeEvents(ctx, tx, draft); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s SELECT e.* FROM %s e WHERE %s", draft, table, needed))
	return tag.RowsAffected(), err
}

// replacement is the DDL that puts the draft where the table was.
func replacement(table, draft string, kept int64) []string {
	if kept == 0 {
		return []string{"DROP TABLE " + draft}
	}
	return []string{fmt.Sprintf("ALTER TABLE %s RENAME TO %s", draft, table), attach(table)}
}
