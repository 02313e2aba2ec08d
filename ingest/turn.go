package ingest

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"footfall/analytics"
)

// maxTurns is how many writes of one tenant may wait for their turn.
const maxTurns = 100

// turns let one write of a tenant through at a time. More would only wait for the
// tenant's lock in the store, each with a connection that others need.
type turns struct {
	mu sync.Mutex
	of map[int64]*turn // by tenant; one exists while somebody uses it
}

type turn struct {
	one   *semaphore.Weighted
	users int
}

// take calls do when it is the tenant's turn. An end of ctx, or too many who wait
// already, is CodeUnavailable.
func (t *turns) take(ctx context.Context, tenant int64, do func() error) error {
	mine, err := t.join(tenant)
	if err != nil {
		return err
	}
	defer t.leave(tenant, mine)
	if err = mine.one.Acquire(ctx, 1); err != nil {
		return analytics.Unavailable(err)
	}
	defer mine.one.Release(1)
	return do()
}

func (t *turns) join(tenant int64) (*turn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.of[tenant]
	if mine == nil {
		mine = &turn{one: semaphore.NewWeighted(1)}
		t.of[tenant] = mine
	}
	if mine.users > maxTurns {
		return nil, analytics.ErrOverloaded
	}
	mine.users++
	return mine, nil
}

func (t *turns) leave(tenant int64, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.users--; mine.users == 0 {
		delete(t.of, tenant)
	}
}

// write commits something of a tenant when its turn has come, and makes it known.
func (w *Writer) write(ctx context.Context, tenant int64, commit func() (analytics.Change, error)) error {
	var change analytics.Change
	err := w.turns.take(ctx, tenant, func() error {
		return w.o.Gate.Pass(ctx, tenant, 1, func() (err error) {
			change, err = commit()
			return err
		})
	})
	if err == nil {
		w.publish(ctx, change)
	}
	return err
}
