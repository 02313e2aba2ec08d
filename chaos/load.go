package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// load is everybody who reads and writes, all the time.
type load struct {
	*world
	client
	questions []question
	watchers  []*watcher
	seen      seen

	readEvery, writeEvery time.Duration // of each who reads, or writes

	ids      atomic.Int64
	stop     context.CancelFunc // nil while nobody is at work
	workers  sync.WaitGroup
	leave    context.CancelFunc // for those who watch
	watching sync.WaitGroup
}

// start puts everybody to work: those who read ask of all tenants, those who write
// send events of these.
func (l *load) start(ctx context.Context, written []*tenant) {
	working, stop := context.WithCancel(ctx)
	watching, leave := context.WithCancel(ctx)
	l.stop, l.leave = stop, leave
	for _, w := range l.watchers {
		l.watching.Go(func() { w.watch(watching) })
	}
	for range l.o.readers {
		l.workers.Go(func() {
			every(working, l.readEvery, func() { l.read(ctx) })
		})
	}
	for i := range l.o.writers {
		w := &writer{load: l, tenant: written[i%len(written)]}
		l.workers.Go(func() {
			every(working, l.writeEvery, func() { w.write(ctx) })
			for len(w.pending) > 0 && ctx.Err() == nil { // nothing is left open
				w.retry(ctx)
				pause(ctx, 50*time.Millisecond)
			}
		})
	}
}

// end lets everybody finish, and returns when every event is acknowledged and
// all who watch have heard of it.
func (l *load) end(ctx context.Context) {
	if l.stop != nil {
		l.stop()
		l.workers.Wait()
		l.settle(ctx)
		l.leave()
		l.watching.Wait()
		l.stop = nil
	}
	l.http.CloseIdleConnections()
}

// every calls f at most so often, from a random moment on.
func every(ctx context.Context, d time.Duration, f func()) {
	pause(ctx, rand.N(d))
	for ctx.Err() == nil {
		began := time.Now()
		f()
		pause(ctx, d-time.Since(began))
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// read asks something, one time in three with no-cache.
func (l *load) read(ctx context.Context) {
	q := l.questions[rand.IntN(len(l.questions))]
	v, took := l.ask(ctx, q, rand.IntN(3) == 0, false, l.truth)
	if ctx.Err() == nil {
		l.seen.note(q.kind, v, took)
	}
}
