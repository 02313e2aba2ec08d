package cache

import (
	"context"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/await"
)

// bounded reads the clicks, and says how fresh they were.
func (g *gateway) bounded(t *testing.T, age time.Duration, tenant, subject int64) (int64, analytics.Freshness, error) {
	t.Helper()
	ctx, recorder := WithRecorder(analytics.WithMaxAge(t.Context(), age))
	n, err := g.clicks(ctx, tenant, subject)
	return n, recorder.Freshness(), err
}

// What nobody invalidated is right now, however long ago it was read: a bound
// does not cost a statement.
func TestABoundTakesWhatIsRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g.record(tenant, "e", 3)
	equal(t, "clicks", g.mustClicks(tenant, subject), 3)
	await.Until(t, "the answer is in Redis", func() bool { // it is given before it is kept
		keys, err := g.redis.Keys(t.Context(), t.Name()+"*totals:*").Result()
		ok(t, err)
		return len(keys) == 1
	})
	calls := g.next.calls.Load()
	asOf := map[time.Time]bool{}
	for _, age := range []time.Duration{analytics.AnyAge, time.Hour, time.Second} {
		for _, from := range []string{"memory", "Redis"} {
			if from == "Redis" {
				g.forgetAll()
			}
			n, f, err := g.bounded(t, age, tenant, subject)
			ok(t, err)
			equal(t, "clicks", n, 3)
			equal(t, "reads from memory", f.Reads.Memory, map[string]int{"memory": 1}[from])
			equal(t, "reads from Redis", f.Reads.Redis, map[string]int{"Redis": 1}[from])
			asOf[f.AsOf] = true
		}
	}
	equal(t, "calls of the store", g.next.calls.Load(), calls)
	equal(t, "instants of reading", len(asOf), 1)
	for _, age := range []time.Duration{0, time.Millisecond, time.Second - 1} {
		_, f, err := g.bounded(t, age, tenant, subject)
		ok(t, err)
		equal(t, "reads from the store", f.Reads, analytics.Reads{Store: 1})
		asOf[f.AsOf] = true
	}
	equal(t, "instants of reading", len(asOf), 4)
}

// While the store is away, what is remembered stands in for as long as was asked
// for, and no longer than at most.
func TestStaleWithinTheBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const most = 6 * time.Second
	g := w.gateway(func(o *Options) { o.MaxStale, o.OpenTTL, o.ClosedTTL = most, 10*time.Millisecond, 10*time.Millisecond })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g.record(tenant, "e", 3)
	equal(t, "clicks", g.mustClicks(tenant, subject), 3)
	g.next.hooks(gone, nil)
	for _, c := range []struct{ age, bound time.Duration }{{2 * time.Second, 2 * time.Second}, {4 * time.Second, 4 * time.Second}, {time.Hour, most}} {
		served := false
		await.Until(t, "what is too old is not served", func() bool {
			asked := time.Now()
			n, f, err := g.bounded(t, c.age, tenant, subject)
			if analytics.IsUnavailable(err) {
				return true
			}
			ok(t, err)
			equal(t, "clicks", n, 3)
			if f.Stale && f.Age > c.bound+time.Since(asked) { // it was younger when it was chosen
				t.Fatalf("asked for %s, got what is %s old", c.age, f.Age)
			}
			served = served || f.Stale
			return false
		})
		if !served {
			t.Errorf("nothing stale was served within %s", c.age)
		}
		if _, f, err := g.bounded(t, analytics.AnyAge, tenant, subject); c.bound < most && (err != nil || !f.Stale) {
			t.Errorf("without a bound, after %s: %+v, %v", c.age, f, err)
		}
	}
}

// Who asks for less than another is not given what that one would take, nor
// refused what that one would not.
func TestBoundsDoNotJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(func(o *Options) { o.Outbox, o.OpenTTL, o.ClosedTTL = nil, time.Millisecond, time.Millisecond })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", g.mustClicks(tenant, subject), 0)
	read := time.Now()
	await.Until(t, "that is older than a second", func() bool { return time.Since(read) > 1100*time.Millisecond })
	asked, release := make(chan struct{}, 2), make(chan struct{})
	g.next.hooks(func(ctx context.Context) error {
		asked <- struct{}{}
		<-release
		return gone(ctx)
	}, nil)
	errs := map[time.Duration]chan error{time.Second: make(chan error, 1), time.Hour: make(chan error, 1)}
	for age, err := range errs {
		go func() {
			_, e := g.clicks(analytics.WithMaxAge(context.Background(), age), tenant, subject)
			err <- e
		}()
	}
	for range errs { // each for itself
		await.Value(t, "the store is asked", asked)
	}
	close(release)
	if err := await.Value(t, "one is told", errs[time.Second]); !analytics.IsUnavailable(err) {
		t.Errorf("within a second: %v", err)
	}
	ok(t, await.Value(t, "the other is answered", errs[time.Hour]))
}

// Alone, what was remembered is as old as its reading: other processes are not
// heard of.
func TestAgeAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis = ""
	g := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	before := time.Now()
	equal(t, "clicks", g.mustClicks(tenant, subject), 0)
	await.Until(t, "a hit that says its age", func() bool {
		after := time.Now()
		_, f, err := g.bounded(t, time.Minute, tenant, subject)
		ok(t, err)
		if f.Reads.Memory == 1 && f.Age > time.Since(before) {
			t.Errorf("read %s ago at most, aged %s", time.Since(before), f.Age)
		}
		if f.Reads.Store == 1 { // it was forgotten
			before = after
		}
		return f.Reads.Memory == 1 && f.Age > 300*time.Millisecond
	})
}
