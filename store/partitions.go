package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// partitionLock serialises the making of partitions over all instances.
const partitionLock = 0x666f6f7470617274

// ensurePartitions makes the monthly partitions that the events need, each in a
// transaction of its own: a partition without events does no harm. Months before
// the tenant's horizon get none: their events will be refused.
func (s *Store) ensurePartitions(ctx context.Context, tenant int64, events []analytics.Event) error {
	var missing []analytics.Bucket
	seen := map[analytics.Bucket]bool{}
	for i := range events {
		month := analytics.BucketOf(analytics.LevelMonth, events[i].At)
		if seen[month] {
			continue
		}
		seen[month] = true
		if _, known := s.partitions.Load(month); !known {
			missing = append(missing, month)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	from, err := s.Horizon(ctx, tenant)
	if err != nil {
		return err
	}
	for _, month := range missing {
		if month.Start(analytics.LevelMonth).Before(from) {
			continue
		}
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return makePartition(ctx, tx, month) })
		if err != nil {
			return fmt.Errorf("partitions: %w", wrap(err))
		}
		s.partitions.Store(month, true)
	}
	return nil
}

// makePartition makes a month's partition unless it is there. Attaching a table
// disturbs neither readers nor writers of the others; creating it in place would
// wait for all of them.
func makePartition(ctx context.Context, tx pgx.Tx, month analytics.Bucket) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", partitionLock); err != nil {
		return err
	}
	name := partitionName(month.Start(analytics.LevelMonth))
	var there bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there); err != nil || there {
		return err
	}
	if err := createLikeEvents(ctx, tx, name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, attach(name))
	return err
}

// heir is whose a new table of events becomes, "" where it may stay ours: the owner of
// events is another, whom we may be.
const heir = `SELECT coalesce(max(pg_get_userbyid(relowner)), '') FROM pg_class
	WHERE oid = to_regclass('events') AND pg_get_userbyid(relowner) <> current_user AND has_schema_privilege(relowner, relnamespace, 'CREATE')
		AND pg_has_role(relowner, ` + entering + `)`

// createLikeEvents makes a table such as events, and gives it to their owner, so that
// whoever is a member of that may prune it, whichever login made it.
func createLikeEvents(ctx context.Context, tx pgx.Tx, name string) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE TABLE %s (LIKE events INCLUDING ALL)", name)); err != nil {
		return err
	}
	var owner string
	if err := tx.QueryRow(ctx, heir).Scan(&owner); err != nil || owner == "" {
		return err
	}
	_, err := tx.Exec(ctx, fmt.Sprintf("ALTER TABLE %s OWNER TO %s", name, pgx.Identifier{owner}.Sanitize()))
	return err
}

// partitionLayout names a month's partition.
const partitionLayout = "events_2006_01"

func partitionName(month time.Time) string { return month.UTC().Format(partitionLayout) }

// attach is the DDL that makes a table the partition of the month it is named for.
func attach(name string) string {
	start, err := time.Parse(partitionLayout, name)
	if err != nil {
		panic("store: no partition is named " + name)
	}
	return fmt.Sprintf("ALTER TABLE events ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')",
		name, start.Format(time.RFC3339), start.AddDate(0, 1, 0).Format(time.RFC3339))
}
