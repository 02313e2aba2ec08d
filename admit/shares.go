package admit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// company is for how long a tenant counts as there after it asked.
const company = 2 * time.Second

// maxShares is how many tenants' shares are kept; what is forgotten is made anew.
const maxShares = 10_000

// shares keep half of a gate for other tenants while there are any: one whose reads
// take long would hold all of it, whatever its turn.
type shares struct {
	room, waiting int // of one share
	mu            sync.Mutex
	of            map[int64]*share
	last, before  visit // of the two tenants who asked last
}

type visit struct {
	tenant int64
	at     time.Time
}

// share is what one tenant may have of a gate.
type share struct {
	*semaphore.Weighted
	waiting atomic.Int64
}

// enter is the tenant's share, nil for all there is when nobody else was there lately.
func (s *shares) enter(tenant int64, now time.Time) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.tenant != tenant {
		s.before = s.last
	}
	s.last = visit{tenant, now}
	if now.Sub(s.before.at) >= company {
		return nil
	}
	if s.of[tenant] == nil {
		if len(s.of) >= maxShares {
			clear(s.of)
		}
		s.of[tenant] = &share{Weighted: semaphore.NewWeighted(int64(s.room))}
	}
	return s.of[tenant]
}

// tryAcquire takes room at once, or nothing.
func (s *share) tryAcquire(room *semaphore.Weighted, n int64) bool {
	if s == nil {
		return room.TryAcquire(n)
	}
	if !s.TryAcquire(n) {
		return false
	}
	if room.TryAcquire(n) {
		return true
	}
	s.Release(n)
	return false
}

// acquire waits for room.
func (s *share) acquire(ctx context.Context, room *semaphore.Weighted, n int64) error {
	if s == nil {
		return room.Acquire(ctx, n)
	}
	if err := s.Acquire(ctx, n); err != nil {
		return err
	}
	err := room.Acquire(ctx, n)
	if err != nil {
		s.Release(n)
	}
	return err
}

func (s *share) release(room *semaphore.Weighted, n int64) {
	room.Release(n)
	if s != nil {
		s.Release(n)
	}
}
