package cache

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
)

// promise is how old an answer may be.
const promise = time.Second

func TestAnotherGatewaySeesAWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	for n := range int64(50) {
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
		a.record(tenant, "e", 1)
		if n%2 == 0 {
			equal(t, "fresh clicks", b.freshClicks(tenant, subject), n+1)
		}
		within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n+1 })
		equal(t, "clicks where written", a.mustClicks(tenant, subject), n+1)
	}
	if n := b.Stats().HitsMemory + b.Stats().HitsRedis; n < 50 {
		t.Errorf("%d hits only", n)
	}
}

func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changed := make(chan int64, 1000)
	a, b := w.gateway(nil), w.gateway(func(o *Options) { o.OnChange = func(tenant int64) { changed <- tenant } })
	one, other := w.tenants[0], w.tenants[1]
	s1, s2 := w.subject(one, "e"), w.subject(other, "e")
	equal(t, "subject numbers", s1, s2)
	a.record(one, "e", 1)
	a.record(other, "e", 2)
	eventually(t, "b heard", func() bool { return b.Stats().Heard >= 2 })
	equal(t, "clicks", b.mustClicks(one, s1), 1)
	equal(t, "clicks", b.mustClicks(other, s2), 2)
	for len(changed) > 0 {
		<-changed
	}
	calls := b.next.calls.Load()
	for range 10 {
		a.record(one, "e", 1)
		equal(t, "who changed", <-changed, one)
		equal(t, "clicks", b.mustClicks(other, s2), 2)
	}
	equal(t, "the store was asked", b.next.calls.Load(), calls)
}

func TestWriterKilledBeforeItTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	w.write(tenant, "e", 1)
	within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 1 })
	eventually(t, "the outbox is empty", func() bool {
		pending, err := w.Pending(t.Context(), 10)
		ok(t, err)
		return len(pending) == 0
	})
}

// A load that read the store before a change must not be remembered after it.
func TestLoadThatAChangeOvertook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	for n := range int64(10) {
		read, release := make(chan struct{}), make(chan struct{})
		b.next.hooks(nil, func() { close(read); <-release })
		old := make(chan int64)
		go func() {
			n, err := b.clicks(context.Background(), tenant, subject)
			if err != nil {
				t.Error(err)
			}
			old <- n
		}()
		<-read
		b.next.hooks(nil, nil)
		heard := b.Stats().Heard
		a.record(tenant, "e", 1)
		eventually(t, "b heard", func() bool { return b.Stats().Heard > heard })
		equal(t, "clicks for who does not wait for the old load", b.mustClicks(tenant, subject), n+1)
		close(release)
		equal(t, "clicks as they were", <-old, n)
		equal(t, "clicks", b.mustClicks(tenant, subject), n+1)
		equal(t, "clicks of another", a.mustClicks(tenant, subject), n+1)
		a.record(tenant, "e", 0) // nothing
		w.forgetEverywhere(t, a, b, tenant, subject)
	}
}

// A fresh read does not join a load that began before the write it must see.
func TestFreshReadJoinsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.idle(nil) // hears of nothing
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	read, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b.next.hooks(nil, func() { close(read); <-release })
	go func() {
		defer close(done)
		_, _ = b.clicks(context.Background(), tenant, subject)
	}()
	<-read
	b.next.hooks(nil, nil)
	w.write(tenant, "e", 1)
	equal(t, "fresh clicks", b.freshClicks(tenant, subject), 1)
	close(release)
	<-done
}

// Who is told forgets, and asks Redis: the token must be replaced by then.
func TestTokensAreReplacedBeforeAnyoneIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.idle(nil)
	var commands hooked
	a.redis.AddHook(&commands)
	ok(t, a.Publish(t.Context(), analytics.Change{Tenant: 1, Seq: 1, Topics: []analytics.Topic{"a", "b"}}))
	equal(t, "commands", strings.Join(commands, " "), "info set set info publish")
}

// hooked are the commands that were sent, but for those that open a connection.
type hooked []string

func (h *hooked) note(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		if name := cmd.Name(); name == "set" || name == "info" || name == "publish" {
			*h = append(*h, name)
		}
	}
}

func (h *hooked) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hooked) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.note(cmd)
		return next(ctx, cmd)
	}
}

func (h *hooked) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.note(cmds...)
		return next(ctx, cmds)
	}
}

// forgetEverywhere makes the next read a load.
func (w *world) forgetEverywhere(t *testing.T, a, b *gateway, tenant, subject int64) {
	t.Helper()
	heard := b.Stats().Heard
	ok(t, a.Publish(t.Context(), analytics.Change{Tenant: tenant, Topics: []analytics.Topic{analytics.SubjectTopic(subject)}}))
	eventually(t, "b heard", func() bool { return b.Stats().Heard > heard })
}

