package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

const (
	benchmarkMeasures = `metrics {
		clickCount outboundClickCount calendarSyncCount
		uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
		outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate
	}`
	benchmarkNouns = 50
)

// asking are requests to a handler, made in turn; what they answer is dropped.
func (b *bundle) asking(handler http.Handler, bodies []string) func() {
	b.t.Helper()
	requests := make([]*http.Request, len(bodies))
	for i := range bodies {
		r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "/graphql", nil)
		r.Header = http.Header{
			"Authorization": {"Bearer " + b.key}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
		}
		requests[i] = r
	}
	next := 0
	return func() {
		i := next % len(bodies)
		next++
		requests[i].Body, requests[i].ContentLength = io.NopCloser(bytes.NewReader([]byte(bodies[i]))), int64(len(bodies[i]))
		w := &discard{header: http.Header{}}
		if handler.ServeHTTP(w, requests[i]); w.status != http.StatusOK || w.bytes < 200 {
			b.t.Fatalf("request %d: status %d, %d bytes", i, w.status, w.bytes)
		}
	}
}

// Operations whose measures are remembered, executed and written anew each time.
func BenchmarkExecute(b *testing.B) {
	g := setup(b, withRateLimit)
	var one, many []string
	for i := range benchmarkNouns {
		g.activate(fmt.Sprint("act_", i), fmt.Sprint("event-", i), "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
		one = append(one, fmt.Sprintf(`{"query":%q,"variables":{"id":"act_%d"}}`,
			`query One($id: String!) { activation(activationId: $id) { activationId eventKey eventName tier startAt endAt `+benchmarkMeasures+` } }`, i))
		many = append(many, fmt.Sprintf(`{"query":%q,"variables":{"first":%d}}`,
			`query Many($first: Int!) { activations(first: $first) { nodes { activationId eventKey eventName tier startAt endAt `+benchmarkMeasures+` } } }`, benchmarkNouns-i%5))
	}
	handler := g.inside()
	for name, ask := range map[string]func(){"Activation": g.asking(handler, one), "Activations": g.asking(handler, many)} {
		for range len(one) {
			ask()
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ask()
			}
		})
	}
}
