package main

import "slices"

// faults are all there are, those with fewer gateways first.
func faults() []*fault {
	all := slices.Concat(redisFaults(), postgresFaults(), gatewayFaults())
	slices.SortStableFunc(all, func(a, b *fault) int { return a.gateways - b.gateways })
	return slices.Concat(all, replicaFaults(), []*fault{failover()})
}

// pick is those that were asked for.
func (o *options) pick(all []*fault) (out []*fault) {
	for _, f := range all {
		if o.only.MatchString(f.name) && (f.short || !o.short) {
			out = append(out, f)
		}
	}
	return out
}
