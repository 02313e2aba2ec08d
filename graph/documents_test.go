package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/documents"
	"footfall/edge"
)

const (
	trustedText = `query Board { partnerLeaderboard { totalCount } }`
	stranger    = `query Stranger($n: Int = 3) { partnerLeaderboard(first: $n) { totalCount } }`
)

// modes has the principal's name say which documents it may run.
type modes struct{ *bundle }

func (m modes) Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error) {
	p, err := m.bundle.Authenticate(ctx, r)
	if err == nil {
		p.Documents, p.KeyPrefix = analytics.DocumentMode(p.ID), "ff_12345678"
	}
	return p, err
}

// library is a bundle with trusted documents and what became of requests.
type library struct {
	*bundle
	mu       sync.Mutex
	outcomes map[string]int
}

func setupDocuments(t *testing.T) *library {
	l := &library{bundle: setup(t), outcomes: map[string]int{}}
	path := filepath.Join(t.TempDir(), "relay.json")
	ok(t, os.WriteFile(path, fmt.Appendf(nil, `{"board-1":%q}`, trustedText), 0o600))
	trusted, err := LoadDocuments(path)
	ok(t, err)
	l.Handler, err = New(Options{
		Source: source{b: l.bundle}, Writer: writer{}, Auth: modes{l.bundle}, Edge: edge.New(time.Hour, time.Now),
		Log: slog.New(slog.NewTextHandler(&l.log, nil)), Now: time.Now, Timeout: 5 * time.Second, Limits: usual,
		Documents: Documents{Trusted: trusted, Count: func(outcome string, n int) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.outcomes[outcome] += n
		}},
	})
	ok(t, err)
	return l
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends parameters, by POST and by GET, and compares status and code; a code
// of "" is an answer that went well.
func (l *library) ask(mode string, params map[string]any, status int, code string) {
	l.t.Helper()
	text, err := json.Marshal(params)
	ok(l.t, err)
	q := url.Values{}
	for name, v := range params {
		if s, isString := v.(string); isString {
			q.Set(name, s)
			continue
		}
		part, err := json.Marshal(v)
		ok(l.t, err)
		q.Set(name, string(part))
	}
	for method, target := range map[string]string{http.MethodPost: "/graphql", http.MethodGet: "/graphql?" + q.Encode()} {
		w := l.do(method, target, string(text), "Authorization", mode, "Accept", response)
		said := w.Body.String()
		if w.Code != status || code == "" && said != good || code != "" && (!strings.Contains(said, `"`+code+`"`) || strings.Contains(said, `"data"`)) {
			l.t.Errorf("%s %s as %s gave %d %s, want %d %s", method, text, mode, w.Code, said, status, code)
		}
	}
}

