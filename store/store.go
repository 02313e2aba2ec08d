// Package store owns Postgres: the schema and its migrations, every statement, the
// transaction that records events with their cells, the upkeep of cells (compact,
// verify, rebuild), retention and erasure (prune, forget), tenants, their keys and
// links, row-level security, the audit log and the read replica. It speaks the types
// of package analytics and must know neither caches, GraphQL nor HTTP.
//
// Statements keep the rules that let the same schema be distributed by tenant:
// each binds tenant_id, one write transaction touches one tenant, and numbers
// come from counter rows.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/analytics"
)

//go:embed query/*.sql
var queryFiles embed.FS

var queries = loadQueries()

func loadQueries() map[string]string {
	entries, err := queryFiles.ReadDir("query")
	if err != nil {
		panic(err)
	}
	texts := map[string]string{}
	for _, e := range entries {
		text, err := queryFiles.ReadFile(path.Join("query", e.Name()))
		if err != nil {
			panic(err)
		}
		texts[strings.TrimSuffix(e.Name(), ".sql")] = string(text)
	}
	return texts
}

// sql is the text of query/NAME.sql.
func sql(name string) string {
	text, ok := queries[name]
	if !ok {
		panic("store: no query " + name)
	}
	return text
}

// args are the named arguments of a statement; a missing or superfluous one is
// an error.
type args = pgx.StrictNamedArgs

// spanning adds the first and the last of the instants that are looked for: known
// before a statement runs, they spare Postgres to open the partitions of other months.
func spanning(ats []time.Time, a args) args {
	a["first"], a["last"] = slices.MinFunc(ats, time.Time.Compare), slices.MaxFunc(ats, time.Time.Compare)
	return a
}

// Store is a database. It is safe for concurrent use.
type Store struct {
	pool, upkeep *pgxpool.Pool
	replica      *replica // nil for none
	now          func() time.Time
	partitions   sync.Map // months whose partition is known to exist
	identityKeys sync.Map // tenant id → []byte
	repeats      sync.Map // tenant id → when it last sent an event that was stored already
	dictionary   *dictionary
	statements   atomic.Int64
	bound        atomic.Bool
	sessions     atomic.Bool // that each connection has one is known
}

// Options of Open. ReadURL names a streaming replica for reads, "" for none; Patient
// lifts the role's limits of time, as for upkeep; OnReplica hears when the replica is
// not used any more, and why, and when it is again; Now is the clock, nil for the
// system's.
type Options struct {
	URL, ReadURL string
	Patient      bool
	OnReplica    func(usable bool, why error)
	Now          func() time.Time
}

// Open connects lazily: a database that is away is an error of the first use,
// not of Open.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{now: o.Now, dictionary: newDictionary()}
	if s.now == nil {
		s.now = time.Now
	}
	learn := []func(context.Context, *pgx.Conn) error{s.learnRole, s.learnIncarnation}
	if o.Patient {
		learn = append(learn, liftLimits)
	}
	var err error
	if s.pool, err = s.openPool(ctx, o.URL, learn...); err != nil {
		return nil, fmt.Errorf("the database URL %w", err)
	}
	upkeep := s.pool.Config()
	upkeep.MinConns, upkeep.MinIdleConns, upkeep.MaxConns = 0, 0, upkeepConnections
	prepare := upkeep.AfterConnect
	upkeep.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := prepare(ctx, conn); err != nil {
			return err
		}
		return liftLimits(ctx, conn)
	}
	if s.upkeep, err = pgxpool.NewWithConfig(ctx, upkeep); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("the database URL %w", err)
	}
	if o.ReadURL == "" {
		return s, nil
	}
	r := &replica{primary: s.pool, now: s.now, tell: o.OnReplica}
	if r.tell == nil {
		r.tell = func(bool, error) {}
	}
	if r.pool, err = s.openPool(ctx, o.ReadURL, s.learnRole, learnIdentity); err != nil {
		s.Close()
		return nil, fmt.Errorf("the replica's URL %w", err)
	}
	s.replica = r
	return s, nil
}

// startup is what a connection begins with, unless the URL says otherwise.
var startup = map[string]string{"application_name": "footfall", "timezone": "UTC"}

