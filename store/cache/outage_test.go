package cache

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
	"footfall/internal/testlog"
)

// privateWorld has servers that the test may break.
func privateWorld(t *testing.T) *world {
	t.Helper()
	w, _ := brittleWorld(t)
	return w
}

func brittleWorld(t *testing.T) (*world, *localdb.Server) {
	t.Helper()
	server := storetest.PrivateServer(t)
	ok(t, migrate(t.Context(), server.DatabaseURL()))
	return settle(t, server.DatabaseURL(), server.RedisURL()), server
}

func TestRedisPausedMeanwhile(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	var n int64
	for range 3 {
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
		ok(t, server.Redis().Pause())
		for range 3 {
			began := time.Now()
			a.record(tenant, "e", 1)
			n++
			if took := time.Since(began); took > promise {
				t.Errorf("a write took %s", took)
			}
			equal(t, "fresh clicks", b.freshClicks(tenant, subject), n)
			await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n })
		}
		// What is in Redis now is old, and so are its tokens.
		ok(t, server.Redis().Resume())
		watch(t, promise, func() { equal(t, "clicks when Redis is back", b.mustClicks(tenant, subject), n) })
		await.Until(t, "Redis is used again", func() bool { return b.Informed() && b.trusted() && a.Informed() && a.trusted() })
		equal(t, "clicks", a.mustClicks(tenant, subject), n)
	}
}

// watch repeats the check for so long.
func watch(t *testing.T, d time.Duration, check func()) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); <-time.After(time.Millisecond) {
		check()
	}
}

func TestRedisRestoredFromABackup(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	var n int64
	for range 3 {
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
		var backup map[string]string
		await.Until(t, "the answer is in Redis", func() bool {
			backup = dump(t, a.redis)
			return len(backup) >= 2
		})
		a.record(tenant, "e", 1) // told to all, and settled
		n++
		await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n })
		ok(t, server.Redis().Kill())
		await.Within(t, promise, "answers go on", func() bool { return b.mustClicks(tenant, subject) == n })
		ok(t, server.Redis().Start(t.Context()))
		restore(t, w.redis, backup)
		watch(t, promise, func() { equal(t, "clicks after the restart", b.mustClicks(tenant, subject), n) })
		equal(t, "clicks", a.mustClicks(tenant, subject), n)
		await.Until(t, "Redis is used again", func() bool { return b.Informed() && b.trusted() && a.Informed() && a.trusted() })
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
	}
}

// A reader that has not noticed yet that Redis is another one must not believe what
// that one holds of an era which is over.
func TestReaderBehindTheTimes(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a, b := w.idle(nil), w.idle(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	var backup map[string]string
	await.Until(t, "the answer is in Redis", func() bool {
		backup = dump(t, a.redis)
		return len(backup) == 2
	})
	a.record(tenant, "e", 1)
	ok(t, server.Redis().Kill())
	ok(t, server.Redis().Start(t.Context()))
	restore(t, w.redis, backup)
	b.remote.eraAt = time.Now().Add(time.Hour) // for now
	equal(t, "clicks", b.mustClicks(tenant, subject), 1)
}

// A writer that has not noticed yet that Redis is another one must not replace
// tokens where nobody looks.
func TestWriterBehindTheTimes(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a, b := w.idle(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	a.record(tenant, "e", 1)
	ok(t, server.Redis().Kill())
	ok(t, server.Redis().Start(t.Context()))
	await.Until(t, "the answer is in the new Redis", func() bool {
		before := b.Stats().HitsRedis
		b.forgetAll()
		equal(t, "clicks", b.mustClicks(tenant, subject), 1)
		return b.Informed() && b.Stats().HitsRedis > before
	})
	await.Until(t, "the writer has a connection", func() bool { return a.redis.Ping(t.Context()).Err() == nil })
	a.remote.eraAt = time.Now().Add(time.Hour) // for now
	a.record(tenant, "e", 1)
	await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 2 })
}

