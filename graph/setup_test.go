package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
	"footfall/loaders"
	"footfall/resolvers"
)

// bundle is the executor over a source that answers as a test says.
type bundle struct {
	http.Handler
	t      *testing.T
	log    bytes.Buffer
	calls  atomic.Int64
	answer func(ctx context.Context) ([]*analytics.Partner, error) // of the source
	limit  auth.Limit

	freshness analytics.Freshness // of all answers
}

func setup(t *testing.T) *bundle {
	t.Parallel()
	return setupWith(t, usual)
}

// usual is what a gateway limits operations to by default.
var usual = Limits{Cost: 100_000, Depth: 15, Aliases: 100, RootFields: 50}

func setupWith(t *testing.T, limits Limits) *bundle {
	t.Helper()
	b := &bundle{t: t, freshness: analytics.Freshness{MaxAge: analytics.AnyAge}, answer: func(context.Context) ([]*analytics.Partner, error) { return nil, nil }}
	server, err := New(Options{
		Source: source{b: b}, Writer: writer{}, Auth: b, Edge: edge.New(time.Hour, time.Now),
		Log: slog.New(slog.NewTextHandler(&b.log, nil)), Now: time.Now, Timeout: 5 * time.Second,
		Limits: limits,
		Freshness: func(ctx context.Context) (context.Context, func() analytics.Freshness) {
			return ctx, func() analytics.Freshness { return b.freshness }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Handler = server
	return b
}

// source answers with the partners that the test says; nothing else is asked.
type source struct {
	loaders.Source
	b *bundle
}

func (s source) ListPartners(ctx context.Context, _ int64) ([]*analytics.Partner, error) {
	s.b.calls.Add(1)
	return s.b.answer(ctx)
}

func (s source) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	all, err := s.ListPartners(ctx, tenant)
	out := make([]*analytics.Partner, len(uuids))
	for i, id := range uuids {
		for _, p := range all {
			if p.UUID == id {
				out[i] = p
			}
		}
	}
	return out, err
}

type writer struct{ resolvers.Writer }

func (writer) Record(context.Context, int64, []analytics.EventInput) (analytics.Verdicts, error) {
	return analytics.Verdicts{}, nil
}

// Authenticate takes the header for the principal's name.
func (b *bundle) Authenticate(_ context.Context, r *http.Request) (*auth.Principal, error) {
	name := r.Header.Get("Authorization")
	switch name {
	case "":
		return nil, auth.ErrMissing
	case "away":
		return nil, analytics.Unavailable(nil)
	}
	return &auth.Principal{ID: name, Scopes: []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite}}, nil
}

// Allow refuses once nothing remains.
func (b *bundle) Allow(*auth.Principal, auth.Use) (auth.Limit, error) {
	if b.limit.RetryAfter > 0 {
		return b.limit, analytics.Errorf(analytics.CodeRateLimited, "too many")
	}
	return b.limit, nil
}

const partners = `{ partnerLeaderboard { totalCount } }`

func body(query string) string {
	text, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// do sends a request: JSON from key:1 unless the headers, name and value in
// turn, say otherwise.
func (b *bundle) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.send(method, target, body, headers...)
	if !json.Valid(w.Body.Bytes()) {
		b.t.Errorf("%s %s answered %q, which is no JSON", method, target, w.Body)
	}
	return w
}

// send is do for an answer that need not be JSON.
func (b *bundle) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "key:1")
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// expect sends a request and compares status and, if not empty, body.
func (b *bundle) expect(w *httptest.ResponseRecorder, status int, body string) {
	b.t.Helper()
	if w.Code != status || body != "" && w.Body.String() != body {
		b.t.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, body)
	}
}