// session is how it goes on, unless the URL says otherwise: poolers refuse a beginning
// with these. Our statements bind arrays whose plan never depends on their content, but
// whose planning, over every partition, costs ten times their execution: they are
// planned once a connection.
var session = map[string]string{"jit": "off", "plan_cache_mode": "force_generic_plan", "row_security": "on"}

// isolation is set whatever the URL says: who has waited for a tenant's lock must see what
// was committed meanwhile, or it is counted past it.
const isolation = "SET default_transaction_isolation = 'read committed';"

// limits are of time, for answers: set for the role or the database, they would break
// upkeep off.
var limits = []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"}

// liftLimits takes them off a connection, unless the URL names them.
func liftLimits(ctx context.Context, conn *pgx.Conn) error {
	given := conn.Config().RuntimeParams
	lifted := slices.DeleteFunc(slices.Clone(limits), func(name string) bool {
		return given[name] != "" || strings.Contains(given["options"], name)
	})
	const lift = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = ANY ('{%s}')" // transaction_timeout is of Postgres 17
	return conn.PgConn().Exec(ctx, fmt.Sprintf(lift, strings.Join(lifted, ","))).Close()
}

// CheckURL says what is wrong with a database's URL, without its text: that may hold a
// password.
func CheckURL(url string) error {
	_, err := parseURL(url)
	return err
}

func parseURL(url string) (*pgxpool.Config, error) {
	const form = "a URL such as postgres://user@host/database"
	if strings.TrimSpace(url) == "" {
		return nil, errors.New("is empty or not set, and must be " + form)
	}
	cfg, err := pgxpool.ParseConfig(url)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("names a file that cannot be read: %w", file)
	}
	if err != nil {
		return nil, errors.New("must be " + form)
	}
	if reason := unfit(cfg.ConnConfig); reason != "" {
		return nil, errors.New(reason)
	}
	return cfg, nil
}

// unfit is why statements could not be sent on such connections, "" if they can.
func unfit(cfg *pgx.ConnConfig) string {
	switch cfg.DefaultQueryExecMode {
	case pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol:
		return "must not have a default_query_exec_mode that sends arguments without asking Postgres for their types: exec or simple_protocol"
	case pgx.QueryExecModeCacheStatement:
		if cfg.StatementCacheCapacity == 0 {
			return "must not have a statement_cache_capacity of 0, but with default_query_exec_mode=cache_describe or describe_exec"
		}
	case pgx.QueryExecModeCacheDescribe:
		if cfg.DescriptionCacheCapacity == 0 {
			return "must not have a description_cache_capacity of 0, but with default_query_exec_mode=cache_statement or describe_exec"
		}
	}
	return ""
}

