package cache

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/internal/await"
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
		await.Within(t, promise, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n+1 })
		equal(t, "clicks where written", a.mustClicks(tenant, subject), n+1)
	}
	if n := b.Stats().HitsMemory + b.Stats().HitsRedis; n < 50 {
		t.Errorf("%d hits only", n)
	}
}

// Channels are of all databases of a Redis, keys of one.
func TestDatabasesOfOneRedisDoNotMeet(t *testing.T) {
	t.Parallel()
	named := func(o *Options) { o.Outbox, o.Namespace = nil, t.Name() }
	here, there := newWorld(t), newWorld(t)
	a, b, c := here.gateway(named), there.gateway(named), there.gateway(named)
	a.tell(here.write(here.tenants[0], "e", 1))
	b.tell(there.write(there.tenants[0], "e", 1))
	await.Until(t, "c hears of b", func() bool { return c.Stats().Heard > 0 })
	equal(t, "changes that c hears of", c.Stats().Heard, 1)
	equal(t, "changes that a hears of", a.Stats().Heard, 0)
}

func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	changed := make(chan int64, 1000)
	a, b := w.gateway(undrained), w.gateway(func(o *Options) {
		o.Outbox = nil
		o.OnChange = func(tenant int64, topics map[analytics.Topic]bool) {
			if (tenant == 0) != (topics == nil) {
				t.Errorf("tenant %d with the topics %v", tenant, topics)
			}
			changed <- tenant
		}
	})
	one, other := w.tenants[0], w.tenants[1]
	s1, s2 := w.subject(one, "e"), w.subject(other, "e")
	equal(t, "subject numbers", s1, s2)
	a.tell(w.write(other, "e", 2))
	a.tell(w.write(one, "e", 1))
	for await.Value(t, "b hears of both", changed) != one {
	}
	equal(t, "clicks", b.mustClicks(one, s1), 1)
	await.Until(t, "b is not cut off meanwhile", func() bool {
		equal(t, "clicks", b.mustClicks(other, s2), 2)
		calls := b.next.calls.Load()
		for range 10 {
			a.tell(w.write(one, "e", 1))
			who := await.Value(t, "b hears", changed)
			if who == 0 {
				return false
			}
			equal(t, "who changed", who, one)
			equal(t, "clicks", b.mustClicks(other, s2), 2)
		}
		equal(t, "the store was asked", b.next.calls.Load(), calls)
		return true
	})
}

func TestWriterKilledBeforeItTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	var n int64
	await.Until(t, "a write is seen in time", func() bool { // a starved drain is late now and then, not each time
		w.write(tenant, "e", 1)
		n++
		wrote := time.Now()
		await.Until(t, "the write is seen", func() bool { return b.mustClicks(tenant, subject) == n })
		return time.Since(wrote) <= promise
	})
	await.Until(t, "the outbox is empty", func() bool {
		pending, err := w.Pending(t.Context(), 10, 1_000_000)
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
		await.Value(t, "the store is read", read)
		b.next.hooks(nil, nil)
		b.forgets(tenant, subject, func() { a.record(tenant, "e", 1) })
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
	await.Until(t, "a has a connection", func() bool { return a.redis.Ping(t.Context()).Err() == nil })
	var commands hooked
	a.redis.AddHook(&commands)
	a.Publish(t.Context(), analytics.Change{Tenant: 1, Seq: 1, Topics: []analytics.Topic{"a", "b"}})
	equal(t, "commands", strings.Join(commands, " "), "info set set info spublish")
}

// hooked are the commands that were sent, but for those that open a connection.
type hooked []string

func (h *hooked) note(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		if name := cmd.Name(); name == "set" || name == "info" || name == "spublish" {
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
	b.forgets(tenant, subject, func() {
		a.tell(analytics.Change{Tenant: tenant, Topics: []analytics.Topic{analytics.SubjectTopic(subject)}})
	})
}

// forgets returns once change was made and g holds nothing of the subject from before.
func (g *gateway) forgets(tenant, subject int64, change func()) {
	g.w.t.Helper()
	of := []item{g.item(tenant, analytics.SubjectTopic(subject), "")}
	before := g.memory.stampsOf(of)[0]
	change()
	await.Until(g.w.t, "what was held is forgotten", func() bool { return g.memory.stampsOf(of)[0] != before })
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
	await.Until(t, "the outbox is empty", func() bool {
		pending, err := w.Pending(t.Context(), 1, 1_000_000)
		return err == nil && len(pending) == 0
	})
	b.forgetAll()
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
	old := newToken(time.Now())
	copy(old[:8], make([]byte, 8)) // of 1970
	ok(t, b.redis.Set(t.Context(), topic{tenant, analytics.SubjectTopic(subject)}.tokenKey(era), old[:], time.Hour).Err())
	b.forgetAll()
	equal(t, "clicks", b.mustClicks(tenant, subject), 0)
	equal(t, "asked the primary", primary, false)
}

// How long ago a topic changed is told by Redis' clock, whatever those of the gateways say.
func TestTopicsAreQuietByTheClockOfRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.idle(undrained) // nothing else dates a token or reads the clock meanwhile
	ahead := &aheadRedis{}
	b.redis.AddHook(ahead)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	var primary bool
	b.next.hooks(func(ctx context.Context) error { primary = analytics.Fresh(ctx); return nil }, nil)
	for i, step := range []struct {
		ahead            time.Duration
		changed, primary bool
	}{
		{0, true, true},
		{time.Hour, false, false},
		{time.Hour, true, true},
		{time.Hour + analytics.ReplicaLag/2, false, true},
		{time.Hour + 2*analytics.ReplicaLag, false, false},
	} {
		ahead.by.Store(int64(step.ahead))
		_, err := b.remote.certainEra(t.Context())
		ok(t, err)
		if step.changed {
			b.record(tenant, "e", 1)
		}
		another := query(subject) // that nothing remembers
		another.Ranges = []analytics.Range{{Start: day.Start.Add(time.Duration(i) * time.Hour), End: day.End}}
		_, err = b.Totals(t.Context(), tenant, []analytics.Query{another})
		ok(t, err)
		equal(t, fmt.Sprintf("asks the primary, %+v", step), primary, step.primary)
	}
}

// aheadRedis is a Redis whose clock is ahead of ours.
type aheadRedis struct{ by atomic.Int64 }

func (*aheadRedis) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *aheadRedis) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if info, is := cmd.(*redis.StringCmd); is && strings.Contains(info.Val(), "server_time_usec:") {
			was := infoField(info.Val(), "server_time_usec")
			micros, _ := strconv.ParseInt(was, 10, 64)
			info.SetVal(strings.Replace(info.Val(), was, strconv.FormatInt(micros+time.Duration(a.by.Load()).Microseconds(), 10), 1))
		}
		return err
	}
}

func (*aheadRedis) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func TestCorruptValuesAreMisses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	b.record(tenant, "e", 3)
	equal(t, "clicks", b.mustClicks(tenant, subject), 3)
	var value string
	for _, damage := range []func(s string) string{
		func(s string) string { return s[:len(s)/2] },
		func(s string) string { return s[:len(s)-1] + "\xff" },
		func(string) string { return "" },
		func(s string) string { return s + "x" },
	} {
		await.Until(t, "the damage is found", func() bool { // an earlier answer may still be kept over it
			for k, v := range dump(t, b.redis) {
				if strings.Contains(k, "totals") {
					value = k
					ok(t, b.redis.Set(t.Context(), k, damage(v), time.Hour).Err())
				}
			}
			b.forgetAll()
			before := b.Stats()
			equal(t, "clicks", b.mustClicks(tenant, subject), 3)
			after := b.Stats()
			if after.Corrupt == before.Corrupt {
				return false
			}
			equal(t, "corrupt", after.Corrupt-before.Corrupt, 1)
			equal(t, "misses", after.Misses-before.Misses, 1)
			return true
		})
		await.Until(t, "the value is mended", func() bool {
			b.forgetAll()
			before := b.Stats().HitsRedis
			equal(t, "clicks", b.mustClicks(tenant, subject), 3)
			return b.Stats().HitsRedis > before
		})
	}
	// A value of another version is nobody's fault.
	v := dump(t, b.redis)[value]
	await.Until(t, "it is a miss", func() bool {
		ok(t, b.redis.Set(t.Context(), value, "\x7f"+v[1:], time.Hour).Err())
		b.forgetAll()
		before := b.Stats()
		equal(t, "clicks", b.mustClicks(tenant, subject), 3)
		equal(t, "corrupt", b.Stats().Corrupt, before.Corrupt)
		return b.Stats().Misses > before.Misses
	})
}
