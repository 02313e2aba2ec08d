package loaders

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"footfall/analytics"
)

// How long a batch waits for loads. A round is one turn of the scheduler without
// a new one; on a busy machine rounds take longer.
const (
	// quietRounds is after how many rounds a batch leaves that is whole.
	quietRounds = 3
	// hopefulRounds is the same where somebody may ask yet.
	hopefulRounds = 12
	// maxRounds and maxWait are after how many rounds, and how long, any
	// batch leaves: who failed before it asked must not hold up the others.
	maxRounds = 20
	maxWait   = 25 * time.Millisecond // more than a busy machine keeps a thread waiting
)

// batcher gathers the loads of one request into few calls. A batch leaves when
// all of the crowd are on board who ask side by side, and nobody else comes: no clock
// is waited for unless the scheduler keeps one of them away. Loads that bound the age
// of their answers differently do not share a batch.
type batcher[K comparable, V any] struct {
	crowd   Crowd
	call    func(ctx context.Context, keys []K) ([]V, error)
	recall  func(ctx context.Context, keys []K) ([]V, bool) // what is known at once; nil knows nothing
	maxWait time.Duration
	mu      sync.Mutex
	pending map[time.Duration]*batch[K, V] // by the bound
}

type batch[K comparable, V any] struct {
	keys   []K
	place  map[K]int
	loads  int
	aboard Gathering // under the batcher's lock
	values []V
	err    error
	done   chan struct{}
}

func newBatcher[K comparable, V any](crowd Crowd, call func(ctx context.Context, keys []K) ([]V, error)) *batcher[K, V] {
	return &batcher[K, V]{crowd: crowd, call: call, maxWait: maxWait, pending: map[time.Duration]*batch[K, V]{}}
}

// Load answers one key as part of a batch. A batch fails as a whole.
func (b *batcher[K, V]) Load(ctx context.Context, key K) (V, error) {
	if known, ok := b.known(ctx, []K{key}); ok {
		return known[0], nil
	}
	var i int
	p, err := b.join(ctx, func(p *batch[K, V]) { i = p.add(key) })
	if err != nil {
		var none V
		return none, err
	}
	return p.values[i], nil
}

// LoadAll answers keys in their order, all as part of one batch.
func (b *batcher[K, V]) LoadAll(ctx context.Context, keys []K) ([]V, error) {
	if known, ok := b.known(ctx, keys); ok {
		return known, nil
	}
	places := make([]int, len(keys))
	p, err := b.join(ctx, func(p *batch[K, V]) {
		for i, key := range keys {
			places[i] = p.add(key)
		}
	})
	if err != nil {
		return nil, err
	}
	out := make([]V, len(keys))
	for i, at := range places {
		out[i] = p.values[at]
	}
	return out, nil
}

// known answers without a batch what is remembered, where no batch waits for who asks.
func (b *batcher[K, V]) known(ctx context.Context, keys []K) ([]V, bool) {
	if b.recall == nil || !b.crowd.Alone(ctx) {
		return nil, false
	}
	return b.recall(ctx, keys)
}

// add puts a key on board and returns its place.
func (p *batch[K, V]) add(key K) int {
	i, joined := p.place[key]
	if !joined {
		i = len(p.keys)
		p.place[key] = i
		p.keys = append(p.keys, key)
	}
	return i
}

// join adds keys to the batch that leaves next, and waits for its answers.
func (b *batcher[K, V]) join(ctx context.Context, add func(*batch[K, V])) (*batch[K, V], error) {
	maxAge := analytics.MaxAge(ctx)
	b.mu.Lock()
	p := b.pending[maxAge]
	if p == nil {
		p = &batch[K, V]{place: map[K]int{}, aboard: b.crowd.Gather(), done: make(chan struct{})}
		b.pending[maxAge] = p
		go b.dispatch(ctx, p)
	}
	p.aboard.Enter(ctx)
	p.loads++
	add(p)
	b.mu.Unlock()

	select {
	case <-p.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return p, p.err
}

func (b *batcher[K, V]) dispatch(ctx context.Context, p *batch[K, V]) {
	b.await(p)
	b.mu.Lock()
	delete(b.pending, analytics.MaxAge(ctx))
	b.mu.Unlock()
	ctx, end := whileWanted(ctx)
	defer end()
	defer close(p.done)
	defer func() {
		if r := recover(); r != nil {
			p.err = fmt.Errorf("loaders: a batch: %w", analytics.Panicked(r))
		}
	}()
	if p.values, p.err = b.call(ctx, p.keys); p.err == nil && len(p.values) != len(p.keys) {
		p.err = fmt.Errorf("loaders: %d answers to %d questions", len(p.values), len(p.keys))
	}
}

// await returns when the batch may leave.
func (b *batcher[K, V]) await(p *batch[K, V]) {
	for quiet, last, since := 0, 0, time.Now(); ; quiet++ {
		b.mu.Lock()
		n, whole, expecting := p.loads, p.aboard.Whole(), p.aboard.Expecting()
		b.mu.Unlock()
		if n != last {
			quiet, last, since = 0, n, time.Now()
		}
		switch {
		case quiet < quietRounds:
			runtime.Gosched()
		case whole && (!expecting || quiet > hopefulRounds), quiet > maxRounds && time.Since(since) > b.maxWait:
			return
		default:
			time.Sleep(time.Microsecond) // lets this thread help the others
		}
	}
}
