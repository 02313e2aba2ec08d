package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"footfall/bench/contenders"
	"footfall/bench/load"
	"footfall/internal/process"
)

// edgeTTL is the gateway's default.
const edgeTTL = time.Second

// lane is one server under one kind of load.
type lane struct {
	state    string
	server   *process.Process // nil for one that is started for each pass
	requests []load.Request
	answers  []load.Answer // that they must get
	gateway  bool
}

// row is the medians of a lane's passes.
type row struct {
	Job         string    `json:"job"`
	Via         string    `json:"via"`
	Connections int       `json:"connections"`
	State       string    `json:"state"` // or the contender
	Rate        float64   `json:"requestsPerSecond"`
	Rates       []float64 `json:"passes"` // the rate of each
	Spread      float64   `json:"spread"` // of the rate over the passes: (largest − smallest) ÷ median
	P50         float64   `json:"p50Ms"`
	P99         float64   `json:"p99Ms"`
	Ratio       float64   `json:"ofCeiling"`
	Statements  float64   `json:"statementsPerRequest"` // sent to Postgres, by the gateway
	Gateway     bool      `json:"gateway"`
	Requests    int       `json:"requests"` // of all passes
	Bytes       int       `json:"bytes"`    // of an answer's body, the mean
}

// bench is a run: two gateways over the same servers, with and without the edge
// cache, and the rivals.
type bench struct {
	options
	*world
	data        *data
	plain, edge *process.Process
	rivals      map[string]rival
}

func openBench(ctx context.Context, w *world, d *data, o options) (*bench, error) {
	b := &bench{options: o, world: w, data: d, rivals: ours()}
	var err error
	if b.plain, err = w.gateway(ctx, d.url, b.redis(0), 0, patiently); err != nil {
		return nil, err
	}
	if b.edge, err = w.gateway(ctx, d.url, b.redis(0), edgeTTL, patiently); err != nil {
		b.plain.Stop()
	}
	return b, err
}

func (b *bench) close() {
	b.plain.Stop()
	b.edge.Stop()
}

// measureJobs measures every job that is asked for, at every level. What fails is
// an error, and the rest is measured all the same; an interrupted run has the rows
// that it came to.
func (b *bench) measureJobs(ctx context.Context, all []job) (rows []row, failed error) {
	todo := b.selected(all)
	b.say("measuring for about %s", b.estimate(todo).Round(time.Second))
	for _, j := range todo {
		for _, w := range j.ways {
			title := j.name + " " + w.via
			more, err := b.way(ctx, j, w, title)
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", title, err))
			}
			rows = append(rows, more...)
			if ctx.Err() != nil {
				return rows, ctx.Err()
			}
		}
	}
	return rows, failed
}

// selected leaves out what is not asked for.
func (b *bench) selected(all []job) (todo []job) {
	for _, j := range all {
		j.ways = slices.DeleteFunc(slices.Clone(j.ways), func(w way) bool { return !b.only.MatchString(j.name + " " + w.via) })
		if len(j.ways) > 0 {
			todo = append(todo, j)
		}
	}
	return todo
}

// estimate is the time under load.
func (b *bench) estimate(todo []job) (total time.Duration) {
	lanes := 0
	for _, j := range todo {
		for _, w := range j.ways {
			lanes += 1 + len(w.states)
			if w.via == viaPOST {
				lanes += len(j.rivals)
			}
		}
	}
	return time.Duration(lanes*len(b.levels)) * (b.warm + time.Duration(b.passes)*b.length)
}

// way measures one way to ask for a job at every level, beside the ceiling, and for
// GraphQL by POST beside the rivals.
func (b *bench) way(ctx context.Context, j job, w way, title string) (rows []row, err error) {
	requests := mapped(j.questions, w.request)
	answers, err := b.capture(ctx, j, w, requests)
	if err != nil {
		return nil, err
	}
	ceiling, err := b.startCeiling(ctx, requests, answers)
	if err != nil {
		return nil, err
	}
	defer ceiling.Stop()
	lanes := []lane{{state: contenders.Ceiling, server: ceiling, requests: requests, answers: answers}}
	for _, state := range w.states {
		lanes = append(lanes, b.lane(state, requests, answers))
	}
	if w.via == viaPOST {
		for _, name := range j.rivals {
			l, err := b.join(ctx, b.rivals[name], j, requests, answers)
			if err != nil {
				return nil, err
			}
			defer l.server.Stop()
			lanes = append(lanes, l)
		}
	}
	for _, level := range b.levels {
		b.say("%s, %s", title, plural(level, "connection"))
		able := slices.DeleteFunc(slices.Clone(lanes), func(l lane) bool {
			return level > 1 && b.rivals[l.state].slow && slowJobs.MatchString(j.name)
		})
		passes, err := b.alternate(ctx, able, level)
		if err != nil {
			return rows, err
		}
		rows = append(rows, summarise(j.name, w.via, level, able, passes)...)
	}
	return rows, nil
}

