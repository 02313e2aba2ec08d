// Package admit is admission control: it bounds what runs at once, queues briefly and
// sheds the rest, so that a gateway with more to do than it can does as much as it
// can.
//
// It owns those bounds by class: reads and commits have connections of their own kind,
// and probes are not admitted but answered. Of what is read it must know no more than
// how much it weighs, of HTTP no more than the header that says how long a client waits.
package admit

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"footfall/analytics"
)

// Options configure New; all are required.
type Options struct {
	Running int           // how much runs at once, by weight
	Waiting int           // how many wait for it at most
	Wait    time.Duration // for so long at most, and a tenth of it while a long queue does not end
	Log     *slog.Logger
	Class   string // what it is, for the log
}

// Gate lets so much through at once. What comes beyond that waits in turn, and is
// turned away with analytics.ErrOverloaded when too many wait already or its turn
// does not come in time.
type Gate struct {
	o        Options
	room     *semaphore.Weighted
	shares   shares
	waiting  atomic.Int64
	shed     atomic.Int64
	passed   atomic.Int64
	told     atomic.Int64 // when overload was last logged
	roomy    atomic.Int64 // when there was last room for who came
	throttle throttle
}

// New makes a Gate.
func New(o Options) *Gate {
	g := &Gate{o: o, room: semaphore.NewWeighted(int64(o.Running))}
	g.throttle.tenants = map[int64]*tally{}
	g.shares.room, g.shares.waiting, g.shares.of = max(1, o.Running/2), max(1, o.Waiting/2), map[int64]*share{}
	g.roomy.Store(time.Now().UnixNano())
	return g
}

// Pass waits for room for the tenant's work of this weight, and calls do.
func (g *Gate) Pass(ctx context.Context, tenant int64, weight int, do func() error) error {
	n := int64(min(max(weight, 1), g.shares.room)) // so that nothing fills it alone
	share := g.shares.enter(tenant, time.Now())
	if share.tryAcquire(g.room, n) {
		g.roomy.Store(time.Now().UnixNano())
	} else if err := g.queue(ctx, share, n); err != nil {
		if errors.Is(err, analytics.ErrOverloaded) {
			g.turnAway(tenant)
		}
		return err
	}
	defer share.release(g.room, n)
	g.passed.Add(1)
	return do()
}

// Spare calls do if there is room now, and nobody waits for it.
func (g *Gate) Spare(do func()) {
	if g.room.TryAcquire(1) {
		defer g.room.Release(1)
		do()
	}
}

func (g *Gate) queue(ctx context.Context, share *share, n int64) error {
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > int64(g.o.Waiting) {
		return analytics.ErrOverloaded
	}
	if share != nil {
		defer share.waiting.Add(-1)
		if share.waiting.Add(1) > int64(g.shares.waiting) {
			return analytics.ErrOverloaded
		}
	}
	limited, cancel := context.WithTimeout(ctx, g.queueTimeout(time.Now()))
	defer cancel()
	err := share.acquire(limited, g.room, n)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // nobody waits for it
		return ctx.Err()
	}
	return analytics.ErrOverloaded
}

// longQueue is how many wait for each that runs in a queue that is too long to last.
const longQueue = 4

// queueTimeout is how long to wait for a turn. A queue takes up a burst, which it is
// worth to wait for; a long one that does not end only makes everyone late.
func (g *Gate) queueTimeout(now time.Time) time.Duration {
	endless := now.UnixNano()-g.roomy.Load() >= int64(g.o.Wait)
	if endless && g.waiting.Load() > longQueue*int64(g.o.Running) {
		return g.o.Wait / 10
	}
	return g.o.Wait
}

func (g *Gate) turnAway(tenant int64) {
	g.shed.Add(1)
	g.throttle.refused(tenant, time.Now())
	now, told := time.Now().UnixNano(), g.told.Load()
	if now-told > int64(10*time.Second) && g.told.CompareAndSwap(told, now) {
		g.o.Log.Warn("overloaded, some requests are turned away", "class", g.o.Class, "waiting", g.waiting.Load())
	}
}

// Enter says of a request of the tenant, before anything is done for it, whether
// it is worth beginning: while much of what the tenant asks for is turned away and
// others wait, most is turned away here, where that costs least.
func (g *Gate) Enter(tenant int64) error {
	if g == nil || g.waiting.Load() < int64(g.o.Running) || g.throttle.let(tenant, time.Now()) {
		return nil
	}
	g.shed.Add(1)
	return analytics.ErrOverloaded
}

// Shedding reports whether anything was turned away lately.
func (g *Gate) Shedding() bool { return time.Now().UnixNano() <= g.throttle.quietAt.Load() }

// Stats are what a Gate has done and what waits now.
type Stats struct{ Passed, Shed, Waiting int64 }

// Stats reads them.
func (g *Gate) Stats() Stats { return Stats{g.passed.Load(), g.shed.Load(), g.waiting.Load()} }
