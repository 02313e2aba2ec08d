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
	// compactorLock is held by the one compactor over all instances.
	compactorLock = 0x636f6d7061637400
	// cellsLock plus a tenant's id is held by who rewrites the tenant's cells. No
	// other lock's number is near.
	cellsLock = 0x666f6f7463000000

	compactKeys  = 2_000    // buckets looked up at a time
	compactRows  = 2_000    // rows merged in one transaction, and at most of one bucket
	compactBytes = 32 << 20 // of them, two rows at least; unpacked they take several times as much

	// vacuumFrom is how many rows a compaction must have taken out to give their
	// space back at once: until it is, what comes in meanwhile makes the table grow.
	vacuumFrom = 10_000
)

// Compacted is what a compaction did.
type Compacted struct {
	Busy    bool // another compactor is at work: nothing was done
	Buckets int  // that were held by more than one row
	Before  int  // rows that held them
	After   int
}

// Compact merges the rows of each bucket into one, tenant by tenant, in small
// transactions. It neither waits for writers nor makes them wait, and every
// answer is the same before, during and after. Progress counts buckets; nil is
// allowed.
func (s *Store) Compact(ctx context.Context, progress func(done, total int)) (Compacted, error) {
	c := &compaction{progress: progress}
	alone, err := s.withAdvisoryLock(ctx, compactorLock, func(conn *pgxpool.Conn) error { c.conn = conn; return c.run(ctx) })
	c.Busy = err == nil && !alone
	return c.Compacted, err
}

// RewriteCells writes the table of cells and its indexes anew, without what
// compactions left free. Whoever reads or writes cells waits meanwhile, but not before:
// while a long reader, such as a dump, keeps it from beginning, nobody queues behind it.
// What is written anew counts as visible to some only, and sums would be read from the
// table as well as from its index, until a plain VACUUM has looked at it.
func (s *Store) RewriteCells(ctx context.Context) error {
	held, err := s.upkeep.Acquire(ctx)
	if err != nil {
		return wrap(err)
	}
	conn := held.Hijack() // what is set on it ends with it
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err = conn.Exec(ctx, "SET "+yielding()); err != nil {
		return wrap(err)
	}
	err = giveWay(ctx, func() (again bool, err error) {
		_, err = conn.Exec(ctx, "VACUUM (FULL) cells")
		return sqlState(err) == lockTimedOut, err
	})
	if sqlState(err) == lockTimedOut {
		return analytics.Errorf(analytics.CodeUnavailable, "cells are being read, by a dump perhaps: try again when that is over")
	}
	if err == nil {
		_, err = conn.Exec(ctx, "RESET lock_timeout")
	}
	if err == nil {
		err = liftLimits(ctx, conn)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "VACUUM (ANALYZE) cells")
	}
	return wrap(err)
}

// maxRest bounds how long the compactor rests.
const maxRest = time.Hour

// RunCompactor compacts every so often until ctx ends. After a long compaction
// it rests so many times longer, so that upkeep takes a bounded part of the
// database's time; one that failed says nothing of how much there is to do.
func (s *Store) RunCompactor(ctx context.Context, every time.Duration, restFactor int, log *slog.Logger) {
	rest := every
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		start := time.Now()
		done, err := s.Compact(ctx, nil)
		took := time.Since(start)
		rest = every
		if err == nil {
			rest = max(every, min(time.Duration(restFactor)*took, maxRest))
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("compaction failed", "error", err)
		case done.Before > 0:
			log.Debug("compacted", "buckets", done.Buckets, "before", done.Before, "after", done.After, "took", took.String())
		}
	}
}

// compaction is one run of the compactor.
type compaction struct {
	Compacted
	conn           *pgxpool.Conn
	progress       func(done, total int)
	merged, merges int // buckets
}

