package localdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// NewDatabase creates an empty database and returns its URL. A name that is taken is an error.
func (s *Server) NewDatabase(ctx context.Context, name string) (string, error) {
	return s.create(ctx, name, "CREATE DATABASE "+quote(name))
}

// CloneDatabase creates a database as a copy of another one, to which nobody may be connected meanwhile (Postgres
// waits five seconds for stragglers), and returns its URL.
func (s *Server) CloneDatabase(ctx context.Context, name, template string) (string, error) {
	statement := "CREATE DATABASE " + quote(name) + " TEMPLATE " + quote(template)
	if s.fast {
		statement += " STRATEGY file_copy" // four times as fast where its checkpoints need not reach the disk
	}
	return s.create(ctx, name, statement)
}

// DropDatabase drops a database, disconnecting whoever uses it. One that is missing is no error.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	if err := s.exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// URLOf is the URL of the database of that name.
func (s *Server) URLOf(name string) string { return s.databaseURL(name) }

func (s *Server) create(ctx context.Context, name, statement string) (string, error) {
	if err := s.exec(ctx, statement); err != nil {
		return "", fmt.Errorf("create database %s: %w", name, err)
	}
	return s.databaseURL(name), nil
}

// ensureDatabase creates a database unless it is there.
func (s *Server) ensureDatabase(ctx context.Context, name string) error {
	return s.withAdmin(ctx, func(conn *pgx.Conn) error {
		var there bool
		const query = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`
		if err := conn.QueryRow(ctx, query, name).Scan(&there); err != nil || there {
			return err
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name))
		return err
	})
}

func (s *Server) exec(ctx context.Context, statement string) error {
	return s.withAdmin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

// withAdmin lends a connection to the maintenance database.
func (s *Server) withAdmin(ctx context.Context, use func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.socketURL("postgres", s.port))
	if err != nil {
		return fmt.Errorf("connect to the private Postgres: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return use(conn)
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
