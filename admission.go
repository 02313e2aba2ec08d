package main

import (
	"context"
	"net/http"
	"time"

	"footfall/admit"
	"footfall/analytics"
	"footfall/auth"
)

// The classes' shares of the connections to Postgres, in sixteenths. What remains
// is for credentials, probes and the outbox; upkeep has connections of its own.
const (
	readsShare  = 10
	writesShare = 4
)

// Commits wait longer than reads: their clients would only send them again. So do
// leaderboards of very many partners, which take memory rather than connections.
const (
	commitsWaiting = 256
	commitWait     = 10 * time.Second
	boardsAtOnce   = 2
	boardsWaiting  = 16
	boardWait      = 10 * time.Second
)

// gates are of what is admitted.
func (g *gateway) gates(o admission) (reads, writes, boards *admit.Gate) {
	forReads, forWrites := g.store.Connections()
	if o.ReadsAtOnce <= 0 {
		o.ReadsAtOnce = max(1, forReads*readsShare/16)
	}
	reads = admit.New(admit.Options{Class: "reads", Running: o.ReadsAtOnce, Waiting: o.ReadsQueued, Wait: o.QueueTime, Log: g.log})
	writes = admit.New(admit.Options{Class: "commits", Running: max(1, forWrites*writesShare/16), Waiting: commitsWaiting, Wait: commitWait, Log: g.log})
	boards = admit.New(admit.Options{Class: "leaderboards", Running: boardsAtOnce, Waiting: boardsWaiting, Wait: boardWait, Log: g.log})
	return reads, writes, boards
}

// sheddingAuth is an Authenticator that spares Postgres while reads are turned away:
// then a credential that was looked up within the second is known well enough,
// also where the request wants all else as it is now.
type sheddingAuth struct {
	*auth.Authenticator
	reads *admit.Gate
}

// Authenticate finds who sends r.
func (d sheddingAuth) Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error) {
	return d.Authenticator.Authenticate(d.spared(ctx), r)
}

// OpenLink finds the principal that a link's token opens an activation for.
func (d sheddingAuth) OpenLink(ctx context.Context, r *http.Request, activationID, token string) (*auth.Principal, error) {
	return d.Authenticator.OpenLink(d.spared(ctx), r, activationID, token)
}

// spared is ctx, which wants nothing as it is now while reads are turned away.
func (d sheddingAuth) spared(ctx context.Context) context.Context {
	if d.reads.Shedding() {
		return analytics.WithAnyAge(ctx)
	}
	return ctx
}

// registerAdmission adds what the gates did.
func (g *gateway) registerAdmission() {
	for class, gate := range map[string]*admit.Gate{"reads": g.reads, "commits": g.writes, "leaderboards": g.boards} {
		for outcome, read := range map[string]func(admit.Stats) int64{
			"admitted": func(s admit.Stats) int64 { return s.Passed }, "shed": func(s admit.Stats) int64 { return s.Shed },
		} {
			g.metrics.Count("footfall_admission_total", "Reads, commits and leaderboards of very many partners, by what became of them.",
				map[string]string{"class": class, "outcome": outcome}, func() int64 { return read(gate.Stats()) })
		}
	}
	g.metrics.Gauge("footfall_admission_waiting", "Reads that wait for their turn.", nil, func() int64 { return g.reads.Stats().Waiting })
}
