package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/bench/load"
	"footfall/internal/process"
)

const (
	ingestDatabase = "bench_ingest"
	batchEvents    = 5000
	senders        = 4 // connections that send events
)

// ingested is the medians of the passes of ingest.
type ingested struct {
	Events  float64     `json:"eventsPerSecond"` // acknowledged, which means committed
	Spread  float64     `json:"spread"`
	P50     float64     `json:"p50Ms"` // of a batch
	P99     float64     `json:"p99Ms"`
	Copied  float64     `json:"copiedPerSecond"` // the same rows by COPY alone
	OfCopy  float64     `json:"ofCopy"`          // the median of the passes' ratios
	Slowing []slowedRow `json:"readsMeanwhile"`
}

// slowedRow is what a read loses while events come in.
type slowedRow struct {
	Job   string  `json:"job"`
	State string  `json:"state"`
	Alone float64 `json:"aloneP50Ms"`
	Busy  float64 `json:"busyP50Ms"`
}

// measureIngest sends batches of new events to a gateway over a copy of the
// sample data, which is dropped afterwards: the next run finds the data as they
// were.
func (b *bench) measureIngest(ctx context.Context) (in *ingested, err error) {
	b.close() // Postgres copies a database to which nobody is connected
	if err = b.servers.DropDatabase(ctx, ingestDatabase); err != nil {
		return nil, err
	}
	b.say("copying the database, for ingest")
	address, err := b.servers.CloneDatabase(ctx, ingestDatabase, databaseName(b.events))
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, b.servers.DropDatabase(context.WithoutCancel(ctx), ingestDatabase))
	}()
	g, err := b.gateway(ctx, address, b.redis(3), 0)
	if err != nil {
		return nil, err
	}
	defer g.Stop()
	db, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close(ctx) }()
	b.say("ingest, %s", plural(senders, "connection"))
	if in, err = b.ingestPasses(ctx, g, db); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	b.say("reads while events come in")
	in.Slowing, err = b.readsMeanwhile(ctx, g)
	return in, err
}

// ingestPasses alternates ingest with a COPY of what it brought.
func (b *bench) ingestPasses(ctx context.Context, g *process.Process, db *pgx.Conn) (*ingested, error) {
	var passes []load.Pass
	var copies, ratios []float64
	for round := range b.passes + 1 {
		name := fmt.Sprintf("bench%d-", round)
		p, err := load.Loop{Address: g.Address, Connections: senders, Next: b.feeds(name)}.Run(ctx, 2*b.length)
		if err != nil {
			return nil, err
		}
		rate, err := copyAgain(ctx, db, name, p.Requests*batchEvents)
		if err != nil {
			return nil, err
		}
		if round > 0 {
			passes, copies = append(passes, p), append(copies, rate)
			ratios = append(ratios, p.Rate*batchEvents/rate)
		}
	}
	rates := load.Each(passes, func(p load.Pass) float64 { return p.Rate * batchEvents })
	return &ingested{
		Events: load.Median(rates), Spread: load.Spread(rates), Copied: load.Median(copies), OfCopy: load.Median(ratios),
		P50: load.Median(load.Each(passes, func(p load.Pass) float64 { return load.Milliseconds(p.P50) })),
		P99: load.Median(load.Each(passes, func(p load.Pass) float64 { return load.Milliseconds(p.P99) })),
	}, nil
}

// copyAgain copies the rows whose ids begin with a name into an equally indexed
// table, by one COPY, and returns the rows a second.
func copyAgain(ctx context.Context, db *pgx.Conn, name string, events int) (float64, error) {
	var rows bytes.Buffer
	raw := db.PgConn()
	_, err := raw.CopyTo(ctx, &rows, fmt.Sprintf(
		"COPY (SELECT * FROM events WHERE id LIKE '%s%%' AND at > now() - interval '1 day') TO STDOUT (FORMAT binary)", name))
	if err != nil {
		return 0, err
	}
	if _, err = db.Exec(ctx, "DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE events INCLUDING ALL)"); err != nil {
		return 0, err
	}
	start := time.Now()
	tag, err := raw.CopyFrom(ctx, &rows, "COPY copied FROM STDIN (FORMAT binary)")
	if err == nil && tag.RowsAffected() != int64(events) {
		err = fmt.Errorf("%d rows were acknowledged, %d are there", events, tag.RowsAffected())
	}
	return float64(events) / time.Since(start).Seconds(), err
}

