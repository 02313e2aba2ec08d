package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"footfall/analytics"
)

// request is one call of a Source method.
type request[V any] struct {
	*Cache
	kind     kind[V]
	level1   *memory
	items    []item
	stamps   []stamp       // of the items, from before anything was read
	maxAge   time.Duration // how long ago what is remembered may have last been known to be right
	fresh    bool          // nothing remembered may be
	began    time.Time
	recorder *Recorder // nil for none
	out      []V
	load     func(ctx context.Context, missing []int) ([]V, error)
}

// fetch answers the items, aligned with them: from memory, then from Redis in
// one round trip, then with one load, which is given the places of what is
// missing. What others are loading already is waited for instead.
func fetch[V any](ctx context.Context, c *Cache, k kind[V], items []item, load func(context.Context, []int) ([]V, error)) ([]V, error) {
	r := newRequest(ctx, c, k, items)
	r.load = load
	recalled, missing := r.recall()
	for i, e := range recalled {
		if e != nil {
			r.takeRemembered(i, e)
		}
	}
	shared := c.flights
	if r.fresh { // a load under way may have begun before the writes that must be seen
		shared = newFlights()
	}
	for len(missing) > 0 {
		joined, err := r.wait(ctx, shared, missing)
		if err != nil {
			return nil, err
		}
		// Loads of others that failed for their own reasons are done again alone.
		missing, shared = joined, newFlights()
	}
	return r.out, nil
}

func newRequest[V any](ctx context.Context, c *Cache, k kind[V], items []item) *request[V] {
	level1 := c.memory
	if k.long {
		level1 = c.lists
	}
	return &request[V]{
		Cache: c, kind: k, level1: level1, items: items, stamps: level1.stampsOf(items), maxAge: analytics.MaxAge(ctx), fresh: analytics.Fresh(ctx),
		began: time.Now(), recorder: recorderOf(ctx), out: make([]V, len(items)),
	}
}

// take answers the item at place i with what was found.
func (r *request[V]) take(i int, f *found) {
	r.out[i] = f.value.(V)
	if f.from == fromStale && r.kind.stale != nil {
		r.out[i] = r.kind.stale(r.out[i])
	}
	r.counters.count(f)
	r.recorder.note(f, r.maxAge, r.kind.asOf(r.out[i]), time.Now())
}

func (r *request[V]) takeRemembered(i int, e *entry) {
	r.take(i, &found{e.value, fromMemory, r.confirm(e, r.began)})
}

// recall is what memory holds, nil where it holds nothing, and the places of those.
func (r *request[V]) recall() (entries []*entry, missing []int) {
	believed := !r.fresh && r.Informed()
	entries = make([]*entry, len(r.items))
	for i, it := range r.items {
		if believed {
			entries[i] = r.level1.recall(it.key, r.stamps[i], r.began)
		}
		if entries[i] == nil {
			missing = append(missing, i)
		}
	}
	return entries, missing
}

// confirm says when an entry that was not forgotten was last known to be right:
// now, if we would have heard of a change.
func (c *Cache) confirm(e *entry, now time.Time) time.Time {
	if c.remote == nil { // other processes are not heard of
		return time.Unix(0, e.right.Load())
	}
	if n := now.UnixNano(); n-e.right.Load() > int64(100*time.Millisecond) { // spares the memory bus
		e.right.Store(n)
	}
	return now
}

// wait takes the items at places n once they are loaded. It returns the places
// of those whose load another caller led and which failed through no fault of
// the store.
func (r *request[V]) wait(ctx context.Context, shared *flights, n []int) (again []int, err error) {
	loading, end := context.WithCancel(context.WithoutCancel(ctx))
	flights, led := shared.join(pick(r.items, n), pick(r.stamps, n), r.maxAge, r.remote != nil && r.Informed(), end)
	defer shared.leave(flights)
	own := map[*flight]bool{}
	if len(led) > 0 {
		mine, places := pick(flights, led), pick(n, led)
		for _, f := range mine {
			own[f] = true
		}
		go func() {
			defer end()
			r.lead(loading, shared, mine, places)
		}()
	}
	for i, f := range flights {
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, callerError(ctx.Err())
		}
		switch {
		case f.err == nil:
			r.take(n[i], &f.found)
		case own[f] || analytics.IsUnavailable(f.err):
			return nil, f.err
		default:
			again = append(again, n[i])
		}
	}
	return again, nil
}

// lead loads for the flights, which are those of the items at places n. It lands them
// all, whatever happens.
func (r *request[V]) lead(ctx context.Context, shared *flights, flights []*flight, n []int) {
	l := &loading[V]{request: r, shared: shared, flights: flights, n: n, landed: make([]bool, len(n))}
	err := errors.New("cache: the load ended without a result")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cache: a load: %w", analytics.Panicked(p))
		}
		for i := range flights {
			if !l.landed[i] {
				l.land(i, found{}, err)
			}
		}
	}()
	err = l.run(ctx)
}

// callerError types the error of a caller that gave up.
func callerError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return analytics.Unavailable(err)
	}
	return err
}
