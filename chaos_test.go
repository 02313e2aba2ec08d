package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/internal/await"
	"footfall/internal/storetest"
)

// ledger is what was acknowledged when.
type ledger struct {
	mu  sync.Mutex
	ats []time.Time // of the first, the second, …
}

func (l *ledger) acknowledge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ats = append(l.ats, time.Now())
}

// before is how many writes were acknowledged by then.
func (l *ledger) before(t time.Time) (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n = int64(len(l.ats)); n > 0 && l.ats[n-1].After(t); n-- {
	}
	return n
}

// crowd writes on one gateway and reads on two, all the time.
type crowd struct {
	ledger
	clicks  change
	running atomic.Bool
	rounds  [4]atomic.Int64 // reads of each reader
	workers sync.WaitGroup
}

// write records clicks one after another. Each is acknowledged, or sent again.
func (c *crowd) write(b *bundle, name string) {
	for n := 0; c.running.Load(); n++ {
		line := click(fmt.Sprint(name, n), "click", "jazz", "s", "2026-03-01T00:00:00Z")
		for {
			a, err := b.send(b.t.Context(), http.MethodPost, "/v1/events", line, http.Header{"Content-Type": {"application/x-ndjson"}})
			if err == nil && a.status == http.StatusOK {
				break
			}
			if b.t.Context().Err() != nil {
				return
			}
		}
		c.acknowledge()
	}
}

// read checks every answer: with no-cache it holds all that was acknowledged
// when it was asked for and never goes back; without, all that was a second
// before.
func (c *crowd) read(b *bundle, reader int, header http.Header) {
	for last, n := int64(0), 0; c.running.Load(); n++ {
		asked := time.Now()
		since := asked.Add(-promise)
		if header != nil {
			since = asked
		}
		least := c.before(since)
		got := b.countedAs(c.clicks, n/7%50, header) // a form lives on and off
		switch {
		case got < least:
			b.t.Errorf("reader %d got %d, although %d were acknowledged by %v before", reader, got, least, asked.Sub(since))
			return
		case header != nil && got < last:
			b.t.Errorf("reader %d got %d after %d", reader, got, last)
			return
		}
		last = got
		c.rounds[reader].Add(1)
	}
}

// pass waits until every reader has read for longer than the promise, and some
// writes were acknowledged.
func (c *crowd) pass(t *testing.T, what string) {
	t.Helper()
	var before [4]int64
	for i := range before {
		before[i] = c.rounds[i].Load()
	}
	writes, began := c.before(time.Now()), time.Now()
	await.Until(t, "everyone goes on while "+what, func() bool {
		moved := !c.running.Load() || t.Failed() || c.before(time.Now()) > writes+1
		for i := range before {
			moved = moved && (t.Failed() || c.rounds[i].Load() > before[i]+2)
		}
		return moved && time.Since(began) > 2*promise
	})
}

// Whatever becomes of Redis, no-cache sees every acknowledged write and never
// goes back, and other reads are at most a second old.
func TestRedisInTrouble(t *testing.T) {
	t.Parallel()
	servers := storetest.PrivateServer(t)
	a := setup(t, withEdge, privately(t, servers))
	b := a.another()
	a.populate()
	c := &crowd{clicks: changes[0]}
	c.running.Store(true)
	for i, gateway := range []*bundle{a, b} {
		c.workers.Go(func() { c.write(a, fmt.Sprint("w", i, "-")) })
		c.workers.Go(func() { c.read(gateway, i, nil) })
		c.workers.Go(func() { c.read(gateway, 2+i, fresh) })
	}
	redis := servers.Redis()
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"all is well", func() error { return nil }},
		{"Redis is paused", redis.Pause},
		{"Redis goes on", redis.Resume},
		{"Redis is killed", redis.Kill},
		{"Redis is back", func() error { return redis.Start(t.Context()) }},
		{"Redis is restarted", func() error { return errors.Join(redis.Stop(), redis.Start(t.Context())) }},
		{"Redis is paused again", redis.Pause},
		{"Redis goes on for a moment and dies", func() error { return errors.Join(redis.Resume(), redis.Kill()) }},
		{"Redis is back at last", func() error { return redis.Start(t.Context()) }},
	} {
		ok(t, step.do())
		c.pass(t, step.what)
		if t.Failed() {
			t.Errorf("while %s", step.what)
			break
		}
	}
	c.running.Store(false)
	c.workers.Wait()
	n := c.before(time.Now())
	equal(t, "in the end", a.counted(c.clicks, fresh), n)
	equal(t, "in the end", b.counted(c.clicks, fresh), n)
	for writer, id := range []string{"x", "y"} { // and those whose writer dies meanwhile
		ok(t, redis.Kill())
		b.counted(c.clicks, nil)
		a.recordAndDie(id)
		b.seen(c.clicks, n+int64(writer)+1)
		ok(t, redis.Start(t.Context()))
		b.seen(c.clicks, n+int64(writer)+1)
	}
	t.Logf("%d writes, reads %d %d %d %d", n, c.rounds[0].Load(), c.rounds[1].Load(), c.rounds[2].Load(), c.rounds[3].Load())
}

// With MAX_STALE=0 nothing is served that cannot be checked.
func TestNothingStale(t *testing.T) {
	t.Parallel()
	servers := storetest.PrivateServer(t)
	b := setup(t, privately(t, servers), func(c *settings) { c.serving.MaxStale = 0 })
	b.populate()
	equal(t, "clicks", b.counted(changes[0], nil), 0)
	ok(t, servers.Postgres().Kill())
	await.Until(t, "the gateway says that it cannot tell", func() bool {
		a := b.post(changes[0].query, nil, nil)
		if a.extensions["stale"] != nil {
			t.Fatalf("served stale: %s", a.body)
		}
		return a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != ""
	})
}
