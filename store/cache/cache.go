// Package cache is a loaders.Source that remembers what the next one said:
// first in process, then in Redis. It owns how answers are kept, how long they
// are believed and how every gateway hears that one has changed, and beside it
// how registered documents are kept in Redis; it must know neither Postgres nor
// who asks.
//
// A read goes this way. It is a request for items (fetch.go), which memory answers
// if it can (memory.go). For each item that is missing the request joins a flight,
// the same question on its way for all who ask it (flight.go), and waits until it
// lands. The flights that nobody has under way it leads itself, as one loading
// (load.go): from Redis, whose look-ups go together (lookup.go), then by one call of
// Next, and while Next is out of reach from what is remembered past its time. What
// was loaded is kept in both levels under the stamp and the token from before.
//
// The promise: a read sees every write that was acknowledged a second before
// it, and one under analytics.WithFresh every acknowledged write, whichever of
// the processes involved was killed, paused or cut off meanwhile; docs/design.md
// names the one parting of networks that it does not cover. Only while the
// store is out of reach is anything older served, marked, within
// analytics.WithMaxAge and Options.MaxStale. What keeps the promise
// is written at the part that does: tokens in redis.go, eras in era.go, stamps in
// memory.go, the subscription in subscribe.go, the outbox in invalidate.go.
package cache

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/loaders"
)

var (
	_ loaders.Source   = (*Cache)(nil)
	_ loaders.Recaller = (*Cache)(nil)
)

// Outbox is where committed changes wait until every cache was told. Pending
// lists them, so many at most, and none after those that make up so many topics;
// Settle removes those that were told of.
type Outbox interface {
	Pending(ctx context.Context, most, topics int) ([]analytics.Change, error)
	Settle(ctx context.Context, tenant int64, seqs []int64) error
}

// The bounds of level 1, and once more of its lists of all partners.
const (
	maxEntries = 100_000
	maxBytes   = 64 << 20
)

// Options configure New. Only Next is required; zero values stand for the defaults, where one
// is named.
type Options struct {
	Next   loaders.Source
	Outbox Outbox                // nil: a change that could not be published is not published later
	Redis  redis.UniversalClient // as OpenRedis makes it; nil: level 1 alone, for a single machine
	Now    func() time.Time      // the calendar's clock: which ranges are open
	Log    *slog.Logger

	// Incarnation names the history that the store is of: what Redis holds of another
	// one is not believed. nil: it never changes.
	Incarnation func() string

	// Namespace parts the keys and the channel of caches that share a Redis but not
	// a database. Default "footfall".
	Namespace string

	// OpenTTL and ClosedTTL bound how long an answer is believed although
	// nothing said that it changed: for ranges that still go on and for nouns
	// (5 s), and for ranges that are over (24 h).
	OpenTTL, ClosedTTL time.Duration
	// MaxStale bounds how long after it was last known to be right an answer
	// may stand in for a store that is out of reach; 0 is not at all.
	MaxStale time.Duration
	// LoadTimeout bounds a call of Next. Default 15 s.
	LoadTimeout time.Duration

	// OnChange is called after topics of the tenant were forgotten, and with tenant
	// 0 and no topics after everything was. It must be quick, and not keep them.
	OnChange func(tenant int64, topics map[analytics.Topic]bool)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Incarnation == nil {
		o.Incarnation = func() string { return "" }
	}
	if o.OnChange == nil {
		o.OnChange = func(int64, map[analytics.Topic]bool) {}
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	o.Namespace = cmp.Or(o.Namespace, "footfall")
	o.OpenTTL = cmp.Or(o.OpenTTL, 5*time.Second)
	o.ClosedTTL = cmp.Or(o.ClosedTTL, 24*time.Hour)
	o.LoadTimeout = cmp.Or(o.LoadTimeout, 15*time.Second)
	return o
}

// Cache is a Source that remembers. It is safe for concurrent use.
type Cache struct {
	o        Options
	memory   *memory
	lists    *memory // those of all partners, which may be long
	remote   *remote // nil: level 1 alone
	flights  *flights
	source   *breaker    // of Next, for when something stale could stand in
	pulse    *pulse      // of Next, which may hang
	hearing  breaker     // of the subscription
	live     clockMark   // the subscription is known to have been whole until then
	drained  clockMark   // the outbox is known to have been told of until then
	behind   atomic.Bool // the outbox holds more than one drain takes
	counters counters
}

// New makes a Cache. Until Run runs it hears of no other gateway's changes, and
// so asks Redis, or else Next, at every read.
func New(o Options) *Cache {
	o = o.withDefaults()
	c := &Cache{o: o, flights: newFlights(), source: &breaker{most: 3, rest: time.Second}, pulse: newPulse(), hearing: breaker{most: 3}}
	c.memory = newMemory(maxEntries, maxBytes, maxBytes/4)
	c.lists = newMemory(maxEntries, maxBytes, maxBytes)
	if o.Redis != nil {
		c.remote = newRemote(o.Redis, o.Incarnation, o.Namespace, o.ClosedTTL+o.MaxStale, &c.counters, o.Log)
		c.remote.failed.set(mark()) // whoever was here before us may not have told it everything
	}
	return c
}

// Activations implements loaders.Source.
func (c *Cache) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	return fetch(ctx, c, noun[*analytics.Activation](), c.activations(tenant, ids), func(ctx context.Context, n []int) ([]*analytics.Activation, error) {
		return c.o.Next.Activations(ctx, tenant, pick(ids, n))
	})
}

