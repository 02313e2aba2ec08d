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
	replicaAcquire = time.Second     // how long a read waits for a connection to it,
	replicaAnswer  = 3 * time.Second // and for the first row of its answer
	replicaBehind  = time.Second     // how long one that is behind is left alone,
	replicaAway    = 5 * time.Second // and one that fails
)

// replica is a database that follows the primary. A read asks it on the way whether
// it has replayed what the primary had written by an instant at most replicaLag ago,
// on the primary's timeline; when it has not, is no replica of that primary, or fails,
// the primary is read.
type replica struct {
	pool, primary *pgxpool.Pool
	now           func() time.Time
	tell          func(usable bool, why error)

	mu      sync.Mutex
	marks   []mark // of the last replicaLag, oldest first
	marking bool   // the next mark is being made
	until   time.Time
	away    error // why it is not used; nil: it is
	probing bool  // somebody asks whether it can be used again
}

// mark is how far the primary had written at an instant.
type mark struct {
	at       time.Time
	lsn      string
	timeline int32
	identity string
}

var (
	errBehind  = errors.New("store: the replica is behind")
	errSilent  = errors.New("store: the replica takes too long to answer")
	errForeign = errors.New("store: the replica is not one of the primary's database")
)

// identityOf names a database that a replica has in common with its primary.
const identityOf = `SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
	(SELECT oid FROM pg_database WHERE datname = current_database()))`

const markOf = `SELECT pg_current_wal_lsn()::text, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int, (` + identityOf + `)`

// hasReplayed is false on what follows another timeline, which may be further on, and
// on what follows no longer.
const hasReplayed = `SELECT coalesce(pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::text::pg_lsn
	AND $2::int = greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery())), false)`

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

// read runs a statement, if the replica has replayed what m says. Any error leaves it
// to the primary.
func (r *replica) read(ctx context.Context, m mark, tenant int64, st statement) error {
	err := r.ask(ctx, m, tenant, st)
	r.note(ctx, m, err)
	return err
}

func (r *replica) ask(ctx context.Context, m mark, tenant int64, st statement) error {
	conn, err := r.acquire(ctx, m)
	if err != nil {
		return err
	}
	defer conn.Release()
	batch := &pgx.Batch{}
	batch.Queue(hasReplayed, m.lsn, m.timeline)
	enters := bindsTenants(conn.Conn())
	if enters {
		batch.Queue(enterTenant, tenant)
	}
	batch.Queue(st.text, st.args)
	bounded, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bound := time.AfterFunc(replicaAnswer, func() { cancel(errSilent) })
	defer bound.Stop()
	results := conn.SendBatch(bounded, batch)
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
	if err == nil {
		if err = st.take(&begun{rows, bound}); err != nil && rows.Err() == nil {
			err = &unreadable{err}
		}
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err != nil && errors.Is(context.Cause(bounded), errSilent) {
		err = errSilent
	}
	return err
}

// begun are rows of which the first alone is waited for with a bound.
type begun struct {
	pgx.Rows
	bound *time.Timer
}

func (b *begun) Next() bool {
	next := b.Rows.Next()
	b.bound.Stop()
	return next
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
	if r.claimMark() {
		next, err := r.measure(ctx)
		r.noteMark(ctx, next, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.marks) == 0 || r.now().Before(r.until) || r.probing {
		return mark{}, false
	}
	r.probing = r.away != nil // one finds out for all
	return r.marks[0], true
}

// claimMark drops old marks, and reports whether the caller is to make the next one.
func (r *replica) claimMark() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for len(r.marks) > 0 && now.Sub(r.marks[0].at) > replicaLag {
		r.marks = r.marks[1:]
	}
	n := len(r.marks)
	if r.marking || now.Before(r.until) || n > 0 && now.Sub(r.marks[n-1].at) < markEvery {
		return false
	}
	r.marking = true
	return true
}

func (r *replica) measure(ctx context.Context) (mark, error) {
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	m := mark{at: r.now()}
	err := r.primary.QueryRow(ctx, markOf).Scan(&m.lsn, &m.timeline, &m.identity)
	return m, err
}

// noteMark hears how making the mark ended. A primary that took over has written
// nothing of what is marked.
func (r *replica) noteMark(ctx context.Context, m mark, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marking = false
	if n := len(r.marks); n > 0 && err == nil && (m.timeline != r.marks[n-1].timeline || m.identity != r.marks[n-1].identity) {
		r.marks = nil
	}
	switch {
	case err == nil:
		r.marks = append(r.marks, m)
	case ctx.Err() != nil:
	case outOfReach(err) || errors.Is(err, context.DeadlineExceeded): // of the primary
		r.until = r.now().Add(replicaBehind)
	default:
		r.leave(err, replicaAway)
	}
}

// note hears how asking ended. A mark just made asks for more than a replica need
// have: being behind it says nothing.
func (r *replica) note(ctx context.Context, m mark, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.probing = false
	now := r.now()
	switch {
	case err == nil:
		if r.away != nil && !now.Before(r.until) {
			r.away = nil
			r.tell(true, nil)
		}
	case ctx.Err() != nil || ofStatement(err):
	case errors.Is(err, errBehind) && now.Sub(m.at) < replicaLag/2:
		r.until = now.Add(replicaBehind)
	case errors.Is(err, errBehind):
		r.leave(err, replicaBehind)
	default:
		r.leave(err, replicaAway)
	}
}

// leave has nobody ask the replica for a while. The lock is held.
func (r *replica) leave(why error, d time.Duration) {
	r.until = r.now().Add(d)
	if r.away == nil {
		r.tell(false, why)
	}
	r.away = why
}

// unreadable is an error of who read the rows: the replica did its part.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }

// ofStatement reports whether err is about the statement alone, which the primary may
// answer: one that was in the way of what is replayed, or has its own fault.
func ofStatement(err error) bool {
	_, unread := errors.AsType[*unreadable](err)
	_, unscanned := errors.AsType[pgx.ScanArgError](err)
	class := classOf(sqlState(err))
	return unread || unscanned || class == "40" || class == "22"
}

func (r *replica) used() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.away == nil
}

// check tells why the replica cannot be used at all: it does not answer, is none of
// the primary's, or either may not be asked. It says nothing where the primary is away.
func (r *replica) check(ctx context.Context) error {
	err := r.tryOnce(ctx)
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.leave(err, replicaAway)
	}
	return err
}

func (r *replica) tryOnce(ctx context.Context) error {
	m, err := r.measure(ctx)
	if err != nil {
		if outOfReach(err) {
			return nil
		}
		return err
	}
	conn, err := r.acquire(ctx, m)
	if err != nil {
		return err
	}
	defer conn.Release()
	var follows, replayed bool
	if err = conn.QueryRow(ctx, "SELECT pg_is_in_recovery(), ("+hasReplayed+")", m.lsn, m.timeline).Scan(&follows, &replayed); err == nil && !follows {
		err = errForeign
	}
	return err
}
