package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"footfall/store"
	"footfall/web"
)

// discard takes an answer and keeps its status alone.
type discard struct {
	header http.Header
	status int
	bytes  int
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(b []byte) (int, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	d.bytes += len(b)
	return len(b), nil
}

// inside is the handler of another gateway over the same database, to be called
// without net/http's own part. It has no Redis: nobody listens to it.
func (b *bundle) inside() http.Handler {
	b.t.Helper()
	g, err := openGateway(b.t.Context(), store.Options{URL: b.conf.database}, redisServer{}, b.conf.serving, b.conf.log)
	ok(b.t, err)
	b.t.Cleanup(g.close)
	handler, err := g.handler(web.Config{})
	ok(b.t, err)
	return handler
}

// repeated is a request that the edge has answered once, to be made again and
// again.
func (b *bundle) repeated(handler http.Handler, method, path, body string) func() *discard {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, nil)
	r.Header.Set("Authorization", "Bearer "+b.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/graphql-response+json, application/json;q=0.9")
	reader := bytes.NewReader([]byte(body))
	again := func() *discard {
		reader.Reset([]byte(body))
		if body != "" {
			r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
		}
		w := &discard{header: http.Header{}}
		handler.ServeHTTP(w, r)
		return w
	}
	if w := again(); w.status != http.StatusOK {
		b.t.Fatalf("%s %s: status %d", method, path, w.status)
	}
	return again
}

const edgeQuery = `{"query":"{ activation(activationId: \"act_x\") { eventName metrics { clickCount uniqueSessionCount } } }"}`

func BenchmarkEdge(b *testing.B) {
	g := setup(b, withEdge, withRateLimit)
	g.activate("act_x", "event", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	handler := g.inside()
	for name, again := range map[string]func() *discard{
		"GraphQL": g.repeated(handler, http.MethodPost, "/graphql", edgeQuery),
		"REST":    g.repeated(handler, http.MethodGet, "/v1/analytics/engagement/partners?period=last_90_days", ""),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				again()
			}
		})
	}
}

// withRateLimit counts requests as a gateway does by default, more generously.
func withRateLimit(c *settings) { c.serving.RateLimit = 1_000_000_000 }

// A repeated question takes little memory inside the gateway. Counted with it are
// the test's own header, body and answer: four.
func TestEdgeHitsAllocateLittle(t *testing.T) {
	g := setup(t, withEdge, withRateLimit)
	g.activate("act_x", "event", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	again := g.repeated(g.inside(), http.MethodPost, "/graphql", edgeQuery)
	const most = 24
	if n := testing.AllocsPerRun(2000, func() { again() }); n > most {
		t.Errorf("%.0f allocations a hit, want at most %d", n, most)
	}
}
