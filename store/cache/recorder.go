package cache

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Recorder tells how the reads of one request were answered. It is safe for
// concurrent use.
type Recorder struct {
	mu           sync.Mutex
	hits, misses int
	age          time.Duration
	stale        bool
}

type recorderKey struct{}

// WithRecorder has all reads under the context written down in the Recorder.
func WithRecorder(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{}
	return context.WithValue(ctx, recorderKey{}, r), r
}

// Stale reports whether anything was remembered past its time because the store
// was out of reach, and how long ago the oldest of it was last known to be
// right: what the Age header says.
func (r *Recorder) Stale() (age time.Duration, stale bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.age, r.stale
}

// Hits is how many things were remembered, Misses how many the store was asked
// for.
func (r *Recorder) Hits() int { hits, _ := r.counts(); return hits }

// Misses is how many things the store was asked for.
func (r *Recorder) Misses() int { _, misses := r.counts(); return misses }

func (r *Recorder) counts() (hits, misses int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hits, r.misses
}

func (r *Recorder) note(f *found, now time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f.from {
	case fromStore:
		r.misses++
	case fromStale:
		r.stale, r.age = true, max(r.age, now.Sub(f.right))
	default:
		r.hits++
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
	Loads       int64 // calls of the store
	RedisErrors int64 // failures of Redis, those that the breaker spared us not counted
	Corrupt     int64 // values in Redis that could not be read
	Published   int64 // changes told of by this process
	Heard       int64 // changes heard of from others
	Drained     int64 // changes that were found waiting in the outbox
	Entries     int   // in process now
	Informed    bool  // whether level 1 is believed now
}

type counters struct {
	hitsMemory, hitsRedis, misses, stale, loads, redisErrors, corrupt, published, heard, drained atomic.Int64
}

// Stats is what happened so far.
func (c *Cache) Stats() Stats {
	n := &c.counters
	return Stats{
		HitsMemory: n.hitsMemory.Load(), HitsRedis: n.hitsRedis.Load(), Misses: n.misses.Load(), Stale: n.stale.Load(),
		Loads: n.loads.Load(), RedisErrors: n.redisErrors.Load(), Corrupt: n.corrupt.Load(), Published: n.published.Load(),
		Heard: n.heard.Load(), Drained: n.drained.Load(), Entries: c.memory.len(), Informed: c.Informed(),
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
