package auth

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/throttled/throttled/v2"

	"footfall/analytics"
)

const (
	maxRate     = 1_000_000_000 // requests a minute: beyond, the interval is below a nanosecond's worth
	maxCounters = 100_000       // principals counted at a time
)

// Limit is a principal's rate limit and what is left of it.
type Limit struct {
	Limit      int           // requests a minute, and at once after a quiet minute; 0 = no limit
	Remaining  int           // requests that would be let through now
	ResetAfter time.Duration // until Remaining is Limit again
	RetryAfter time.Duration // until the next request is let through; 0 when this one was
}

// SetHeaders says what is left of the limit, and when to come back.
func (l Limit) SetHeaders(h http.Header) {
	if l.Limit == 0 {
		return
	}
	h["Ratelimit-Policy"] = policy(l.Limit) // as net/http would write the names
	rest := strconv.AppendInt(append(make([]byte, 0, 48), `"default";r=`...), int64(l.Remaining), 10)
	rest = strconv.AppendInt(append(rest, ";t="...), wholeSeconds(l.ResetAfter), 10)
	h["Ratelimit"] = []string{string(rest)}
	if l.RetryAfter > 0 {
		SetRetryAfter(h, l.RetryAfter)
	}
}

var policies sync.Map // their header's value, by limit: a gateway has one

func policy(limit int) []string {
	value, known := policies.Load(limit)
	if !known {
		value, _ = policies.LoadOrStore(limit, []string{`"default";q=` + strconv.Itoa(limit) + `;w=60`})
	}
	return value.([]string)
}

// SetRetryAfter says when to come back.
func SetRetryAfter(h http.Header, d time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(wholeSeconds(d), 10))
}

// wholeSeconds rounds a wait up, as headers want it.
func wholeSeconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// limiter is the generic cell rate algorithm with a minute's quota as its
// burst.
type limiter struct {
	mu       sync.Mutex // makes arrivals' compare-and-swap succeed at once
	gcra     *throttled.GCRARateLimiterCtx
	arrivals *arrivals
}

func newLimiter(perMinute int, now func() time.Time) *limiter {
	perMinute = min(perMinute, maxRate)
	quota := throttled.RateQuota{MaxRate: throttled.PerMin(perMinute), MaxBurst: perMinute - 1}
	at := newArrivals(now)
	gcra, err := throttled.NewGCRARateLimiterCtx(at, quota)
	if err != nil {
		panic(err) // the quota is within its bounds by construction
	}
	return &limiter{gcra: gcra, arrivals: at}
}

func (l *limiter) take(id string) (Limit, error) {
	l.mu.Lock()
	limited, r, err := l.gcra.RateLimitCtx(context.Background(), id, 1)
	l.mu.Unlock()
	if err != nil {
		return Limit{}, err
	}
	limit := Limit{Limit: r.Limit, Remaining: r.Remaining, ResetAfter: r.ResetAfter, RetryAfter: max(0, r.RetryAfter)}
	if limited {
		return limit, analytics.Errorf(analytics.CodeRateLimited, "at most %d requests a minute, try again in %d s",
			r.Limit, int(math.Ceil(r.RetryAfter.Seconds())))
	}
	return limit, nil
}

// arrivals is a bounded throttled.GCRAStoreCtx: by principal, when the next
// request would arrive if they came evenly. The limiter's lock guards it.
type arrivals struct {
	times *otter.Cache[string, int64]
	now   func() time.Time
}

func newArrivals(now func() time.Time) *arrivals {
	return &arrivals{times: otter.Must(&otter.Options[string, int64]{MaximumSize: maxCounters}), now: now}
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
