package graph

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest: whatever is posted or asked for, in whatever form, the answer is
// JSON, and none of it is our failure.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		body(partners), `{"query":"{ ...A } fragment A on Query { ...A }"}`, `{"query":"query($x:[Int!]!=[1]){__type(name:\"Query\"){name}}","variables":{"x":null}}`,
		`{"query":"{ partnerLeaderboard(range: { dates: { startDate: \"2026-13-01\", endDate: \"\" } }) { totalCount } }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
		`[{"query":"{a}"}]`, "{\"query\":\"\xff\"}", `{"documentId":"sha256:x","operationName":""}`, `{"query":"{ node(id: \"UGFydG5lcjo=\") { id ... @defer { __typename } } }"}`,
	} {
		f.Add(seed, false, "application/json;q=0.5, application/graphql-response+json")
		f.Add(url.Values{"query": {partners}}.Encode(), true, "text/csv")
	}
	var server http.Handler
	f.Fuzz(func(t *testing.T, sent string, get bool, accept string) {
		if server == nil {
			server = setupWith(t, usual).Handler
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(sent))
		if get {
			r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/graphql", http.NoBody)
			r.URL.RawQuery = sent
		}
		r.Header = http.Header{"Authorization": {"key:1"}, "Content-Type": {"application/json"}, "Accept": {accept}}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		media := w.Header().Get("Content-Type")
		if w.Code >= 500 || strings.Contains(media, "json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q gives %d %s %q", sent, w.Code, media, w.Body)
		}
	})
}
