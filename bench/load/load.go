// Package load sends requests to a server and measures how it answers: closed
// loops, the medians of their passes, and whether each answer was the right one.
// It must not know what is asked.
package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// grace is how long after the end of a pass its last answers may take.
const grace = 60 * time.Second

// Exchange is a request on the wire and the check of its answer.
type Exchange struct {
	Wire  []byte
	Check func(status int, body []byte) error
}

// Source makes the function that a connection calls for its next exchange; nil
// ends the connection's part of the pass.
type Source func(connection int) func() *Exchange

// Loop is a closed loop: each connection sends its next request when it has read
// the last one's answer.
type Loop struct {
	Address     string
	Connections int
	Next        Source
}

// Run loads the address for a while. The first answer that fails its check ends
// the pass.
func (l Loop) Run(ctx context.Context, length time.Duration) (Pass, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := make([]*worker, l.Connections)
	var running sync.WaitGroup
	start := time.Now()
	for i := range workers {
		workers[i] = &worker{next: l.Next(i)}
		running.Go(func() {
			if err := workers[i].run(ctx, l.Address, start.Add(length)); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	elapsed := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return Pass{}, err
	}
	var took []time.Duration
	for _, w := range workers {
		took = append(took, w.took...)
	}
	if len(took) == 0 {
		return Pass{}, errors.New("no request was answered")
	}
	return summarise(took, elapsed), nil
}

// worker is one connection's share of a pass.
type worker struct {
	next func() *Exchange
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
		e := w.next()
		if e == nil {
			break
		}
		start := time.Now()
		status, body, err := c.do(e.Wire)
		if err != nil {
			return err
		}
		w.took = append(w.took, time.Since(start))
		if err = e.Check(status, body); err != nil {
			return err
		}
	}
	return nil
}

// exchanges are requests, each with the answer that it must get.
func exchanges(requests []Request, answers []Answer) []Exchange {
	out := make([]Exchange, len(requests))
	for i, r := range requests {
		want := answers[i].Body
		out[i] = Exchange{r.Wire(), func(status int, body []byte) error { return verify(status, body, want) }}
	}
	return out
}

// Drawn draws requests at random, the same ones in every pass.
func Drawn(requests []Request, answers []Answer) Source {
	all := exchanges(requests, answers)
	return func(connection int) func() *Exchange {
		dice := rand.New(rand.NewPCG(1, uint64(connection)))
		return func() *Exchange { return &all[dice.IntN(len(all))] }
	}
}

// Once sends each request once, shared among so many connections.
func Once(requests []Request, answers []Answer, connections int) Source {
	all := exchanges(requests, answers)
	return func(connection int) func() *Exchange {
		i := connection - connections
		return func() *Exchange {
			if i += connections; i < len(all) {
				return &all[i]
			}
			return nil
		}
	}
}

// captors is how many requests are under way while answers are captured.
const captors = 8

// Capture asks each request once, and returns the answers.
func Capture(ctx context.Context, address string, requests []Request) ([]Answer, error) {
	answers := make([]Answer, len(requests))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for c := range captors {
		running.Go(func() {
			for i := c; i < len(requests) && ctx.Err() == nil; i += captors {
				a, err := requests[i].Send(ctx, address)
				if err != nil {
					cancel(err)
				}
				a.Header.Del("Date") // net/http's own
				answers[i] = a
			}
		})
	}
	running.Wait()
	return answers, context.Cause(ctx)
}