func persisted(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

func TestPersistedQueries(t *testing.T) {
	l := setupDocuments(t)
	hash := documents.Hash(stranger)
	byHash := map[string]any{"extensions": persisted(hash)}
	l.ask("off", byHash, http.StatusBadRequest, "PERSISTED_QUERY_NOT_FOUND")
	l.ask("off", map[string]any{"documentId": "sha256:" + hash}, http.StatusBadRequest, "PERSISTED_DOCUMENT_NOT_FOUND")
	if w := l.do(http.MethodPost, "/graphql", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"`+hash+`"}}}`); w.Code != http.StatusOK ||
		w.Body.String() != `{"errors":[{"message":"PersistedQueryNotFound","extensions":{"code":"PERSISTED_QUERY_NOT_FOUND"}}]}` {
		t.Errorf("for those who know JSON alone: %d %s", w.Code, w.Body)
	}
	l.ask("off", map[string]any{"query": stranger, "extensions": persisted(hash)}, http.StatusOK, "")
	l.ask("off", byHash, http.StatusOK, "") // nor was the error kept at the edge
	l.ask("off", map[string]any{"documentId": "sha256:" + hash}, http.StatusOK, "")
	l.ask("off", map[string]any{"extensions": persisted(hash), "variables": map[string]any{"n": "x"}}, http.StatusBadRequest, "BAD_USER_INPUT")
	l.ask("off", map[string]any{"extensions": persisted(documents.Hash(trustedText))}, http.StatusOK, "") // nobody sent it
	l.ask("off", map[string]any{"extensions": persisted("board-1")}, http.StatusOK, "")                   // as Apollo's manifests have it

	const invalid = "BAD_USER_INPUT"
	for _, e := range []map[string]any{
		{"persistedQuery": 7}, {"persistedQuery": []any{}}, {"persistedQuery": map[string]any{}},
		{"persistedQuery": map[string]any{"version": 2, "sha256Hash": hash}}, {"persistedQuery": map[string]any{"version": "1", "sha256Hash": hash}},
		{"persistedQuery": map[string]any{"version": 1}}, {"persistedQuery": map[string]any{"version": 1, "sha256Hash": 7}},
		persisted(strings.ToUpper(hash)), persisted(documents.Hash(trustedText)),
	} {
		l.ask("off", map[string]any{"query": stranger, "extensions": e}, http.StatusBadRequest, invalid)
	}
	l.ask("off", map[string]any{"query": stranger, "documentId": "board-1"}, http.StatusBadRequest, invalid)
	l.ask("off", map[string]any{"documentId": "board-1", "extensions": persisted(hash)}, http.StatusBadRequest, invalid)
	l.ask("off", map[string]any{"query": stranger, "extensions": map[string]any{"persistedQuery": nil}}, http.StatusOK, "")
}

// What cannot run is not kept, and what is kept passes the same limits.
func TestPersistedQueriesAreValid(t *testing.T) {
	l := setupDocuments(t)
	for text, code := range map[string]string{
		`{ nothing }`: "GRAPHQL_VALIDATION_FAILED", `{`: "GRAPHQL_PARSE_FAILED",
		`{ activations(first: 1000) { nodes { timeSeries(interval: QUARTER_HOUR) { points { metrics { clickCount outboundClickCount } } } } } }`: "COST_LIMIT_EXCEEDED",
	} {
		l.ask("off", map[string]any{"query": text, "extensions": persisted(documents.Hash(text))}, http.StatusBadRequest, code)
		l.ask("off", map[string]any{"extensions": persisted(documents.Hash(text))}, http.StatusBadRequest, "PERSISTED_QUERY_NOT_FOUND")
	}
	long := trustedText + strings.Repeat("\n", documents.MaxLength)
	w := l.do(http.MethodPost, "/graphql", fmt.Sprintf(`{"query":%q,"extensions":{"persistedQuery":{"version":1,"sha256Hash":%q}}}`, long, documents.Hash(long)), "Authorization", "off")
	l.expect(w, http.StatusOK, good)
	l.ask("off", map[string]any{"extensions": persisted(documents.Hash(long))}, http.StatusBadRequest, "PERSISTED_QUERY_NOT_FOUND")
	growing := `query($n: Int!) { activations(first: $n) { nodes { timeSeries(interval: QUARTER_HOUR) { points { metrics { clickCount outboundClickCount } } } } } }`
	post := func(query string, n int) int {
		return l.do(http.MethodPost, "/graphql", fmt.Sprintf(`{%s"variables":{"n":%d},"extensions":{"persistedQuery":{"version":1,"sha256Hash":%q}}}`, query, n, documents.Hash(growing)), "Authorization", "off", "Accept", response).Code
	}
	post(fmt.Sprintf(`"query":%q,`, growing), 1)
	if status := post("", 1000); status != http.StatusBadRequest {
		t.Errorf("a registered document passes the limits: %d", status)
	}
}

func TestTrustedDocuments(t *testing.T) {
	l := setupDocuments(t)
	hash := documents.Hash(trustedText)
	for _, mode := range []string{"off", "log", "enforce", "other"} {
		for _, params := range []map[string]any{
			{"documentId": "board-1"}, {"documentId": hash}, {"documentId": "sha256:" + hash}, {"documentId": "board-1", "operationName": "Board"},
			{"extensions": persisted(hash)}, {"query": trustedText}, {"query": trustedText, "extensions": persisted(hash)},
		} {
			l.ask(mode, params, http.StatusOK, "")
		}
		l.ask(mode, map[string]any{"documentId": "board-1", "operationName": "Other"}, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
	}
	for _, mode := range []string{"off", "log"} {
		l.ask(mode, map[string]any{"documentId": "board-2"}, http.StatusBadRequest, "PERSISTED_DOCUMENT_NOT_FOUND")
		l.ask(mode, map[string]any{"query": stranger}, http.StatusOK, "")
	}
}

func TestEnforce(t *testing.T) {
	l := setupDocuments(t)
	hash := documents.Hash(stranger)
	l.ask("off", map[string]any{"query": stranger, "extensions": persisted(hash)}, http.StatusOK, "")
	calls := l.calls.Load()
	for _, params := range []map[string]any{
		{"query": stranger}, {"query": trustedText + " "}, {"query": `{ __schema { types { name } } }`}, {"query": `{ __typename }`}, {"query": `{`},
		{"documentId": "board-2"}, {"documentId": "sha256:" + hash}, {"extensions": persisted(hash)}, {"query": stranger, "extensions": persisted(hash)},
		{"extensions": persisted(documents.Hash("never sent"))}, {"query": stranger, "operationName": "Stranger"},
	} {
		l.ask("enforce", params, http.StatusForbidden, "FORBIDDEN")
	}
	if n := l.calls.Load(); n != calls {
		t.Errorf("the source was asked %d times", n-calls)
	}
	w := l.do(http.MethodPost, "/graphql", body(stranger), "Authorization", "enforce") // those who know JSON alone see it too
	l.expect(w, http.StatusForbidden, `{"errors":[{"message":"this API key may run trusted documents only, and this document is not one","extensions":{"code":"FORBIDDEN"}}]}`)
	secret := `{ partnerLeaderboard(first: 7) { totalCount } }`
	l.ask("enforce", map[string]any{"query": secret, "extensions": persisted(documents.Hash(secret))}, http.StatusForbidden, "FORBIDDEN")
	l.ask("off", map[string]any{"extensions": persisted(documents.Hash(secret))}, http.StatusBadRequest, "PERSISTED_QUERY_NOT_FOUND")
	if n := l.outcomes["refused"]; n != 2*12+1 {
		t.Errorf("%d are counted as refused", n)
	}
}

func TestLog(t *testing.T) {
	l := setupDocuments(t)
	for n := range 3 {
		l.ask("log", map[string]any{"query": stranger, "variables": map[string]any{"n": n + 1, "more": "hunter2"}}, http.StatusOK, "")
	}
	l.ask("log", map[string]any{"documentId": "board-1"}, http.StatusOK, "")
	l.ask("off", map[string]any{"query": `query Free { partnerLeaderboard { totalCount } }`}, http.StatusOK, "")
	l.ask("log", map[string]any{"query": `query Broken { nothing }`}, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
	said := l.log.String()
	if strings.Count(said, "\n") != 1 {
		t.Errorf("the log says\n%s", said)
	}
	for _, word := range []string{"level=INFO", "operation=Stranger", "key=ff_12345678", "sha256=" + documents.Hash(stranger)} {
		if !strings.Contains(said, word) {
			t.Errorf("the log does not say %s:\n%s", word, said)
		}
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("the log shows variables:\n%s", said)
	}
	if want := map[string]int{"trusted": 2, "untrusted": 6, "unrestricted": 2}; !maps.Equal(l.outcomes, want) {
		t.Errorf("counted %v, want %v", l.outcomes, want)
	}
}

// A trusted document stays parsed, whatever else is asked.
func TestTrustedDocumentsAreWarm(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.json")
	ok(t, os.WriteFile(path, fmt.Appendf(nil, `{"board-1":%q}`, trustedText), 0o600))
	trusted, err := LoadDocuments(path)
	ok(t, err)
	cache := newQueryCache(trusted)
	doc, found := cache.Get(t.Context(), trustedText)
	if !found || doc.Operations[0].SelectionSet[0] == nil || doc != trusted.Document(trustedText) {
		t.Errorf("the trusted document is %v", doc)
	}
	cache.Add(t.Context(), stranger, doc)
	cache.Add(t.Context(), strings.Repeat(" ", documents.MaxLength)+stranger, doc)
	if _, found = cache.Get(t.Context(), stranger); !found || cache.others.EstimatedSize() != 1 {
		t.Errorf("others hold %d", cache.others.EstimatedSize())
	}
	for i := range 2000 { // as many as would take twice the memory
		cache.Add(t.Context(), fmt.Sprintf("%d%s", i, strings.Repeat(" ", 1000)), doc)
	}
	cache.others.CleanUp()
	if bytes := cache.others.WeightedSize(); bytes > keptParsed {
		t.Errorf("others hold %d bytes", bytes)
	}
	_, err = LoadDocuments(filepath.Join(t.TempDir(), "none.json"))
	if err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("no such file gave %v", err)
	}
}
