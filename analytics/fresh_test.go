package analytics_test

import (
	"context"
	"testing"
	"time"

	"footfall/analytics"
)

func TestMaxAge(t *testing.T) {
	t.Parallel()
	within := func(ages ...time.Duration) context.Context {
		ctx := context.Background()
		for _, age := range ages {
			ctx = analytics.WithMaxAge(ctx, age)
		}
		return ctx
	}
	for _, c := range []struct {
		ctx  context.Context
		want time.Duration
	}{
		{within(), analytics.AnyAge},
		{within(analytics.AnyAge), analytics.AnyAge},
		{within(time.Minute), time.Minute},
		{within(time.Minute, time.Hour), time.Minute},
		{within(time.Hour, time.Minute, analytics.AnyAge), time.Minute},
		{within(time.Second), time.Second},
		{within(time.Second - 1), 0},
		{within(0, time.Hour), 0},
		{analytics.WithFresh(within(time.Minute)), 0},
	} {
		if got := analytics.MaxAge(c.ctx); got != c.want || analytics.Fresh(c.ctx) != (c.want == 0) {
			t.Errorf("got %v, fresh %v, want %v", got, analytics.Fresh(c.ctx), c.want)
		}
	}
}
