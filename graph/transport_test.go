package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph/generated"
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
		"Content-Type": plainJSON, "Cache-Control": "private, no-cache", "Vary": vary, "Content-Length": "48",
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
	b.expect(b.do(http.MethodGet, get("query", partners+` # C:\udead`), ""), http.StatusOK, good) // no escape
	b.expect(b.do(http.MethodGet, get("query", `query A { __typename } query B($n: Int!) { partnerLeaderboard(first: $n) { totalCount } }`, "operationName", "B", "variables", `{"n":3}`), ""), http.StatusOK, good)
	b.expect(b.do(http.MethodHead, get("query", partners), ""), http.StatusOK, "")
	w := b.do(http.MethodGet, get("query", `mutation { recordEvents(events: []) { accepted } }`), "")
	b.expect(w, http.StatusMethodNotAllowed, "")
	if got := w.Header().Get("Allow"); got != "POST" {
		t.Errorf("Allow is %q", got)
	}
	for _, target := range []string{
		get("query", partners, "variables", "[]"), get("query", partners, "variables", "{"), get("query", partners, "extensions", "1"), get("variables", "{}"), get("query", ""), "/graphql",
	} {
		b.expect(b.do(http.MethodGet, target, ""), http.StatusBadRequest, "")
		b.expect(b.do(http.MethodGet, target, "", "Accept", response), http.StatusUnprocessableEntity, "")
	}
	b.expect(b.do(http.MethodGet, "/graphql?query=%zz", ""), http.StatusBadRequest, "")
	for _, target := range []string{get("query", partners, "variables", `{"a":"\ud83d"}`), get("query", partners, "variables", "{\"a\":\"\xff\"}"), get("query", "{ __typename #\xff }")} {
		b.expect(b.do(http.MethodGet, target, "", "Accept", response), http.StatusBadRequest, "")
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
		{http.MethodPost, body(partners), []string{"Content-Type", "application/json; charset=iso-8859-1"}, http.StatusUnsupportedMediaType, "UTF-8"},
		{http.MethodPost, body(partners), []string{"Content-Encoding", "gzip"}, http.StatusUnsupportedMediaType, "Content-Encoding"},
		{http.MethodPost, body(partners), []string{"Content-Type", "text/plain", "Authorization", ""}, http.StatusUnsupportedMediaType, "application/json"},
		{http.MethodPost, body(partners), []string{"Accept", "text/html"}, http.StatusNotAcceptable, "Accept"},
		{http.MethodPost, body(partners), []string{"Authorization", ""}, http.StatusUnauthorized, "Authorization header is required"},
		{http.MethodPost, "", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, "secret", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, "[" + body(partners) + "]", nil, http.StatusBadRequest, "body: must be a JSON object with a query: batches"},
		{http.MethodPost, body(partners) + "{}", nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, `"secret"`, nil, http.StatusBadRequest, "body: must be a JSON object"},
		{http.MethodPost, `null`, nil, http.StatusBadRequest, "query: is required"},
		{http.MethodPost, `{}`, nil, http.StatusBadRequest, "query: is required"},
		{http.MethodPost, `{"Query":"{ __typename }","QUERY":"{ __typename }"}`, nil, http.StatusBadRequest, "query: is required"},
		{http.MethodPost, `{"query":7}`, nil, http.StatusBadRequest, "query: must be a JSON string"},
		{http.MethodPost, `{"query":"{x}","operationName":["secret"]}`, nil, http.StatusBadRequest, "operationName: must be a JSON string"},
		{http.MethodPost, `{"query":"{x}","variables":[]}`, nil, http.StatusBadRequest, "variables: must be a JSON object"},
		{http.MethodPost, `{"query":"{x}","extensions":"secret"}`, nil, http.StatusBadRequest, "extensions: must be a JSON object"},
		{http.MethodPost, `{"query":"{x}","variables":{"secret":"\ud83d"}}`, nil, http.StatusBadRequest, "body: must be UTF-8, and escape surrogates in pairs"},
		{http.MethodPost, "{\"query\":\"{x}\",\"variables\":{\"secret\":\"\xff\"}}", nil, http.StatusBadRequest, "body: must be UTF-8"},
		{http.MethodPost, `{"query":"{ partner(uuid: \"\\ude00secret\") { id } }"}`, nil, http.StatusBadRequest, "query: must be UTF-8"},
		{http.MethodPost, `{"documentId":true}`, nil, http.StatusBadRequest, "documentId: must be a JSON string"},
		{http.MethodPost, `{"query":"` + strings.Repeat(" ", 8<<20) + `"}`, nil, http.StatusRequestEntityTooLarge, "8388608"},
	} {
		w := b.do(c.method, "/graphql", c.body, c.headers...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), `"data"`) {
			t.Errorf("%s %.60s %v gave %d %s, want %d with %q", c.method, c.body, c.headers, w.Code, w.Body, c.status, c.words)
		}
	}
	// Those who know the response's own media type hear what is wrong: no JSON, or no GraphQL request.
	for text, status := range map[string]int{
		"secret": http.StatusBadRequest, body(partners) + "{}": http.StatusBadRequest, "": http.StatusBadRequest,
		`[]`: http.StatusUnprocessableEntity, `{}`: http.StatusUnprocessableEntity, `{"query":7}`: http.StatusUnprocessableEntity,
		`{"query":"{x}","variables":"secret"}`: http.StatusUnprocessableEntity,
	} {
		w := b.do(http.MethodPost, "/graphql", text, "Accept", response)
		if b.expect(w, status, ""); strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), `"data"`) {
			t.Errorf("%s is echoed or has data: %s", text, w.Body)
		}
	}
	if n := b.calls.Load(); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
}

