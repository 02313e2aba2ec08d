package auth

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/throttled/throttled/v2"
)

const (
	maxRate     = 1_000_000_000   // a minute: beyond, the interval is below a nanosecond's worth
	maxCounters = 100_000         // of those counted at a time
	maxQuotas   = 1_000           // of the algorithms that are kept
	quietFor    = 2 * time.Minute // after which a count, or a lease, says nothing any more
)

// counts is the generic cell rate algorithm with a minute's quota as its burst,
// for many at a time, counted in this process.
type counts struct {
	mu       sync.Mutex // makes arrivals' compare-and-swap succeed at once
	quotas   map[int]*throttled.GCRARateLimiterCtx
	arrivals *arrivals
}

func newCounts(now func() time.Time) *counts {
	return &counts{quotas: map[int]*throttled.GCRARateLimiterCtx{}, arrivals: newArrivals(now)}
}

// take counts n of id's quota, or none where so many are not left: then
// RetryAfter says when they will be. 0 only looks whether one is.
func (c *counts) take(id string, perMinute, n int) (Limit, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gcra, err := c.quota(perMinute)
	if err != nil {
		return Limit{}, err
	}
	refused, r, err := gcra.RateLimitCtx(context.Background(), id, n)
	if err != nil {
		return Limit{}, err
	}
	limit := Limit{Limit: r.Limit, Remaining: r.Remaining, ResetAfter: r.ResetAfter, RetryAfter: max(0, r.RetryAfter)}
	if refused {
		limit.RetryAfter = max(limit.RetryAfter, 1)
	}
	return limit, nil
}

func (c *counts) quota(perMinute int) (*throttled.GCRARateLimiterCtx, error) {
	if gcra := c.quotas[perMinute]; gcra != nil {
		return gcra, nil
	}
	gcra, err := throttled.NewGCRARateLimiterCtx(c.arrivals, throttled.RateQuota{MaxRate: throttled.PerMin(perMinute), MaxBurst: perMinute - 1})
	if err != nil {
		return nil, err
	}
	if len(c.quotas) >= maxQuotas {
		clear(c.quotas)
	}
	c.quotas[perMinute] = gcra
	return gcra, nil
}

// arrivals is a bounded throttled.GCRAStoreCtx: by who is counted, when the next
// one would arrive if they came evenly. The lock of counts guards it.
type arrivals struct {
	times *otter.Cache[string, int64]
	now   func() time.Time
}

func newArrivals(now func() time.Time) *arrivals {
	return &arrivals{times: otter.Must(&otter.Options[string, int64]{
		MaximumSize: maxCounters, ExpiryCalculator: otter.ExpiryWriting[string, int64](quietFor),
	}), now: now}
}

// GetWithTime implements throttled.GCRAStoreCtx.
func (a *arrivals) GetWithTime(_ context.Context, id string) (int64, time.Time, error) {
	if t, ok := a.times.GetIfPresent(id); ok {
		return t, a.now(), nil
	}
	return -1, a.now(), nil
}

// SetIfNotExistsWithTTL implements throttled.GCRAStoreCtx.
func (a *arrivals) SetIfNotExistsWithTTL(_ context.Context, id string, t int64, _ time.Duration) (bool, error) {
	a.times.Set(id, t)
	return true, nil
}

// CompareAndSwapWithTTL implements throttled.GCRAStoreCtx.
func (a *arrivals) CompareAndSwapWithTTL(_ context.Context, id string, _, t int64, _ time.Duration) (bool, error) {
	a.times.Set(id, t)
	return true, nil
}
