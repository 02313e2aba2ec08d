package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"footfall/chaos/link"
	"footfall/internal/localdb"
)

// While Postgres is away or in distress, what is remembered may be answered,
// marked stale, and the rest is 503 with Retry-After.
func postgresFaults() []*fault {
	postgres := func(name string, do deed) *fault {
		return &fault{name: "Postgres " + name, gateways: 2, allows: []outcome{stale, unavailable}, do: do}
	}
	server := func(c *course) *localdb.Process { return c.servers.Postgres() }
	way := func(c *course) *link.Link { return c.postgres }
	gone, frozen := postgres("killed (-9)", killed(server)), postgres("paused (SIGSTOP), longer than MAX_STALE", paused(server, maxStale))
	full := postgres("disk full", diskFull)
	full.skip = func(w *world) string {
		if w.volume == nil {
			return "only root on Linux can mount a small volume"
		}
		return ""
	}
	gone.short, frozen.short, full.short = true, true, true
	return []*fault{
		gone,
		postgres("restarted", restarted(server)),
		frozen,
		postgres("slow (100 ms a reply)", suffering(way, link.Trouble{Delay: 100 * time.Millisecond})),
		postgres("cut in mid-reply", suffering(way, link.Trouble{CutIn: 3000})),
		postgres("connections killed, over and over", func(ctx context.Context, c *course) error {
			return c.repeatedly(ctx, 200*time.Millisecond, terminate)
		}),
		postgres("out of connections", outOfConnections),
		postgres("read-only (demoted)", setting("default_transaction_read_only", "on")),
		full,
		postgres("deadlocks", deadlocks),
		postgres("statement time-outs", setting("statement_timeout", "'2ms'")),
		postgres("lock time-outs", lockTimeouts),
	}
}

// failover is the last of all faults: the first Postgres does not come back.
func failover() *fault {
	return &fault{
		name: "Postgres killed (-9), its standby promoted", gateways: 3, allows: []outcome{stale, unavailable},
		prepare: func(ctx context.Context, w *world) error {
			if err := w.follow(ctx); err != nil {
				return err
			}
			// What is acknowledged is on both.
			return w.sql(ctx, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
		},
		do: func(ctx context.Context, c *course) error {
			if err := c.servers.Postgres().Kill(); err != nil {
				return err
			}
			pause(ctx, c.o.hold/2)
			if err := c.standby.Promote(ctx); err != nil {
				return err
			}
			c.primary = c.standby.DatabaseURL()
			// It follows nobody, and nobody follows it.
			if err := c.sql(ctx, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"); err != nil {
				return err
			}
			c.postgres.Lead(hostOf(c.primary))
			return nil
		},
	}
}

const terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'footfall'"

// repeatedly runs a statement so often while the fault lasts.
func (c *course) repeatedly(ctx context.Context, d time.Duration, statement string) error {
	for end := time.Now().Add(c.o.hold); time.Now().Before(end); pause(ctx, d) {
		if err := c.sql(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// setting changes how the server treats all sessions, and back.
func setting(name, value string) func(ctx context.Context, c *course) error {
	return func(ctx context.Context, c *course) error {
		if err := c.sql(ctx, "ALTER SYSTEM SET "+name+" = "+value, "SELECT pg_reload_conf()"); err != nil {
			return err
		}
		c.hold(ctx)
		return c.sql(ctx, "ALTER SYSTEM RESET "+name, "SELECT pg_reload_conf()")
	}
}

// outOfConnections takes all connections that there are while the gateways have
// none.
func outOfConnections(ctx context.Context, c *course) error {
	c.postgres.Suffer(link.Trouble{Refuse: true})
	c.postgres.Cut()
	var taken []*pgx.Conn
	for {
		conn, err := c.connect(ctx)
		if err != nil {
			break
		}
		taken = append(taken, conn)
	}
	c.postgres.Suffer(link.Trouble{})
	c.hold(ctx)
	for _, conn := range taken {
		_ = conn.Close(ctx)
	}
	return nil
}

// diskFull fills the volume that everything of Postgres lies on. Postgres may
// give up altogether, and is started again once there is room.
func diskFull(ctx context.Context, c *course) error {
	if err := c.volume.fill(); err != nil {
		return err
	}
	pause(ctx, 2*c.o.hold)
	if err := c.volume.drain(); err != nil {
		return err
	}
	if c.servers.Postgres().Pid() == 0 {
		c.say("    Postgres gave up meanwhile: it is started again")
		return c.servers.Postgres().Start(ctx)
	}
	return nil
}

// deadlocks locks what writers lock, the other way round: the cells before the
// tenant.
func deadlocks(ctx context.Context, c *course) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	met := 0
	for end := time.Now().Add(2 * c.o.hold); time.Now().Before(end) && ctx.Err() == nil; {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for _, s := range []string{
				"SET LOCAL deadlock_timeout = '5s'", // so that it is mostly the gateway's transaction that dies
				"LOCK TABLE cells IN SHARE ROW EXCLUSIVE MODE",
				"SELECT pg_sleep(0.1)",
				"SELECT next FROM counters WHERE name = 'identity' FOR UPDATE",
			} {
				if _, err := tx.Exec(ctx, s); err != nil {
					return err
				}
			}
			return nil
		})
		victim := (*pgconn.PgError)(nil)
		if err != nil && (!errors.As(err, &victim) || victim.Code != "40P01") {
			return err
		}
	}
	if err = conn.QueryRow(ctx, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&met); err == nil && met == 0 {
		err = errors.New("no deadlock came about")
	}
	c.say("    %d deadlocks so far", met)
	return err
}

// lockTimeouts holds the tenants' locks longer than the server lets anyone wait.
func lockTimeouts(ctx context.Context, c *course) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	patience := func(value string) error {
		return c.sql(ctx, "ALTER SYSTEM SET lock_timeout = "+value, "SELECT pg_reload_conf()")
	}
	if err = patience("'50ms'"); err != nil {
		return err
	}
	for end := time.Now().Add(c.o.hold); time.Now().Before(end); pause(ctx, 100*time.Millisecond) {
		const lock = "SELECT next, pg_sleep(0.3) FROM counters WHERE name = 'identity' FOR UPDATE"
		if _, err = conn.Exec(ctx, lock); err != nil {
			return err
		}
	}
	return patience("DEFAULT")
}
