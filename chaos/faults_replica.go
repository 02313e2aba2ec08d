package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/chaos/link"
	"footfall/internal/localdb"
)

// oldEnough is how long ago a subject has changed when it is read from a replica, and
// tooFar how far behind a replica is not read (docs/configuration.md).
const (
	oldEnough = 10 * time.Second
	tooFar    = 9 * time.Second
)

// While the replica is away, behind or in distress, the primary answers: nothing is stale,
// and nobody is told to come back.
func replicaFaults() []*fault {
	replica := func(name string, do deed) *fault {
		return &fault{name: "replica " + name, gateways: 2, still: true, prepare: readFromStandby, do: func(ctx context.Context, c *course) error {
			if err := c.awaitReplicaReads(ctx); err != nil {
				return err
			}
			return do(ctx, c)
		}}
	}
	server := func(c *course) *localdb.Process { return c.standby.Postgres() }
	way := func(c *course) *link.Link { return c.replica }
	gone := replica("killed (-9)", killed(server))
	gone.short = true
	return []*fault{
		gone,
		replica("paused (SIGSTOP)", paused(server, 0)),
		replica("slow (100 ms a reply)", suffering(way, link.Trouble{Delay: 100 * time.Millisecond})),
		replica("cut in mid-reply", suffering(way, link.Trouble{CutIn: 3000})),
		replica("falls behind, and what was still is written", fallBehind),
	}
}

// readFromStandby has all gateways read from a standby that follows the primary.
func readFromStandby(ctx context.Context, w *world) (err error) {
	if w.replica != nil {
		return nil
	}
	if err = w.follow(ctx); err != nil {
		return err
	}
	if w.replica, err = link.To(hostOf(w.standby.DatabaseURL())); err != nil {
		return err
	}
	gateways := len(w.gateways)
	if err = w.scale(ctx, 0); err != nil {
		return err
	}
	return w.scale(ctx, gateways)
}

// follow starts a standby, unless there is one.
func (w *world) follow(ctx context.Context) (err error) {
	if w.standby == nil {
		w.standby, err = w.servers.Standby(ctx, "standby")
	}
	return err
}

// awaitReplicaReads waits until the gateways read from the standby.
func (c *course) awaitReplicaReads(ctx context.Context) error {
	conn, err := connect(ctx, c.standby.DatabaseURL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	reads := func() (n int64, err error) {
		err = conn.QueryRow(ctx, "SELECT coalesce(sum(coalesce(idx_scan, 0) + seq_scan), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'cells'").Scan(&n)
		return n, err
	}
	first, err := reads()
	for deadline := time.Now().Add(3 * oldEnough); err == nil && time.Now().Before(deadline); pause(ctx, 100*time.Millisecond) {
		var now int64
		if now, err = reads(); now > first {
			return err
		}
	}
	return errors.Join(errors.New("nobody reads from the replica"), err)
}

// fallBehind writes what the replica does not replay, and then lets it be still for so
// long that a replica which is not behind would be asked.
func fallBehind(ctx context.Context, c *course) error {
	conn, err := connect(ctx, c.standby.DatabaseURL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if err = pauseReplay(ctx, conn); err != nil {
		return err
	}
	w := &writer{load: c.load, tenant: c.tenants[len(c.tenants)-1]}
	for range 20 {
		w.write(ctx)
	}
	for len(w.pending) > 0 && ctx.Err() == nil {
		w.retry(ctx)
	}
	pause(ctx, max(oldEnough, tooFar)+c.o.hold)
	_, err = conn.Exec(ctx, "SELECT pg_wal_replay_resume()")
	return err
}

func pauseReplay(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT pg_wal_replay_pause()")
	for state := ""; err == nil && state != "paused"; pause(ctx, 10*time.Millisecond) {
		err = conn.QueryRow(ctx, "SELECT pg_get_wal_replay_pause_state()").Scan(&state)
	}
	return err
}
