package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"footfall/analytics"
)

//go:embed migration/*.sql
var migrationFiles embed.FS

// binaryVersions are the versions of the migrations in this binary, ascending.
var binaryVersions = loadVersions()

func loadVersions() (versions []int64) {
	files, err := migrationFiles.ReadDir("migration")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		v, err := goose.NumericComponent(f.Name())
		if err != nil {
			panic(err)
		}
		versions = append(versions, v)
	}
	slices.Sort(versions)
	return versions
}

// SchemaVersion is the version of the schema that this binary works on.
func SchemaVersion() int64 { return slices.Max(binaryVersions) }

// Schema is the version that a database has, 0 for none, beside that of this
// binary, and how many of this binary's migrations have not run. Closed is one whose
// tables are not those of whoever connects, nor of a role that this is a member of;
// Pooled, one whose connections have no session to themselves.
type Schema struct {
	Database, Binary int64
	Pending          int
	Closed, Pooled   bool
}

// Err is nil where the two are one and open, otherwise CodeConflict with what to do.
func (v Schema) Err() error {
	switch {
	case v.Pooled:
		return analytics.Errorf(analytics.CodeConflict, "the database is reached through a pooler that hands out transactions, not sessions: connect to Postgres itself, or set pool_mode=session in PgBouncer")
	case v.Closed:
		return analytics.Errorf(analytics.CodeConflict, "the database user must own Footfall's tables, or be a member of the role that does: others cannot make partitions, and row-level security may bind them outside of tenants' statements too")
	case v.Newer():
		return analytics.Errorf(analytics.CodeConflict, "the database's schema has version %d, newer than %d, the newest that this footfall knows: run a newer footfall",
			v.Database, v.Binary)
	case v.Pending > 0:
		return analytics.Errorf(analytics.CodeConflict, "the database's schema is not this version's: run footfall migrate (it has version %d, this footfall needs %d)",
			v.Database, v.Binary)
	}
	return nil
}

// Newer reports whether a later binary has migrated the database.
func (v Schema) Newer() bool { return v.Database > v.Binary }

const (
	// How often an instance that waits for another's migrations looks again, and
	// how often it does: an hour in all.
	migrateProbe  = 1
	migrateProbes = 3600

	// A migration that needs a lock others would queue behind waits for it briefly
	// (SET LOCAL lock_timeout) and is tried again after a rest.
	migrateRest  = time.Second
	migrateTries = 60
)

// Migrate brings the schema up to this binary's version, while others read and
// write. It may run from many instances at once: they queue at a lock, which needs a
// session of its own (no pooler that hands out transactions). A database that is
// newer is left alone: CodeConflict. It returns how many migrations ran. The
// role that tenants' statements run as is prepared in any case.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	provider, closeDB, err := s.migrations()
	if err != nil {
		return 0, err
	}
	defer closeDB()
	if v, err := s.Schema(ctx); err != nil || v.Pooled || v.Closed || v.Newer() {
		return 0, errors.Join(err, v.Err())
	}
	ran, err := migrateUp(ctx, provider)
	if err != nil {
		return ran, fmt.Errorf("migrate: %w", wrap(err))
	}
	if err = s.prepareRole(ctx); err != nil {
		return ran, fmt.Errorf("migrate: the role of tenants' statements: %w", wrap(err))
	}
	if ran > 0 {
		if err = s.audit(ctx, s.pool, 0, "migrate", "", detail{"version": SchemaVersion(), "migrations": ran}); err != nil {
			return ran, wrap(err)
		}
	}
	s.pool.Reset()          // connections learn anew what they may
	v, err := s.Schema(ctx) // a newer binary may have come first
	if err == nil {
		err = v.Err()
	}
	return ran, err
}

// migrateUp runs the migrations, giving way to statements that hold what they
// need.
func migrateUp(ctx context.Context, provider *goose.Provider) (ran int, err error) {
	for try := 1; ; try++ {
		results, err := provider.Up(ctx)
		ran += len(results)
		var partial *goose.PartialError
		if errors.As(err, &partial) {
			ran += len(partial.Applied)
		}
		if sqlState(err) != lockTimedOut || try == migrateTries {
			return ran, err
		}
		select {
		case <-ctx.Done():
			return ran, ctx.Err()
		case <-time.After(migrateRest):
		}
	}
}

// Schema compares the versions, without waiting for migrations that run.
func (s *Store) Schema(ctx context.Context) (Schema, error) {
	v := Schema{Binary: SchemaVersion()}
	var err error
	if v.Pooled, err = s.pooled(ctx); err != nil || v.Pooled {
		return v, err
	}
	const closed = `SELECT coalesce(row_security_active(to_regclass('tenants')), false)
		OR NOT coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('events')), true)`
	if err = s.pool.QueryRow(ctx, closed).Scan(&v.Closed); err != nil || v.Closed {
		return v, wrap(err)
	}
	rows, err := s.pool.Query(ctx, "SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0")
	var applied []int64
	if err == nil {
		applied, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil && sqlState(err) != undefinedTable {
		return v, wrap(err)
	}
	for _, version := range applied {
		v.Database = max(v.Database, version)
	}
	for _, version := range binaryVersions {
		if !slices.Contains(applied, version) {
			v.Pending++
		}
	}
	return v, nil
}

func (s *Store) migrations() (*goose.Provider, func(), error) {
	files, err := fs.Sub(migrationFiles, "migration")
	if err != nil {
		return nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(migrateProbe, migrateProbes))
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDBFromPool(s.pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, func() { _ = db.Close() }, nil
}
