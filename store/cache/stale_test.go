package cache

import (
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/await"
)

func TestStaleForABoundedTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const bound = 3 * time.Second
	g := w.gateway(func(o *Options) { o.MaxStale, o.OpenTTL, o.ClosedTTL = bound, 50*time.Millisecond, 50*time.Millisecond })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g.record(tenant, "e", 5)
	read := time.Now()
	equal(t, "clicks", g.mustClicks(tenant, subject), 5)
	_, err := g.ListPartners(t.Context(), tenant)
	ok(t, err)
	g.next.hooks(gone, nil)

	var answers []analytics.Answer
	await.Within(t, bound, "a stale answer", func() bool {
		ctx, recorder := WithRecorder(t.Context())
		answers, err = g.Totals(ctx, tenant, []analytics.Query{query(subject)})
		ok(t, err)
		age, stale := recorder.Freshness().Age, recorder.Freshness().Stale
		if stale && (age <= 0 || age > time.Since(read)+time.Second) {
			t.Errorf("age %s", age)
		}
		return stale && answers[0].Stale
	})
	equal(t, "stale clicks", answers[0].Totals[0].Of[analytics.Click].Events, 5)
	await.Within(t, bound, "stale partners", func() bool {
		ctx, recorder := WithRecorder(t.Context())
		_, err := g.ListPartners(ctx, tenant)
		ok(t, err)
		stale := recorder.Freshness().Stale
		return stale
	})
	if _, err := g.Totals(t.Context(), tenant, []analytics.Query{query(subject), query(subject + 1000)}); !analytics.IsUnavailable(err) {
		t.Errorf("something that is not remembered: %v", err)
	}
	if _, err := g.clicks(analytics.WithFresh(t.Context()), tenant, subject); !analytics.IsUnavailable(err) {
		t.Errorf("fresh: %v", err)
	}
	await.Within(t, 5*time.Second, "an error", func() bool {
		_, err := g.clicks(t.Context(), tenant, subject)
		return analytics.IsUnavailable(err)
	})
	if since := time.Since(read); since < bound {
		t.Errorf("stale for %s only", since)
	}
	g.next.hooks(nil, nil)
	await.Within(t, 2*time.Second, "a true answer", func() bool {
		a, err := g.Totals(t.Context(), tenant, []analytics.Query{query(subject)})
		return err == nil && !a[0].Stale
	})
}

func TestForgottenIsServedStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(func(o *Options) { o.MaxStale = 2 * time.Second })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g.record(tenant, "e", 5)
	equal(t, "clicks", g.mustClicks(tenant, subject), 5)
	g.record(tenant, "e", 1)
	g.next.hooks(gone, nil)
	ctx, recorder := WithRecorder(t.Context())
	n, err := g.clicks(ctx, tenant, subject)
	ok(t, err)
	equal(t, "clicks", n, 5)
	if stale := recorder.Freshness().Stale; !stale {
		t.Error("not marked stale")
	}
	await.Until(t, "an error in place of what is too old", func() bool {
		_, err := g.clicks(t.Context(), tenant, subject)
		return analytics.IsUnavailable(err)
	})
}
