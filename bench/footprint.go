package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/bench/load"
	"footfall/internal/machine"
)

// footprint is what the gateway takes.
type footprint struct {
	Resident    float64 `json:"residentMiB"`           // after 64 connections of a bit of everything
	Allocations float64 `json:"allocationsPerRequest"` // the whole process'
	OfCeiling   float64 `json:"allocationsOfTheCeiling"`
	Start       float64 `json:"startMs"` // until it is ready, the median
	Derived     float64 `json:"derivedMiB"`
	Events      float64 `json:"eventsMiB"` // with their indexes
	Load        float64 `json:"loadedPerSecond"`
}

// starts is how often the start is measured.
const starts = 7

func (b *bench) measureFootprint(ctx context.Context, all []job) (*footprint, error) {
	b.say("start, memory and storage")
	f := &footprint{Load: float64(b.data.Total()) / b.data.LoadedIn}
	var took []float64
	for range starts {
		ms, err := b.start(ctx)
		if err != nil {
			return nil, err
		}
		took = append(took, ms)
	}
	f.Start = load.Median(took)
	var err error
	if err = b.memory(ctx, all, f); err != nil {
		return nil, err
	}
	f.Derived, f.Events, err = storage(ctx, b.data.url)
	return f, err
}

// start is the time from the start of a process to its first 200 of /readyz, in
// milliseconds.
func (b *bench) start(ctx context.Context) (float64, error) {
	begin := time.Now()
	g, err := b.gateway(ctx, b.data.url, b.redis(0), edgeTTL)
	if err != nil {
		return 0, err
	}
	defer g.Stop()
	for {
		if _, err = get("/readyz", "").Send(ctx, g.Address); err == nil {
			return load.Milliseconds(time.Since(begin)), nil
		}
		if time.Since(begin) > time.Minute {
			return 0, fmt.Errorf("not ready after a minute: %w", err)
		}
		time.Sleep(time.Millisecond)
	}
}

// memory loads a gateway with each job at 64 connections, one after another, and
// notes what it holds then, and how many allocations a request makes that the edge
// cache answers, net/http's own included: those are the ceiling's.
func (b *bench) memory(ctx context.Context, all []job, f *footprint) error {
	g, err := b.gateway(ctx, b.data.url, b.redis(0), edgeTTL)
	if err != nil {
		return err
	}
	defer g.Stop()
	var hot lane
	for _, j := range all {
		requests := mapped(j.questions[:min(len(j.questions), 200)], j.ways[0].request)
		answers, err := load.Capture(ctx, g.Address, requests)
		if err != nil {
			return err
		}
		if _, err = (load.Loop{Address: g.Address, Connections: 64, Next: load.Drawn(requests, answers)}).Run(ctx, b.length); err != nil {
			return err
		}
		f.Resident = max(f.Resident, residentMiB(g.Pid))
		if len(requests) == 1 {
			hot = lane{requests: requests, answers: answers}
		}
	}
	if f.Allocations, err = b.allocations(ctx, g.Address, hot); err != nil {
		return err
	}
	c, err := b.startCeiling(ctx, hot.requests, hot.answers)
	if err != nil {
		return err
	}
	defer c.Stop()
	f.OfCeiling, err = b.allocations(ctx, c.Address, hot)
	return err
}

// allocations is how many a process makes for a request.
func (b *bench) allocations(ctx context.Context, address string, of lane) (float64, error) {
	before, err := readCounts(ctx, address)
	if err != nil {
		return 0, err
	}
	p, err := load.Loop{Address: address, Connections: 1, Next: load.Drawn(of.requests, of.answers)}.Run(ctx, b.length)
	if err != nil {
		return 0, err
	}
	after, err := readCounts(ctx, address)
	return (after.allocations - before.allocations) / float64(p.Requests), err
}

// residentMiB is what a process holds in memory, 0 where /proc does not say.
func residentMiB(pid int) float64 {
	fields := strings.Fields(machine.ProcValue(fmt.Sprintf("/proc/%d/status", pid), "VmRSS"))
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseFloat(fields[0], 64)
	return kib / 1024
}

// storage is the size of what is derived from the events, and of the events, both
// with their indexes, in MiB.
func storage(ctx context.Context, url string) (derived, events float64, err error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = c.Close(ctx) }()
	err = c.QueryRow(ctx, `SELECT
		(SELECT sum(pg_total_relation_size(oid)) FROM pg_class
		 WHERE relname IN ('cells', 'identities', 'sessions', 'viewers', 'first_logins') AND relkind = 'r')::float8 / 1048576,
		(SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('events') WHERE isleaf)::float8 / 1048576`).Scan(&derived, &events)
	return derived, events, err
}

// verdicts judges the footprint by its targets.
func (f *footprint) verdicts() []verdict {
	most := func(what string, reached, bound float64, unit string) verdict {
		v := verdict{What: what, Asked: fmt.Sprintf("≤ %g%s", bound, unit), Reached: fmt.Sprintf("%.0f%s", reached, unit), Met: "no"}
		if reached <= bound {
			v.Met = "yes"
		}
		return v
	}
	return []verdict{
		most("cells, dictionary and sessions, of the events with indexes", 100*f.Derived/f.Events, 35, " %"),
		most("resident memory at c=64", f.Resident, 120, " MiB"),
		most(fmt.Sprintf("allocations of a cached request, beside the %.0f of the ceiling", f.OfCeiling), f.Allocations-f.OfCeiling, 20, ""),
		most("start until ready, migrated database", f.Start, 300, " ms"),
	}
}
