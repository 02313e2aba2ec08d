package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// What becomes of a gateway itself. A proxy refuses what it cannot pass on.
func gatewayFaults() []*fault {
	gateway := func(name string, n int, do func(ctx context.Context, c *course) error) *fault {
		return &fault{name: "gateway " + name, gateways: n, allows: []outcome{refused}, do: do}
	}
	kill := gateway("killed (-9) during ingest, of one", 1, killDuringIngest)
	kill.allows = []outcome{refused, unavailable}
	rolling := gateway("rolling restart, of three", 3, roll)
	rolling.short, rolling.allows = true, nil
	rollingTwo := gateway("rolling restart, of two", 2, roll)
	rollingTwo.allows = nil
	killed := gateway("killed (-9) during ingest, of two", 2, killDuringIngest)
	killed.short = true
	compacting := gateway("killed (-9) during compaction, both", 2, killDuringCompaction)
	restarted := gateway("restarted, of one", 1, func(ctx context.Context, c *course) error {
		c.gateways[0].stop()
		return c.restart(ctx, 0)
	})
	clock := gateway("clock two hours ahead, right, behind, right", 2, clockJumps)
	clock.allows, clock.prepare = nil, func(ctx context.Context, w *world) error {
		w.say("building %s: the first time compiles all of Go's library", skewedBin)
		return buildSkewed(ctx, w.errOut)
	}
	return []*fault{kill, restarted, killed, compacting, rollingTwo, clock, rolling}
}

// kill ends a gateway at once, and starts another a moment later.
func (c *course) kill(ctx context.Context, place int) error {
	c.gateways[place].End(os.Kill)
	pause(ctx, 500*time.Millisecond)
	return c.restart(ctx, place)
}

// killDuringIngest kills each gateway some times, while batches are on their way.
func killDuringIngest(ctx context.Context, c *course) error {
	for range 3 {
		for i := range c.gateways {
			if err := c.kill(ctx, i); err != nil {
				return err
			}
			pause(ctx, c.o.hold/4)
		}
	}
	return ctx.Err()
}

// killDuringCompaction kills the gateway that compacts, while it does.
func killDuringCompaction(ctx context.Context, c *course) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for killed := 0; killed < 2; {
		if err := awaitCompaction(ctx, conn); err != nil {
			return err
		}
		// Which of them it is does not show: both are killed.
		for i := range c.gateways {
			c.gateways[i].End(os.Kill)
		}
		for i := range c.gateways {
			if err := c.restart(ctx, i); err != nil {
				return err
			}
		}
		killed++
	}
	return nil
}

// roll restarts one gateway after another, each when the one before is ready.
func roll(ctx context.Context, c *course) error {
	for i := range c.gateways {
		if err := c.replace(ctx, i, c.binary); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// replace starts a gateway, and ends the one whose place it takes.
func (c *course) replace(ctx context.Context, place int, binary string) error {
	next, err := c.launch(ctx, binary)
	if err != nil {
		return err
	}
	c.proxy.add(ctx, next.Address)
	if err = c.proxy.await(ctx, next.Address); err != nil {
		return err
	}
	old := c.gateways[place]
	c.gateways[place] = next
	old.stop()
	c.proxy.remove(old.Address)
	return ctx.Err()
}

// awaitCompaction waits until a compaction has taken cells out and not yet put
// their merge in their place.
func awaitCompaction(ctx context.Context, conn *pgx.Conn) error {
	const at = `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'footfall' AND xact_start IS NOT NULL
		AND (query LIKE '%DELETE FROM cells%' OR query ILIKE 'copy "cells"%' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))`
	for deadline := time.Now().Add(patient); ctx.Err() == nil; {
		var n int
		if err := conn.QueryRow(ctx, at).Scan(&n); err != nil || n > 0 {
			return err
		}
		if time.Now().After(deadline) {
			return errors.New("no compaction was seen at work")
		}
	}
	return ctx.Err()
}
