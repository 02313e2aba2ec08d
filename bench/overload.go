package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"footfall/bench/load"
)

const (
	overloadTimes       = 5   // the rate that is sustained
	overloadConnections = 512 // that the flood comes over
	overloadPasses      = 3
)

// overloadLoads are what is asked for past all caches, in shares of twenty.
var overloadLoads = []struct {
	name   string
	shares []share
}{
	{"J1", []share{{"J1", 20}}},
	{"mixed", []share{{"J1", 12}, {"J3", 4}, {"J5", 3}, {"J2 90d", 1}}},
	{"J2 90d", []share{{"J2 90d", 20}}},
}

// share is how many of twenty requests are a job's.
type share struct {
	job string
	of  int
}

// overloaded is what a gateway does with more than it can: reads that pass all
// caches, at five times the rate that closed loops reach.
type overloaded struct {
	Load    string  `json:"load"`
	Peak    float64 `json:"peakPerSecond"` // answers, of the best closed loop
	PeakP99 float64 `json:"peakP99Ms"`
	Bare    float64 `json:"besideBarePerSecond"` // of that loop, while a bare handler answers what the flood would add
	Offered float64 `json:"offeredPerSecond"`    // what was sent, in fact
	Good    float64 `json:"goodPerSecond"`
	OfPeak  float64 `json:"ofPeak"`
	P50     float64 `json:"p50Ms"` // of what was admitted, from when it was due
	P99     float64 `json:"p99Ms"`
	Shed    float64 `json:"shedPerSecond"`
	ShedP99 float64 `json:"shedP99Ms"`
}

// measureOverload floods the gateway with each of the loads.
func (b *bench) measureOverload(ctx context.Context, all []job) (out []overloaded, err error) {
	g, err := b.gateway(ctx, b.data.url, b.redis(0), 0)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	for _, l := range overloadLoads {
		o, err := b.overload(ctx, g.Address, l.name, asked(all, l.shares))
		if err != nil {
			return out, fmt.Errorf("overload, %s: %w", l.name, err)
		}
		out = append(out, *o)
	}
	return out, nil
}

// asked are the requests of the shares, past all caches.
func asked(all []job, shares []share) (out []load.Request) {
	const each = 10 // requests of a share of one
	for _, s := range shares {
		for _, j := range all {
			for i := 0; j.name == s.job && i < s.of*each; i++ {
				out = append(out, j.ways[0].request(j.questions[i%len(j.questions)]).Fresh())
			}
		}
	}
	return out
}

// overload finds the peak, and then floods the gateway.
func (b *bench) overload(ctx context.Context, address, name string, requests []load.Request) (*overloaded, error) {
	answers, err := load.Capture(ctx, address, requests)
	if err != nil {
		return nil, err
	}
	o, best := &overloaded{Load: name}, load.Loop{Address: address, Next: load.Drawn(requests, answers)}
	for _, level := range []int{4, 8, 16, 32} {
		l := best
		l.Connections = level
		p, err := l.Run(ctx, 2*time.Second)
		if err != nil {
			return nil, fmt.Errorf("the peak: %w", err)
		}
		if p.Rate > o.Peak {
			best, o.Peak, o.PeakP99 = l, p.Rate, load.Milliseconds(p.P99)
		}
	}
	if o.Bare, err = b.besideBare(ctx, best, requests, (overloadTimes-1)*o.Peak); err != nil {
		return nil, fmt.Errorf("beside a bare handler: %w", err)
	}
	b.say("overload: %d times %s requests/s, %s", overloadTimes, thousands(o.Peak), name)
	flood := load.Flood{Address: address, Connections: overloadConnections, Rate: overloadTimes * o.Peak, Next: best.Next}
	if _, err = flood.Run(ctx, 3*time.Second); err != nil { // until it knows what is turned away
		return nil, err
	}
	var passes []load.Flooded
	for range overloadPasses {
		p, err := flood.Run(ctx, 5*time.Second)
		if err != nil {
			return nil, err
		}
		passes = append(passes, p)
	}
	o.summarise(passes)
	return o, nil
}

func (o *overloaded) summarise(passes []load.Flooded) {
	median := func(figure func(load.Flooded) float64) float64 { return load.Median(mapped(passes, figure)) }
	o.Good = median(func(p load.Flooded) float64 { return p.Good.Rate })
	o.Shed = median(func(p load.Flooded) float64 { return p.Shed.Rate })
	o.Offered, o.OfPeak = o.Good+o.Shed, o.Good/o.Peak
	o.P50 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Good.P50) })
	o.P99 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Good.P99) })
	o.ShedP99 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Shed.P99) })
}

// besideBare is what the loop reaches while a handler that does nothing answers
// requests at a rate, on the same machine: what refusals could cost at the least.
func (b *bench) besideBare(ctx context.Context, loop load.Loop, requests []load.Request, rate float64) (float64, error) {
	const body = `{"errors":[{"message":"the gateway is overloaded, try again later","extensions":{"code":"UNAVAILABLE"}}]}`
	refusal := load.Answer{Body: []byte(body), Header: http.Header{"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(body))}}}
	answers := mapped(requests, func(load.Request) load.Answer { return refusal })
	bare, err := b.startCeiling(ctx, requests, answers)
	if err != nil {
		return 0, err
	}
	defer bare.Stop()
	const length = 4 * time.Second
	flood := load.Flood{Address: bare.Address, Connections: overloadConnections, Rate: rate, Next: load.Drawn(requests, answers)}
	flooded := make(chan error, 1)
	go func() {
		_, err := flood.Run(ctx, length)
		flooded <- err
	}()
	p, err := loop.Run(ctx, length)
	return p.Rate, errors.Join(err, <-flooded)
}

func (r *report) overloadTable() table {
	t := table{columns: []column{
		{"load", false}, {"peak req/s", true}, {"p99 ms", true}, {"beside a bare handler", true}, {"offered req/s", true}, {"good req/s", true}, {"of peak", true},
		{"p50 ms", true}, {"p99 ms", true}, {"503 a second", true}, {"their p99 ms", true},
	}}
	for _, o := range r.Overload {
		t.rows = append(t.rows, []string{
			o.Load, thousands(o.Peak), significant(o.PeakP99), thousands(o.Bare), thousands(o.Offered), thousands(o.Good), percent(o.OfPeak),
			significant(o.P50), significant(o.P99), thousands(o.Shed), significant(o.ShedP99),
		})
	}
	return t
}
