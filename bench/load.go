package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// grace is how long after the end of a pass its last answers may take.
const grace = 60 * time.Second

// load is a closed loop: each worker sends its next request when it has read
// the last one's answer.
type load struct {
	address string
	workers int
	// next makes the function that a worker calls for its next request and for
	// the check of the answer.
	next func(worker int) func() (wire []byte, check func(status int, body []byte) error)
}

// run loads the address for a while. The first answer that fails its check ends
// the pass.
func (l load) run(ctx context.Context, length time.Duration) (pass, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := make([]*worker, l.workers)
	var running sync.WaitGroup
	start := time.Now()
	for i := range workers {
		workers[i] = &worker{next: l.next(i)}
		running.Go(func() {
			if err := workers[i].run(ctx, l.address, start.Add(length)); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	elapsed := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return pass{}, err
	}
	var took []time.Duration
	for _, w := range workers {
		took = append(took, w.took...)
	}
	if len(took) == 0 {
		return pass{}, errors.New("no request was answered")
	}
	return summarise(took, elapsed), nil
}

// worker is one connection's share of a pass.
type worker struct {
	next func() ([]byte, func(int, []byte) error)
	took []time.Duration
}

func (w *worker) run(ctx context.Context, address string, until time.Time) error {
	c, err := dial(ctx, address, until.Add(grace))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	w.took = make([]time.Duration, 0, 1<<16)
	for ctx.Err() == nil && time.Now().Before(until) {
		wire, check := w.next()
		start := time.Now()
		status, body, err := c.do(wire)
		if err != nil {
			return err
		}
		w.took = append(w.took, time.Since(start))
		if err = check(status, body); err != nil {
			return err
		}
	}
	return nil
}

// drawn makes a load's next: requests drawn at random, each with the answer
// that it must get. Every pass draws the same ones.
func drawn(requests []request, answers []answer) func(int) func() ([]byte, func(int, []byte) error) {
	type exchange struct {
		wire  []byte
		check func(int, []byte) error
	}
	exchanges := make([]exchange, len(requests))
	for i, r := range requests {
		want := answers[i].Body
		exchanges[i] = exchange{r.wire(), func(status int, body []byte) error { return verify(status, body, want) }}
	}
	return func(worker int) func() ([]byte, func(int, []byte) error) {
		dice := rand.New(rand.NewPCG(1, uint64(worker)))
		return func() ([]byte, func(int, []byte) error) {
			e := &exchanges[dice.IntN(len(exchanges))]
			return e.wire, e.check
		}
	}
}
