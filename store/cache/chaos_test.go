package cache

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/localdb"
)

// TestPromiseUnderChaos lets writers, some of which die before they tell, and
// readers loose on three gateways while Redis is paused, killed, emptied, set
// back and cut off, and holds every answer against what had been committed.
func TestPromiseUnderChaos(t *testing.T) {
	t.Parallel()
	w, server := brittleWorld(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := &chaos{t: t, w: w, server: server, gateways: []*gateway{w.gateway(nil), w.gateway(nil), w.gateway(nil)}}
	for i := range 4 {
		e := fmt.Sprint("e", i)
		c.subjects = append(c.subjects, &ledger{tenant: w.tenants[i%2], event: e, subject: w.subject(w.tenants[i%2], e), every: 30 * time.Millisecond << (2 * i)})
	}
	length := 8 * time.Second
	if testing.Short() {
		length = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var all sync.WaitGroup
	loose := func(i int, f func(*rand.Rand)) {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for ctx.Err() == nil && !t.Failed() {
				f(random)
			}
		})
	}
	for i, l := range c.subjects {
		loose(i, func(r *rand.Rand) { c.write(ctx, r, l) })
	}
	for i := range 6 {
		loose(100+i, func(r *rand.Rand) { c.read(ctx, r) })
	}
	loose(1000, func(r *rand.Rand) { c.breakOne(ctx, r) })
	all.Wait()
	var stats Stats
	for _, g := range c.gateways {
		s := g.Stats()
		stats.HitsMemory, stats.HitsRedis, stats.Misses = stats.HitsMemory+s.HitsMemory, stats.HitsRedis+s.HitsRedis, stats.Misses+s.Misses
		stats.Drained, stats.RedisErrors = stats.Drained+s.Drained, stats.RedisErrors+s.RedisErrors
	}
	t.Logf("%+v", stats)
	if stats.HitsMemory == 0 || stats.HitsRedis == 0 || stats.Drained == 0 {
		t.Error("it was not much of a test")
	}
	await.Until(t, "the outbox is empty", func() bool {
		pending, err := w.Pending(context.Background(), 10, 1_000_000)
		ok(t, err)
		return len(pending) == 0
	})
}

type chaos struct {
	t        *testing.T
	w        *world
	server   *localdb.Server
	gateways []*gateway
	subjects []*ledger
}

// ledger is how many clicks of one subject were committed when. It has one
// writer.
type ledger struct {
	tenant, subject int64
	event           string
	every           time.Duration // about

	mu        sync.Mutex
	begun     int64
	committed []time.Time // of click number i
}

// at is how many clicks were committed at the instant.
func (l *ledger) at(when time.Time) (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n = int64(len(l.committed)); n > 0 && l.committed[n-1].After(when); n-- {
	}
	return n
}

func (l *ledger) most() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

func (c *chaos) write(ctx context.Context, random *rand.Rand, l *ledger) {
	l.mu.Lock()
	l.begun++
	l.mu.Unlock()
	change, err := c.w.tryWrite(l.tenant, l.event, 1)
	if err != nil {
		c.t.Error(err)
		return
	}
	// What counts as acknowledged is the commit: more than was promised.
	l.mu.Lock()
	l.committed = append(l.committed, time.Now())
	l.mu.Unlock()
	if random.IntN(4) > 0 {
		began := time.Now()
		c.gateways[random.IntN(len(c.gateways))].Publish(ctx, change)
		if took := time.Since(began); took > promise {
			c.t.Errorf("Publish took %s", took)
		}
	}
	rest(ctx, time.Duration(random.ExpFloat64()*float64(l.every)))
}

func (c *chaos) read(ctx context.Context, random *rand.Rand) {
	l := c.subjects[random.IntN(len(c.subjects))]
	g := c.gateways[random.IntN(len(c.gateways))]
	fresh := random.IntN(10) == 0
	ask, began := context.Background(), time.Now()
	least := l.at(began.Add(-promise))
	if fresh {
		ask, least = analytics.WithFresh(ask), l.at(began)
	}
	n, err := g.clicks(ask, l.tenant, l.subject)
	switch {
	case err != nil:
		c.t.Error(err)
	case n < least:
		c.t.Errorf("fresh %t: %d clicks, %d had been committed; last at %s, asked at %s; %+v", fresh, n, least,
			l.committed[n].Format(time.StampMicro), began.Format(time.StampMicro), g.Stats())
	case n > l.most():
		c.t.Errorf("%d clicks of %d", n, l.most())
	}
	rest(ctx, time.Duration(random.ExpFloat64()*float64(3*time.Millisecond)))
}

// breakOne breaks one thing and mends it.
func (c *chaos) breakOne(ctx context.Context, random *rand.Rand) {
	pause := time.Duration(random.ExpFloat64() * float64(400*time.Millisecond))
	redis, process := c.gateways[0].redis, c.server.Redis()
	background := context.Background()
	switch random.IntN(6) {
	case 0:
		_ = redis.FlushDB(background).Err()
	case 1:
		_ = redis.Do(background, "client", "kill", "type", "pubsub").Err()
	case 2:
		_ = redis.Do(background, "client", "kill", "type", "normal").Err()
	case 3:
		must(c.t, process.Pause())
		rest(ctx, pause)
		must(c.t, process.Resume())
	case 4:
		backup := map[string]string{}
		keys, _ := redis.Keys(background, "*").Result()
		for _, k := range keys {
			backup[k], _ = redis.Get(background, k).Result()
		}
		rest(ctx, pause)
		must(c.t, process.Kill())
		rest(ctx, pause)
		must(c.t, process.Start(background))
		for k, v := range backup {
			_ = redis.Set(background, k, v, time.Hour).Err()
		}
	case 5:
		_ = redis.Do(background, "acl", "setuser", "default", "-subscribe").Err()
		_ = redis.Do(background, "client", "kill", "type", "pubsub").Err()
		rest(ctx, pause)
		_ = redis.Do(background, "acl", "setuser", "default", "+subscribe").Err()
	}
	rest(ctx, time.Duration(random.ExpFloat64()*float64(400*time.Millisecond)))
}

func must(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}

// rest lets time pass.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
