package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// upkeepConnections are for the compactor and the pruner, beside those of the pool: they
// work for long, and what is left of the pool by reads and commits is for credentials.
const upkeepConnections = 2

// withAdvisoryLock runs f on a connection that holds the lock, which one has over all
// instances. It reports false, and does nothing, where another holds it.
func (s *Store) withAdvisoryLock(ctx context.Context, lock int64, f func(conn *pgxpool.Conn) error) (held bool, err error) {
	conn, err := s.upkeep.Acquire(ctx)
	if err != nil {
		return false, wrap(err)
	}
	defer conn.Release()
	if err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", lock).Scan(&held); err != nil || !held {
		return false, wrap(err)
	}
	defer unlock(conn, lock)
	return true, wrap(f(conn))
}

// unlock gives a session's lock back, with the session if need be.
func unlock(conn *pgxpool.Conn, key int64) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", key); err != nil {
		_ = conn.Conn().Close(ctx)
	}
}

// How long readers and writers may have to queue behind upkeep that waits for a lock
// which nobody shares, and how often it tries again.
const (
	yieldWait  = 100 * time.Millisecond
	yieldRest  = time.Second
	yieldTries = 600
)

// giveWay tries until it is not to try again.
func giveWay(ctx context.Context, try func() (again bool, err error)) error {
	for n := 1; ; n++ {
		again, err := try()
		if !again || n == yieldTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(yieldRest):
		}
	}
}

// yielding is the setting that ends a wait for a lock soon.
func yielding() string { return fmt.Sprintf("lock_timeout = '%dms'", yieldWait.Milliseconds()) }