func dump(t *testing.T, client redis.UniversalClient) map[string]string {
	t.Helper()
	keys, err := client.Keys(t.Context(), "*").Result()
	ok(t, err)
	out := map[string]string{}
	for _, k := range keys {
		v, err := client.Get(t.Context(), k).Result()
		ok(t, err)
		out[k] = v
	}
	return out
}

func restore(t *testing.T, url string, backup map[string]string) {
	t.Helper()
	client, err := OpenRedis(url)
	ok(t, err)
	defer func() { _ = client.Close() }()
	for k, v := range backup {
		ok(t, client.Set(t.Context(), k, v, time.Hour).Err())
	}
}

func TestPostgresGone(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a := w.gateway(func(o *Options) { o.ClosedTTL = 300 * time.Millisecond })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	a.record(tenant, "e", 4)
	equal(t, "clicks", a.mustClicks(tenant, subject), 4)
	ok(t, server.Postgres().Kill())
	await.Within(t, 5*time.Second, "a stale answer", func() bool {
		ctx, recorder := WithRecorder(t.Context())
		n, err := a.clicks(ctx, tenant, subject)
		ok(t, err)
		equal(t, "clicks", n, 4)
		stale := recorder.Freshness().Stale
		return stale
	})
	if _, err := a.clicks(analytics.WithFresh(t.Context()), tenant, subject); !analytics.IsUnavailable(err) {
		t.Errorf("fresh: %v", err)
	}
	ok(t, server.Postgres().Start(t.Context()))
	await.Within(t, 10*time.Second, "a true answer", func() bool {
		a, err := a.Totals(t.Context(), tenant, []analytics.Query{query(subject)})
		return err == nil && !a[0].Stale
	})
}

// A paused Postgres must not make every reader wait when something can be said.
func TestPostgresPaused(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a := w.gateway(func(o *Options) { o.ClosedTTL, o.LoadTimeout = 300*time.Millisecond, 500*time.Millisecond })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	a.record(tenant, "e", 4)
	equal(t, "clicks", a.mustClicks(tenant, subject), 4)
	ok(t, server.Postgres().Pause())
	quick := 0
	await.Within(t, 10*time.Second, "quick stale answers", func() bool {
		began := time.Now()
		ctx, recorder := WithRecorder(t.Context())
		n, err := a.clicks(ctx, tenant, subject)
		ok(t, err)
		equal(t, "clicks", n, 4)
		if stale := recorder.Freshness().Stale; stale && time.Since(began) < 100*time.Millisecond {
			quick++
		}
		return quick > 50
	})
	ok(t, server.Postgres().Resume())
	await.Within(t, 10*time.Second, "a true answer", func() bool {
		a, err := a.Totals(t.Context(), tenant, []analytics.Query{query(subject)})
		return err == nil && !a[0].Stale
	})
}

// With a store that hangs, and does not say that it is gone, nobody waits until
// his time runs out: who can have something stale does, the rest is told.
func TestPostgresHangs(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	a := w.gateway(func(o *Options) { o.ClosedTTL, o.LoadTimeout = 300*time.Millisecond, time.Hour })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	a.record(tenant, "e", 4)
	equal(t, "clicks", a.mustClicks(tenant, subject), 4)
	ok(t, server.Postgres().Pause())
	asked := make(chan error, 1) // waits for what was never asked before
	go func() {
		_, err := a.clicks(analytics.WithFresh(context.Background()), tenant, subject)
		asked <- err
	}()
	await.Within(t, 10*time.Second, "a stale answer", func() bool {
		ctx, recorder := WithRecorder(t.Context())
		n, err := a.clicks(ctx, tenant, subject)
		ok(t, err)
		equal(t, "clicks", n, 4)
		return recorder.Freshness().Stale
	})
	if err := <-asked; !analytics.IsUnavailable(err) {
		t.Errorf("who waited was told: %v", err)
	}
	if _, err := a.clicks(analytics.WithFresh(t.Context()), tenant, subject); !analytics.IsUnavailable(err) {
		t.Errorf("who comes later is told: %v", err)
	}
	ok(t, server.Postgres().Resume())
	await.Within(t, 10*time.Second, "a true answer", func() bool {
		a, err := a.Totals(t.Context(), tenant, []analytics.Query{query(subject)})
		return err == nil && !a[0].Stale
	})
}

