package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// The cluster, its timeline, the database, and a table that a restore makes anew.
const incarnationOf = `SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
	CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
	(SELECT oid FROM pg_database WHERE datname = current_database()), to_regclass('outbox')::oid)`

// learnIncarnation notes which history the database is of. Nobody restores a
// database, nor promotes a replica, without cutting connections: so each new one
// asks.
func (s *Store) learnIncarnation(ctx context.Context, conn *pgx.Conn) error {
	results, err := conn.PgConn().Exec(ctx, incarnationOf).ReadAll() // no statement of ours to count
	if err == nil && len(results) == 1 && len(results[0].Rows) == 1 {
		s.dictionary.setIncarnation(string(results[0].Rows[0][0]))
	}
	if conn.IsClosed() {
		return err
	}
	return nil // where it may not be asked for, restores are the operator's to tell
}

// Incarnation names the history that the database was of when we last connected, ""
// before. After a restore or a failover, which may lose what was committed last, it
// is another one: what was remembered of the old one may never have happened.
func (s *Store) Incarnation() string { return s.dictionary.incarnation() }