// ListActivations implements loaders.Source.
func (c *Cache) ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error) {
	return one(ctx, c, list[*analytics.Activation](), c.item(tenant, analytics.TopicActivations, "activations", f, page),
		func(ctx context.Context) ([]*analytics.Activation, error) {
			return c.o.Next.ListActivations(ctx, tenant, f, page)
		})
}

// CountActivations implements loaders.Source.
func (c *Cache) CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error) {
	return one(ctx, c, noun[int](), c.item(tenant, analytics.TopicActivations, "activation count", f),
		func(ctx context.Context) (int, error) { return c.o.Next.CountActivations(ctx, tenant, f) })
}

// Partners implements loaders.Source.
func (c *Cache) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	return fetch(ctx, c, noun[*analytics.Partner](), c.partners(tenant, uuids), func(ctx context.Context, n []int) ([]*analytics.Partner, error) {
		return c.o.Next.Partners(ctx, tenant, pick(uuids, n))
	})
}

// ListPartners implements loaders.Source.
func (c *Cache) ListPartners(ctx context.Context, tenant int64) ([]*analytics.Partner, error) {
	all := list[*analytics.Partner]()
	all.long = true
	return one(ctx, c, all, c.item(tenant, analytics.TopicPartners, "partners"),
		func(ctx context.Context) ([]*analytics.Partner, error) { return c.o.Next.ListPartners(ctx, tenant) })
}

// Campaigns implements loaders.Source.
func (c *Cache) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	return fetch(ctx, c, noun[*analytics.Campaign](), c.campaigns(tenant, keys), func(ctx context.Context, n []int) ([]*analytics.Campaign, error) {
		return c.o.Next.Campaigns(ctx, tenant, pick(keys, n))
	})
}

// ListCampaigns implements loaders.Source.
func (c *Cache) ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	return one(ctx, c, list[*analytics.Campaign](), c.item(tenant, analytics.TopicCampaigns, "campaigns", f, page),
		func(ctx context.Context) ([]*analytics.Campaign, error) {
			return c.o.Next.ListCampaigns(ctx, tenant, f, page)
		})
}

// CountCampaigns implements loaders.Source.
func (c *Cache) CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error) {
	return one(ctx, c, noun[int](), c.item(tenant, analytics.TopicCampaigns, "campaign count", f),
		func(ctx context.Context) (int, error) { return c.o.Next.CountCampaigns(ctx, tenant, f) })
}

// mostRemembered is how many answers of one call are remembered: more would push out
// each other, and everybody's, and to look them up takes longer than to read them.
const mostRemembered = 10_000

// Totals implements loaders.Source.
func (c *Cache) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	if len(queries) > mostRemembered {
		return c.totalsUnremembered(ctx, tenant, queries)
	}
	return fetch(ctx, c, answers, c.totals(tenant, queries), func(ctx context.Context, n []int) ([]analytics.Answer, error) {
		return c.o.Next.Totals(ctx, tenant, pick(queries, n))
	})
}

// totalsUnremembered asks Next, past all that is remembered.
func (c *Cache) totalsUnremembered(ctx context.Context, tenant int64, queries []analytics.Query) (out []analytics.Answer, err error) {
	began := time.Now()
	err = c.callNext(analytics.WithFresh(ctx), func(ctx context.Context) (err error) { // what changed lately is not known here
		out, err = c.o.Next.Totals(ctx, tenant, queries)
		return err
	})
	if err != nil {
		return nil, callerError(err)
	}
	recorder, maxAge, now := recorderOf(ctx), analytics.MaxAge(ctx), time.Now()
	for i := range out {
		f := found{from: fromStore, right: began}
		c.counters.count(&f)
		recorder.note(&f, maxAge, out[i].AsOf, now)
	}
	return out, nil
}

