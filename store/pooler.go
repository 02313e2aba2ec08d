package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How often two connections that something stands before say which session of Postgres
// they are in, and how long the second one is waited for.
const (
	poolerRounds = 10
	poolerWait   = time.Second / 2 // of the two seconds of /readyz
)

// pooled reports whether something before Postgres hands out transactions, or single
// statements: prepared statements, locks and settings would meet other sessions than
// ours, and nobody would hear of a failover. That there are sessions is asked for once.
func (s *Store) pooled(ctx context.Context) (bool, error) {
	if s.sessions.Load() {
		return false, nil
	}
	first, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, wrap(err)
	}
	defer first.Release()
	own, err := backend(ctx, first.Conn())
	if err != nil {
		return false, wrap(err)
	}
	if own == first.Conn().PgConn().PID() { // nothing stands before it
		s.sessions.Store(true)
		return false, nil
	}
	waited, cancel := context.WithTimeout(ctx, poolerWait)
	defer cancel()
	second, err := s.pool.Acquire(waited)
	if err != nil { // sessions run out, transactions are soon over
		return false, nil
	}
	defer second.Release()
	shared, err := mix(ctx, first, second, own)
	s.sessions.Store(err == nil && !shared)
	return shared, wrap(err)
}

// mix reports whether connections that are both held are ever in one session, or the
// first leaves its own.
func mix(ctx context.Context, first, second *pgxpool.Conn, own uint32) (bool, error) {
	for range poolerRounds {
		other, err := backend(ctx, second.Conn())
		if err != nil || other == own {
			return err == nil, err
		}
		again, err := backend(ctx, first.Conn())
		if err != nil || again != own {
			return err == nil, err
		}
	}
	return false, nil
}

// backend is the process that answers.
func backend(ctx context.Context, conn *pgx.Conn) (uint32, error) {
	found, err := conn.PgConn().Exec(ctx, "SELECT pg_backend_pid()").ReadAll() // past prepared statements
	if err != nil {
		return 0, err
	}
	pid, err := strconv.ParseUint(string(found[0].Rows[0][0]), 10, 32)
	return uint32(pid), err
}
