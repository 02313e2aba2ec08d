package cache

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
)

// How the subscription is kept alive.
const (
	pingEvery      = 250 * time.Millisecond
	silence        = 750 * time.Millisecond // after which it is held for dead
	subscribeEvery = 100 * time.Millisecond
	topicsAtOnce   = 500 // in a message
)

// start is where marks count from: instants on the process's own clock, which
// nobody sets.
var start = time.Now()

func mark() int64 { return int64(time.Since(start)) + 1 }

// clockMark is a mark that is set while others read it; 0 is never.
type clockMark struct{ at atomic.Int64 }

func (m *clockMark) set(at int64) { m.at.Store(at) }
func (m *clockMark) get() int64   { return m.at.Load() }

// Informed reports whether this process hears of changes: then what it holds may
// be believed without asking, here and at the edge. Without Redis it hears of
// its own alone, and holds nothing for as long as a second.
func (c *Cache) Informed() bool {
	return !c.behind.Load() && (c.remote == nil || c.subscribed())
}

// subscribed reports whether the subscription was whole a moment ago.
func (c *Cache) subscribed() bool {
	at := c.live.get()
	return at != 0 && mark()-at < int64(silence)
}

// listen keeps a subscription until ctx ends.
func (c *Cache) listen(ctx context.Context) {
	for c.remote != nil && ctx.Err() == nil {
		era, err := c.remote.certainEra(ctx) // which says when Redis itself is out of reach
		if err == nil {
			err = c.subscribe(ctx, era)
			c.live.set(0)
			c.tellHearing(ctx, err)
		}
		if ctx.Err() == nil {
			c.o.Log.Debug("the subscription was cut", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(subscribeEvery):
		}
	}
}

// tellHearing says in the log that no subscription lasts although Redis answers, and that
// one does again.
func (c *Cache) tellHearing(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.hearing.tell(c.o.Log, err, "changes are not heard of, so memory answers nothing: Redis allows no subscription that lasts", "changes are heard of again")
}

// subscribe holds one subscription until it fails. Messages come in order: once
// the answer to a ping is here, so is everything published before the ping. In a
// cluster that holds of a sharded channel alone, which one master serves.
// Everything held from before the subscription is forgotten.
func (c *Cache) subscribe(ctx context.Context, era string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sub := c.o.Redis.SSubscribe(ctx, c.remote.channel())
	stop := context.AfterFunc(ctx, func() { _ = sub.Close() })
	defer func() {
		if stop() {
			_ = sub.Close()
		}
	}()
	for pinging := false; ; {
		received, err := sub.ReceiveTimeout(ctx, silence)
		if err != nil {
			return err
		}
		switch m := received.(type) {
		case *redis.Subscription:
			if m.Kind != "ssubscribe" {
				return errors.New("cache: another node serves the channel")
			}
			c.forgetAll()
			if !pinging {
				pinging = true
				go ping(ctx, sub)
			}
		case *redis.Message:
			c.handleMessage(m.Payload)
		case *redis.Pong:
			if c.remote.lastEra() != era {
				return errors.New("cache: another Redis took over")
			}
			if sent, err := strconv.ParseInt(m.Payload, 10, 64); err == nil {
				c.live.set(sent)
				c.tellHearing(ctx, nil)
			}
		}
	}
}

// ping sends the time until ctx ends.
func ping(ctx context.Context, sub *redis.PubSub) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		if sub.Ping(ctx, strconv.FormatInt(mark(), 10)) != nil {
			_ = sub.Close()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// A message is the sender, the tenant and the topics, parted by spaces. A channel is of
// all databases of a Redis, so a sender begins with the number of its own and a colon.

// handleMessage forgets what a message names, or everything when it cannot be read.
func (c *Cache) handleMessage(message string) {
	words := strings.Fields(message)
	if len(words) > 2 && (words[0] == c.remote.self || c.remote.strange(words[0])) {
		return // forgotten before it was sent, or of keys in another database
	}
	c.counters.heard.Add(1)
	if len(words) < 3 {
		c.forgetAll()
		return
	}
	tenant, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		c.forgetAll()
		return
	}
	topics := map[analytics.Topic]bool{}
	for _, w := range words[2:] {
		topics[analytics.Topic(w)] = true
	}
	c.forget(changeSet{tenant: topics})
}

// publish tells all gateways.
func (r *remote) publish(ctx context.Context, n changeSet) error {
	var messages []string
	for tenant, topics := range n {
		head := r.self + " " + strconv.FormatInt(tenant, 10)
		for some := range slices.Chunk(slices.Sorted(maps.Keys(topics)), topicsAtOnce) {
			words := []string{head}
			for _, t := range some {
				words = append(words, string(t))
			}
			messages = append(messages, strings.Join(words, " "))
		}
	}
	return r.do(ctx, len(messages), func(ctx context.Context) error {
		return r.eachPipe(ctx, len(messages), func(p redis.Pipeliner, i int) { p.SPublish(ctx, r.channel(), messages[i]) })
	})
}

func (r *remote) strange(sender string) bool {
	own, _, _ := strings.Cut(r.self, ":")
	database, _, told := strings.Cut(sender, ":")
	return told && database != own
}

func (r *remote) channel() string { return r.prefix + ":changes" }
