package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// States of a row.
const (
	stateCeiling = "ceiling" // the bare handler
	stateCold    = "cold"    // Cache-Control: no-cache on every request: Postgres each time
	stateCached  = "cached"  // measures remembered; the edge cache is off
	stateEdge    = "edge"    // whole answers remembered, for a second
)

// edgeTTL is the gateway's default.
const edgeTTL = time.Second

// lane is one server under one kind of load.
type lane struct {
	state  string
	server *process
	load   load
}

// row is the medians of a lane's passes.
type row struct {
	Job         string  `json:"job"`
	Via         string  `json:"via"`
	Connections int     `json:"connections"`
	State       string  `json:"state"`
	Rate        float64 `json:"requestsPerSecond"`
	Spread      float64 `json:"spread"` // of the rate over the passes: (largest − smallest) ÷ median
	P50         float64 `json:"p50Ms"`
	P99         float64 `json:"p99Ms"`
	Ratio       float64 `json:"ofCeiling"`            // the rate ÷ the ceiling's
	Statements  float64 `json:"statementsPerRequest"` // sent to Postgres
	EdgeHits    float64 `json:"edgeHits"`             // share of the requests
	Requests    int     `json:"requests"`             // of all passes
	Bytes       int     `json:"bytes"`                // of an answer's body, the mean
}

// bench is a run: two gateways over the same servers, with and without the edge
// cache.
type bench struct {
	options
	say         progress
	plain, edge *process
}

// measureJobs measures every job that is asked for, at every level.
func measureJobs(ctx context.Context, w *world, o options, say progress) ([]row, error) {
	b := &bench{options: o, say: say}
	var err error
	if b.plain, err = w.gateway(ctx, w.servers.URLOf(database), w.servers.RedisURL(), 0); err != nil {
		return nil, err
	}
	defer b.plain.stop()
	if b.edge, err = w.gateway(ctx, w.servers.URLOf(database), w.servers.RedisURL(), edgeTTL); err != nil {
		return nil, err
	}
	defer b.edge.stop()
	n, err := findNouns(ctx, w, b.plain)
	if err != nil {
		return nil, err
	}
	w.nouns = n
	todo := b.selected(jobs(w.demo, n))
	say("measuring for about %s", b.estimate(todo).Round(time.Second))
	var rows []row
	for _, j := range todo {
		more, err := b.job(ctx, j)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.title(), err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// states lists what is asked for of a job, beside the ceiling.
func (b *bench) states(j job) []string {
	states := []string{stateCold, stateCached}
	if j.fixed() {
		states = append(states, stateEdge)
	}
	return slices.DeleteFunc(states, func(state string) bool { return !b.only.MatchString(j.title() + " " + state) })
}

// selected leaves out the jobs of which nothing is asked for.
func (b *bench) selected(all []job) []job {
	return slices.DeleteFunc(all, func(j job) bool { return len(b.states(j)) == 0 })
}

// estimate is the time under load.
func (b *bench) estimate(todo []job) (total time.Duration) {
	for _, j := range todo {
		lanes := (1 + len(b.states(j))) * len(b.levels)
		total += time.Duration(lanes) * (b.warm + time.Duration(b.passes)*b.length)
	}
	return total
}

// job measures one job at every level.
func (b *bench) job(ctx context.Context, j job) ([]row, error) {
	answers, err := capture(ctx, b.plain.address, j)
	if err != nil {
		return nil, err
	}
	ceiling, err := startCeiling(ctx, j.requests, answers)
	if err != nil {
		return nil, err
	}
	defer ceiling.stop()
	var rows []row
	for _, level := range b.levels {
		b.say("%s, %s", j.title(), plural(level, "connection"))
		lanes := b.lanes(j, answers, ceiling, level)
		passes, err := b.alternate(ctx, lanes)
		if err != nil {
			return nil, err
		}
		rows = append(rows, b.rows(j, answers, level, lanes, passes)...)
	}
	return rows, nil
}

// lanes are the ceiling and what is asked for of a job.
func (b *bench) lanes(j job, answers []answer, ceiling *process, level int) []lane {
	as := func(state string, server *process, requests []request) lane {
		return lane{state, server, load{server.address, level, drawn(requests, answers)}}
	}
	lanes := []lane{as(stateCeiling, ceiling, j.requests)}
	for _, state := range b.states(j) {
		switch state {
		case stateCold:
			lanes = append(lanes, as(state, b.plain, mapped(j.requests, request.fresh)))
		case stateCached:
			lanes = append(lanes, as(state, b.plain, j.requests))
		case stateEdge:
			lanes = append(lanes, as(state, b.edge, j.requests))
		}
	}
	return lanes
}

// alternate warms every lane up, then runs pass after pass through all of them,
// so that a slow moment of the machine meets all alike.
func (b *bench) alternate(ctx context.Context, lanes []lane) ([][]pass, error) {
	passes := make([][]pass, len(lanes))
	for round := range b.passes + 1 {
		length := b.length
		if round == 0 {
			length = b.warm
		}
		for i, l := range lanes {
			if length == 0 {
				continue
			}
			p, err := l.pass(ctx, length)
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

// pass loads the lane's server once, and asks the gateway what that cost it.
func (l lane) pass(ctx context.Context, length time.Duration) (pass, error) {
	if l.state == stateCeiling {
		return l.load.run(ctx, length)
	}
	before, err := readCounts(ctx, l.server.address)
	if err != nil {
		return pass{}, err
	}
	p, err := l.load.run(ctx, length)
	if err != nil {
		return pass{}, err
	}
	after, err := readCounts(ctx, l.server.address)
	p.statements = (after.statements - before.statements) / float64(p.requests)
	p.edgeHits = (after.edgeHits - before.edgeHits) / float64(p.requests)
	switch {
	case err != nil:
	case l.state == stateCold && p.statements < 1:
		err = errors.New("fewer statements than requests: the answers did not come from Postgres")
	case l.state == stateEdge && p.edgeHits < .5:
		err = errors.New("most answers did not come from the edge cache")
	}
	return p, err
}

// rows turns passes into rows. The first lane is the ceiling.
func (b *bench) rows(j job, answers []answer, level int, lanes []lane, passes [][]pass) []row {
	bytes := 0
	for _, a := range answers {
		bytes += len(a.Body)
	}
	rows := make([]row, len(lanes))
	for i, l := range lanes {
		of := func(figure func(pass) float64) float64 { return median(each(passes[i], figure)) }
		rates := each(passes[i], func(p pass) float64 { return p.rate })
		r := row{Job: j.name, Via: j.via, Connections: level, State: l.state, Bytes: bytes / len(answers)}
		r.Rate, r.Spread = median(rates), spread(rates)
		r.P50 = of(func(p pass) float64 { return milliseconds(p.p50) })
		r.P99 = of(func(p pass) float64 { return milliseconds(p.p99) })
		r.Statements = of(func(p pass) float64 { return p.statements })
		r.EdgeHits = of(func(p pass) float64 { return p.edgeHits })
		for _, p := range passes[i] {
			r.Requests += p.requests
		}
		rows[i] = r
		rows[i].Ratio = r.Rate / rows[0].Rate
	}
	return rows
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
