package auth_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *auth.Options) { o.RateLimit = 60 })
	p := &auth.Principal{ID: "key:1"}
	for i := range 60 { // the whole minute at once
		limit, err := b.Allow(p, auth.AnyUse)
		want := auth.Limit{Policy: "default", Limit: 60, Remaining: 59 - i, ResetAfter: time.Duration(i+1) * time.Second}
		if err != nil || limit != want {
			t.Fatalf("request %d: %+v, %v, want %+v", i, limit, err, want)
		}
	}
	over := auth.Limit{Policy: "default", Limit: 60, ResetAfter: time.Minute, RetryAfter: time.Second}
	for range 3 { // a refusal costs nothing
		limit, err := b.Allow(p, auth.AnyUse)
		if code(err) != analytics.CodeRateLimited || limit != over {
			t.Fatalf("%+v, %v, want %+v", limit, err, over)
		}
		if !strings.Contains(err.Error(), "60 requests a minute") || !strings.Contains(err.Error(), "in 1 s") {
			t.Errorf("%q names neither bound nor wait", err)
		}
	}
	if _, err := b.Allow(&auth.Principal{ID: "key:2"}, auth.AnyUse); err != nil {
		t.Errorf("another pays: %v", err)
	}
	b.pass(time.Second - time.Nanosecond)
	if _, err := b.Allow(p, auth.AnyUse); err == nil {
		t.Error("let through a nanosecond early")
	}
	b.pass(time.Nanosecond)
	if limit, err := b.Allow(p, auth.AnyUse); err != nil || limit.RetryAfter != 0 {
		t.Errorf("%+v, %v after RetryAfter", limit, err)
	}
	if _, err := b.Allow(p, auth.AnyUse); err == nil {
		t.Error("two in a second")
	}
	b.pass(time.Minute)
	if limit, err := b.Allow(p, auth.AnyUse); err != nil || limit.Remaining != 59 {
		t.Errorf("%+v, %v after ResetAfter", limit, err)
	}
}

func TestAllowAnyRate(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 7, 61, 100_000, 999_999_999, math.MaxInt} {
		t.Run(strconv.Itoa(rate), func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *auth.Options) { o.RateLimit = rate })
			if limit, err := b.Allow(&auth.Principal{}, auth.AnyUse); err != nil || limit.Limit < min(rate, 1e9) || limit.Remaining < min(rate, 1e9)-1 {
				t.Errorf("%+v, %v", limit, err)
			}
		})
	}
}

func TestAllowWithoutLimit(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{0, -1} {
		b := setup(t, func(o *auth.Options) { o.RateLimit = rate })
		for range 1000 {
			if limit, err := b.Allow(&auth.Principal{}, auth.AnyUse); limit != (auth.Limit{}) || err != nil {
				t.Fatalf("%+v, %v", limit, err)
			}
		}
	}
}

func TestAllowNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.Allow(nil, auth.AnyUse); !errors.Is(err, auth.ErrMissing) {
		t.Error(err)
	}
}

// However they race, exactly the quota gets through.
func TestAllowConcurrently(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *auth.Options) { o.RateLimit = 500 })
	p := &auth.Principal{ID: "key:1"}
	var passed atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 100 {
				if _, err := b.Allow(p, auth.AnyUse); err == nil {
					passed.Add(1)
				} else if code(err) != analytics.CodeRateLimited {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if passed.Load() != 500 {
		t.Errorf("%d of 2000 passed a limit of 500", passed.Load())
	}
}
