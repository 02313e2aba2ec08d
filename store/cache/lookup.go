package cache

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
)

const (
	tripsAtOnce = 2               // so that one slow connection does not hold everyone up
	slowTrip    = callTimeout / 4 // who had to wait for a longer one might have no time left for its own
	fewItems    = 64              // a look-up of more shares its trip with none, lest it hold others up
)

// lookup asks Redis for the tokens and values of items.
type lookup struct {
	ctx    context.Context //nolint:containedctx // of who waits, while it waits
	items  []item
	topics []topic
	places [][]int           // of each topic's items
	found  []*redis.SliceCmd // of each topic: its token and the values of its items
	era    string
	err    error
	done   chan struct{}
}

func newLookup(items []item) *lookup {
	l := &lookup{items: items}
	if len(items) == 1 { // the usual one
		l.topics, l.places = []topic{items[0].topic}, [][]int{{0}}
		return l
	}
	at := map[topic]int{}
	for i, it := range items {
		t, known := at[it.topic]
		if !known {
			t = len(l.topics)
			at[it.topic] = t
			l.topics, l.places = append(l.topics, it.topic), append(l.places, nil)
		}
		l.places[t] = append(l.places[t], i)
	}
	return l
}

// lookups go to Redis together: while all trips are under way, those that come in
// wait, and the next trip takes them all. A lone one leaves at once, and so does
// every one while Redis is slow; no timer is waited for. Each is read after it was
// asked for, as if it were alone.
type lookups struct {
	send func(context.Context, []*lookup) // one round trip

	mu      sync.Mutex
	trips   int
	slow    bool // the last trip was
	waiting []*lookup
}

// do has l answered before ctx ends. Those that go with it do not end with ctx.
func (s *lookups) do(ctx context.Context, l *lookup) error {
	if len(l.items) > fewItems {
		s.send(ctx, []*lookup{l})
		return l.err
	}
	l.ctx, l.done = ctx, make(chan struct{})
	s.mu.Lock()
	s.waiting = append(s.waiting, l)
	leads := s.slow || s.trips < tripsAtOnce
	if leads {
		s.trips++
	}
	s.mu.Unlock()
	if leads {
		s.trip()
	}
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// trip takes those that still wait, and has the next one begin if others came in
// meanwhile.
func (s *lookups) trip() {
	began := time.Now()
	s.mu.Lock()
	all := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	batch := make([]*lookup, 0, len(all))
	for _, l := range all {
		if l.ctx.Err() == nil {
			batch = append(batch, l)
		}
	}
	if len(batch) > 0 {
		s.carry(batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(batch) > 0 { // an empty trip says nothing of Redis
		s.slow = time.Since(began) > slowTrip
	}
	if len(s.waiting) > 0 {
		go s.trip()
	} else {
		s.trips--
	}
}

// carry has all of a batch answered, whatever happens.
func (s *lookups) carry(batch []*lookup) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout+time.Duration(len(batch))*time.Millisecond)
	defer cancel()
	defer func() {
		p := recover()
		for _, l := range batch {
			if p != nil {
				l.err = fmt.Errorf("cache: a look-up: %w", analytics.Panicked(p))
			}
			close(l.done)
		}
	}()
	s.send(ctx, batch)
}