// What is too long is refused before it is read, and read no further than that.
func TestBodyIsBounded(t *testing.T) {
	b := setup(t)
	for _, declared := range []int64{9 << 20, -1} {
		endless := &counter{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", endless)
		r.ContentLength = declared
		r.Header.Set("Authorization", "key:1")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		b.expect(w, http.StatusRequestEntityTooLarge, "")
		if declared > 0 && endless.n > 0 || endless.n > 9<<20 {
			t.Errorf("%d bytes were read of a body said to be %d long", endless.n, declared)
		}
	}
}

// counter is a body without end.
type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	c.n += len(p)
	return len(p), nil
}

// Impossible operations are 400 for those who know the response's own media
// type, and 200 for those who know JSON alone, as the draft has it.
func TestStatuses(t *testing.T) {
	b := setup(t)
	for query, code := range map[string]string{
		`{`:                  "GRAPHQL_PARSE_FAILED",
		`{ nothing }`:        "GRAPHQL_VALIDATION_FAILED",
		`subscription { x }`: "GRAPHQL_VALIDATION_FAILED",
		`{ activations(first: 1000) { nodes { timeSeries(interval: QUARTER_HOUR) { points { metrics { clickCount outboundClickCount } } } } } }`: "COST_LIMIT_EXCEEDED",
		`{ ` + strings.Repeat("a:__typename ", 3000) + ` }`: "COST_LIMIT_EXCEEDED",
	} {
		for accept, status := range map[string]int{"": http.StatusOK, "application/json": http.StatusOK, response: http.StatusBadRequest} {
			w := b.do(http.MethodPost, "/graphql", body(query), "Accept", accept)
			if w.Code != status || !strings.Contains(w.Body.String(), code) || strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("%.60s for %q gave %d %s, want %d %s", query, accept, w.Code, w.Body, status, code)
			}
		}
	}
	// A field that fails is a part of an answer that went well.
	failed := body(`{ partner(uuid: "x") { name } }`)
	b.expect(b.do(http.MethodPost, "/graphql", failed, "Accept", response), 294, "")
	b.expect(b.do(http.MethodPost, "/graphql", failed), http.StatusOK, "")
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
		"unknown":     {errors.New("inner secret"), "INTERNAL", 294, true},
		"canceled":    {context.Canceled, "INTERNAL", 294, false},
		"domain":      {analytics.Invalidf("first", "is wrong"), "BAD_USER_INPUT", 294, false},
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
			w := b.do(http.MethodPost, "/graphql", body(`{ partnerLeaderboard { nodes { name } } }`), "Accept", mediaCSV)
			if away := w.Code == http.StatusServiceUnavailable; away != (c.status == http.StatusServiceUnavailable) || away != (w.Header().Get("Retry-After") != "") {
				t.Errorf("a table is %d with Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			if logged := strings.Contains(b.log.String(), "request failed"); logged != c.logged {
				t.Errorf("logged: %v\n%s", logged, b.log.String())
			}
		})
	}
}

