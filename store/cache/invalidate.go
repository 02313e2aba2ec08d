package cache

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"footfall/analytics"
)

// How changes travel.
const (
	drainEvery    = 250 * time.Millisecond
	drainMost     = 1000   // changes at once
	drainTopics   = 20_000 // that they may name together, and a change of any size more
	drainTimeout  = 5 * time.Second
	settleTimeout = time.Second
	settleAtOnce  = 4 // tenants
)

// Run hears of changes and drains the outbox until ctx ends.
func (c *Cache) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.listen(ctx)
	}()
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		c.drain(ctx)
		select {
		case <-ctx.Done():
			<-done
			return
		case <-tick.C:
		}
	}
}

// Publish tells every gateway of a committed change. Its writer calls it before
// acknowledging the write, after which the next fresh read anywhere sees the
// change, and every other read a second later at the latest. When Redis or the
// outbox is out of reach the change waits in the outbox for the next drain,
// anyone's.
func (c *Cache) Publish(ctx context.Context, change analytics.Change) {
	if len(change.Topics) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx) // the write is done, whoever waits for it
	if err := c.announce(ctx, []analytics.Change{change}); err != nil {
		c.o.Log.Debug("a change waits in the outbox", "tenant", change.Tenant, "error", err)
	}
}

// announce replaces the tokens of what changed, forgets it here, tells the
// others, and settles the outbox: in this order. Who is told forgets what it
// has and asks Redis again, where the old token must be gone by then.
func (c *Cache) announce(ctx context.Context, changes []analytics.Change) error {
	news := changeSetOf(changes)
	var err error
	if c.remote != nil {
		err = c.remote.replace(ctx, news.topics())
	}
	c.forget(news)
	if c.remote != nil && err == nil {
		err = c.remote.publish(ctx, news)
	}
	if err != nil || c.o.Outbox == nil {
		return err
	}
	return c.settle(ctx, changes)
}

// forget drops what this process holds.
func (c *Cache) forget(n changeSet) {
	c.memory.forget(n.topics())
	c.lists.forget(n.topics())
	for tenant, topics := range n {
		c.o.OnChange(tenant, topics)
	}
}

func (c *Cache) forgetAll() {
	c.memory.forgetAll()
	c.lists.forgetAll()
	c.o.OnChange(0, nil)
}

// settle tries each tenant's, whatever becomes of the others'.
func (c *Cache) settle(ctx context.Context, changes []analytics.Change) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	seqs := map[int64][]int64{}
	for _, change := range changes {
		seqs[change.Tenant] = append(seqs[change.Tenant], change.Seq)
	}
	var all errgroup.Group
	all.SetLimit(settleAtOnce)
	for tenant, done := range seqs {
		all.Go(func() error {
			limited, cancel := context.WithTimeout(ctx, settleTimeout)
			defer cancel()
			return c.o.Outbox.Settle(limited, tenant, done)
		})
	}
	return all.Wait()
}

// drain announces the changes whose writers did not get to it. What is told of
// twice does no harm.
func (c *Cache) drain(ctx context.Context) {
	if c.remote != nil {
		c.remote.check(ctx)
	}
	for {
		began := mark()
		changes, err := c.pending(ctx)
		if err != nil {
			c.o.Log.Debug("the outbox cannot be read", "error", err)
			return
		}
		full := len(changes) == drainMost || topicsIn(changes) >= drainTopics
		c.behind.Store(full)
		if len(changes) > 0 {
			if err := c.announce(ctx, changes); err != nil {
				return
			}
			c.counters.drained.Add(int64(len(changes)))
		}
		if !full {
			c.drained.set(began)
			return
		}
	}
}

func (c *Cache) pending(ctx context.Context) (changes []analytics.Change, err error) {
	if c.o.Outbox == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	err = c.pulse.take(ctx, func(ctx context.Context) (err error) {
		changes, err = c.o.Outbox.Pending(ctx, drainMost, drainTopics)
		return err
	})
	return changes, err
}

// trusted reports whether what Redis holds may be believed: since it last
// failed us, everything that may have been meant for it meanwhile was told it.
func (c *Cache) trusted() bool {
	failed := c.remote.failed.get()
	return !c.behind.Load() && (failed == 0 || c.drained.get() > failed)
}

func topicsIn(changes []analytics.Change) int {
	n := 0
	for _, change := range changes {
		n += len(change.Topics)
	}
	return n
}

// changeSet are topics by tenant.
type changeSet map[int64]map[analytics.Topic]bool

func changeSetOf(changes []analytics.Change) changeSet {
	n := changeSet{}
	for _, change := range changes {
		if n[change.Tenant] == nil {
			n[change.Tenant] = map[analytics.Topic]bool{}
		}
		for _, name := range change.Topics {
			n[change.Tenant][name] = true
		}
	}
	return n
}

func (n changeSet) topics() []topic {
	var all []topic
	for tenant, names := range n {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			all = append(all, topic{tenant, name})
		}
	}
	return all
}