// capture asks each request of a job once, from Postgres: the answers that all
// others must equal, and that the ceiling returns.
func (b *bench) capture(ctx context.Context, j job, w way, requests []load.Request) ([]load.Answer, error) {
	if w.via == viaAPQ {
		text := w.text
		for _, g := range []*process.Process{b.plain, b.edge} {
			if _, err := registering(text, requests[0]).Send(ctx, g.Address); err != nil {
				return nil, err
			}
		}
	}
	first := mapped(requests, load.Request.Fresh)
	if slices.Contains(w.states, stateRedis) { // which no-cache passes by
		first = requests
	}
	answers, err := load.Capture(ctx, b.plain.Address, first)
	for _, a := range answers {
		if err == nil && w.via != viaREST && !bytes.Contains(a.Body, []byte(j.shows)) || bytes.Contains(a.Body, []byte(`"errors":`)) {
			return nil, fmt.Errorf("an answer without %s: %.300s", j.shows, a.Body)
		}
	}
	return answers, err
}

func (b *bench) startCeiling(ctx context.Context, requests []load.Request, answers []load.Answer) (*process.Process, error) {
	config := contenders.Config{Answers: make([]contenders.Prebuilt, len(requests))}
	for i := range requests {
		config.Answers[i] = contenders.Prebuilt{Request: requests[i], Answer: answers[i]}
	}
	return startSelf(contenders.Ceiling)(ctx, config)
}

// lane is the gateway in a state.
func (b *bench) lane(state string, requests []load.Request, answers []load.Answer) lane {
	l := lane{state: state, server: b.plain, requests: requests, answers: answers, gateway: true}
	switch state {
	case stateCold:
		l.requests = mapped(requests, load.Request.Fresh)
	case stateEdge:
		l.server = b.edge
	case stateRedis:
		l.server = nil
	}
	return l
}

// alternate warms every lane up, then runs pass after pass through all of them,
// so that a slow moment of the machine meets all alike.
func (b *bench) alternate(ctx context.Context, lanes []lane, level int) ([][]load.Pass, error) {
	passes := make([][]load.Pass, len(lanes))
	for round := range b.passes + 1 {
		length := b.length
		if round == 0 {
			length = b.warm
		}
		if length == 0 {
			continue
		}
		for i, l := range lanes {
			p, err := b.pass(ctx, l, level, length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", l.state, err)
			}
			if round > 0 {
				passes[i] = append(passes[i], p)
			}
		}
	}
	return passes, nil
}

// learning is how many requests a fresh gateway gets before it is measured, to
// learn of the key, the document and the activations.
const learning = 5 * rangesOf

// pass loads the lane's server once, and asks the gateway what that cost it.
func (b *bench) pass(ctx context.Context, l lane, level int, length time.Duration) (load.Pass, error) {
	next := load.Drawn(l.requests, l.answers)
	if l.server == nil {
		fresh, err := b.gateway(ctx, b.data.url, b.redis(0), 0)
		if err != nil {
			return load.Pass{}, err
		}
		defer fresh.Stop()
		if _, err = load.Capture(ctx, fresh.Address, l.requests[:learning]); err != nil {
			return load.Pass{}, err
		}
		l.server, next = fresh, load.Once(l.requests[learning:], l.answers[learning:], level)
	}
	loop := load.Loop{Address: l.server.Address, Connections: level, Next: next}
	if !l.gateway {
		return loop.Run(ctx, length)
	}
	before, err := readCounts(ctx, l.server.Address)
	if err != nil {
		return load.Pass{}, err
	}
	p, err := loop.Run(ctx, length)
	if err != nil {
		return load.Pass{}, err
	}
	after, err := readCounts(ctx, l.server.Address)
	p.Statements = (after.statements - before.statements) / float64(p.Requests)
	p.EdgeHits = (after.edgeHits - before.edgeHits) / float64(p.Requests)
	switch {
	case err != nil:
	case l.state == stateCold && p.Statements < .5:
		err = errors.New("far fewer statements than requests: the answers did not come from Postgres")
	case l.state == stateRedis && p.Statements > .1:
		err = fmt.Errorf("%.2f statements a request: the answers did not come from Redis", p.Statements)
	case l.state == stateEdge && p.EdgeHits < .5:
		err = errors.New("most answers did not come from the edge cache")
	}
	return p, err
}

// summarise turns passes into rows. The first lane is the ceiling.
func summarise(job, via string, level int, lanes []lane, passes [][]load.Pass) []row {
	rows := make([]row, len(lanes))
	for i, l := range lanes {
		of := func(figure func(load.Pass) float64) float64 { return load.Median(load.Each(passes[i], figure)) }
		rates := load.Each(passes[i], func(p load.Pass) float64 { return p.Rate })
		r := row{Job: job, Via: via, Connections: level, State: l.state, Gateway: l.gateway, Rate: load.Median(rates), Rates: rates, Spread: load.Spread(rates)}
		r.P50 = of(func(p load.Pass) float64 { return load.Milliseconds(p.P50) })
		r.P99 = of(func(p load.Pass) float64 { return load.Milliseconds(p.P99) })
		r.Statements = of(func(p load.Pass) float64 { return p.Statements })
		for _, p := range passes[i] {
			r.Requests += p.Requests
		}
		for _, a := range l.answers {
			r.Bytes += len(a.Body)
		}
		r.Bytes /= len(l.answers)
		rows[i] = r
		rows[i].Ratio = rows[i].times(rows[0])
	}
	return rows
}

// times is how many times another one's rate a row's is: the median of what it was
// in each pass, since the machine was the same for both then.
func (r row) times(o row) float64 {
	ratios := make([]float64, len(r.Rates))
	for i := range ratios {
		ratios[i] = r.Rates[i] / o.Rates[i]
	}
	return load.Median(ratios)
}