func TestCutSubscription(t *testing.T) {
	t.Parallel()
	w := privateWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	// Redis stays, but nobody may subscribe.
	ok(t, a.redis.Do(t.Context(), "acl", "setuser", "default", "-subscribe").Err())
	ok(t, a.redis.Do(t.Context(), "client", "kill", "type", "pubsub").Err())
	eventually(t, "b is cut off", func() bool { return !b.Informed() })
	for n := range int64(10) {
		a.record(tenant, "e", 1)
		equal(t, "clicks at the next read", b.mustClicks(tenant, subject), n+1)
		eventually(t, "Redis is believed", func() bool {
			calls := b.next.calls.Load()
			equal(t, "clicks again", b.mustClicks(tenant, subject), n+1)
			return b.next.calls.Load() == calls
		})
	}
	a.record(tenant, "e", 1) // b will not hear of it
	ok(t, a.redis.Do(t.Context(), "acl", "setuser", "default", "+subscribe").Err())
	eventually(t, "b hears again", b.Informed)
	equal(t, "clicks when b hears again", b.mustClicks(tenant, subject), 11)
	a.record(tenant, "e", 1)
	within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 12 })
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
			<-read
			b.next.hooks(nil, nil)
		}
		ok(t, a.redis.FlushDB(t.Context()).Err())
		a.record(tenant, "e", 1)
		close(release)
		within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n+1 })
		equal(t, "fresh clicks", b.freshClicks(tenant, subject), n+1)
	}
}

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
			within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n })
		}
		// What is in Redis now is old, and so are its tokens.
		ok(t, server.Redis().Resume())
		watch(t, promise, func() { equal(t, "clicks when Redis is back", b.mustClicks(tenant, subject), n) })
		eventually(t, "Redis is used again", func() bool { return b.Informed() && b.trusted() && a.Informed() && a.trusted() })
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
		eventually(t, "the answer is in Redis", func() bool {
			backup = dump(t, a.redis)
			return len(backup) >= 2
		})
		a.record(tenant, "e", 1) // told to all, and settled
		n++
		within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n })
		ok(t, server.Redis().Kill())
		within(t, promise, "answers go on", func() bool { return b.mustClicks(tenant, subject) == n })
		ok(t, server.Redis().Start(t.Context()))
		restore(t, w.redis, backup)
		watch(t, promise, func() { equal(t, "clicks after the restart", b.mustClicks(tenant, subject), n) })
		equal(t, "clicks", a.mustClicks(tenant, subject), n)
		eventually(t, "Redis is used again", func() bool { return b.Informed() && b.trusted() && a.Informed() && a.trusted() })
		equal(t, "clicks", b.mustClicks(tenant, subject), n)
	}
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
	within(t, 5*time.Second, "a stale answer", func() bool {
		ctx, recorder := WithRecorder(t.Context())
		n, err := a.clicks(ctx, tenant, subject)
		ok(t, err)
		equal(t, "clicks", n, 4)
		_, stale := recorder.Stale()
		return stale
	})
	if _, err := a.clicks(analytics.WithFresh(t.Context()), tenant, subject); !unavailable(err) {
		t.Errorf("fresh: %v", err)
	}
	ok(t, server.Postgres().Start(t.Context()))
	within(t, 10*time.Second, "a true answer", func() bool {
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
	within(t, 10*time.Second, "quick stale answers", func() bool {
		began := time.Now()
		ctx, recorder := WithRecorder(t.Context())
		n, err := a.clicks(ctx, tenant, subject)
		ok(t, err)
		equal(t, "clicks", n, 4)
		if _, stale := recorder.Stale(); stale && time.Since(began) < 100*time.Millisecond {
			quick++
		}
		return quick > 50
	})
	ok(t, server.Postgres().Resume())
	within(t, 10*time.Second, "a true answer", func() bool {
		a, err := a.Totals(t.Context(), tenant, []analytics.Query{query(subject)})
		return err == nil && !a[0].Stale
	})
}

// A backlog that takes more than one drain is not believed over.
func TestBacklog(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	ok(t, server.Redis().Pause())
	fill(t, server.DatabaseURL(), tenant, 3*drainMost)
	w.write(tenant, "e", 1)
	within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == 1 })
	eventually(t, "the backlog is known", b.behind.Load)
	ok(t, server.Redis().Resume())
	watch(t, promise, func() { equal(t, "clicks", b.mustClicks(tenant, subject), 1) })
	eventually(t, "the backlog is done", func() bool { return !b.behind.Load() && b.trusted() && b.Informed() })
	equal(t, "clicks", b.mustClicks(tenant, subject), 1)
}

func TestFreshReadRefreshes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	w.write(tenant, "e", 1)
	equal(t, "fresh clicks", b.freshClicks(tenant, subject), 1)
	calls, hits := b.next.calls.Load(), b.Stats().HitsMemory
	if b.mustClicks(tenant, subject) == 1 && b.next.calls.Load() == calls && b.Stats().HitsMemory == hits+1 {
		return
	}
	// The drain forgot it meanwhile: then nothing waits any more.
	eventually(t, "the outbox is empty", func() bool { pending, err := w.Pending(t.Context(), 1); return err == nil && len(pending) == 0 })
	b.memory.forgetAll()
	equal(t, "fresh clicks", b.freshClicks(tenant, subject), 1)
	calls = b.next.calls.Load()
	equal(t, "clicks", b.mustClicks(tenant, subject), 1)
	equal(t, "calls", b.next.calls.Load(), calls)
}

