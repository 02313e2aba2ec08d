package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"footfall/analytics"
)

// Recorder tells how the reads of one request were answered. It is safe for
// concurrent use.
type Recorder struct {
	mu   sync.Mutex
	seen analytics.Freshness
}

type recorderKey struct{}

// WithRecorder has all reads under the context written down in the Recorder.
func WithRecorder(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{seen: analytics.Freshness{MaxAge: analytics.AnyAge}}
	return context.WithValue(ctx, recorderKey{}, r), r
}

// Freshness is that of all reads so far.
func (r *Recorder) Freshness() analytics.Freshness {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// note writes down what was found, within a bound, of a value that was read from
// the store at asOf, zero when it does not say.
func (r *Recorder) note(f *found, maxAge time.Duration, asOf, now time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.MaxAge = min(r.seen.MaxAge, maxAge)
	r.seen.Age = max(r.seen.Age, now.Sub(f.right))
	if !asOf.IsZero() && (r.seen.AsOf.IsZero() || asOf.Before(r.seen.AsOf)) {
		r.seen.AsOf = asOf
	}
	switch n := &r.seen.Reads; f.from {
	case fromMemory:
		n.Memory++
	case fromRedis:
		n.Redis++
	case fromStore:
		n.Store++
	case fromStale:
		n.Stale++
		r.seen.Stale = true
	}
}

func recorderOf(ctx context.Context) *Recorder {
	r, _ := ctx.Value(recorderKey{}).(*Recorder)
	return r
}

// Stats counts since the start. HitsMemory, HitsRedis, Misses and Stale add up
// to the things asked for and answered.
type Stats struct {
	HitsMemory  int64 // answered in process
	HitsRedis   int64 // answered by Redis
	Misses      int64 // answered by the store
	Stale       int64 // remembered past their time, the store being out of reach
	RedisErrors int64 // failures of Redis, those that the breaker spared us not counted
	Corrupt     int64 // values in Redis that could not be read
	Heard       int64 // changes heard of from others
	Drained     int64 // changes that were found waiting in the outbox
}

type counters struct {
	hitsMemory, hitsRedis, misses, stale, redisErrors, corrupt, heard, drained atomic.Int64
}

// Stats is what happened so far.
func (c *Cache) Stats() Stats {
	n := &c.counters
	return Stats{
		HitsMemory: n.hitsMemory.Load(), HitsRedis: n.hitsRedis.Load(), Misses: n.misses.Load(), Stale: n.stale.Load(),
		RedisErrors: n.redisErrors.Load(), Corrupt: n.corrupt.Load(), Heard: n.heard.Load(), Drained: n.drained.Load(),
	}
}

func (n *counters) count(f *found) {
	switch f.from {
	case fromMemory:
		n.hitsMemory.Add(1)
	case fromRedis:
		n.hitsRedis.Add(1)
	case fromStore:
		n.misses.Add(1)
	case fromStale:
		n.stale.Add(1)
	}
}