// A backlog that takes more than one drain is not believed over.
func TestBacklog(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]struct{ changes, topics int }{"of changes": {3 * drainMost, 1}, "of topics": {3, drainTopics + 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, server := brittleWorld(t)
			b := w.gateway(nil)
			tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
			equal(t, "clicks", b.mustClicks(tenant, subject), 0)
			ok(t, server.Redis().Pause())
			fill(t, server.DatabaseURL(), tenant, size.changes, size.topics)
			w.write(tenant, "e", 1)
			await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 1 })
			await.Until(t, "the backlog is known", b.behind.Load)
			ok(t, server.Redis().Resume())
			watch(t, promise, func() { equal(t, "clicks", b.mustClicks(tenant, subject), 1) })
			await.Until(t, "the backlog is done", func() bool { return !b.behind.Load() && b.trusted() && b.Informed() })
			equal(t, "clicks", b.mustClicks(tenant, subject), 1)
			pending, err := w.Pending(t.Context(), 1, 1)
			ok(t, err)
			equal(t, "changes left", len(pending), 0)
		})
	}
}

func TestCutSubscription(t *testing.T) {
	t.Parallel()
	w := privateWorld(t)
	var log testlog.Log
	a, b := w.gateway(nil), w.gateway(func(o *Options) { o.Log = logTo(&log) })
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	// Redis stays, but nobody may subscribe.
	ok(t, a.redis.Do(t.Context(), "acl", "setuser", "default", "-ssubscribe").Err())
	ok(t, a.redis.Do(t.Context(), "client", "kill", "type", "pubsub").Err())
	await.Until(t, "b is cut off", func() bool { return !b.Informed() })
	for n := range int64(10) {
		a.tell(w.write(tenant, "e", 1))
		equal(t, "clicks at the next read", b.mustClicks(tenant, subject), n+1)
		await.Until(t, "Redis is believed", func() bool {
			calls := b.next.calls.Load()
			equal(t, "clicks again", b.mustClicks(tenant, subject), n+1)
			return b.next.calls.Load() == calls
		})
	}
	a.tell(w.write(tenant, "e", 1)) // b will not hear of it
	await.Until(t, "b says why", func() bool {
		return said(&log, "level=WARN msg=\"changes are not heard of") > 0 && said(&log, "NOPERM") > 0
	})
	ok(t, a.redis.Do(t.Context(), "acl", "setuser", "default", "+ssubscribe").Err())
	await.Until(t, "b hears again", b.Informed)
	equal(t, "clicks when b hears again", b.mustClicks(tenant, subject), 11)
	a.record(tenant, "e", 1)
	await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 12 })
	equal(t, "warnings of one outage", said(&log, "changes are not heard of"), 1)
	equal(t, "words that it is over", said(&log, "changes are heard of again"), 1)
}

func TestFlushedRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	for n := range int64(10) {
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
		read, release := make(chan struct{}), make(chan struct{})
		if n%2 == 0 { // a load is under way meanwhile
			w.forgetEverywhere(t, a, b, tenant, subject)
			b.next.hooks(nil, func() { close(read); <-release })
			go func() { _, _ = b.clicks(context.Background(), tenant, subject) }()
			await.Value(t, "the store is read", read)
			b.next.hooks(nil, nil)
		}
		ok(t, a.redis.FlushDB(t.Context()).Err())
		a.record(tenant, "e", 1)
		close(release)
		await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n+1 })
		equal(t, "fresh clicks", b.freshClicks(tenant, subject), n+1)
	}
}
