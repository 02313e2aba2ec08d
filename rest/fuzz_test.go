package rest_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// answers sends a request and checks that the status is among those that are
// documented, and that the body is JSON, or CSV where the header says so.
func answers(t *testing.T, w *world, r *http.Request, statuses ...int) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	if !slices.Contains(statuses, rec.Code) {
		t.Errorf("%s: %d %s", r.URL, rec.Code, rec.Body)
	}
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "text/csv") {
		rows, err := csv.NewReader(rec.Body).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[0]) != 17 {
			t.Errorf("%s: %v %v", r.URL, err, rows)
		}
		return rec
	}
	if !json.Valid(rec.Body.Bytes()) {
		t.Errorf("%s: %s", r.URL, rec.Body)
	}
	return rec
}

func FuzzLeaderboardParameters(f *testing.F) {
	for _, e := range leaderboardExamples {
		_, query, _ := strings.Cut(e.target, "?")
		f.Add(query)
	}
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		for _, key := range []string{"ff_reader", "ff_paris"} {
			r := request([]string{"v1", "analytics", "engagement", "partners"}, query, bearer(key))
			rec := answers(t, w, r, http.StatusOK, http.StatusUnprocessableEntity)
			if rec.Code != http.StatusOK && !strings.Contains(rec.Body.String(), `"message":"querystring/`) {
				t.Errorf("%q: %s", query, rec.Body)
			}
		}
	})
}

func FuzzCampaignParameters(f *testing.F) {
	for _, e := range campaignExamples {
		_, query, _ := strings.Cut(e.target, "?")
		f.Add("a1b2c3d4", query)
	}
	f.Add("paris", "")
	f.Add("a/b\x00\xff", "")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, accessKey, query string) {
		if !routed(accessKey) {
			t.Skip()
		}
		r := request([]string{"v2", accessKey, "campaign", "stats"}, query, bearer("ff_reader"))
		rec := answers(t, w, r, http.StatusOK, http.StatusBadRequest, http.StatusForbidden)
		if (rec.Code == http.StatusForbidden) != (accessKey != acme.AccessKey) {
			t.Errorf("%q: %d", accessKey, rec.Code)
		}
	})
}

func FuzzPartnerStats(f *testing.F) {
	f.Add("act_abc123xyz", "tok_secure_token_here", "format=csv")
	f.Add("act_formula", "tok_formula", "format=csv")
	f.Add("act_pending", "tok_pending", "token=x")
	f.Add("\x00\xff/", " ", "%zz&;=&format=csv")
	f.Add(".", "\xff", "")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, id, token, more string) {
		if !routed(id) {
			t.Skip()
		}
		query := "token=" + url.QueryEscape(token) + "&" + more
		rec := answers(t, w, request([]string{"api", "partner-stats", id}, query, http.Header{}),
			http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict)
		if rec.Header().Get("Referrer-Policy") != "no-referrer" || rec.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%q %q: %v", id, query, rec.Header())
		}
		if len(token) >= 8 && strings.Contains(w.log.String(), token) {
			t.Errorf("the log holds the token %q", token)
		}
	})
}
