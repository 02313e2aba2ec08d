package graph

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
)

const (
	good      = `{"data":{"partnerLeaderboard":{"totalCount":0}}}`
	response  = "application/graphql-response+json"
	plainJSON = "application/json; charset=utf-8"
)

func TestPost(t *testing.T) {
	b := setup(t)
	w := b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusOK, good)
	for name, want := range map[string]string{
		"Content-Type": plainJSON, "Cache-Control": "private, no-store", "Vary": "Accept, Authorization", "Content-Length": "48",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	w = b.do(http.MethodPost, "/graphql", `{"query":"query A { __typename } query B($n: Int!) { partnerLeaderboard(first: $n) { totalCount } }","operationName":"B","variables":{"n":3},"extensions":null}`)
	b.expect(w, http.StatusOK, good)
	b.expect(b.do(http.MethodPost, "/graphql", body(`mutation { recordEvents(events: []) { accepted } }`), "Content-Type", "application/json; charset=utf-8"), http.StatusOK, `{"data":{"recordEvents":{"accepted":0}}}`)
}

func TestGet(t *testing.T) {
	b := setup(t)
	get := func(pairs ...string) string {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return "/graphql?" + q.Encode()
	}
	b.expect(b.do(http.MethodGet, get("query", partners), ""), http.StatusOK, good)
	b.expect(b.do(http.MethodGet, get("query", `query A { __typename } query B($n: Int!) { partnerLeaderboard(first: $n) { totalCount } }`, "operationName", "B", "variables", `{"n":3}`), ""), http.StatusOK, good)
	b.expect(b.do(http.MethodHead, get("query", partners), ""), http.StatusOK, "")
	w := b.do(http.MethodGet, get("query", `mutation { recordEvents(events: []) { accepted } }`), "")
	b.expect(w, http.StatusMethodNotAllowed, "")
	if got := w.Header().Get("Allow"); got != "POST" {
		t.Errorf("Allow is %q", got)
	}
	for _, target := range []string{get("query", partners, "variables", "[]"), get("query", partners, "variables", "{"), get("query", partners, "extensions", "1"), get("variables", "{}"), "/graphql", "/graphql?query=%zz"} {
		b.expect(b.do(http.MethodGet, target, ""), http.StatusBadRequest, "")
	}
	b.expect(b.do(http.MethodGet, get("query", partners+strings.Repeat(" ", 70_000)), ""), http.StatusRequestURITooLong, "")
}

func TestRefusals(t *testing.T) {
	b := setup(t)
	for _, c := range []struct {
		method, body string
		headers      []string
		status       int
		words        string
	}{
		{http.MethodPut, "", nil, http.StatusMethodNotAllowed, "PUT"},
		{http.MethodDelete, "", nil, http.StatusMethodNotAllowed, "DELETE"},
		{http.MethodPost, body(partners), []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType, "application/json"},
		{http.MethodPost, body(partners), []string{"Content-Type", ""}, http.StatusUnsupportedMediaType, "application/json"},
		{http.MethodPost, body(partners), []string{"Accept", "text/html"}, http.StatusNotAcceptable, "Accept"},
		{http.MethodPost, body(partners), []string{"Authorization", ""}, http.StatusUnauthorized, "Authorization header is required"},
		{http.MethodPost, "", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, "secret", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, "[" + body(partners) + "]", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, body(partners) + "{}", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, `null`, nil, http.StatusBadRequest, "query: is required"},
		{http.MethodPost, `{}`, nil, http.StatusBadRequest, "query: is required"},
		{http.MethodPost, `{"query":7}`, nil, http.StatusBadRequest, "query: must not be a JSON number"},
		{http.MethodPost, `{"query":"{x}","variables":[]}`, nil, http.StatusBadRequest, "variables: must not be a JSON array"},
		{http.MethodPost, `{"query":"` + strings.Repeat(" ", 8<<20) + `"}`, nil, http.StatusRequestEntityTooLarge, "8388608"},
	} {
		w := b.do(c.method, "/graphql", c.body, c.headers...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), `"data"`) {
			t.Errorf("%s %.60s %v gave %d %s, want %d with %q", c.method, c.body, c.headers, w.Code, w.Body, c.status, c.words)
		}
	}
	if n := b.calls.Load(); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
}