// Extents implements loaders.Source.
func (c *Cache) Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error) {
	items := make([]item, len(subjects))
	for i, s := range subjects {
		items[i] = c.item(tenant, analytics.SubjectTopic(s), "extent")
	}
	return fetch(ctx, c, extents, items, func(ctx context.Context, n []int) ([]analytics.Range, error) {
		return c.o.Next.Extents(ctx, tenant, pick(subjects, n))
	})
}

// item is what the topic says to the arguments, believed as long as something
// that still goes on.
func (c *Cache) item(tenant int64, topic analytics.Topic, name string, args ...any) item {
	return item{nounKey(tenant, topic, name, args...), c.o.OpenTTL}
}

func nouns[K any](c *Cache, tenant int64, topic analytics.Topic, name string, ids []K) []item {
	items := make([]item, len(ids))
	for i, id := range ids {
		items[i] = c.item(tenant, topic, name, id)
	}
	return items
}

// one fetches a single thing.
func one[V any](ctx context.Context, c *Cache, k kind[V], it item, load func(context.Context) (V, error)) (V, error) {
	out, err := fetch(ctx, c, k, []item{it}, func(ctx context.Context, _ []int) ([]V, error) {
		v, err := load(ctx)
		return []V{v}, err
	})
	if err != nil {
		var zero V
		return zero, err
	}
	return out[0], nil
}

// pick is the elements of all at the places n.
func pick[T any](all []T, n []int) []T {
	if len(n) == len(all) {
		return all
	}
	out := make([]T, len(n))
	for i, at := range n {
		out[i] = all[at]
	}
	return out
}

// closed reports whether the query's ranges are over, so that only a late event
// changes them.
func closed(q analytics.Query, now time.Time) bool {
	const late = analytics.QuarterHour
	return len(q.Ranges) == 0 || !q.Ranges[len(q.Ranges)-1].End.After(now.Add(-late))
}

// kind is how one kind of value is kept. Size is roughly its bytes in process;
// stale marks it as such, nil when it cannot carry the mark; readAt is when it
// was read, nil when it does not say; long ones are kept apart.
type kind[V any] struct {
	encode func(V) ([]byte, error)
	decode func([]byte) (V, error)
	size   func(V) int
	stale  func(V) V
	readAt func(V) time.Time
	long   bool
}

func (k *kind[V]) asOf(v V) (at time.Time) {
	if k.readAt != nil {
		at = k.readAt(v)
	}
	return at
}

const nounSize = 400 // a noun with its strings, roughly

func noun[V any]() kind[V] {
	return kind[V]{encode: encodeJSON[V], decode: decodeJSON[V], size: func(V) int { return nounSize }}
}

func list[V any]() kind[[]V] {
	return kind[[]V]{encode: encodeJSON[[]V], decode: decodeJSON[[]V], size: func(vs []V) int { return nounSize * len(vs) }}
}

var extents = kind[analytics.Range]{
	encode: encodeJSON[analytics.Range], decode: decodeJSON[analytics.Range], size: func(analytics.Range) int { return nounSize },
}

var answers = kind[analytics.Answer]{
	encode: encodeAnswer, decode: decodeAnswer, size: answerSize,
	stale:  func(a analytics.Answer) analytics.Answer { a.Stale = true; return a },
	readAt: func(a analytics.Answer) time.Time { return a.AsOf },
}

func answerSize(a analytics.Answer) int {
	size := totalsSize(a.Totals) + totalsSize(a.Other)
	for _, g := range a.Groups {
		size += totalsSize(g.Totals)
		for _, v := range g.Values {
			size += len(v) + 16
		}
	}
	return size + int(unsafe.Sizeof(analytics.Step{}))*len(a.Audience)
}

// totalsSize counts what happened: where nothing did, the totals are shared.
func totalsSize(totals []*analytics.Totals) int {
	size := int(unsafe.Sizeof(analytics.Nothing)) * len(totals)
	for _, t := range totals {
		if t != analytics.Nothing {
			size += int(unsafe.Sizeof(*t))
		}
	}
	return size
}
