package main

import (
	"context"
	"fmt"
	"time"

	"footfall/analytics"
	"footfall/store"
)

type compactCmd struct {
	Database database `embed:""`
	Full     bool     `help:"Rewrite the table of cells too, which gives the space they no longer need back to the system. Reads and writes wait meanwhile, some seconds a gigabyte; it begins when no long reader, such as a dump, is in its way, and waits about ten minutes for that."`
}

// Run merges cells until none are left to merge.
func (c *compactCmd) Run(ctx context.Context, std streams) error {
	return withStore(ctx, c.Database, func(s *store.Store) error {
		bar := newBar(std.err, 1, "Compacting", false)
		done, err := s.Compact(ctx, func(n, total int) { bar.ChangeMax(total); _ = bar.Set(n) })
		if err != nil {
			return err
		}
		_ = bar.Finish()
		if done.Busy {
			_, _ = fmt.Fprintln(std.err, "footfall: another compactor is at work: merging is left to it")
		}
		if c.Full {
			if err = s.RewriteCells(ctx); err != nil {
				return err
			}
		}
		return printJSON(std.out, struct {
			Busy    bool `json:"busy"` // another compactor is at work
			Buckets int  `json:"buckets"`
			Before  int  `json:"before"`
			After   int  `json:"after"`
		}(done))
	})
}

// upkeepTenants picks one tenant, or all of them.
type upkeepTenants struct {
	Database database `embed:""`
	Tenant   *string  `help:"The tenant's access key; all tenants when left out."`
}

// each runs f for every tenant picked, with progress for people.
func (c *upkeepTenants) each(ctx context.Context, std streams, what string,
	f func(s *store.Store, t analytics.Tenant, progress func(done, total int)) error,
) error {
	return withStore(ctx, c.Database, func(s *store.Store) error {
		tenants, err := s.Tenants(ctx)
		if err != nil {
			return err
		}
		found := false
		for _, t := range tenants {
			if c.Tenant != nil && *c.Tenant != t.AccessKey {
				continue
			}
			found = true
			bar := newBar(std.err, 1, what+" "+t.AccessKey, false)
			err = f(s, t, func(done, total int) { bar.ChangeMax(total); _ = bar.Set(done) })
			_ = bar.Finish()
			if err != nil {
				return fmt.Errorf("tenant %s: %w", t.AccessKey, err)
			}
		}
		if !found && c.Tenant != nil {
			return fmt.Errorf("no tenant has the key %q", *c.Tenant)
		}
		return nil
	})
}

type rebuildCmd struct {
	Upkeep upkeepTenants `embed:""`
}

// Run recomputes what follows from events.
func (c *rebuildCmd) Run(ctx context.Context, std streams) error {
	return c.Upkeep.each(ctx, std, "Rebuilding", func(s *store.Store, t analytics.Tenant, progress func(done, total int)) error {
		return s.Rebuild(ctx, t, progress)
	})
}

type verifyCmd struct {
	Upkeep upkeepTenants `embed:""`
}

// Run prints the differences, one a line, and exits with 1 when there
// is one.
func (c *verifyCmd) Run(ctx context.Context, std streams) error {
	differences := 0
	var pruned []string
	err := c.Upkeep.each(ctx, std, "Verifying", func(s *store.Store, t analytics.Tenant, progress func(done, total int)) error {
		found, err := s.Verify(ctx, t, progress)
		for _, d := range found {
			differences++
			_, _ = fmt.Fprintln(std.out, d)
		}
		if err != nil {
			return err
		}
		from, err := s.Horizon(ctx, t.ID)
		if from.After(analytics.MinInstant) {
			pruned = append(pruned, fmt.Sprintf("%s from %s on", t.AccessKey, from.Format(time.DateOnly)))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, kept := range pruned {
		_, _ = fmt.Fprintf(std.err, "footfall: events are kept of %s: what is from before that could not be compared\n", kept)
	}
	if differences > 0 {
		_, _ = fmt.Fprintf(std.err, "footfall: differences found: %d; footfall rebuild repairs them\n", differences)
		return exitStatus(1)
	}
	_, _ = fmt.Fprintln(std.err, "footfall: everything agrees with its events")
	return nil
}

type pruneCmd struct {
	Database database `embed:""`
	Before   string   `required:"" placeholder:"DAY" help:"The first day of a month, such as 2025-01-01: what is from before it goes, of all tenants."`
}

// Run drops old events for good. It exits with 1 when another pruner is at work, which
// need not drop the same.
func (c *pruneCmd) Run(ctx context.Context, std streams) error {
	before, err := time.Parse(time.DateOnly, c.Before)
	if err != nil {
		return fmt.Errorf("--before must be a day such as 2025-01-01, got %q", c.Before)
	}
	return withStore(ctx, c.Database, func(s *store.Store) error {
		done, err := s.Prune(ctx, before)
		if err != nil {
			return err
		}
		months := done.Months
		if months == nil {
			months = []string{}
		}
		if done.Busy {
			_, _ = fmt.Fprintln(std.err, "footfall: nothing was done: another pruner is at work, try again after it")
		} else {
			_, _ = fmt.Fprintf(std.err, "footfall: what is from before %s is gone; its counts stay\n", c.Before)
		}
		err = printJSON(std.out, struct {
			Busy   bool     `json:"busy"` // another pruner is at work
			Months []string `json:"months"`
			Kept   int64    `json:"eventsKept"`
			Bytes  int64    `json:"bytes"`
		}{done.Busy, months, done.Kept, done.Bytes})
		if err == nil && done.Busy {
			err = exitStatus(1)
		}
		return err
	})
}
