package graph

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
)

var someReads = analytics.Freshness{
	AsOf: time.Date(2026, time.March, 1, 10, 0, 0, 500_000_000, time.UTC), Age: 1234567 * time.Microsecond, Reads: analytics.Reads{Memory: 1, Redis: 2, Store: 3}, MaxAge: analytics.AnyAge,
}

func TestFreshness(t *testing.T) {
	b := setup(t)
	b.freshness = someReads
	w := b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusOK, `{"data":{"partnerLeaderboard":{"totalCount":0}},"extensions":{"freshness":{"asOf":"2026-03-01T10:00:00.5Z","ageSeconds":1.234,"stale":false,"sources":{"memory":1,"redis":2,"store":3,"stale":0}}}}`)
	if h := w.Header(); h.Get("Age") != "1" || h.Get("Warning") != "" {
		t.Errorf("%v", h)
	}
	b.freshness.Stale = true
	w = b.do(http.MethodPost, "/graphql", body(partners), "Authorization", "key:2")
	if h := w.Header(); h.Get("Age") != "2" || h.Get("Warning") != `110 - "Response is Stale"` || h.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("stale: %v", h)
	}
	b.expect(b.do(http.MethodPost, "/graphql", body(`mutation { recordEvents(events: []) { accepted } }`)), http.StatusOK, `{"data":{"recordEvents":{"accepted":0}}}`)
}

// A client that takes parts is told as much where there is one alone.
func TestFreshnessWithoutParts(t *testing.T) {
	b := setup(t)
	b.freshness = someReads
	b.freshness.Stale = true
	w := b.do(http.MethodPost, "/graphql", body(`{ ... @defer { partnerLeaderboard { totalCount } } }`), "Accept", mediaParts+", "+mediaJSON)
	if h := w.Header(); h.Get("Age") != "2" || h.Get("Warning") != `110 - "Response is Stale"` || h.Get("Cache-Control") != "private, no-cache" || h.Get("ETag") == "" {
		t.Errorf("%d %v", w.Code, h)
	}
}

// The same data has the same ETag, however fresh it is and wherever it comes
// from; another media type is another answer.
func TestNotModified(t *testing.T) {
	b := setup(t)
	get := "/graphql?query=" + url.QueryEscape(partners)
	first := b.do(http.MethodPost, "/graphql", body(partners)).Header().Get("ETag")
	for i, f := range []analytics.Freshness{{MaxAge: analytics.AnyAge}, someReads, {Age: time.Minute, Stale: true, Reads: analytics.Reads{Stale: 1}}} {
		b.freshness = f
		for _, cacheControl := range []string{"", "no-cache"} { // from the edge, and not
			if etag := b.do(http.MethodPost, "/graphql", body(partners), "Cache-Control", cacheControl).Header().Get("ETag"); etag != first || etag == "" {
				t.Errorf("%d: %q, want %q", i, etag, first)
			}
			r := b.send(http.MethodGet, get, "", "If-None-Match", first, "Cache-Control", cacheControl)
			if h := r.Header(); r.Code != http.StatusNotModified || r.Body.Len() > 0 || h.Get("ETag") != first || h.Get("Vary") != vary || h.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%d %q: %d %v %s", i, cacheControl, r.Code, h, r.Body)
			}
		}
	}
	if other := b.do(http.MethodGet, get, "", "Accept", response).Header().Get("ETag"); other == first {
		t.Error("two media types, one ETag")
	}
	b.expect(b.do(http.MethodPost, "/graphql", body(partners), "If-None-Match", first), http.StatusOK, "")
	b.answer = func(context.Context) ([]*analytics.Partner, error) {
		return []*analytics.Partner{{}}, nil
	}
	b.expect(b.do(http.MethodGet, get, "", "If-None-Match", first, "Authorization", "key:2"), http.StatusOK, "")
}

// Errors are nothing to keep, for anyone: not those of a request, not those of
// an operation, not those beside data.
func TestErrorsAreNotKept(t *testing.T) {
	b := setup(t)
	b.freshness = someReads
	b.answer = func(context.Context) ([]*analytics.Partner, error) { return nil, analytics.Unavailable(nil) }
	for _, c := range []struct{ method, query, authorization string }{
		{http.MethodGet, partners, "key:1"},
		{http.MethodPost, partners, "key:1"},
		{http.MethodGet, `{ __typename partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10") { name } }`, "key:1"}, // partial
		{http.MethodPost, `{ nothing }`, "key:1"},
		{http.MethodPost, `{`, "key:1"},
		{http.MethodGet, partners, "away"},
		{http.MethodGet, "", "key:1"},
		{http.MethodPut, partners, "key:1"},
		{http.MethodPost, `mutation { recordEvents(events: []) { accepted } }`, "key:1"}, // no error, nothing to keep
	} {
		for range 2 {
			w := b.do(c.method, "/graphql?query="+url.QueryEscape(c.query), body(c.query), "If-None-Match", "*", "Authorization", c.authorization, "Accept", response)
			if h := w.Header(); h.Get("ETag") != "" || h.Get("Cache-Control") != "private, no-store" || w.Code == http.StatusNotModified {
				t.Errorf("%s %s by %s: %d %v", c.method, c.query, c.authorization, w.Code, h)
			}
		}
	}
	if n := b.calls.Load(); n != 6 {
		t.Errorf("the source was asked %d times, want 6", n)
	}
	b.answer = func(context.Context) ([]*analytics.Partner, error) { return nil, nil }
	if w := b.do(http.MethodPost, "/graphql", body(partners)); w.Header().Get("ETag") == "" {
		t.Errorf("%v", w.Header())
	}
}

// Another extension is another answer, although the data is the same.
func TestExtensionsTellAnswersApart(t *testing.T) {
	t.Parallel()
	etag := func(extensions map[string]any) string {
		h := http.Header{}
		offer(h, mediaJSON, ast.Query, &graphql.Response{Data: []byte(`{"a":1}`), Extensions: extensions})
		return h.Get("ETag")
	}
	plain := etag(nil)
	if etag(map[string]any{extFreshness: someReads, extStale: 1}) != plain {
		t.Error("freshness tells answers apart")
	}
	if etag(map[string]any{"cost": 1}) == plain || etag(map[string]any{"cost": 1}) == etag(map[string]any{"cost": 2}) {
		t.Error("cost does not")
	}
	left := func(n int) map[string]any {
		return map[string]any{"cost": map[string]any{"estimated": 1, "budgetLeft": n}}
	}
	if etag(left(1)) != etag(left(2)) || etag(left(1)) == plain {
		t.Error("what is left of a budget tells answers apart, or hides that one says its cost")
	}
}
