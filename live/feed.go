package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// query is what a feed computes.
type query[V any] struct {
	// read asks the loaders, and returns what that amounts to at an instant at or
	// after it: cheap, and asked every second.
	read func(ctx context.Context, l *loaders.Loaders) (show func(now time.Time) V, err error)
	// same reports whether b says nothing that a did not.
	same func(a, b V) bool
}

// feed computes one query for all its subscribers, as long as there are any.
type feed[V any] struct {
	hub    *Hub
	viewer loaders.Viewer
	key    feedKey
	query  query[V]
	cancel context.CancelFunc
	ctx    context.Context //nolint:containedctx // the feed's life
	wake   chan struct{}   // something changed
	ready  chan struct{}   // there is a value, or there will be none

	share *share // the tenant's

	// Of run alone.
	show     func(now time.Time) V
	computed time.Time
	acted    time.Time // when it last began to compute, or said something
	failing  time.Time // since; zero when all is well

	mu          sync.Mutex
	subscribers map[*subscriber[V]]bool
	latest      V
	shown       bool // latest is a value
	ended       bool
	computing   bool
	dirty       bool                     // something it depends on changed since it was computed
	reads       map[analytics.Topic]bool // what it depends on
	heard       topics                   // what changed while it is computed
}

func newFeed[V any](h *Hub, viewer loaders.Viewer, key feedKey, q query[V]) *feed[V] {
	f := &feed[V]{
		hub: h, viewer: viewer, key: key, query: q, subscribers: map[*subscriber[V]]bool{}, dirty: true,
		wake: make(chan struct{}, 1), ready: make(chan struct{}),
	}
	f.share = h.shareOf(viewer.Tenant.ID)
	f.ctx, f.cancel = context.WithCancel(h.ctx) //nolint:gosec // whoever leaves last calls it, or the end
	return f
}

// run computes and offers values until the feed ends.
func (f *feed[V]) run() {
	defer f.hub.feedCount.Add(-1)
	for f.ctx.Err() == nil {
		began := time.Now()
		if err := f.turn(began); err != nil && f.ctx.Err() == nil {
			f.hub.mu.Lock()
			forget(f.hub, f)
			f.hub.mu.Unlock()
			f.end(err)
			return
		}
		f.pause(began)
	}
}

// pause waits until the next turn: a second after this one began, or at a change,
// and until the last value and the last computation's beginning are a second old.
func (f *feed[V]) pause(began time.Time) {
	select {
	case <-f.ctx.Done():
	case <-time.After(minInterval - time.Since(began)):
	case <-f.wake:
	}
	select {
	case <-f.ctx.Done():
	case <-time.After(minInterval - time.Since(f.acted)):
	}
}

// turn brings the feed up to date. An error ends it, and so does a panic.
func (f *feed[V]) turn(now time.Time) (err error) {
	defer panicked(&err)
	if f.due(now) {
		f.acted = now
		switch err := f.compute(now); {
		case err == nil:
			f.failing = time.Time{}
		case f.show == nil || !transient(err) || f.ctx.Err() != nil:
			return err
		case f.failing.IsZero():
			f.failing = now
			f.hub.o.Log.Warn("a subscription cannot be computed", "query", f.key.query, "error", err)
		case now.Sub(f.failing) > grace:
			return err
		}
	}
	if f.offer(f.show(time.Now())) {
		f.acted = time.Now()
	}
	return nil
}

// due reports whether the feed must be computed: something it depends on
// changed, or may have.
func (f *feed[V]) due(now time.Time) bool {
	f.mu.Lock()
	dirty := f.dirty
	f.mu.Unlock()
	return dirty || now.Sub(f.computed) >= refresh || !f.hub.o.Informed()
}

// compute asks the Source, a few feeds at a time, and fewer of one tenant: a slow one
// holds up its own.
func (f *feed[V]) compute(now time.Time) error {
	for _, slots := range []chan struct{}{f.share.computing, f.hub.computing} {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
	f.mu.Lock()
	f.computing, f.heard = true, topics{}
	f.mu.Unlock()
	source := &noting{next: f.hub.o.Source, reads: map[analytics.Topic]bool{}}
	f.hub.computations.Add(1)
	show, err := f.read(loaders.New(loaders.Options{Source: source, Viewer: f.viewer, Now: now}))
	if err != nil {
		f.hub.failed.Add(1)
	} else {
		f.show, f.computed = show, now
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	reads, stale := source.take()
	f.computing, f.reads = false, reads
	f.dirty = err != nil || stale || f.heard.touch(reads)
	f.heard = topics{}
	return err
}

func (f *feed[V]) read(l *loaders.Loaders) (show func(now time.Time) V, err error) {
	ctx, cancel := context.WithTimeout(f.ctx, computeTimeout)
	defer cancel()
	defer panicked(&err)
	return f.query.read(ctx, l)
}

// panicked makes an error of a panic of whom it is deferred by.
func panicked(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("live: a computation: %w", analytics.Panicked(r))
	}
}

// size is how many subscribers there are.
func (f *feed[V]) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.subscribers)
}

// hear notes that topics changed, nil for any.
func (f *feed[V]) hear(changed map[analytics.Topic]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	news := topics{all: changed == nil, some: changed}
	switch {
	case f.computing: // what it will depend on is not known yet
		f.heard.add(news)
	case news.touch(f.reads):
		f.dirty = true
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// offer gives a value that says something new to all subscribers; false when it
// does not.
func (f *feed[V]) offer(v V) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return false
	}
	old := f.shown && f.query.same(f.latest, v)
	f.latest = v // newer all the same, for who comes next
	if old {
		return false
	}
	if !f.shown {
		f.shown = true
		close(f.ready)
	}
	for s := range f.subscribers {
		if !s.offer(v) {
			f.hub.dropped.Add(1)
			f.remove(s, errSlow)
		}
	}
	return true
}

func (f *feed[V]) add(s *subscriber[V]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subscribers[s] = true
	if f.shown {
		s.offer(f.latest)
	}
}

// remove parts with a subscriber, at most once. The lock is held.
func (f *feed[V]) remove(s *subscriber[V], err error) {
	if f.subscribers[s] {
		delete(f.subscribers, s)
		f.hub.subscribers.Add(-1)
		f.share.subscribers.Add(-1)
		s.end(err)
	}
}

// leave parts with a subscriber; a feed without any ends.
func (f *feed[V]) leave(s *subscriber[V]) {
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remove(s, nil)
	if len(f.subscribers) == 0 {
		forget(f.hub, f)
		f.cancel()
	}
}

// end parts with all subscribers.
func (f *feed[V]) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancel()
	f.ended = true
	for s := range f.subscribers {
		f.remove(s, err)
	}
	if !f.shown {
		f.shown = true
		close(f.ready)
	}
	if transient(err) && !errors.Is(err, errClosing) {
		f.hub.o.Log.Error("a subscription ended", "query", f.key.query, "error", err)
	}
}
