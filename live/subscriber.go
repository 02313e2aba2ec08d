package live

import (
	"context"
	"sync/atomic"
	"time"

	"footfall/loaders"
)

// subscriber is one who watches. Of the values it did not read it keeps the
// latest alone.
type subscriber[V any] struct {
	values chan V      // of one
	unread time.Time   // since when one is
	fail   func(error) // told why it ended, once it began
	began  bool
	err    error // why it ended
}

// offer replaces what is unread. It is false for one who does not read. Its
// callers take turns.
func (s *subscriber[V]) offer(v V) bool {
	select {
	case <-s.values:
		if time.Since(s.unread) > grace {
			return false
		}
	default:
		s.unread = time.Now()
	}
	s.values <- v
	return true
}

func (s *subscriber[V]) end(err error) {
	s.err = err
	if err != nil && s.began {
		s.fail(err)
	}
	close(s.values)
}

// subscribe watches until ctx ends. It returns once there is a first value, or
// the error that there will be none.
func subscribe[V any](ctx context.Context, h *Hub, viewer loaders.Viewer, name string, q query[V]) (<-chan V, error) {
	s := &subscriber[V]{values: make(chan V, 1), fail: failure(ctx)}
	f, err := join(h, viewer, feedKey{viewer.ActivationID, name}, q, s)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.ready:
	case <-ctx.Done():
		f.leave(s)
		return nil, context.Cause(ctx)
	}
	f.mu.Lock()
	s.began, err = s.err == nil, s.err
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { f.leave(s) })
	return s.values, nil
}

type endingKey struct{}

// WithEnding lets the subscriptions under ctx say why they ended early: the
// function it returns tells, nil when they did not.
func WithEnding(ctx context.Context) (context.Context, func() error) {
	var ending atomic.Pointer[error]
	ctx = context.WithValue(ctx, endingKey{}, &ending)
	return ctx, func() error {
		if err := ending.Load(); err != nil {
			return *err
		}
		return nil
	}
}

// failure is where a subscription under ctx says why it ended.
func failure(ctx context.Context) func(error) {
	ending, ok := ctx.Value(endingKey{}).(*atomic.Pointer[error])
	if !ok {
		return func(error) {}
	}
	return func(err error) { ending.Store(&err) }
}