// A variable that cannot be read is found before anything runs.
func TestVariables(t *testing.T) {
	b := setup(t)
	for query, c := range map[string]struct{ value, words string }{
		`query($v: Int!) { partnerLeaderboard(first: $v) { totalCount } }`:                                                                                   {`null`, "$v: cannot be null"},
		`query($v: Int!) { x: partnerLeaderboard(first: $v) { totalCount } }`:                                                                                {`"x"`, "$v: "},
		`query($v: UUID!) { partner(uuid: $v) { name } }`:                                                                                                    {`"x"`, "$v: must be a UUID"},
		`query($v: TimeZone) { partnerLeaderboard(timeZone: $v) { totalCount } }`:                                                                            {`"Mars"`, "$v: must be"},
		`query($v: PartnerFilter) { partnerLeaderboard(filter: $v) { totalCount } }`:                                                                         {`{"tierUuids":["7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10","x"]}`, "$v.tierUuids[1]: must be a UUID"},
		`query($v: RangeInput) { partnerLeaderboard(range: $v) { totalCount } }`:                                                                             {`{"dates":{"startDate":"x","endDate":"2026-01-01"}}`, "$v.dates.startDate: must be"},
		`query($v: InstantRangeInput!) { partnerLeaderboard(range: {instants: $v}) { totalCount}}`:                                                           {`{"start":"2026-01-01T00:00:00Z","end":7}`, "$v.end: must be an instant"},
		`query($v: Int!) { y: partnerLeaderboard(first: $v) { totalCount } }`:                                                                                {`1.5`, "$v: must be an integer of 32 bits"},
		`query($v: Boolean!) { __typename @skip(if: $v) }`:                                                                                                   {`1`, "$v: must be true or false"},
		`query($v: Boolean = true) { __typename @skip(if: $v) }`:                                                                                             {`null`, "$v: must be true or false"},
		`query($v: Boolean = false) { ...Q } fragment Q on Query { ... @include(if: $v) { __typename } }`:                                                    {`null`, "$v: must be true or false"},
		`mutation($v: EventInput = {id:"1",action:"click",at:"2026-01-01T00:00:00Z"}) { recordEvents(events: [$v]) { accepted } }`:                           {`null`, "$v: must be EventInput!, got null"},
		`query($v: String = "a") { campaign(campaignKey: $v) { title } }`:                                                                                    {`null`, "$v: must be a string, got null"},
		`query($v: ID = "a") { node(id: $v) { id } }`:                                                                                                        {`null`, "$v: must be a string or an integer, got null"},
		`mutation($v: String = "t") { upsertCampaigns(input: [{ campaignKey: "c", title: $v, scheduledAt: "2026-01-01T00:00:00Z" }]) { campaigns { id } } }`: {`null`, "$v: must be a string, got null"},
		`query($v: UUID = "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10") { partnerLeaderboard(filter: { tierUuids: [$v] }) { totalCount } }`:                        {`null`, "$v: must be UUID!, got null"},
		`query($v: Period!) { partnerLeaderboard(range: {period: $v}) { totalCount } }`:                                                                      {`"last_year"`, `$v: must be one of CURRENT_YEAR, `},
		`query($v: RangeInput!) { a: partnerLeaderboard(range: $v) { totalCount } }`:                                                                         {`{"period":"Last_Year"}`, `$v.period: must be one of CURRENT_YEAR, `},
		`query($v: RangeInput!) { b: partnerLeaderboard(range: $v) { totalCount } }`:                                                                         {`{}`, "$v: must have exactly one of period, dates, instants, got 0 of them"},
		`query($v: RangeInput!) { c: partnerLeaderboard(range: $v) { totalCount } }`:                                                                         {`{"period":null,"dates":null}`, "$v: must have exactly one of period, dates, instants, got 0 of them"},
		`query($v: RangeInput!) { d: partnerLeaderboard(range: $v) { totalCount } }`: {
			`{"period":"LAST_YEAR","dates":{"startDate":"2026-01-01","endDate":"2026-01-02"}}`, "$v: must have exactly one of period, dates, instants, got 2 of them",
		},
	} {
		text := strings.TrimSuffix(body(query), "}") + `,"variables":{"v":` + c.value + `}}`
		for accept, status := range map[string]int{"application/json": http.StatusOK, response: http.StatusBadRequest} {
			w := b.do(http.MethodPost, "/graphql", text, "Accept", accept)
			field, _, _ := strings.Cut(c.words, ":")
			if w.Code != status || !strings.Contains(w.Body.String(), c.words) || !strings.Contains(w.Body.String(), `"field":"`+field+`"`) || strings.Contains(w.Body.String(), `"data"`) {
				t.Errorf("%s with %s gave %d %s, want %d %s", query, c.value, w.Code, w.Body, status, c.words)
			}
		}
	}
	if n := b.calls.Load(); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
	good := `{"query":"query($v: PartnerFilter, $w: TimeZone = \"Asia/Kolkata\") { partnerLeaderboard(filter: $v, timeZone: $w) { totalCount } }","variables":{"v":{"tierUuids":"7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10"}}}`
	b.expect(b.do(http.MethodPost, "/graphql", good), http.StatusOK, `{"data":{"partnerLeaderboard":{"totalCount":0}}}`)
	good = `{"query":"query($v: RangeInput) { partnerLeaderboard(range: $v) { totalCount } }","variables":{"v":{"period":"LAST_YEAR","dates":null}}}` // as genqlient sends it
	b.expect(b.do(http.MethodPost, "/graphql", good), http.StatusOK, `{"data":{"partnerLeaderboard":{"totalCount":0}}}`)
	b.expect(b.do(http.MethodPost, "/graphql", `{"query":"query A { __typename } query B { __typename }"}`), http.StatusOK,
		`{"errors":[{"message":"the document holds several operations: operationName must say which one","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`)
}

