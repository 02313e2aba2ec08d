package cache

import (
	"context"
	"errors"
	"sync"
	"time"
)

// unheard is how long the store may leave its outbox unread before it is held
// for hung. One that is gone says so itself.
const unheard = 2 * time.Second

var errHung = errors.New("cache: the store does not answer")

// pulse is whether the store answers at all. A hung one, unlike one that is gone,
// makes everybody wait who asks it: once the pulse is lost nobody is let in, and
// those who wait are let go.
type pulse struct {
	mu      sync.Mutex
	alive   context.Context // ends when the pulse is lost
	release context.CancelFunc
}

func newPulse() *pulse {
	p := &pulse{}
	p.regain()
	return p
}

// take calls the store, and loses the pulse when that takes too long. Any answer
// in time, an error too, is a pulse.
func (p *pulse) take(ctx context.Context, call func(context.Context) error) error {
	p.mu.Lock()
	lose := time.AfterFunc(unheard, p.release)
	p.mu.Unlock()
	err := call(ctx)
	lose.Stop()
	if ctx.Err() == nil {
		p.regain()
	}
	return err
}

func (p *pulse) regain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.alive == nil || p.alive.Err() != nil {
		p.alive, p.release = context.WithCancel(context.Background()) //nolint:gosec // released when the pulse is lost
	}
}

func (p *pulse) lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alive.Err() != nil
}

// guard is ctx until the pulse is lost.
func (p *pulse) guard(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	stop := context.AfterFunc(p.alive, func() { cancel(errHung) })
	return ctx, func() { stop(); cancel(nil) }
}