func (c *compaction) run(ctx context.Context) error {
	rows, err := c.conn.Query(ctx, sql("list_tenants"))
	if err != nil {
		return err
	}
	tenants, err := pgx.CollectRows(rows, scanTenant)
	if err != nil {
		return err
	}
	if err = c.countWork(ctx, tenants); err != nil {
		return err
	}
	var failed error
	for _, t := range tenants {
		if err = c.tenant(ctx, t.ID); err != nil { // what is wrong with one does not keep the others from it
			failed = errors.Join(failed, fmt.Errorf("tenant %d: %w", t.ID, err))
		}
		if ctx.Err() != nil {
			return failed
		}
	}
	if c.Before-c.After < vacuumFrom {
		return failed
	}
	_, err = c.conn.Exec(ctx, "VACUUM cells")
	return errors.Join(failed, err)
}

// countWork counts what there is to do, for whoever watches.
func (c *compaction) countWork(ctx context.Context, tenants []analytics.Tenant) error {
	if c.progress == nil {
		c.progress = func(int, int) {}
		return nil
	}
	for _, t := range tenants {
		var n int
		rows, err := queryOn(ctx, c.conn, t.ID, sql("count_loose_cells"), args{"tenant_id": t.ID})
		if err = (row{rows, err}).Scan(&n); err != nil {
			return err
		}
		c.merges += n
	}
	c.progress(0, c.merges)
	return nil
}

// looseBucket is a bucket that several rows hold.
type looseBucket struct {
	key  analytics.Key
	seqs []int64
}

// tenant merges what a tenant's cells hold loosely, from the first key to the
// last. What writers append behind it is left for the next time.
func (c *compaction) tenant(ctx context.Context, tenant int64) error {
	var after analytics.Key
	parts := false
	for {
		found, err := c.find(ctx, tenant, after)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if !parts {
				return nil
			}
			after, parts = analytics.Key{}, false // merge the parts
			continue
		}
		after = found[len(found)-1].key
		c.Buckets += len(found)
		left, taken, err := c.mergeAll(ctx, tenant, found)
		if err != nil || !taken {
			return err
		}
		parts = parts || left
	}
}

// mergeAll merges buckets, as many at a time as a transaction takes. It reports whether
// some are left in parts, and false for taken when the tenant's cells are being rebuilt.
func (c *compaction) mergeAll(ctx context.Context, tenant int64, buckets []looseBucket) (parts, taken bool, err error) {
	buckets, parts = inParts(buckets)
	for len(buckets) > 0 {
		n := batchSize(buckets)
		batch, left, err := c.light(ctx, tenant, buckets[:n])
		if err != nil {
			return parts, false, err
		}
		if taken, err := c.merge(ctx, tenant, batch); err != nil || !taken {
			return parts, false, err
		}
		parts = parts || len(left) > 0
		c.merged += len(batch)
		c.progress(min(c.merged, c.merges), c.merges)
		buckets = append(left, buckets[n:]...)
	}
	return parts, true, nil
}

// inParts cuts buckets that hold more rows than a transaction takes, and reports
// whether there are any: any rows of one bucket may be merged.
func inParts(found []looseBucket) (parts []looseBucket, more bool) {
	for _, b := range found {
		for len(b.seqs) > compactRows {
			parts = append(parts, looseBucket{b.key, b.seqs[:compactRows]})
			b.seqs, more = b.seqs[compactRows:], true
		}
		parts = append(parts, b)
	}
	return parts, more
}

// batchSize is how many of the buckets, at least one, make up a
// transaction.
func batchSize(found []looseBucket) int {
	rows, n := 0, 0
	for n < len(found) && rows < compactRows {
		rows += len(found[n].seqs)
		n++
	}
	return n
}

