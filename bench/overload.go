package main

import (
	"context"
	"fmt"
	"time"

	"footfall/bench/load"
)

const (
	overloadTimes       = 5   // the rate that is sustained
	overloadConnections = 512 // that the flood comes over
	overloadPasses      = 3
)

// overloaded is what a gateway does with more than it can: reads that pass all
// caches, at five times the rate that closed loops reach.
type overloaded struct {
	Peak    float64 `json:"peakPerSecond"` // answers, of the best closed loop
	PeakP99 float64 `json:"peakP99Ms"`
	Offered float64 `json:"offeredPerSecond"` // what was sent, in fact
	Good    float64 `json:"goodPerSecond"`
	OfPeak  float64 `json:"ofPeak"`
	P50     float64 `json:"p50Ms"` // of what was admitted, from when it was due
	P99     float64 `json:"p99Ms"`
	Shed    float64 `json:"shedPerSecond"`
	ShedP99 float64 `json:"shedP99Ms"`
}

// measureOverload finds the peak, and then floods the gateway.
func (b *bench) measureOverload(ctx context.Context, all []job) (*overloaded, error) {
	j := all[0]
	requests := mapped(mapped(j.questions, j.ways[0].request), load.Request.Fresh)
	answers, err := load.Capture(ctx, b.plain.Address, requests)
	if err != nil {
		return nil, err
	}
	next := load.Drawn(requests, answers)
	var o overloaded
	for _, level := range []int{4, 8, 16, 32} {
		p, err := load.Loop{Address: b.plain.Address, Connections: level, Next: next}.Run(ctx, 2*time.Second)
		if err != nil {
			return nil, fmt.Errorf("the peak: %w", err)
		}
		if p.Rate > o.Peak {
			o.Peak, o.PeakP99 = p.Rate, load.Milliseconds(p.P99)
		}
	}
	b.say("overload: %d times %s requests/s", overloadTimes, thousands(o.Peak))
	flood := load.Flood{Address: b.plain.Address, Connections: overloadConnections, Rate: overloadTimes * o.Peak, Next: next}
	if _, err = flood.Run(ctx, 3*time.Second); err != nil { // until it knows what is turned away
		return nil, fmt.Errorf("overload: %w", err)
	}
	var passes []load.Flooded
	for range overloadPasses {
		p, err := flood.Run(ctx, 5*time.Second)
		if err != nil {
			return nil, fmt.Errorf("overload: %w", err)
		}
		passes = append(passes, p)
	}
	median := func(figure func(load.Flooded) float64) float64 { return load.Median(mapped(passes, figure)) }
	o.Good = median(func(p load.Flooded) float64 { return p.Good.Rate })
	o.Shed = median(func(p load.Flooded) float64 { return p.Shed.Rate })
	o.Offered, o.OfPeak = o.Good+o.Shed, o.Good/o.Peak
	o.P50 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Good.P50) })
	o.P99 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Good.P99) })
	o.ShedP99 = median(func(p load.Flooded) float64 { return load.Milliseconds(p.Shed.P99) })
	return &o, nil
}

func (r *report) overloadTable() table {
	t := table{columns: []column{
		{"peak req/s", true}, {"p99 ms", true}, {"offered req/s", true}, {"good req/s", true}, {"of peak", true},
		{"p50 ms", true}, {"p99 ms", true}, {"503 a second", true}, {"their p99 ms", true},
	}}
	if o := r.Overload; o != nil {
		t.rows = [][]string{{
			thousands(o.Peak), significant(o.PeakP99), thousands(o.Offered), thousands(o.Good), percent(o.OfPeak),
			significant(o.P50), significant(o.P99), thousands(o.Shed), significant(o.ShedP99),
		}}
	}
	return t
}
