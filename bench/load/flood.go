package load

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Flood is an open loop: requests are due at a rate, whether or not those before
// them were answered. A request that is due while all connections wait for answers
// is sent late, and its time counts from when it was due.
type Flood struct {
	Address     string
	Connections int
	Rate        float64 // requests due a second
	Next        Source
}

// Flooded is what became of a flood.
type Flooded struct {
	Good, Shed  Pass // answered well; turned away with 503
	Due, Unsent int  // of those due, those whose turn never came
}

// Run floods the address for a while. An answer that is neither good nor 503 ends
// it.
func (f Flood) Run(ctx context.Context, length time.Duration) (Flooded, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	due := int(f.Rate * length.Seconds())
	ticks := make(chan time.Time, due)
	start := time.Now()
	for i := range due {
		ticks <- start.Add(time.Duration(float64(i) / f.Rate * float64(time.Second)))
	}
	workers := make([]*drain, f.Connections)
	var running sync.WaitGroup
	for i := range workers {
		workers[i] = &drain{next: f.Next(i)}
		running.Go(func() {
			if err := workers[i].run(ctx, f.Address, ticks, start.Add(length)); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return Flooded{}, err
	}
	var good, shed []time.Duration
	for _, w := range workers {
		good, shed = append(good, w.good...), append(shed, w.shed...)
	}
	if len(good) == 0 {
		return Flooded{}, errors.New("no request was answered")
	}
	return Flooded{Good: summarise(good, length), Shed: summarise(shed, length), Due: due, Unsent: len(ticks)}, nil
}

// drain is one connection's share of a flood.
type drain struct {
	next       func() *Exchange
	good, shed []time.Duration
}

func (d *drain) run(ctx context.Context, address string, ticks <-chan time.Time, until time.Time) error {
	c, err := dial(ctx, address, until.Add(grace))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	for ctx.Err() == nil && time.Now().Before(until) {
		var due time.Time
		select {
		case due = <-ticks:
		default:
			return nil
		}
		time.Sleep(time.Until(due))
		e := d.next()
		status, body, err := c.do(e.Wire)
		if err != nil {
			return err
		}
		switch took := time.Since(due); status {
		case http.StatusServiceUnavailable:
			d.shed = append(d.shed, took)
		default:
			if err = e.Check(status, body); err != nil {
				return err
			}
			d.good = append(d.good, took)
		}
	}
	return nil
}