// feeds makes a load's next: a new batch each time, all of which must be
// accepted.
func (b *bench) feeds(name string) load.Source {
	return func(connection int) func() *load.Exchange {
		live := b.data.Live(fmt.Sprintf("%s%d-", name, connection), uint64(connection))
		r := load.Request{Method: http.MethodPost, Target: "/v1/events", Header: http.Header{
			"Authorization": {"Bearer " + b.data.FullKey}, "Content-Type": {"application/x-ndjson"},
		}}
		return func() *load.Exchange {
			r.Body = string(live.Batch(batchEvents, time.Now()))
			return &load.Exchange{Wire: r.Wire(), Check: accepted}
		}
	}
}

var allAccepted = fmt.Appendf(nil, `{"accepted":%d,`, batchEvents)

func accepted(status int, body []byte) error {
	if status != http.StatusOK || !bytes.HasPrefix(body, allAccepted) {
		return fmt.Errorf("status %d: %.300s", status, body)
	}
	return nil
}

// readsMeanwhile compares reads alone with reads while events come in as fast as
// they are taken. They are of the past: their answers stay the same.
func (b *bench) readsMeanwhile(ctx context.Context, g *process.Process) (out []slowedRow, err error) {
	reader := *b
	reader.plain = g
	for _, j := range jobs(b.data) {
		if j.name != "J1" && j.name != "J2 90d" && j.name != "J5" {
			continue
		}
		j.questions = b.data.past(j)
		requests := mapped(j.questions, j.ways[0].request)
		answers, err := reader.capture(ctx, j, j.ways[0], requests)
		if err != nil {
			return nil, err
		}
		for _, state := range []string{stateCold, stateCached} {
			var alone, busy []float64
			for round := range b.passes {
				p, err := reader.pass(ctx, reader.lane(state, requests, answers), 1, b.length)
				if err != nil {
					return nil, err
				}
				alone = append(alone, load.Milliseconds(p.P50))
				name := fmt.Sprintf("busy-%s-%s-%d-", j.name, state, round)
				if p, err = reader.passWhile(ctx, reader.lane(state, requests, answers), b.feeds(name)); err != nil {
					return nil, err
				}
				busy = append(busy, load.Milliseconds(p.P50))
			}
			out = append(out, slowedRow{j.name, state, load.Median(alone), load.Median(busy)})
		}
	}
	return out, nil
}

// passWhile is a pass while events come in.
func (b *bench) passWhile(ctx context.Context, l lane, feeds load.Source) (load.Pass, error) {
	ctx, cancel := context.WithCancel(ctx)
	feeding := make(chan error, 1)
	go func() {
		_, err := load.Loop{Address: l.server.Address, Connections: 1, Next: feeds}.Run(ctx, time.Hour)
		feeding <- err
	}()
	p, err := b.pass(ctx, l, 1, b.length)
	cancel()
	if fed := <-feeding; !errors.Is(fed, context.Canceled) {
		err = errors.Join(err, fed)
	}
	return p, err
}

// verdicts judges ingest by its targets.
func (in *ingested) verdicts() []verdict {
	rate := verdict{What: "ingest, of a bare COPY of the same rows", Asked: "≥ 0.4 (0.6)", Reached: multiple(in.OfCopy), Met: "no"}
	if in.OfCopy >= .4 {
		rate.Met = "yes"
	}
	worst := 0.
	for _, s := range in.Slowing {
		worst = max(worst, s.Busy/s.Alone)
	}
	reads := verdict{What: "reads while events come in: p50, times", Asked: "≤ 1.5", Reached: multiple(worst), Met: "no"}
	if worst <= 1.5 {
		reads.Met = "yes"
	}
	return []verdict{rate, reads}
}
