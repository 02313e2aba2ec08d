package cache

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"footfall/analytics"
)

// aloneTTL is how long level 1 alone believes an answer: other processes that
// write to the database are not heard of.
const aloneTTL = 900 * time.Millisecond

// loading is the answering of flights from Redis and the store.
type loading[V any] struct {
	*request[V]
	shared  *flights
	flights []*flight
	n       []int // the flights' places among the items
	landed  []bool
	known   []recalled // what Redis knows of them, all zero when it is out of reach
}

// run lands the flights: from Redis, then from the store, or while that is out of reach
// from what is remembered past its time. After an error those that have not landed are
// the caller's to land.
func (l *loading[V]) run(ctx context.Context) error {
	l.known = make([]recalled, len(l.n))
	if l.remote != nil && !l.fresh && l.trusted() {
		// An error is counted and means that nothing is known.
		_ = l.remote.recall(ctx, pick(l.items, l.n), l.known)
	}
	var missing []int // places among the flights
	for i := range l.flights {
		if !l.landRemembered(i) {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if (l.pulse.lost() || !l.source.allow()) && l.landStale(missing) {
		return nil
	}
	began := time.Now()
	var values []V
	err := l.callNext(ctx, func(ctx context.Context) (err error) {
		values, err = l.ask(ctx, missing)
		return err
	})
	if err != nil {
		if analytics.IsUnavailable(err) && l.landStale(missing) {
			return nil
		}
		return err
	}
	l.landLoaded(ctx, missing, values, began)
	return nil
}

// callNext makes a call of Next: bounded in time, given up when the store hangs and not
// begun while it does, and counted by the breaker.
func (c *Cache) callNext(ctx context.Context, call func(context.Context) error) error {
	if c.pulse.lost() {
		return analytics.Unavailable(errHung)
	}
	limited, cancel := context.WithTimeout(ctx, c.o.LoadTimeout)
	defer cancel()
	guarded, end := c.pulse.guard(limited)
	defer end()
	err := call(guarded)
	if err != nil && errors.Is(context.Cause(guarded), errHung) {
		err = analytics.Unavailable(errHung)
	}
	if ctx.Err() == nil && !errors.Is(err, analytics.ErrOverloaded) { // else it says nothing of the store
		c.source.report(analytics.IsUnavailable(err))
	}
	return err
}

func (l *loading[V]) land(i int, got found, err error) {
	l.landed[i] = true
	l.shared.land(l.flights[i], got, err)
}

// landRemembered answers a flight from Redis if what it holds is current.
func (l *loading[V]) landRemembered(i int) bool {
	known, now := l.known[i], time.Now()
	if l.fresh || !known.current(now) {
		return false
	}
	v, ok := l.decode(known.envelope)
	if ok {
		l.remember(i, v, now, known.until)
		l.land(i, found{v, fromRedis, now}, nil)
	}
	return ok
}

func (l *loading[V]) decode(e *envelope) (V, bool) {
	v, err := l.kind.decode(e.payload)
	if err != nil {
		l.counters.corrupt.Add(1)
	}
	return v, err == nil
}

// ask loads what is missing, in one call.
func (l *loading[V]) ask(ctx context.Context, missing []int) ([]V, error) {
	var since time.Time // without Redis nothing is known to be quiet
	if l.remote != nil {
		since = l.remote.now().Add(-analytics.ReplicaLag)
	}
	for _, i := range missing {
		if !l.known[i].quiet(since) { // lest an answer without the change be remembered as one that has it
			ctx = analytics.WithFresh(ctx)
			break
		}
	}
	values, err := l.load(ctx, pick(l.n, missing))
	if err == nil && len(values) != len(missing) {
		err = fmt.Errorf("cache: %d answers to %d questions", len(values), len(missing))
	}
	return values, err
}

// landLoaded answers flights with what the store said, and remembers it.
func (l *loading[V]) landLoaded(ctx context.Context, missing []int, values []V, began time.Time) {
	var keep []kept
	for j, i := range missing {
		it := l.items[l.n[i]]
		until := began.Add(jittered(it.ttl))
		if l.remote == nil && it.ttl > aloneTTL {
			until = began.Add(aloneTTL)
		}
		l.remember(i, values[j], began, until)
		l.land(i, found{values[j], fromStore, began}, nil)
		if before := l.known[i].token; before != (token{}) && l.kind.size(values[j]) <= 4*largestValue { // some take less when they are encoded
			if payload, err := l.kind.encode(values[j]); err == nil {
				keep = append(keep, kept{it.key, envelope{before, began, until, payload}})
			}
		}
	}
	if len(keep) > 0 {
		l.remote.keep(ctx, keep, l.o.MaxStale)
	}
}

func (l *loading[V]) remember(i int, v V, right, until time.Time) {
	at := l.flights[i]
	l.level1.keep(at.key, &entry{value: v, size: l.kind.size(v), stamp: at.stamp, until: until}, right, l.o.MaxStale)
}

// landStale answers flights with what is remembered past its time, all of them
// or none: within MaxStale, and as old as was asked for at most.
func (l *loading[V]) landStale(missing []int) bool {
	if l.fresh {
		return false
	}
	stale := make([]found, len(missing))
	for j, i := range missing {
		got, ok := l.stale(i)
		if !ok || time.Since(got.right) > min(l.o.MaxStale, l.maxAge) {
			return false
		}
		stale[j] = got
	}
	for j, i := range missing {
		l.land(i, stale[j], nil)
	}
	return true
}

// stale is the latest that is remembered of a flight.
func (l *loading[V]) stale(i int) (got found, ok bool) {
	if e := l.level1.remains(l.flights[i].key); e != nil {
		got, ok = found{e.value, fromStale, time.Unix(0, e.right.Load())}, true
	}
	if e := l.known[i].envelope; e != nil && (!ok || e.right.After(got.right)) {
		if v, fine := l.decode(e); fine {
			return found{v, fromStale, e.right}, true
		}
	}
	return got, ok
}

// jittered is a time to live less up to a tenth, so that what was read
// together is not read again together.
func jittered(ttl time.Duration) time.Duration { return ttl - rand.N(ttl/10+1) } //nolint:gosec // no secret