// Impossible operations are 400 for those who know the response's own media
// type, and 200 for those who know JSON alone, as the draft has it.
func TestStatuses(t *testing.T) {
	b := setup(t)
	for query, code := range map[string]string{
		`{`:                  "GRAPHQL_PARSE_FAILED",
		`{ nothing }`:        "GRAPHQL_VALIDATION_FAILED",
		`subscription { x }`: "GRAPHQL_VALIDATION_FAILED",
		`{ activations(first: 1000) { nodes { timeSeries(interval: DAY) { points { metrics { clickCount outboundClickCount } } } } } }`: "COMPLEXITY_LIMIT_EXCEEDED",
		`{ ` + strings.Repeat("a:__typename ", 3000) + ` }`:                                                                             "GRAPHQL_PARSE_FAILED",
	} {
		for accept, status := range map[string]int{"": http.StatusOK, "application/json": http.StatusOK, response: http.StatusBadRequest} {
			w := b.do(http.MethodPost, "/graphql", body(query), "Accept", accept)
			if w.Code != status || !strings.Contains(w.Body.String(), code) || strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("%.60s for %q gave %d %s, want %d %s", query, accept, w.Code, w.Body, status, code)
			}
		}
	}
	// A field that fails is a part of an answer that went well.
	b.expect(b.do(http.MethodPost, "/graphql", body(`{ partner(uuid: "x") { name } }`), "Accept", response), http.StatusOK, "")
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		code   string
		status int // with the response's own media type
		logged bool
	}{
		"unavailable": {analytics.Unavailable(errors.New("inner secret")), "UNAVAILABLE", http.StatusServiceUnavailable, true},
		"deadline":    {context.DeadlineExceeded, "UNAVAILABLE", http.StatusServiceUnavailable, true},
		"unknown":     {errors.New("inner secret"), "INTERNAL", http.StatusOK, true},
		"canceled":    {context.Canceled, "INTERNAL", http.StatusOK, false},
		"domain":      {analytics.Invalidf("first", "is wrong"), "BAD_USER_INPUT", http.StatusOK, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.answer = func(context.Context) ([]*analytics.Partner, error) { return nil, c.err }
			for range 2 { // an error is not kept at the edge
				w := b.do(http.MethodPost, "/graphql", body(partners), "Accept", response)
				if w.Code != c.status || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) || strings.Contains(w.Body.String(), "secret") {
					t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.status, c.code)
				}
				if c.status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			}
			if n := b.calls.Load(); n != 2 {
				t.Errorf("%d calls", n)
			}
			if logged := strings.Contains(b.log.String(), "request failed"); logged != c.logged {
				t.Errorf("logged: %v\n%s", logged, b.log.String())
			}
		})
	}
}

func TestPanic(t *testing.T) {
	b := setup(t)
	b.answer = func(context.Context) ([]*analytics.Partner, error) { panic("inner secret") }
	w := b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusOK, `{"errors":[{"message":"internal error","path":["partnerLeaderboard"],"locations":[{"line":1,"column":3}],"extensions":{"code":"INTERNAL"}}],"data":null}`)
	if !strings.Contains(b.log.String(), "inner secret") {
		t.Error("the panic is not in the log")
	}
}

func TestTimeout(t *testing.T) {
	b := setup(t)
	server, err := New(Options{Source: source{b: b}, Writer: writer{}, Auth: b, Log: silent, Now: time.Now, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	b.Handler = server
	b.answer = func(ctx context.Context) ([]*analytics.Partner, error) { <-ctx.Done(); return nil, ctx.Err() }
	w := b.do(http.MethodPost, "/graphql", body(partners), "Accept", response)
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "UNAVAILABLE") || w.Header().Get("Retry-After") == "" {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestEdge(t *testing.T) {
	b := setup(t)
	ask := func(calls int64, method, target, text string, headers ...string) {
		t.Helper()
		b.do(method, target, text, headers...)
		if n := b.calls.Load(); n != calls {
			t.Errorf("%s %.60s %v: the source was asked %d times, want %d", method, text, headers, n, calls)
		}
	}
	ask(1, http.MethodPost, "/graphql", body(partners))
	ask(1, http.MethodPost, "/graphql", body(partners))
	ask(2, http.MethodPost, "/graphql", body(partners), "Cache-Control", "no-cache")
	ask(3, http.MethodPost, "/graphql", body(partners), "Authorization", "key:2")
	ask(4, http.MethodPost, "/graphql", body(partners), "Accept", response)
	ask(5, http.MethodGet, "/graphql?query="+url.QueryEscape(partners), "")
	ask(5, http.MethodGet, "/graphql?query="+url.QueryEscape(partners), "")
	ask(5, http.MethodPost, "/graphql", body(partners))
	b.stale = 3 * time.Second
	stale := body(`{ partnerLeaderboard { totalCount } } `)
	for n := range int64(2) { // what is stale says so, and is not kept
		ask(6+n, http.MethodPost, "/graphql", stale)
		b.expect(b.do(http.MethodPost, "/graphql", stale, "Authorization", "key:9", "Cache-Control", "no-cache"), http.StatusOK,
			`{"data":{"partnerLeaderboard":{"totalCount":0}},"extensions":{"stale":{"ageSeconds":3}}}`)
		b.calls.Add(-1)
	}
}

func TestRateLimit(t *testing.T) {
	b := setup(t)
	if w := b.do(http.MethodPost, "/graphql", body(partners)); w.Header().Get("RateLimit") != "" {
		t.Errorf("without a limit: %v", w.Header())
	}
	b.limit = auth.Limit{Limit: 60, Remaining: 7, ResetAfter: 53 * time.Second}
	w := b.do(http.MethodPost, "/graphql", body(partners)) // from the edge, and with its own headers
	b.expect(w, http.StatusOK, good)
	if got := w.Header().Get("RateLimit"); got != `"default";r=7;t=53` {
		t.Errorf("RateLimit is %q", got)
	}
	b.limit.RetryAfter = 1500 * time.Millisecond
	w = b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusTooManyRequests, `{"errors":[{"message":"too many","extensions":{"code":"RATE_LIMITED"}}]}`)
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q", got)
	}
	w = b.do(http.MethodPost, "/graphql", body(partners), "Authorization", "away")
	b.expect(w, http.StatusServiceUnavailable, "")
	if got := w.Header().Get("Retry-After"); got == "" {
		t.Error("no Retry-After when keys cannot be checked")
	}
}
