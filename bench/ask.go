package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// send sends a request outside of any measurement.
func send(ctx context.Context, address string, r request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, "http://"+address+r.Target, strings.NewReader(r.Body))
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, r.Header)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d: %.300s", r.Method, req.URL.Path, res.StatusCode, body)
	}
	return answer{res.Header, body}, err
}

// asker asks a gateway with a key.
type asker struct{ address, key string }

// ask runs a GraphQL operation.
func (a asker) ask(ctx context.Context, query string, variables map[string]any, into any) error {
	got, err := send(ctx, a.address, graphQL(a.key, query, variables))
	if err != nil {
		return err
	}
	response := struct {
		Data   any
		Errors json.RawMessage
	}{Data: into}
	if err = json.Unmarshal(got.Body, &response); err == nil && response.Errors != nil {
		err = fmt.Errorf("the gateway says %.300s", response.Errors)
	}
	return err
}

// capture asks each request of a job once, from Postgres: the answers that all
// others must equal, and that the ceiling returns.
func capture(ctx context.Context, address string, j job) ([]answer, error) {
	answers := make([]answer, len(j.requests))
	for i, r := range j.requests {
		a, err := send(ctx, address, r.fresh())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", j.title(), err)
		}
		if !bytes.Contains(a.Body, []byte(j.shows)) || bytes.Contains(a.Body, []byte(`"errors":`)) {
			return nil, fmt.Errorf("%s: an answer without %s: %.300s", j.title(), j.shows, a.Body)
		}
		a.Header.Del("Date") // net/http's own
		answers[i] = a
	}
	return answers, nil
}

// counts are what a gateway says of itself.
type counts struct{ statements, edgeHits float64 }

// readCounts reads /metrics.
func readCounts(ctx context.Context, address string) (c counts, err error) {
	got, err := send(ctx, address, request{Method: http.MethodGet, Target: "/metrics"})
	if err != nil {
		return c, err
	}
	for line := range strings.Lines(string(got.Body)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "footfall_postgres_statements_total":
			c.statements, err = strconv.ParseFloat(value, 64)
		case "footfall_edge_hits_total":
			c.edgeHits, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}