// openPool opens a pool whose every new connection learns something.
func (s *Store) openPool(ctx context.Context, url string, learn ...func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	cfg, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = max(cfg.MaxConns, 16)
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.Tracer = &statementCounter{&s.statements}
	for name, value := range startup {
		if cfg.ConnConfig.RuntimeParams[name] == "" {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	var settings strings.Builder
	settings.WriteString(isolation)
	for name, value := range session {
		if cfg.ConnConfig.RuntimeParams[name] == "" {
			_, _ = fmt.Fprintf(&settings, "SET %s = %s;", name, value)
		}
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := conn.PgConn().Exec(ctx, settings.String()).Close(); err != nil { // past the count of statements
			return err
		}
		for _, l := range learn {
			if err := l(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// Connections is how many there may be for reads, and for writes.
func (s *Store) Connections() (reads, writes int) {
	writes = int(s.pool.Config().MaxConns)
	if s.replica == nil {
		return writes, writes
	}
	return int(s.replica.pool.Config().MaxConns), writes
}

// Close ends all connections.
func (s *Store) Close() {
	if s.replica != nil {
		s.replica.pool.Close()
	}
	s.upkeep.Close()
	s.pool.Close()
}

// instant is now, as Postgres keeps it: UTC, to the microsecond.
func (s *Store) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return wrap(s.pool.Ping(ctx)) }

// CheckReplica reports why the replica cannot be used at all, nil where there is none.
func (s *Store) CheckReplica(ctx context.Context) error {
	if s.replica == nil {
		return nil
	}
	return s.replica.check(ctx)
}

// ReplicaUsed reports whether reads go to a replica when they may, as of the latest.
func (s *Store) ReplicaUsed() bool { return s.replica != nil && s.replica.used() }

// Statements is the number of statements sent so far. A batch is one; COPY is not
// counted.
func (s *Store) Statements() int64 { return s.statements.Load() }

type statementCounter struct{ n *atomic.Int64 }

func (t *statementCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.n.Add(1)
	return ctx
}

func (t *statementCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (t *statementCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	t.n.Add(1)
	return ctx
}

func (t *statementCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (t *statementCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// statement is one that sees a single tenant alone, and what becomes of its rows.
type statement struct {
	text string // "" reads nothing
	args args
	take func(rows pgx.Rows) error
}

// read runs a statement, on the replica if that may be behind and is not too far. When
// the replica fails, at whatever row, it prepares another one, for the primary.
func (s *Store) read(ctx context.Context, tenant int64, prepare func() statement) error {
	st := prepare()
	if st.text == "" {
		return nil
	}
	if s.replica != nil && !analytics.Fresh(ctx) {
		if m, ok := s.replica.mark(ctx); ok {
			err := s.replica.read(ctx, m, tenant, st)
			if err == nil || ctx.Err() != nil {
				return wrap(err)
			}
			st = prepare()
		}
	}
	rows, err := query(ctx, s.pool, tenant, st.text, st.args)
	if err == nil {
		err = st.take(rows)
	}
	return wrap(err)
}

// collect reads all rows of a statement of one tenant by scanning each with scan.
func collect[T any](ctx context.Context, s *Store, tenant int64, text string, a args, scan pgx.RowToFunc[T]) (out []T, err error) {
	err = s.read(ctx, tenant, func() statement {
		return statement{text, a, func(rows pgx.Rows) (err error) {
			out, err = pgx.CollectRows(rows, scan)
			return err
		}}
	})
	return out, err
}

// collectAll does so for a statement that sees all tenants: which one it is about
// is not known yet, or it is about all. It is never asked of a replica.
func collectAll[T any](ctx context.Context, s *Store, text string, a args, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := s.pool.Query(ctx, text, a)
	if err != nil {
		return nil, wrap(err)
	}
	out, err := pgx.CollectRows(rows, scan)
	return out, wrap(err)
}

// write runs f in a transaction that holds the tenant's write lock: writers of
// one tenant queue, writers of different tenants do not meet.
func (s *Store) write(ctx context.Context, tenant int64, f func(tx pgx.Tx) error) error {
	return s.writeNumbered(ctx, tenant, func(tx pgx.Tx, _ dictionaryState) error { return f(tx) })
}

// writeNumbered is write, and tells f how the tenant's dictionary stands.
func (s *Store) writeNumbered(ctx context.Context, tenant int64, f func(tx pgx.Tx, m dictionaryState) error) error {
	return writeOn(ctx, s.pool, tenant, f)
}

func writeOn(ctx context.Context, db beginner, tenant int64, f func(tx pgx.Tx, m dictionaryState) error) error {
	return wrap(enterOn(ctx, db, tenant, func(tx pgx.Tx) error {
		m, err := lockTenant(ctx, tx, tenant)
		if errors.Is(err, pgx.ErrNoRows) {
			return analytics.Errorf(analytics.CodeNotFound, "no such tenant: %d", tenant)
		}
		if err != nil {
			return err
		}
		return f(tx, m)
	}))
}

// lockTenant waits for the tenant's write lock, and tells how its dictionary stands then.
func lockTenant(ctx context.Context, tx pgx.Tx, tenant int64) (m dictionaryState, err error) {
	batch := &pgx.Batch{}
	batch.Queue(sql("lock_tenant"), args{"tenant_id": tenant})
	batch.Queue(sql("dictionary_moment"), args{"tenant_id": tenant})
	results := tx.SendBatch(ctx, batch)
	if _, err = results.Exec(); err == nil {
		err = results.QueryRow().Scan(&m.next, &m.erasures, &m.key)
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return m, err
}

// take reserves n consecutive numbers of a counter and returns the first.
func take(ctx context.Context, tx pgx.Tx, tenant int64, counter string, n int) (int64, error) {
	var next int64
	err := tx.QueryRow(ctx, sql("take_numbers"), args{"tenant_id": tenant, "name": counter, "n": n}).Scan(&next)
	return next - int64(n), err
}
