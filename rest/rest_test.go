package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

// TestSeeds compares answers with the examples of the source documents, copied
// as they are but for their white space.
func TestSeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for file, target := range map[string]string{"partner-stats": documented, "campaign-stats": seedCampaigns} {
		text, err := os.ReadFile("testdata/seed/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, bytes.TrimSpace(text)); err != nil {
			t.Fatal(err)
		}
		if got := w.do(http.MethodGet, target, bearer("ff_reader")).Body.String(); got != want.String() {
			t.Errorf("%s:\ngot  %s\nwant %s", file, got, &want)
		}
	}
	header, err := os.ReadFile("testdata/seed/partner-stats-header.csv")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.do(http.MethodGet, documented+"&format=csv", nil).Body.String(); !strings.HasPrefix(got, string(header)) {
		t.Errorf("got %s, want the header %s", got, header)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for path, ours := range map[string]bool{
		"/api/partner-stats/x": true, "/api/partner-stats/a%2Fb": true, "/%61pi/partner-stats/x": true,
		"/api/partner-stats": false, "/api/partner-stats/": false, "/api/partner-stats/x/": false, "/api/partner-stats/x/y": false,
		"/API/partner-stats/x": false, "/graphql": false, "/": false,
		"/analytics/engagement/partners": true, "/v1/analytics/engagement/partners": true,
		"/analytics/engagement/partners/": false, "/v2/analytics/engagement/partners": false,
		"/v2/a1b2c3d4/campaign/stats": true, "/v2/%20/campaign/stats": true,
		"/v2/campaign/stats": false, "/v2/a1b2c3d4/campaign/stats/": false, "/v1/a1b2c3d4/campaign/stats": false,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, "BREW"} {
			if rec := w.do(method, path, nil); rec.Code == http.StatusNotFound == ours {
				t.Errorf("%s %s: %d %s", method, path, rec.Code, rec.Body)
			}
		}
	}
}

// What fails on our side is logged once, whoever met it, and what the client did is not.
func TestFailuresAreLogged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world)
		target string
		logged int
	}{
		"credentials":  {func(w *world) { w.failing = errAway }, documented, 1},
		"numbers":      {func(w *world) { w.failure = errAway }, documented, 1},
		"a panic":      {func(w *world) { w.panics = true }, documented, 1},
		"no failure":   {nil, documented, 0},
		"a wrong link": {nil, documented + "x", 0},
	} {
		w := newWorld(t, c.change)
		w.do(http.MethodGet, c.target, nil)
		if got := strings.Count(w.log.String(), "level=ERROR"); got != c.logged {
			t.Errorf("%s: logged %d times, want %d:\n%s", name, got, c.logged, &w.log)
		}
	}
}

// A tenant that may not enter is refused before anything is read for it.
func TestEnter(t *testing.T) {
	t.Parallel()
	for _, target := range []string{documented, reported, partners, marchCampaigns} {
		var asked []int64
		w := newWorld(t, func(w *world) {
			w.enter = func(tenant int64) error {
				asked = append(asked, tenant)
				return analytics.Errorf(analytics.CodeRateLimited, "too many at once")
			}
		})
		rec := w.do(http.MethodGet, target, bearer("ff_reader"))
		if rec.Code != http.StatusTooManyRequests || w.calls > 0 || !slices.Equal(asked, []int64{acme.ID}) || rec.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d with %d calls, %v were asked for", target, rec.Code, w.calls, asked)
		}
	}
}

// TestMethods tries every method on every route.
func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, target := range []string{documented, partners, "/v1" + partners, marchCampaigns} {
		get := w.do(http.MethodGet, target, bearer("ff_reader"))
		head := w.do(http.MethodHead, target, bearer("ff_reader"))
		if head.Code != get.Code || head.Body.Len() > 0 || fmt.Sprint(head.Header()) != fmt.Sprint(get.Header()) {
			t.Errorf("HEAD %s: %d %v, want %d %v", target, head.Code, head.Header(), get.Code, get.Header())
		}
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "BREW"} {
			rec := w.do(method, target, nil)
			if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, Allow: %s", method, target, rec.Code, rec.Header().Get("Allow"))
			}
		}
	}
}

