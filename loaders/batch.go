package loaders

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// quietRounds is how many times in a row the scheduler must come round without
// a new load before a batch leaves.
var quiet = 200*time.Microsecond

// batcher gathers the loads of one request into few calls. A batch leaves when
// the executor has nothing else to run: no clock is waited for, and siblings
// that start late still get on.
type batcher[K comparable, V any] struct {
	call    func(ctx context.Context, keys []K) ([]V, error)
	mu      sync.Mutex
	pending *batch[K, V]
}

type batch[K comparable, V any] struct {
	keys   []K
	place  map[K]int
	values []V
	err    error
	done   chan struct{}
}

func newBatcher[K comparable, V any](call func(ctx context.Context, keys []K) ([]V, error)) *batcher[K, V] {
	return &batcher[K, V]{call: call}
}

// Load answers one key as part of a batch. A batch fails as a whole.
func (b *batcher[K, V]) Load(ctx context.Context, key K) (V, error) {
	b.mu.Lock()
	p := b.pending
	if p == nil {
		p = &batch[K, V]{place: map[K]int{}, done: make(chan struct{})}
		b.pending = p
		go b.dispatch(ctx, p)
	}
	i, joined := p.place[key]
	if !joined {
		i = len(p.keys)
		p.place[key] = i
		p.keys = append(p.keys, key)
	}
	b.mu.Unlock()

	var none V
	select {
	case <-p.done:
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	if p.err != nil {
		return none, p.err
	}
	return p.values[i], nil
}

func (b *batcher[K, V]) dispatch(ctx context.Context, p *batch[K, V]) {
	size := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(p.keys)
	}
	for last, since := size(), time.Now(); time.Since(since) < quiet; {
		runtime.Gosched()
		if n := size(); n != last {
			last, since = n, time.Now()
		}
	}
	b.mu.Lock()
	b.pending = nil
	b.mu.Unlock()
	defer close(p.done)
	defer func() {
		if r := recover(); r != nil {
			p.err = fmt.Errorf("loaders: a batch panicked: %v\n%s", r, debug.Stack())
		}
	}()
	p.values, p.err = b.call(ctx, p.keys)
}
