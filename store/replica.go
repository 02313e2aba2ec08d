package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/analytics"
)

// The bounds of asking a replica.
const (
	// replicaLag is how far it may be behind: less than what its readers count on,
	// as clocks and a commit's way to the disk take their part.
	replicaLag     = analytics.ReplicaLag - time.Second
	markEvery      = time.Second
	markTimeout    = time.Second
	replicaAcquire = time.Second     // how long a read waits for a connection to it
	replicaBehind  = time.Second     // how long one that is behind is left alone,
	replicaAway    = 5 * time.Second // and one that fails
)

// replica is a database that follows the primary. A read asks it on the way whether
// it has replayed what the primary had written by an instant at most replicaLag ago;
// when it has not, is no replica of that primary, or fails, the primary is read.
type replica struct {
	pool, primary *pgxpool.Pool
	now           func() time.Time
	tell          func(usable bool, why error)

	mu    sync.Mutex
	marks []mark // of the last replicaLag, oldest first
	ahead bool   // the next mark is being made
	until time.Time
	away  error // why it is not used; nil: it is
}

// mark is how far the primary had written at an instant.
type mark struct {
	at       time.Time
	lsn      string
	identity string
}

var (
	errBehind  = errors.New("store: the replica is behind")
	errForeign = errors.New("store: the replica is not one of the primary's database")
)

// identityOf names a database that a replica has in common with its primary.
const identityOf = `SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
	(SELECT oid FROM pg_database WHERE datname = current_database()))`

// hasReplayed is NULL on what is no replica.
const hasReplayed = `SELECT coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false)`

// origin is where a connection remembers its database's identity.
const origin = "footfall: origin"

func learnIdentity(ctx context.Context, conn *pgx.Conn) error {
	found, err := conn.PgConn().Exec(ctx, identityOf).ReadAll() // past the count of statements
	if err != nil {
		return err
	}
	conn.PgConn().CustomData()[origin] = string(found[0].Rows[0][0])
	return nil
}

// read runs a statement that sees one tenant alone, if the replica may be asked;
// else ok is false.
func (r *replica) read(ctx context.Context, tenant int64, text string, a args) (rows pgx.Rows, ok bool) {
	m, ok := r.mark(ctx)
	if !ok {
		return nil, false
	}
	rows, err := r.ask(ctx, m, tenant, text, a)
	r.note(ctx, m, err)
	return rows, err == nil
}

func (r *replica) ask(ctx context.Context, m mark, tenant int64, text string, a args) (pgx.Rows, error) {
	conn, err := r.acquire(ctx, m)
	if err != nil {
		return nil, err
	}
	batch := &pgx.Batch{}
	batch.Queue(hasReplayed, m.lsn)
	enters := bindsTenants(conn.Conn())
	if enters {
		batch.Queue(enterTenant, tenant)
	}
	batch.Queue(text, a)
	results := conn.SendBatch(ctx, batch)
	end := func() error {
		defer conn.Release()
		return results.Close()
	}
	var replayed bool
	if err = results.QueryRow().Scan(&replayed); err == nil && !replayed {
		err = errBehind
	}
	if err == nil && enters {
		_, err = results.Exec()
	}
	var rows pgx.Rows
	if err == nil {
		rows, err = results.Query()
	}
	if err != nil {
		_ = end()
		return nil, err
	}
	return &answer{Rows: rows, end: func() error {
		if rows.Err() != nil { // a conflict with what is replayed, for example
			r.note(ctx, m, rows.Err())
		}
		return end()
	}}, nil
}

func (r *replica) acquire(ctx context.Context, m mark) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, replicaAcquire)
	defer cancel()
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if conn.Conn().PgConn().CustomData()[origin] != m.identity {
		conn.Release()
		return nil, errForeign
	}
	return conn, nil
}

// mark is what a replica must have replayed, not ok when that is not known or the
// replica is left alone. It makes the next mark when it is time.
func (r *replica) mark(ctx context.Context) (m mark, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Before(r.until) {
		return mark{}, false
	}
	for len(r.marks) > 0 && now.Sub(r.marks[0].at) > replicaLag {
		r.marks = r.marks[1:]
	}
	if n := len(r.marks); !r.ahead && (n == 0 || now.Sub(r.marks[n-1].at) >= markEvery) {
		r.ahead = true
		r.mu.Unlock()
		next, err := r.measure(ctx, now)
		r.mu.Lock()
		r.ahead = false
		if err == nil {
			r.marks = append(r.marks, next)
		}
	}
	if len(r.marks) == 0 {
		return mark{}, false
	}
	return r.marks[0], true
}

func (r *replica) measure(ctx context.Context, now time.Time) (mark, error) {
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	m := mark{at: now}
	err := r.primary.QueryRow(ctx, "SELECT pg_current_wal_lsn()::text, ("+identityOf+")").Scan(&m.lsn, &m.identity)
	return m, err
}

// note hears how asking ended. A mark just made asks for more than a replica need
// have: being behind it says nothing.
func (r *replica) note(ctx context.Context, m mark, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return
	case errors.Is(err, errBehind):
		r.until = now.Add(replicaBehind)
		if now.Sub(m.at) < replicaLag/2 {
			return
		}
	default:
		r.until = now.Add(replicaAway)
	}
	if changed := (err == nil) != (r.away == nil); changed {
		r.away = err
		r.tell(err == nil, err)
	}
}

func (r *replica) used() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.away == nil
}

// check reports why the replica cannot be used at all: it does not answer, or is none
// of the primary's. It says nothing where the primary is away.
func (r *replica) check(ctx context.Context) error {
	m, err := r.measure(ctx, r.now())
	if err != nil {
		return nil
	}
	conn, err := r.acquire(ctx, m)
	if err != nil {
		return err
	}
	defer conn.Release()
	var follows bool
	if err = conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&follows); err == nil && !follows {
		err = errForeign
	}
	return err
}
