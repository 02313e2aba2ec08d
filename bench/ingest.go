package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	ingestDatabase = "bench_ingest"
	batchEvents    = 1000
)

// ingestLevels are the connections that send events.
var ingestLevels = []int{1, 4}

// ingestRow is the medians of the passes of one level.
type ingestRow struct {
	Connections int     `json:"connections"`
	Events      float64 `json:"eventsPerSecond"`
	Spread      float64 `json:"spread"`
	P50         float64 `json:"p50Ms"` // of a batch
	P99         float64 `json:"p99Ms"`
	Batches     int     `json:"batches"` // of all passes
}

// measureIngest sends batches of new events to a gateway over a copy of the
// sample data, which is dropped afterwards: the next run finds the data as it was.
func measureIngest(ctx context.Context, w *world, o options, say progress) (rows []ingestRow, err error) {
	if err = w.servers.DropDatabase(ctx, ingestDatabase); err != nil {
		return nil, err
	}
	address, err := w.servers.CloneDatabase(ctx, ingestDatabase, database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.servers.DropDatabase(context.WithoutCancel(ctx), ingestDatabase)) }()
	redis, err := otherRedis(w.servers.RedisURL())
	if err != nil {
		return nil, err
	}
	g, err := w.gateway(ctx, address, redis, edgeTTL)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	for _, level := range ingestLevels {
		say("ingest, %s", plural(level, "connection"))
		r, err := ingestLevel(ctx, w, o, g, level)
		if err != nil {
			return nil, fmt.Errorf("ingest: %w", err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// otherRedis is another numbered database of the same server, because the copy
// must not meet what is remembered of the original.
func otherRedis(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	u.Path = "/1"
	return u.String(), nil
}

func ingestLevel(ctx context.Context, w *world, o options, g *process, level int) (ingestRow, error) {
	var passes []pass
	for round := range o.passes + 1 {
		length := o.length
		if round == 0 {
			length = o.warm
		}
		if length == 0 {
			continue
		}
		name := fmt.Sprintf("bench-%d-%d", level, round)
		p, err := load{g.address, level, feeds(w, name)}.run(ctx, length)
		if err != nil {
			return ingestRow{}, err
		}
		if round > 0 {
			passes = append(passes, p)
		}
	}
	rates := each(passes, func(p pass) float64 { return p.rate * batchEvents })
	r := ingestRow{Connections: level, Events: median(rates), Spread: spread(rates)}
	r.P50 = median(each(passes, func(p pass) float64 { return milliseconds(p.p50) }))
	r.P99 = median(each(passes, func(p pass) float64 { return milliseconds(p.p99) }))
	for _, p := range passes {
		r.Batches += p.requests
	}
	return r, nil
}

// feeds makes a load's next: a new batch each time, all of which must be
// accepted.
func feeds(w *world, name string) func(int) func() ([]byte, func(int, []byte) error) {
	return func(worker int) func() ([]byte, func(int, []byte) error) {
		f := newFeed(w.nouns, fmt.Sprintf("%s-%d-", name, worker), time.Now())
		r := request{Method: http.MethodPost, Target: "/v1/events", Header: http.Header{
			"Authorization": {"Bearer " + w.demo.FullKey}, "Content-Type": {"application/x-ndjson"},
		}}
		return func() ([]byte, func(int, []byte) error) {
			r.Body = string(f.batch())
			return r.wire(), accepted
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
