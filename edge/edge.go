// Package edge remembers whole answers for a moment: identical reads by the
// same principal get the same bytes. It must not know what the answers mean,
// nor where they come from.
package edge

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"footfall/analytics"
)

const (
	maxAnswer = 1 << 20  // a longer answer is not kept
	maxBytes  = 64 << 20 // all answers together

	answerSize = 1700 // bytes that an answer takes beside its body, roughly
)

// Key names a read: who asks for what.
type Key struct {
	Tenant    int64
	Principal string
	Request   [32]byte // a hash of everything the answer depends on
}

// Cache holds answers. A nil Cache holds nothing.
type Cache struct {
	ttl     time.Duration
	now     func() time.Time
	answers *otter.Cache[entryKey, *answer]
	tenants *otter.Cache[int64, *atomic.Int64] // a tenant's generation
	all     atomic.Int64                       // everyone's
	hits    atomic.Int64
	trusted func() bool
}

type entryKey struct {
	Key
	generation, all int64
}

// New makes a cache whose answers live for ttl; 0 turns it off.
func New(ttl time.Duration, now func() time.Time) *Cache {
	if ttl <= 0 {
		return nil
	}
	return &Cache{
		ttl: ttl, now: now,
		answers: otter.Must(&otter.Options[entryKey, *answer]{
			MaximumWeight:    maxBytes,
			Weigher:          func(_ entryKey, a *answer) uint32 { return uint32(len(a.body)) + answerSize },
			ExpiryCalculator: otter.ExpiryWriting[entryKey, *answer](ttl),
		}),
		tenants: otter.Must(&otter.Options[int64, *atomic.Int64]{MaximumSize: 100_000}),
	}
}

// Forget drops a tenant's answers; 0 is every tenant's.
func (c *Cache) Forget(tenant int64) {
	switch {
	case c == nil:
	case tenant == 0:
		c.all.Add(1)
	default:
		c.generation(tenant).Add(1)
	}
}

// EnabledWhile has the cache stand aside whenever trusted says no: then nobody would
// tell it what to forget. Call it before Serve.
func (c *Cache) EnabledWhile(trusted func() bool) {
	if c != nil {
		c.trusted = trusted
	}
}

// Hits is how many answers were served from memory.
func (c *Cache) Hits() int64 {
	if c == nil {
		return 0
	}
	return c.hits.Load()
}

func (c *Cache) generation(tenant int64) *atomic.Int64 {
	if g, ok := c.tenants.GetIfPresent(tenant); ok {
		return g
	}
	fresh := &atomic.Int64{}
	fresh.Store(c.now().UnixNano()) // after an eviction, never a generation that was
	g, _ := c.tenants.SetIfAbsent(tenant, fresh)
	return g
}

type verdictKey struct{}

// verdict is what the executions behind one answer said of it.
type verdict struct {
	good, bad atomic.Bool
	limit     atomic.Int64 // how long the answer may be kept
}

// Limit says of an execution behind the answer to the request of ctx for how
// long, counted from the request, the answer may be kept at most.
func Limit(ctx context.Context, most time.Duration) {
	v, ok := ctx.Value(verdictKey{}).(*verdict)
	if !ok {
		return
	}
	for limit := v.limit.Load(); int64(most) < limit && !v.limit.CompareAndSwap(limit, int64(most)); limit = v.limit.Load() {
	}
}

// MarkStorable says of an execution behind the answer to the request of ctx whether
// the answer may be kept: a read that went well and is not stale. An answer
// that nobody judged, or anyone judged badly, is not kept.
func MarkStorable(ctx context.Context, storable bool) {
	v, ok := ctx.Value(verdictKey{}).(*verdict)
	switch {
	case !ok:
	case storable:
		v.good.Store(true)
	default:
		v.bad.Store(true)
	}
}

// Serve answers from memory, or calls next and remembers what was judged
// storable and has status 200. What a client has already, by its If-None-Match,
// is 304. Of the headers that were set before, those stay that next leaves alone.
func (c *Cache) Serve(w http.ResponseWriter, r *http.Request, key Key, next func(http.ResponseWriter, *http.Request)) {
	if c == nil || analytics.Fresh(r.Context()) || c.trusted != nil && !c.trusted() {
		next(&recorder{ResponseWriter: w, request: r}, r)
		return
	}
	k, now := entryKey{key, c.generation(key.Tenant).Load(), c.all.Load()}, c.now()
	if a, ok := c.answers.GetIfPresent(k); ok && a.serves(r, now) {
		c.hits.Add(1)
		a.write(w, r, now)
		return
	}
	v := &verdict{}
	v.limit.Store(int64(c.ttl))
	before := w.Header().Clone()
	rec := &recorder{ResponseWriter: w, request: r, most: maxAnswer}
	next(rec, r.WithContext(context.WithValue(r.Context(), verdictKey{}, v)))
	ttl := time.Duration(v.limit.Load())
	if v.good.Load() && !v.bad.Load() && ttl > 0 && rec.status == http.StatusOK && rec.body.Len() <= maxAnswer {
		c.answers.Set(k, newAnswer(changes(before, rec.header), rec.body.Bytes(), now, ttl))
	}
}

// changes are the headers that were set or changed since before.
func changes(before, after http.Header) http.Header {
	out := http.Header{}
	for name, values := range after {
		if !slices.Equal(values, before[name]) {
			out[name] = values
		}
	}
	return out
}
