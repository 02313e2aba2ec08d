package auth

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// InRedis counts in Redis, on its clock.
func InRedis(client redis.UniversalClient) Shared { return inRedis{redis_rate.NewLimiter(client)} }

type inRedis struct{ limiter *redis_rate.Limiter }

// Take implements Shared.
func (r inRedis) Take(ctx context.Context, key string, perMinute, n int) (Grant, error) {
	got, err := r.limiter.AllowAtMost(ctx, "footfall:"+key, redis_rate.PerMinute(perMinute), n)
	if err != nil {
		return Grant{}, err
	}
	return Grant{
		Permits: got.Allowed, Remaining: got.Remaining,
		ResetAfter: max(0, got.ResetAfter), RetryAfter: max(0, got.RetryAfter),
	}, nil
}

// rest is how long Shared is left alone after it failed.
const rest = time.Second

// reach says whether Shared is within reach. After a failure one question a rest
// finds out, and no request waits for it.
type reach struct {
	log    *slog.Logger
	away   atomic.Bool
	tryAt  atomic.Int64
	failed atomic.Int64
}

func (r *reach) ok() bool { return !r.away.Load() }

// try reports whether to ask although the last question failed.
func (r *reach) try(now time.Time) bool {
	at := r.tryAt.Load()
	return now.UnixNano() >= at && r.tryAt.CompareAndSwap(at, now.Add(rest).UnixNano())
}

func (r *reach) report(now time.Time, err error) {
	if err == nil {
		if r.away.CompareAndSwap(true, false) {
			r.log.Info("rate limits are counted for all gateways again")
		}
		return
	}
	r.failed.Add(1)
	r.tryAt.Store(now.Add(rest).UnixNano())
	if r.away.CompareAndSwap(false, true) {
		r.log.Warn("Redis is out of reach, each gateway counts rate limits for itself", "error", err)
	}
}
