package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"footfall/bench/load"
)

// asker asks a gateway with a key.
type asker struct{ address, key string }

// ask runs a GraphQL operation; into may be nil.
func (a asker) ask(ctx context.Context, query string, variables object, into any) error {
	got, err := graphQL(a.key, query, variables).Send(ctx, a.address)
	if err != nil {
		return err
	}
	var response struct{ Data, Errors json.RawMessage }
	if err = json.Unmarshal(got.Body, &response); err != nil {
		return err
	}
	if response.Errors != nil {
		return fmt.Errorf("the gateway says %.300s", response.Errors)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(response.Data, into)
}

// counts are what a gateway says of itself.
type counts struct{ statements, edgeHits, allocations float64 }

// readCounts reads /metrics.
func readCounts(ctx context.Context, address string) (c counts, err error) {
	got, err := load.Request{Method: http.MethodGet, Target: "/metrics"}.Send(ctx, address)
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
		case "go_memstats_mallocs_total":
			c.allocations, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return c, err
		}
	}
	return c, nil
}