// The specification lets a variable that may be null stand where an argument has a
// default; when it is null, that is an error of the field.
func TestNullIsNoDefault(t *testing.T) {
	b := setup(t)
	for query, words := range map[string]string{
		`query($v: Int) { partnerLeaderboard(first: $v) { totalCount } }`:                             "first: must be an integer, got null",
		`query($v: OrderDirection) { partnerLeaderboard(orderBy: { direction: $v }) { totalCount } }`: "orderBy.direction: must be one of ASC, DESC, got null",
		`query($v: PartnerOrderField) { partnerLeaderboard(orderBy: { field: $v }) { totalCount } }`:  "orderBy.field: must be one of ",
		`query($v: Int = 3) { activations(first: $v) { nodes { id } } }`:                              "first: must be an integer, got null",
	} {
		w := b.do(http.MethodPost, "/graphql", strings.TrimSuffix(body(query), "}")+`,"variables":{"v":null}}`)
		if got := w.Body.String(); !strings.Contains(got, words) || !strings.Contains(got, "BAD_USER_INPUT") || !strings.Contains(got, `"path"`) || strings.Contains(got, "nil") {
			t.Errorf("%s gave %s, want %s", query, got, words)
		}
	}
	if n := b.calls.Load(); n != 0 {
		t.Errorf("the source was asked %d times", n)
	}
}