// TestLeaderboardRange checks what range of instants each form asks for.
func TestLeaderboardRange(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			panic(err)
		}
		return at.UTC()
	}
	utc := func(from, to string) analytics.Range {
		return analytics.Range{Start: day(from + "T00:00:00Z"), End: day(to + "T00:00:00Z")}
	}
	year := utc("2026-01-01", "2027-01-01")
	for _, c := range []struct {
		key, query string
		want       analytics.Range
	}{
		{"ff_reader", "", year},
		{"ff_reader", "period=current_year", year},
		{"ff_reader", "period=last_year", utc("2025-01-01", "2026-01-01")},
		{"ff_reader", "period=current_quarter", utc("2026-01-01", "2026-04-01")},
		{"ff_reader", "period=last_quarter", utc("2025-10-01", "2026-01-01")},
		{"ff_reader", "period=current_month", utc("2026-03-01", "2026-04-01")},
		{"ff_reader", "period=last_month", utc("2026-02-01", "2026-03-01")},
		{"ff_reader", "period=last_30_days", utc("2026-02-19", "2026-03-21")},
		{"ff_reader", "period=last_90_days", utc("2025-12-21", "2026-03-21")},
		{"ff_reader", "period=last_6_months", utc("2025-09-20", "2026-03-21")},
		{"ff_reader", "period=last_12_months", utc("2025-03-20", "2026-03-21")},
		{"ff_reader", "period=last_year&period=bad", utc("2025-01-01", "2026-01-01")},
		{"ff_reader", "start_date=2026-02-03&end_date=2026-02-04", utc("2026-02-03", "2026-02-05")},
		{"ff_reader", "start_date=2026-02-03&end_date=2026-02-03", utc("2026-02-03", "2026-02-04")},
		{"ff_reader", "period=last_year&start_date=2024-02-29&end_date=2024-02-29", utc("2024-02-29", "2024-03-01")},
		{"ff_reader", "period=last_year&start_date=2026-02-03", utc("2025-01-01", "2026-01-01")},
		{"ff_reader", "end_date=2026-02-03", year},
		{"ff_reader", "start_date=2026-02-03&end_date=", year},
		{"ff_paris", "", analytics.Range{Start: day("2026-01-01T00:00:00+01:00"), End: day("2027-01-01T00:00:00+01:00")}},
		{"ff_paris", "start_date=2026-03-29&end_date=2026-03-29", analytics.Range{Start: day("2026-03-29T00:00:00+01:00"), End: day("2026-03-30T00:00:00+02:00")}},
	} {
		w := newWorld(t, nil)
		rec := w.do(http.MethodGet, partners+"?"+c.query, bearer(c.key))
		if rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", c.query, rec.Code, rec.Body)
			continue
		}
		if got := w.queries[0].Ranges[0]; !got.Start.Equal(c.want.Start) || !got.End.Equal(c.want.End) {
			t.Errorf("%s: got %v, want %v", c.query, got, c.want)
		}
	}
}

// TestCampaignPages lists more campaigns than one page of GraphQL holds, many
// of them at one instant.
func TestCampaignPages(t *testing.T) {
	t.Parallel()
	const count = 2*analytics.MaxPage + 7
	w := newWorld(t, func(w *world) {
		w.campaigns = nil
		for i := range count {
			at := now.Add(time.Duration(i/100) * time.Second)
			w.campaigns = append(w.campaigns, &analytics.Campaign{Number: int64(i + 1), CampaignKey: fmt.Sprint("c", i), ScheduledAt: at})
		}
	})
	var body struct {
		Results []struct{ CampaignID string }
	}
	rec := w.do(http.MethodGet, marchCampaigns, bearer("ff_reader"))
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || len(body.Results) != count {
		t.Fatalf("%d %v: %d campaigns, want %d", rec.Code, err, len(body.Results), count)
	}
	for i, c := range body.Results {
		if want := fmt.Sprint(count - i); c.CampaignID != want {
			t.Fatalf("place %d: got %s, want %s", i, c.CampaignID, want)
		}
	}
}

func TestEdge(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"partner-stats": documented, "leaderboard": partners, "campaigns": marchCampaigns} {
		w := newWorld(t, func(w *world) { w.edgeTTL = time.Second })
		expect := func(calls bool, method, target string, header http.Header) {
			t.Helper()
			before := w.calls
			rec := w.do(method, target, header)
			if rec.Code != http.StatusOK || (w.calls > before) != calls {
				t.Errorf("%s: %d, asked the source: %v, want %v", name, rec.Code, w.calls > before, calls)
			}
		}
		key := bearer("ff_reader")
		expect(true, http.MethodGet, target, key)
		expect(false, http.MethodGet, target, key)
		expect(false, http.MethodHead, target, key)
		sep := "&"
		if !strings.Contains(target, "?") {
			sep = "?"
		}
		expect(true, http.MethodGet, target+sep+"colour=red", key)
		fresh := bearer("ff_reader")
		fresh.Set("Cache-Control", "no-cache")
		expect(true, http.MethodGet, target, fresh)
	}
	w := newWorld(t, func(w *world) { w.edgeTTL = time.Second })
	answers := map[string]bool{}
	for _, target := range []string{documented, documented + "&format=csv", "/api/partner-stats/act_quiet?token=tok_quiet"} {
		for range 2 {
			answers[w.do(http.MethodGet, target, nil).Body.String()] = true
		}
	}
	if len(answers) != 3 {
		t.Errorf("%d answers to 3 requests", len(answers))
	}
	if rec := w.do(http.MethodGet, strings.Replace(documented, "here", "there", 1), nil); rec.Code != http.StatusForbidden {
		t.Errorf("another token: %d", rec.Code)
	}
}

// TestNoSourceBeforeChecks: what is refused asks nothing of the source.
func TestNoSourceBeforeChecks(t *testing.T) {
	t.Parallel()
	for contract, list := range examples {
		for _, e := range list {
			w := newWorld(t, e.world)
			rec := w.do(e.methodOrGet(), e.target, e.header)
			known := rec.Code == http.StatusConflict || rec.Code == http.StatusGone // from the source alone
			early := rec.Code >= 400 && !known && rec.Code < 500 && e.name != "not-found-deleted"
			if early && w.calls > 0 {
				t.Errorf("%s/%s: %d after %d calls", contract, e.name, rec.Code, w.calls)
			}
		}
	}
}

// routed reports whether http.ServeMux takes a segment of a path for a value of a
// wildcard: it cleans dots away, and reads a lone slash as the path's end.
func routed(segment string) bool { return !slices.Contains([]string{"", ".", "..", "/"}, segment) }

// request builds a request for any path segments and any query string.
func request(segments []string, rawQuery string, header http.Header) *http.Request {
	u := &url.URL{RawQuery: rawQuery}
	for _, s := range segments {
		u.Path += "/" + s
		u.RawPath += "/" + url.PathEscape(s)
	}
	return &http.Request{Method: http.MethodGet, URL: u, Header: header, Host: "localhost"}
}
