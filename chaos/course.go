package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"footfall/internal/machine"
)

// fault is one thing that goes wrong.
type fault struct {
	name     string
	gateways int
	short    bool // belongs to the short form
	allows   []outcome
	still    bool                                      // nobody writes to the last tenant: it may be read from a replica
	skip     func(w *world) string                     // why it cannot be here; nil or "" is that it can
	prepare  func(ctx context.Context, w *world) error // before anything is asked; may be nil
	// do breaks something, lets it last by c.hold, and mends it again.
	do func(ctx context.Context, c *course) error
}

func (f *fault) may(o outcome) bool {
	return o == whole || slices.Contains(f.allows, o)
}

// row is what a fault came to.
type row struct {
	*fault
	tally
	lasted    time.Duration // from the first trouble until all was answered whole for a while
	recovered time.Duration // from the mending to that
	problems  []string      // what must not be
	skipped   string
	err       error // the run's own
}

// course takes the world through faults under load.
type course struct {
	*world
	load    *load
	machine machine.Machine
}

func newCourse(ctx context.Context, w *world, before float64) *course {
	l := &load{world: w, client: w.client(w.proxy.address, w.o.readers+w.o.writers), readEvery: w.o.readEvery, writeEvery: w.o.writeEvery}
	for _, t := range w.tenants {
		l.questions = append(l.questions, t.questions()...)
		for _, q := range t.watches() {
			l.watchers = append(l.watchers, &watcher{load: l, question: q})
		}
	}
	return &course{w, l, machine.Describe(ctx, w.servers.DatabaseURL(), true, before)}
}

// How long the load runs before a fault, and for how long everything must be
// answered whole for the fault to be over.
const (
	before  = 1500 * time.Millisecond
	calm    = 1500 * time.Millisecond
	patient = 60 * time.Second
	// faultLimit is what a whole fault may take: a run that hangs is a defect of its own.
	faultLimit = 2 * time.Minute
)

// through meets the faults one after another, and counts those that failed.
func (c *course) through(ctx context.Context, faults []*fault) (rows []*row, failed int) {
	for _, f := range faults {
		r := &row{fault: f}
		if f.skip != nil {
			r.skipped = f.skip(c.world)
		}
		if r.skipped == "" {
			r.err = c.meet(ctx, r)
		}
		if ctx.Err() != nil {
			break
		}
		if c.say("%s", r.line()); r.failed() {
			failed++
			for _, p := range r.problems {
				c.say("    %s", p)
			}
		}
		if rows = append(rows, r); r.err != nil {
			break // who knows what is still broken
		}
	}
	return rows, failed
}

// meet holds the load through one fault, and then looks at what is left.
func (c *course) meet(ctx context.Context, r *row) error {
	if err := c.scale(ctx, r.gateways); err != nil {
		return err
	}
	if r.prepare != nil {
		if err := r.prepare(ctx, c.world); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, faultLimit)
	defer cancel()
	for _, g := range c.gateways {
		if _, err := c.leaks(ctx, g); err != nil { // what it holds at first
			return err
		}
	}
	written := c.tenants
	if r.still {
		written = written[:len(written)-1]
	}
	c.load.start(ctx, written)
	defer c.load.end(ctx)
	if err := c.await(ctx); err != nil {
		return err
	}
	pause(ctx, before)
	c.load.seen.take()
	began := time.Now()
	if err := r.do(ctx, c); err != nil {
		return err
	}
	mended := time.Now()
	if err := c.await(ctx); err != nil {
		r.problems = append(r.problems, err.Error())
	}
	last, _ := c.load.seen.quiet()
	r.lasted = time.Since(began)
	c.load.end(ctx)
	r.tally = c.load.seen.take()
	r.recovered = max(last.Sub(mended), 0)
	r.judge()
	return c.aftermath(ctx, r)
}

// await waits until all has been answered whole for a while.
func (c *course) await(ctx context.Context) error {
	began := time.Now()
	for deadline := began.Add(patient); ctx.Err() == nil; pause(ctx, 20*time.Millisecond) {
		last, ago := c.load.seen.quiet()
		if ago > calm && time.Since(began) > calm {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not everything is answered again after %s, the last failure is %s old", patient, time.Since(last).Round(time.Millisecond))
		}
	}
	return ctx.Err()
}

// hold lets a fault last.
func (c *course) hold(ctx context.Context) { pause(ctx, c.o.hold) }

// judge says what of the answers must not have been.
func (r *row) judge() {
	r.problems = append(r.problems, most(r.wrongs, 5)...)
	for _, o := range []struct {
		outcome
		what string
	}{{stale, "stale answers"}, {unavailable, "answers that say to come back"}} {
		if n := r.outcomes[o.outcome]; n > 0 && !r.may(o.outcome) {
			r.problems = append(r.problems, fmt.Sprintf("%d %s", n, o.what))
		}
	}
	if !r.may(refused) {
		r.problems = append(r.problems, most(r.refusals, 3)...)
	}
}

// aftermath compares every answer of every gateway with the truth, has the
// program verify itself, and looks for leaks.
func (c *course) aftermath(ctx context.Context, r *row) error {
	pause(ctx, promise) // then what is remembered must be exact, too
	for i, g := range c.gateways {
		direct := c.client(g.Address, 1)
		for _, fresh := range []bool{false, true} {
			for _, q := range c.load.questions {
				if v, _ := direct.ask(ctx, q, fresh, true, c.truth); v.outcome != whole {
					r.problems = append(r.problems, fmt.Sprintf("afterwards gateway %d, %s, no-cache %t: %s", i+1, q.kind, fresh, v.why))
				}
			}
		}
		direct.http.CloseIdleConnections()
	}
	if _, err := c.footfall(ctx, "verify"); err != nil {
		r.problems = append(r.problems, err.Error())
	}
	for i, g := range c.gateways {
		why, err := c.leaks(ctx, g)
		if err != nil {
			return err
		}
		if why != "" {
			r.problems = append(r.problems, fmt.Sprintf("gateway %d holds %s", i+1, why))
		}
	}
	return ctx.Err()
}

func (r *row) failed() bool { return r.err != nil || len(r.problems) > 0 }

// line is the row for whoever waits.
func (r *row) line() string {
	switch {
	case r.skipped != "":
		return r.name + ": skipped, " + r.skipped
	case r.err != nil:
		return r.name + ": " + errors.Join(errors.New("the run itself failed"), r.err).Error()
	}
	verdict := "ok"
	if r.failed() {
		verdict = "FAILED"
	}
	return strings.Join([]string{
		fmt.Sprintf("%-6s %s (%d)", verdict, r.name, r.gateways), fmt.Sprintf("%d asked", r.total()),
		fmt.Sprintf("%d whole, %d stale, %d unavailable, %d refused, %d wrong", r.outcomes[whole], r.outcomes[stale], r.outcomes[unavailable], r.outcomes[refused], r.outcomes[wrong]),
		fmt.Sprintf("slowest read %.2f s (%s), ingest %.2f s", r.slowestRead.Seconds(), r.slow, r.slowestWrite.Seconds()), fmt.Sprintf("recovered in %.1f s", r.recovered.Seconds()),
	}, ", ")
}
