package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// mayEnter asks whether tenants' statements can run as their role: whoever we
// connect as may enter it, and this database has granted it the tables. Citus does
// not hand what set_config sets to its workers.
const mayEnter = `SELECT pg_has_role(r.oid, ` + entering + `)
	AND coalesce(has_table_privilege(r.oid, to_regclass('tenants'), 'SELECT'), false)
	AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
FROM pg_roles r WHERE r.rolname = '` + tenantRole + `'`

// entering is the right to become a role.
const entering = `CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END`

// binding is where a connection remembers the answer.
const binding = "footfall: binds tenants"

func bindsTenants(conn *pgx.Conn) bool {
	is, _ := conn.PgConn().CustomData()[binding].(bool)
	return is
}

// learnRole asks once a connection.
func (s *Store) learnRole(ctx context.Context, conn *pgx.Conn) error {
	found, err := conn.PgConn().Exec(ctx, mayEnter).ReadAll() // past the count of statements
	if err != nil {
		return err
	}
	enters := len(found[0].Rows) == 1 && string(found[0].Rows[0][0]) == "t"
	conn.PgConn().CustomData()[binding] = enters
	s.bound.Store(enters)
	return nil
}

// Bound reports whether row-level security stands behind the predicates, as of
// the latest connection.
func (s *Store) Bound() bool { return s.bound.Load() }

// Unbound is what to say when it does not.
const Unbound = "row-level security is not in force: the database user may not enter the role " + tenantRole +
	". As an administrator run CREATE ROLE " + tenantRole + " NOLOGIN and GRANT " + tenantRole + " to that user, then footfall migrate"

const roleLock = 0x666f6f74726f6c65

// prepareRole makes the role, as far as we may, and grants it the tables that have
// policies. It may run from many instances and again and again.
func (s *Store) prepareRole(ctx context.Context) error {
	var there, enters bool
	const known = `SELECT count(*) = 1, coalesce(bool_and(pg_has_role(oid, 'USAGE')), false) FROM pg_roles WHERE rolname = '` + tenantRole + `'`
	if err := s.pool.QueryRow(ctx, known).Scan(&there, &enters); err != nil {
		return err
	}
	if !there {
		_, err := s.pool.Exec(ctx, "CREATE ROLE "+tenantRole+" NOLOGIN")
		switch {
		case sqlState(err) == insufficientPrivilege:
			return nil
		case err != nil && sqlState(err) != duplicateObject && sqlState(err) != uniqueViolation: // of another database's at once
			return err
		}
	}
	if !enters {
		_, err := s.pool.Exec(ctx, "GRANT "+tenantRole+" TO CURRENT_USER")
		if sqlState(err) == insufficientPrivilege {
			return nil
		}
		if err != nil && sqlState(err) != uniqueViolation {
			return err
		}
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return grantTables(ctx, tx) })
}

func grantTables(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", roleLock); err != nil {
		return err
	}
	// What the policies are for, and no more.
	rows, err := tx.Query(ctx, `SELECT string_agg(DISTINCT CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
			WHEN 'd' THEN 'DELETE' ELSE 'SELECT, INSERT, UPDATE, DELETE' END, ', ') || ' ON ' || c.oid::regclass
		FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
		WHERE c.relnamespace = current_schema::regnamespace AND c.relrowsecurity GROUP BY c.oid ORDER BY 1`)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	var schema string
	if err = tx.QueryRow(ctx, "SELECT quote_ident(current_schema)").Scan(&schema); err != nil {
		return err
	}
	grants := []string{fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s", schema, tenantRole)}
	for _, table := range tables {
		grants = append(grants, fmt.Sprintf("GRANT %s TO %s", table, tenantRole))
	}
	for _, grant := range grants {
		if _, err = tx.Exec(ctx, grant); err != nil {
			return err
		}
	}
	return nil
}
