package loaders

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"footfall/analytics"
)

// Points take memory until they are written: about 1 KiB each, 1.5 where every
// one of them has events. These bound how many all operations together hold;
// series of up to shortSeries points are not counted.
const (
	pointsAtOnce = 3 * analytics.MaxPoints
	shortSeries  = 1000
)

// A leaderboard takes some 2 KiB for each partner while it is ranked, whatever the
// page. Those of many partners take turns.
const shortLeaderboard = 10_000

// Room is what the operations of a gateway may hold of its memory together. Nil bounds
// nothing.
type Room struct {
	points *semaphore.Weighted
	turns  Turns
}

// Turns lets a tenant's work of a weight pass when there is room for it.
type Turns interface {
	Pass(ctx context.Context, tenant int64, weight int, do func() error) error
}

// NewRoom makes a Room whose long leaderboards pass turns.
func NewRoom(turns Turns) *Room {
	return &Room{semaphore.NewWeighted(pointsAtOnce), turns}
}

// rank calls do when it is the turn of a leaderboard of n partners.
func (r *Room) rank(ctx context.Context, tenant int64, n int, do func() error) error {
	if r == nil || n <= shortLeaderboard {
		return do()
	}
	return r.turns.Pass(ctx, tenant, 1, do)
}

// pointBudget is what one operation takes of a Room's points. The zero pointBudget is
// ready.
type pointBudget struct {
	mu   sync.Mutex
	held int64
}

// take waits for room for n points. An operation that holds some already does
// not wait, or two could wait for each other.
func (b *pointBudget) take(ctx context.Context, r *Room, n int) error {
	if r == nil || n <= shortSeries {
		return nil
	}
	ctx, end := whileWanted(ctx)
	defer end()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.held+int64(n) > pointsAtOnce:
		return analytics.Invalidf("", "the series of one operation must have at most %d points together: ask in several", pointsAtOnce)
	case b.held == 0:
		if err := r.points.Acquire(ctx, int64(n)); err != nil {
			return context.Cause(ctx)
		}
	case !r.points.TryAcquire(int64(n)):
		return analytics.Errorf(analytics.CodeUnavailable, "there is no room for so many points now, try again or ask for less")
	}
	b.held += int64(n)
	return nil
}

// give returns all of it.
func (b *pointBudget) give(r *Room) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held > 0 {
		r.points.Release(b.held)
	}
	b.held = 0
}
