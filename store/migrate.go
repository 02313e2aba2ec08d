package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migration/*.sql
var migrationFiles embed.FS

// Migrate brings the schema up to this binary's version. It may run from many
// instances at once: they queue at a lock. It returns how many migrations ran. The
// role that tenants' statements run as is prepared in any case.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	provider, closeDB, err := s.migrations()
	if err != nil {
		return 0, err
	}
	defer closeDB()
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", wrap(err))
	}
	if err = s.prepareRole(ctx); err != nil {
		return 0, fmt.Errorf("migrate: the role of tenants' statements: %w", wrap(err))
	}
	s.pool.Reset() // connections learn anew what they may
	return len(results), nil
}

// Migrated reports whether the schema is the one this binary needs.
func (s *Store) Migrated(ctx context.Context) (bool, error) {
	provider, closeDB, err := s.migrations()
	if err != nil {
		return false, err
	}
	defer closeDB()
	pending, err := provider.HasPending(ctx)
	return !pending, wrap(err)
}

func (s *Store) migrations() (*goose.Provider, func(), error) {
	files, err := fs.Sub(migrationFiles, "migration")
	if err != nil {
		return nil, nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
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