func TestEveryScalarIsReadBeforehand(t *testing.T) {
	t.Parallel()
	for name, def := range generated.NewExecutableSchema(generated.Config{}).Schema().Types {
		if def.Kind == ast.Scalar && !def.BuiltIn && scalars[name] == nil {
			t.Errorf("variables of the scalar %s are not read before the operation runs: add it to scalars", name)
		}
	}
}

// Errors say no more of a long or thoroughly wrong document than a client reads.
func TestErrorsAreBounded(t *testing.T) {
	b := setup(t)
	long := strings.Repeat("x", 100_000)
	for _, text := range []string{
		body(`{ ` + long + ` }`), body(`{ "` + long + `" }`), body(`{ ` + strings.Repeat("nothing ", 2000) + `}`),
		`{"query":"query($v: RangeInput) { partnerLeaderboard(range: $v) { totalCount } }","variables":{"v":{"period":"` + long + `"}}}`,
		`{"query":"query($v: UUID!) { partner(uuid: $v) { name } }","variables":{"v":"` + long + `"}}`,
		`{"documentId":"` + long + `"}`, `{"query":"{ __typename }","operationName":"` + long + `"}`,
	} {
		if w := b.do(http.MethodPost, "/graphql", text, "Accept", response); w.Code != http.StatusBadRequest || w.Body.Len() > 8000 {
			t.Errorf("%.40s gave %d and %d bytes: %.200s", text, w.Code, w.Body.Len(), w.Body)
		}
	}
	for wrong, says := range map[int]int{maxErrors: 0, maxErrors + 1: 1, 100: 80} {
		w := b.do(http.MethodPost, "/graphql", body(`{ `+strings.Repeat("nothing ", wrong)+`}`), "Accept", response)
		var got struct{ Errors []struct{ Message string } }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Errors) != maxErrors+min(says, 1) {
			t.Errorf("%d faults gave %d errors, %v", wrong, len(got.Errors), err)
		}
		if last := got.Errors[len(got.Errors)-1].Message; says > 0 && last != fmt.Sprintf("and %d more errors", says) {
			t.Errorf("%d faults end in %q", wrong, last)
		}
	}
}

func TestPanic(t *testing.T) {
	b := setup(t)
	b.answer = func(context.Context) ([]*analytics.Partner, error) { panic("inner secret") }
	w := b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusOK, `{"errors":[{"message":"internal error","path":["partnerLeaderboard"],"locations":[{"line":1,"column":3}],"extensions":{"code":"INTERNAL"}}],"data":null}`)
	if said := b.log.String(); !strings.Contains(said, "panic: a string") || strings.Contains(said, "inner secret") {
		t.Errorf("the log says %s", said)
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
	b.freshness = analytics.Freshness{Age: 3 * time.Second, Stale: true, Reads: analytics.Reads{Stale: 2}}
	stale := body(`{ partnerLeaderboard { totalCount } } `)
	for n := range int64(2) { // what is stale says so, and is not kept
		ask(6+n, http.MethodPost, "/graphql", stale)
		b.expect(b.do(http.MethodPost, "/graphql", stale, "Authorization", "key:9", "Cache-Control", "no-cache"), http.StatusOK,
			`{"data":{"partnerLeaderboard":{"totalCount":0}},"extensions":{"freshness":{"asOf":null,"ageSeconds":3,"stale":true,"sources":{"memory":0,"redis":0,"store":0,"stale":2}},"stale":{"ageSeconds":3}}}`)
		b.calls.Add(-1)
	}
}

