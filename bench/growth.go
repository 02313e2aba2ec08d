package main

import (
	"context"
	"fmt"
	"math"

	"footfall/bench/load"
)

// growthOf is how much fewer events the smaller sample has.
const growthOf = 10

// grown is how a job's latency grows with the events.
type grown struct {
	Job   string  `json:"job"`
	Small float64 `json:"smallP50Ms"`
	Large float64 `json:"largeP50Ms"`
	Ratio float64 `json:"ratio"` // the median of those of the passes
}

// measureGrowth asks for the same from Postgres over a tenth of the events and
// over all of them, one connection at a time, alternating.
func (b *bench) measureGrowth(ctx context.Context) ([]grown, error) {
	small, err := b.world.data(ctx, b.events/growthOf)
	if err != nil {
		return nil, err
	}
	g, err := b.gateway(ctx, small.url, b.redis(2), 0)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	smaller := *b
	smaller.data, smaller.plain = small, g
	var out []grown
	few, many := jobs(small), jobs(b.data)
	for i, j := range many {
		if j.ways[0].states[0] != stateCold {
			continue
		}
		b.say("growth of %s", j.name)
		over, err := smaller.coldLane(ctx, few[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		under, err := b.coldLane(ctx, j)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		passes, err := b.alternate(ctx, []lane{over, under}, 1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.name, err)
		}
		out = append(out, growthBetween(j.name, passes[0], passes[1]))
	}
	return out, nil
}

func (b *bench) coldLane(ctx context.Context, j job) (lane, error) {
	requests := mapped(j.questions, j.ways[0].request)
	answers, err := b.capture(ctx, j, j.ways[0], requests)
	return b.lane(stateCold, requests, answers), err
}

func growthBetween(job string, small, large []load.Pass) grown {
	p50 := func(p load.Pass) float64 { return load.Milliseconds(p.P50) }
	ratios := make([]float64, len(small))
	for i := range small {
		ratios[i] = p50(large[i]) / p50(small[i])
	}
	return grown{job, load.Median(load.Each(small, p50)), load.Median(load.Each(large, p50)), load.Median(ratios)}
}

// growthVerdict judges the job that grows most.
func growthVerdict(all []grown) []verdict {
	if len(all) == 0 {
		return nil
	}
	most := 0.
	for _, g := range all {
		if g.Job == "J4" { // fifty times J1
			continue
		}
		most = math.Max(most, g.Ratio)
	}
	v := verdict{What: "growth: latency with 10 × the events", Asked: "≤ 1.3", Reached: multiple(most), Met: "no"}
	if most <= 1.3 {
		v.Met = "yes"
	}
	return []verdict{v}
}
