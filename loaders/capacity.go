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

var points = semaphore.NewWeighted(pointsAtOnce)

// A leaderboard takes some 2 KiB for each partner while it is ranked, whatever the
// page. Those of many partners take turns, all operations' together.
const (
	shortLeaderboard   = 10_000
	leaderboardsAtOnce = 2
)

var leaderboards = semaphore.NewWeighted(leaderboardsAtOnce)

// acquireLeaderboard waits for the turn of a leaderboard of n partners, until leave is called.
func acquireLeaderboard(ctx context.Context, n int) (leave func(), err error) {
	if n <= shortLeaderboard {
		return func() {}, nil
	}
	if err := leaderboards.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { leaderboards.Release(1) }, nil
}

// pointBudget is what one operation takes of the points. The zero pointBudget is ready.
type pointBudget struct {
	mu   sync.Mutex
	held int64
}

// take waits for room for n points. An operation that holds some already does
// not wait, or two could wait for each other.
func (r *pointBudget) take(ctx context.Context, n int) error {
	if n <= shortSeries {
		return nil
	}
	ctx, end := whileWanted(ctx)
	defer end()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.held+int64(n) > pointsAtOnce:
		return analytics.Invalidf("", "the series of one operation must have at most %d points together: ask in several", pointsAtOnce)
	case r.held == 0:
		if err := points.Acquire(ctx, int64(n)); err != nil {
			return context.Cause(ctx)
		}
	case !points.TryAcquire(int64(n)):
		return analytics.Errorf(analytics.CodeUnavailable, "there is no room for so many points now, try again or ask for less")
	}
	r.held += int64(n)
	return nil
}

// give returns all of it.
func (r *pointBudget) give() {
	r.mu.Lock()
	defer r.mu.Unlock()
	points.Release(r.held)
	r.held = 0
}
