package problem_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"footfall/internal/problem"
)

func TestReading(t *testing.T) {
	t.Parallel()
	h := problem.ReadOnly(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, problem.Details{Status: http.StatusGone, Detail: `a "word"`, Code: "GONE"})
	}))
	const refused = `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"the method must be GET or HEAD"}`
	const gone = `{"type":"about:blank","title":"Gone","status":410,"detail":"a \"word\"","code":"GONE"}`
	for method, want := range map[string]string{"GET": gone, "HEAD": gone, "POST": refused, "DELETE": refused, "": refused} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = method
		h.ServeHTTP(rec, r)
		if strings.TrimSpace(rec.Body.String()) != want || rec.Header().Get("Content-Type") != "application/problem+json" ||
			(rec.Header().Get("Allow") == "GET, HEAD") != (want == refused) {
			t.Errorf("%q: %d %v %s", method, rec.Code, rec.Header(), rec.Body)
		}
	}
}