func TestRateLimit(t *testing.T) {
	b := setup(t)
	if w := b.do(http.MethodPost, "/graphql", body(partners)); w.Header().Get("RateLimit") != "" {
		t.Errorf("without a limit: %v", w.Header())
	}
	b.limit = auth.Limit{Policy: "default", Limit: 60, Remaining: 7, ResetAfter: 53 * time.Second}
	w := b.do(http.MethodPost, "/graphql", body(partners)) // from the edge, and with its own headers
	b.expect(w, http.StatusOK, good)
	if got := w.Header().Get("RateLimit"); got != `"default";r=7;t=53` {
		t.Errorf("RateLimit is %q", got)
	}
	b.limit.RetryAfter = 1500 * time.Millisecond
	w = b.do(http.MethodPost, "/graphql", body(partners))
	b.expect(w, http.StatusTooManyRequests, `{"errors":[{"message":"too many","extensions":{"code":"RATE_LIMITED","retryAfter":1}}]}`)
	if got := w.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q", got)
	}
	w = b.do(http.MethodPost, "/graphql", body(partners), "Authorization", "away")
	b.expect(w, http.StatusServiceUnavailable, "")
	if got := w.Header().Get("Retry-After"); got == "" {
		t.Error("no Retry-After when keys cannot be checked")
	}
}

// Variables are of their type: a number in quotes is no number, whatever would
// read it later, and is not estimated as if it were not there.
func TestVariablesAreOfTheirType(t *testing.T) {
	b := setup(t)
	for query, variables := range map[string]string{
		`query($v: Int!) { activations(first: $v) { nodes { id } } }`:                                       `{"v": "10"}`,
		`query($v: Int) { activations(first: $v) { nodes { id } } }`:                                        `{"v": 2147483648}`,
		`query($v: String!) { activation(activationId: $v) { id } }`:                                        `{"v": 5}`,
		`query($v: [String!]) { campaigns(campaignKeys: $v) { nodes { id } } }`:                             `{"v": ["a", 2]}`,
		`query($v: Boolean!) { activations { nodes { id @include(if: $v) } } }`:                             `{"v": "true"}`,
		`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { name } } }`:                        `{"v": {"` + strings.Repeat("S", 100_000) + `": 1}}`,
		`query($v: [Dimension!]!) { node(id: "x") { ... on Partner { breakdown(by: $v) { truncated } } } }`: `{"v": [1]}`,
	} {
		text, err := json.Marshal(map[string]any{"query": query, "variables": json.RawMessage(variables)})
		if err != nil {
			t.Fatal(err)
		}
		w := b.do(http.MethodPost, "/graphql", string(text), "Accept", mediaResponse)
		if got := w.Body.String(); w.Code != http.StatusBadRequest || strings.Contains(got, `"data"`) || strings.Contains(got, `"path"`) || len(got) > 2_000 {
			t.Errorf("%s with %.60s gave %d %.300s", query, variables, w.Code, got)
		}
	}
	for query, variables := range map[string]string{
		`query($v: Int = 3) { activations(first: $v) { nodes { id } } }`:        `{}`,
		`query($v: [String!]) { campaigns(campaignKeys: $v) { nodes { id } } }`: `{"v": "a"}`,
		`query($v: ID!) { node(id: $v) { id } }`:                                `{"v": 5}`,
	} {
		text, err := json.Marshal(map[string]any{"query": query, "variables": json.RawMessage(variables)})
		if err != nil {
			t.Fatal(err)
		}
		if w := b.do(http.MethodPost, "/graphql", string(text), "Accept", mediaResponse); w.Code == http.StatusBadRequest {
			t.Errorf("%s with %s gave %d %s", query, variables, w.Code, w.Body)
		}
	}
}

// A file is a table or an error's status; a plan is told in JSON.
func TestFormsAreNeverMistaken(t *testing.T) {
	b := setup(t)
	if w := b.do(http.MethodPost, "/graphql", body(`{ nope }`), "Accept", mediaCSV); w.Code != http.StatusBadRequest {
		t.Errorf("an impossible operation gave %d %s", w.Code, w.Body)
	}
	w := b.do(http.MethodPost, "/graphql", body(partners), "Accept", mediaCSV, headerDryRun, "1")
	if !strings.HasPrefix(w.Header().Get("Content-Type"), mediaJSON) || !strings.Contains(w.Body.String(), `"plan"`) {
		t.Errorf("a dry run gave %s %s", w.Header().Get("Content-Type"), w.Body)
	}
}