// What changed a moment ago is not read from a replica, which may not have it.
func TestReplicaIsForQuietTopics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	var primary bool
	b.next.hooks(func(ctx context.Context) error { primary = analytics.Fresh(ctx); return nil }, nil)
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	equal(t, "asked the primary", primary, true)
	era, err := b.remote.certainEra(t.Context())
	ok(t, err)
	old := newToken()
	copy(old[:8], make([]byte, 8)) // of 1970
	ok(t, b.redis.Set(t.Context(), topic{tenant, analytics.SubjectTopic(subject)}.tokenKey(era), old[:], time.Hour).Err())
	b.memory.forgetAll()
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	equal(t, "asked the primary", primary, false)
}

func TestCorruptValuesAreMisses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	b.record(tenant, "e", 3)
	var value string
	for _, damage := range []func(s string) string{
		func(s string) string { return s[:len(s)/2] },
		func(s string) string { return s[:len(s)-1] + "\xff" },
		func(string) string { return "" },
		func(s string) string { return s + "x" },
	} {
		b.memory.forgetAll()
		equal(t, "clicks", b.mustClicks(tenant, subject), 3)
		eventually(t, "the answer is in Redis", func() bool {
			for k, v := range dump(t, b.redis) {
				if strings.Contains(k, "totals") {
					value = k
					ok(t, b.redis.Set(t.Context(), k, damage(v), time.Hour).Err())
				}
			}
			return value != ""
		})
		b.memory.forgetAll()
		before := b.Stats()
		equal(t, "clicks", b.mustClicks(tenant, subject), 3)
		after := b.Stats()
		equal(t, "corrupt", after.Corrupt-before.Corrupt, 1)
		equal(t, "misses", after.Misses-before.Misses, 1)
		eventually(t, "the value is mended", func() bool {
			b.memory.forgetAll()
			before := b.Stats().HitsRedis
			equal(t, "clicks", b.mustClicks(tenant, subject), 3)
			return b.Stats().HitsRedis > before
		})
	}
	// A value of another version is nobody's fault.
	v := dump(t, b.redis)[value]
	ok(t, b.redis.Set(t.Context(), value, "\x7f"+v[1:], time.Hour).Err())
	b.memory.forgetAll()
	before := b.Stats()
	equal(t, "clicks", b.mustClicks(tenant, subject), 3)
	equal(t, "corrupt", b.Stats().Corrupt, before.Corrupt)
	equal(t, "misses", b.Stats().Misses-before.Misses, 1)
}

func TestCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis = startCluster(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant := w.tenants[0]
	var queries []analytics.Query
	for _, e := range strings.Split("abcdefghijkl", "") {
		queries = append(queries, query(w.subject(tenant, e)))
	}
	read := func(g *gateway, want int64) bool {
		answers, err := g.Totals(t.Context(), tenant, queries)
		ok(t, err)
		for _, a := range answers {
			if a.Totals[0].Of[analytics.Click].Events != want {
				return false
			}
		}
		return true
	}
	for n := range int64(5) {
		for _, e := range strings.Split("abcdefghijkl", "") {
			a.record(tenant, e, 1)
		}
		within(t, promise, "the writes are seen", func() bool { return read(b, n+1) })
		eventually(t, "a second gateway finds them in Redis", func() bool {
			before := a.Stats()
			a.memory.forgetAll()
			equal(t, "clicks", read(a, n+1), true)
			return a.Stats().HitsRedis == before.HitsRedis+int64(len(queries))
		})
	}
	equal(t, "errors of Redis", b.Stats().RedisErrors, 0)
}

// startCluster starts a Redis Cluster of two masters.
func startCluster(t *testing.T) string {
	t.Helper()
	var ports []string
	var clients []*redis.Client
	for i := range 2 {
		dir := t.TempDir()
		port := fmt.Sprint(21000 + os.Getpid()%4000*2 + i)
		cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--dir", dir, "--save", "", "--cluster-node-timeout", "2000")
		ok(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
		t.Cleanup(func() { _ = client.Close() })
		eventually(t, "the node is up", func() bool { return client.Ping(t.Context()).Err() == nil })
		ports, clients = append(ports, port), append(clients, client)
	}
	ok(t, clients[0].ClusterAddSlotsRange(t.Context(), 0, 8191).Err())
	ok(t, clients[1].ClusterAddSlotsRange(t.Context(), 8192, 16383).Err())
	ok(t, clients[0].ClusterMeet(t.Context(), "127.0.0.1", ports[1]).Err())
	for _, c := range clients {
		eventually(t, "the cluster is whole", func() bool {
			info, err := c.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:2")
		})
	}
	return "redis://127.0.0.1:" + ports[0] + "?addr=127.0.0.1:" + ports[1]
}