// light is as many of the buckets, or of the rows of the first, as hold compactBytes
// together, and what is left of them.
func (c *compaction) light(ctx context.Context, tenant int64, buckets []looseBucket) (batch, left []looseBucket, err error) {
	rows, err := queryOn(ctx, c.conn, tenant, sql("cell_sizes"), rowArgs(tenant, buckets))
	if err != nil {
		return nil, nil, err
	}
	sizes := map[int64]int64{}
	var seq, bytes int64
	if _, err = pgx.ForEachRow(rows, []any{&seq, &bytes}, func() error { sizes[seq] = bytes; return nil }); err != nil {
		return nil, nil, err
	}
	total := int64(0)
	for i, b := range buckets {
		for j, seq := range b.seqs {
			if total += sizes[seq]; total <= compactBytes || i == 0 && j < 2 {
				continue
			}
			if i > 0 {
				return buckets[:i], slices.Clone(buckets[i:]), nil
			}
			left = append([]looseBucket{{b.key, b.seqs[j:]}}, buckets[1:]...)
			return []looseBucket{{b.key, b.seqs[:j]}}, left, nil
		}
	}
	return buckets, nil, nil
}

func (c *compaction) find(ctx context.Context, tenant int64, after analytics.Key) ([]looseBucket, error) {
	rows, err := queryOn(ctx, c.conn, tenant, sql("loose_cells"), args{
		"tenant_id": tenant, "subject_id": after.Subject, "action": int16(after.Action), "level": int16(after.Level),
		"bucket": after.Bucket.Start(after.Level), "most": compactKeys,
	})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (looseBucket, error) {
		var b looseBucket
		var bucket time.Time
		err := row.Scan(&b.key.Subject, &b.key.Action, &b.key.Level, &bucket, &b.seqs)
		b.key.Bucket = analytics.BucketOf(b.key.Level, bucket)
		return b, err
	})
}

// merge replaces the rows of some buckets by their merge, in a transaction. It
// reports false when the tenant's cells are being rebuilt.
func (c *compaction) merge(ctx context.Context, tenant int64, buckets []looseBucket) (taken bool, err error) {
	err = pgx.BeginFunc(ctx, c.conn, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", cellsLock+tenant).Scan(&taken); err != nil || !taken {
			return err
		}
		before, err := takeCells(ctx, tenantTx{tx, tenant}, tenant, buckets)
		if err != nil {
			return err
		}
		after, err := analytics.MergeRows(before)
		if err != nil {
			return err
		}
		c.Before += len(before)
		c.After += len(after)
		return copyCells(ctx, tx, tenant, after)
	})
	return taken, err
}

// takeCells deletes the rows of the buckets and returns them.
func takeCells(ctx context.Context, tx pgx.Tx, tenant int64, buckets []looseBucket) ([]analytics.Row, error) {
	rows, err := tx.Query(ctx, sql("take_cells"), rowArgs(tenant, buckets))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCell)
}

// rowArgs name the rows of the buckets.
func rowArgs(tenant int64, buckets []looseBucket) args {
	var subjects, seqs []int64
	var actions, levels []int16
	var starts []time.Time
	for _, b := range buckets {
		k := b.key
		for _, seq := range b.seqs {
			subjects, seqs = append(subjects, k.Subject), append(seqs, seq)
			actions, levels = append(actions, int16(k.Action)), append(levels, int16(k.Level))
			starts = append(starts, k.Bucket.Start(k.Level))
		}
	}
	return args{"tenant_id": tenant, "subjects": subjects, "actions": actions, "levels": levels, "buckets": starts, "seqs": seqs}
}

// scanCell reads a whole row of cells.
func scanCell(row pgx.CollectableRow) (analytics.Row, error) {
	var r analytics.Row
	var bucket time.Time
	err := row.Scan(&r.Subject, &bucket, &r.Action, &r.Level, &r.Events, &r.Starts, &r.Micros, &r.Sessions, &r.Visitors,
		&r.Quarters, &r.QuarterSets, &r.Steps, &r.Facets, &r.Watched)
	r.Bucket = analytics.BucketOf(r.Level, bucket)
	return r, err
}
