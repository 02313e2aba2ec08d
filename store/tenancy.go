package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A tenant's statement runs as a role that row-level security binds, whoever the
// gateway connects as, and with the tenant that the policies compare with. Both are
// set in the statement's own batch and end with its transaction: no round trip
// more, and nothing stays on a connection for the next one.
const (
	tenantRole  = "footfall_tenant"
	enterTenant = "SELECT set_config('footfall.tenant', $1::bigint::text, true), set_config('role', '" + tenantRole + "', true)"
	leaveTenant = "SET LOCAL role TO DEFAULT"
)

// querier is a connection, or a transaction on one.
type querier interface {
	Query(ctx context.Context, text string, a ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Conn() *pgx.Conn
}

// query runs a statement that sees one tenant alone.
func query(ctx context.Context, pool *pgxpool.Pool, tenant int64, text string, a args) (pgx.Rows, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := queryOn(ctx, conn, tenant, text, a)
	if err != nil {
		conn.Release()
		return nil, err
	}
	return &answer{Rows: rows, end: func() error { conn.Release(); return nil }}, nil
}

// queryOn does so on a connection that is held, outside of transactions.
func queryOn(ctx context.Context, conn querier, tenant int64, text string, a ...any) (pgx.Rows, error) {
	if !bindsTenants(conn.Conn()) {
		return conn.Query(ctx, text, a...)
	}
	batch := &pgx.Batch{}
	batch.Queue(enterTenant, tenant)
	batch.Queue(text, a...)
	return ask(ctx, conn, batch)
}

// beginner is a pool, or a connection that is held.
type beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// enter runs f in a transaction whose statements see one tenant alone.
func (s *Store) enter(ctx context.Context, tenant int64, f func(tx pgx.Tx) error) error {
	return enterOn(ctx, s.pool, tenant, f)
}

func enterOn(ctx context.Context, db beginner, tenant int64, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, patient{db}, func(tx pgx.Tx) error { return f(tenantTx{tx, tenant}) })
}

// commitTimeout is how long a commit that has begun is waited for, at the least: given up,
// nobody would know whether it happened.
const commitTimeout = 10 * time.Second

// patient begins transactions whose commit outlasts the time of who asked.
type patient struct{ beginner }

// Begin implements beginner.
func (p patient) Begin(ctx context.Context) (pgx.Tx, error) {
	tx, err := p.beginner.Begin(ctx)
	return patientTx{tx}, err
}

type patientTx struct{ pgx.Tx }

// Commit implements pgx.Tx.
func (t patientTx) Commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil { // it has not begun
		return err
	}
	until := time.Now().Add(commitTimeout)
	if own, ok := ctx.Deadline(); ok && own.After(until) {
		until = own
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
	defer cancel()
	return t.Tx.Commit(ctx)
}

// ask sends a batch whose second statement is the question.
func ask(ctx context.Context, db querier, batch *pgx.Batch) (pgx.Rows, error) {
	results := db.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		_ = results.Close() // says the same
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	return &answer{Rows: rows, end: results.Close}, nil
}

// answer is rows that something ends with. Err knows of it too: it may be the
// commit that failed.
type answer struct {
	pgx.Rows
	end func() error
	err error
}

// Next ends everything behind the last row.
func (a *answer) Next() bool {
	if a.Rows.Next() {
		return true
	}
	a.Close()
	return false
}

// Close may be called again.
func (a *answer) Close() {
	a.Rows.Close()
	if a.end != nil {
		a.err, a.end = a.end(), nil
	}
}

// Err is the statement's error, or else that of the end.
func (a *answer) Err() error {
	if err := a.Rows.Err(); err != nil {
		return err
	}
	return a.err
}

// row is the first row of rows, or the error in their place.
type row struct {
	rows pgx.Rows
	err  error
}

// Scan is pgx.Row's.
func (r row) Scan(targets ...any) error {
	if r.err != nil {
		return r.err
	}
	err := pgx.ErrNoRows
	if r.rows.Next() {
		err = r.rows.Scan(targets...)
	}
	r.rows.Close()
	if failed := r.rows.Err(); failed != nil {
		return failed
	}
	return err
}

// tenantTx is a transaction whose statements see one tenant alone. COPY, which
// Postgres refuses under row-level security, is what its caller connects as; its
// rows name their tenant.
type tenantTx struct {
	pgx.Tx
	tenant int64
}

// Query leaves the role with the statement.
func (t tenantTx) Query(ctx context.Context, text string, a ...any) (pgx.Rows, error) {
	if !bindsTenants(t.Conn()) {
		return t.Tx.Query(ctx, text, a...)
	}
	batch := &pgx.Batch{}
	batch.Queue(text, a...)
	return ask(ctx, t.Tx, t.bind(batch))
}

// QueryRow is Query for one row.
func (t tenantTx) QueryRow(ctx context.Context, text string, a ...any) pgx.Row {
	rows, err := t.Query(ctx, text, a...)
	return row{rows, err}
}

// Exec is Query for none.
func (t tenantTx) Exec(ctx context.Context, text string, a ...any) (pgconn.CommandTag, error) {
	rows, err := t.Query(ctx, text, a...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// SendBatch is Query for several.
func (t tenantTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if !bindsTenants(t.Conn()) {
		return t.Tx.SendBatch(ctx, b)
	}
	results := t.Tx.SendBatch(ctx, t.bind(b))
	_, _ = results.Exec() // when entering failed, so does what follows
	return results
}

// bind is the batch in the tenant's role.
func (t tenantTx) bind(b *pgx.Batch) *pgx.Batch {
	bound := &pgx.Batch{}
	bound.Queue(enterTenant, t.tenant)
	bound.QueuedQueries = append(bound.QueuedQueries, b.QueuedQueries...)
	bound.Queue(leaveTenant)
	return bound
}
