package auth

import (
	"errors"
	"math"
	"testing"
	"time"

	"footfall/analytics"
)

func TestCharge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	a := New(Options{Now: func() time.Time { return now }, Budget: 600})
	of := func(id string, budget ...int) *Principal {
		p := &Principal{ID: id}
		if len(budget) > 0 {
			p.Budget = &budget[0]
		}
		return p
	}
	for _, step := range []struct {
		p     *Principal
		cost  int64
		after time.Duration
		left  int
		code  analytics.Code
		retry time.Duration
	}{
		{of("key:1"), 500, 0, 100, "", 0},
		{of("key:1"), 0, 0, 100, "", 0},
		{of("key:1"), 100, 0, 0, "", 0},
		{of("key:1"), 1, 0, 0, analytics.CodeRateLimited, 100 * time.Millisecond},
		{of("key:1"), 600, 0, 0, analytics.CodeRateLimited, time.Minute},
		{of("key:2"), 600, 0, 0, "", 0},
		{of("key:1"), 100, 10 * time.Second, 0, "", 0}, // ten a second come back
		{of("key:1"), 601, 0, 0, analytics.CodeTooExpensive, 0},
		{of("key:1"), math.MaxInt64, 0, 0, analytics.CodeTooExpensive, 0},
		{of("key:3", 60), 50, 0, 10, "", 0},
		{of("key:3", 60), 50, 0, 10, analytics.CodeRateLimited, 40 * time.Second},
		{of("key:4", 0), math.MaxInt64, 0, 0, "", 0},
		{of("key:5", math.MaxInt64), 1_000_000_000, 0, 0, "", 0},
		{nil, 1, 0, 0, analytics.CodeUnauthenticated, 0},
	} {
		now = now.Add(step.after)
		limit, err := a.Charge(step.p, step.cost)
		var refused *analytics.Error
		code := analytics.Code("")
		if errors.As(err, &refused) {
			code = refused.Code
		}
		if code != step.code || limit.Remaining != step.left || limit.RetryAfter != step.retry {
			t.Errorf("%+v: %+v, %v", step, limit, err)
		}
	}
	if limit, err := New(Options{}).Charge(of("key:1"), 1<<50); err != nil || limit.Limit != 0 {
		t.Errorf("without a budget: %+v, %v", limit, err)
	}
}
