package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/storetest"
	"footfall/loaders"
	"footfall/store"
)

func TestMain(m *testing.M) {
	storetest.Prepare(migrate)
	storetest.Main(m)
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, store.Options{URL: url})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(ctx)
	return err
}

// world is a database with tenants, and the Redis that its gateways share.
type world struct {
	*store.Store
	t       testing.TB
	redis   string
	tenants []int64
	events  atomic.Int64
}

// day is the range of all events, long over.
var day = analytics.Range{Start: instant("2026-03-02T00:00:00Z"), End: instant("2026-03-03T00:00:00Z")}

func instant(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return settle(t, storetest.Database(t), storetest.Redis(t))
}

// settle opens a migrated database and adds two tenants.
func settle(t testing.TB, url, redis string) *world {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url})
	ok(t, err)
	t.Cleanup(s.Close)
	w := &world{Store: s, t: t, redis: redis}
	for _, key := range []string{"acme", "zeta"} {
		tenant, err := s.CreateTenant(t.Context(), analytics.Tenant{AccessKey: key, Name: key})
		ok(t, err)
		w.tenants = append(w.tenants, tenant.ID)
	}
	return w
}

// gateway is a Cache with a connection to Redis and a store of its own.
type gateway struct {
	*Cache
	w     *world
	next  *source
	redis redis.UniversalClient
}

// gateway starts a gateway whose options change changes.
func (w *world) gateway(change func(*Options)) *gateway {
	g := w.idle(change)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	w.t.Cleanup(func() { cancel(); <-done })
	if g.redis != nil {
		await.Until(w.t, "the gateway is subscribed", g.Informed)
	}
	return g
}

// idle is a gateway that does not Run.
func (w *world) idle(change func(*Options)) *gateway {
	w.t.Helper()
	g := &gateway{w: w, next: &source{Source: w.Store}}
	o := Options{Next: g.next, Outbox: w.Store, Namespace: w.t.Name(), MaxStale: 5 * time.Minute, Log: logger(w.t)}
	if w.redis != "" {
		client, err := OpenRedis(w.redis)
		ok(w.t, err)
		w.t.Cleanup(func() { _ = client.Close() })
		g.redis, o.Redis = client, client
	}
	if change != nil {
		change(&o)
	}
	g.Cache = New(o)
	g.drain(context.Background()) // or else it does not believe Redis
	return g
}

// undrained has a gateway drain nothing: a drain may announce again what was just published.
func undrained(o *Options) { o.Outbox = nil }

// write commits n clicks on event key e of the tenant, and does not Publish.
func (w *world) write(tenant int64, e string, n int) analytics.Change {
	w.t.Helper()
	change, err := w.tryWrite(tenant, e, n)
	ok(w.t, err)
	return change
}

func (w *world) tryWrite(tenant int64, e string, n int) (analytics.Change, error) {
	events := make([]analytics.Event, n)
	for i := range events {
		events[i] = analytics.Event{
			ID: fmt.Sprint("click", w.events.Add(1)), Action: analytics.Click, Kind: analytics.KindEvent, Key: e, Session: "s", At: day.Start.Add(time.Hour),
		}
	}
	_, change, err := w.Record(context.Background(), tenant, events)
	return change, err
}

// record writes and acknowledges.
func (g *gateway) record(tenant int64, e string, n int) {
	g.w.t.Helper()
	g.Publish(context.Background(), g.w.write(tenant, e, n))
}

// tell publishes until it succeeds.
func (g *gateway) tell(change analytics.Change) {
	g.w.t.Helper()
	await.Until(g.w.t, "the change is told", func() bool { return g.announce(context.Background(), []analytics.Change{change}) == nil })
}

// subject is the number of an event key, which is made if need be.
func (w *world) subject(tenant int64, e string) int64 {
	w.t.Helper()
	a, change, err := w.CreateActivation(context.Background(), tenant, analytics.Activation{
		ActivationID: fmt.Sprintf("%d-%s-%d", tenant, e, w.events.Add(1)), EventKey: e, EventName: e, Tier: "gold", Status: analytics.Activated,
		StartAt: day.Start, EndAt: day.End,
	}, [32]byte{byte(w.events.Load()), byte(w.events.Load() >> 8)})
	ok(w.t, err)
	ok(w.t, w.Settle(context.Background(), tenant, []int64{change.Seq}))
	return a.Subject
}

func query(subject int64) analytics.Query {
	return analytics.Query{Subject: subject, Kind: analytics.KindEvent, Ranges: []analytics.Range{day}}
}

// clicks reads the clicks on a subject.
func (g *gateway) clicks(ctx context.Context, tenant, subject int64) (int64, error) {
	a, err := g.Totals(ctx, tenant, []analytics.Query{query(subject)})
	if err != nil {
		return 0, err
	}
	return a[0].Totals[0].Of[analytics.Click].Events, nil
}

func (g *gateway) mustClicks(tenant, subject int64) int64 {
	g.w.t.Helper()
	n, err := g.clicks(context.Background(), tenant, subject)
	ok(g.w.t, err)
	return n
}

func (g *gateway) freshClicks(tenant, subject int64) int64 {
	g.w.t.Helper()
	n, err := g.clicks(analytics.WithFresh(context.Background()), tenant, subject)
	ok(g.w.t, err)
	return n
}

// source is a Source that counts the calls of Totals, and can be held up and
// made to fail.
type source struct {
	loaders.Source
	calls, asked atomic.Int64
	mu           sync.Mutex
	before       func(context.Context) error
	after        func()
}

func (s *source) hooks(before func(context.Context) error, after func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

func (s *source) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	s.calls.Add(1)
	s.asked.Add(int64(len(queries)))
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return nil, err
		}
	}
	a, err := s.Source.Totals(ctx, tenant, queries)
	if after != nil {
		after()
	}
	return a, err
}

func (s *source) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return nil, err
		}
	}
	return s.Source.ListPartners(ctx, tenant)
}

// waiting is a context that tells when its owner waits for a load.
type waiting struct {
	context.Context
	once sync.Once
	at   chan struct{}
}

func newWaiting() *waiting { return &waiting{Context: context.Background(), at: make(chan struct{})} }

func (w *waiting) Done() <-chan struct{} {
	w.once.Do(func() { close(w.at) })
	return w.Context.Done()
}

func gone(context.Context) error { return analytics.Unavailable(errors.New("gone")) }

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// fill puts n changes of another subject into the outbox.
func fill(t testing.TB, url string, tenant int64, n, topics int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	ok(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `INSERT INTO outbox (tenant_id, topics)
		SELECT $1, (SELECT array_agg('s' || 1000000 + n + topic) FROM generate_series(1, $3) topic) FROM generate_series(1, $2) n`, tenant, n, topics)
	ok(t, err)
}
