package rest_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"footfall/web/page"
)

const reported = "/partner-stats/act_abc123xyz?token=tok_secure_token_here"

// kindly is what a page says, by what the REST contract says.
var kindly = map[string]string{
	"Token required":                            "This link is not complete",
	"Partner stats record not found":            "There is no report here",
	"Invalid partner stats token":               "This link does not open the report",
	"Partner stats link has been revoked":       "This link has been withdrawn",
	"Activation not fulfilled yet":              "This report is not ready yet",
	"Too many requests":                         "One moment, please",
	"Stats service unavailable":                 "The numbers are out of reach for a moment",
	"Method not allowed":                        "This page can only be read",
	"Internal server error":                     "Something went wrong",
	"Stats of this range are not kept any more": "These numbers are not kept any more",
}

// The page answers whatever is asked of the stats with the same status: what
// opens the one opens the other.
func TestReportAgreesWithStats(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, e := range partnerStatsExamples {
		target := strings.Replace(strings.ReplaceAll(e.target, "format=csv", "format="), "/api/", "/", 1)
		stats, pages := newWorld(t, e.world), newWorld(t, e.world)
		want, got := stats.do(e.methodOrGet(), strings.ReplaceAll(e.target, "format=csv", "format="), nil), pages.do(e.methodOrGet(), target, nil)
		if e.twice {
			want, got = stats.do(e.methodOrGet(), strings.ReplaceAll(e.target, "format=csv", "format="), nil), pages.do(e.methodOrGet(), target, nil)
		}
		if got.Code != want.Code {
			t.Errorf("%s: %d, want %d", e.name, got.Code, want.Code)
			continue
		}
		h := got.Header()
		for name, value := range map[string]string{
			"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex",
			"Content-Security-Policy": page.Strict, "Content-Type": page.Media, "ETag": "",
			"Retry-After": want.Header().Get("Retry-After"), "Allow": want.Header().Get("Allow"), "Warning": want.Header().Get("Warning"),
		} {
			if h.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", e.name, name, h.Get(name), value)
			}
		}
		noSecrets(t, pages.log.String())
		if e.method == http.MethodHead {
			if got.Body.Len() > 0 {
				t.Errorf("%s: HEAD has a body", e.name)
			}
			continue
		}
		text := got.Body.String()
		if !strings.Contains(text, `<meta name="robots" content="noindex">`) || strings.Contains(text, "<nav") {
			t.Errorf("%s: the page may be found, or leads inside", e.name)
		}
		if got.Code == http.StatusOK {
			hasNumbers(t, e.name, text, want.Body.Bytes())
			continue
		}
		var refusal struct{ Error string }
		if err := json.Unmarshal(want.Body.Bytes(), &refusal); err != nil {
			t.Fatal(err)
		}
		said[refusal.Error] = true
		if title := kindly[refusal.Error]; title == "" || !strings.Contains(text, "<h1>"+title+"</h1>") {
			t.Errorf("%s: %q is not said as %q:\n%s", e.name, refusal.Error, title, text)
		}
		for _, secret := range []string{"tok_", "ff_", "act_", "a secret of ours", "token="} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: the refusal holds %q:\n%s", e.name, secret, text)
			}
		}
	}
	for text := range kindly {
		if !said[text] {
			t.Errorf("no example is refused with %q", text)
		}
	}
}

// hasNumbers fails unless the page shows what the contract answers.
func hasNumbers(t *testing.T, name, text string, answer []byte) {
	t.Helper()
	var stats struct {
		Data struct {
			EventName, Tier string
			Metrics         map[string]float64
		}
	}
	if err := json.Unmarshal(answer, &stats); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	shown := map[string]int{}
	for _, part := range strings.Split(text, `<span class="value">`)[1:] {
		value, _, _ := strings.Cut(part, "</span>")
		shown[strings.TrimSuffix(strings.ReplaceAll(value, ",", ""), " %")]++
	}
	for measure, value := range stats.Data.Metrics {
		want := fmt.Sprint(value)
		if shown["–"] > 0 && value == 0 && strings.HasSuffix(measure, "Rate") {
			want = "–"
		}
		if shown[want]--; shown[want] < 0 {
			t.Errorf("%s: the page lacks %s, %s:\n%s", name, measure, want, text)
		}
	}
	if plain := html.UnescapeString(text); !strings.Contains(plain, stats.Data.EventName) || !strings.Contains(plain, stats.Data.Tier) {
		t.Errorf("%s: the page lacks the event's name or the tier", name)
	}
}

// The token is where the reader's own next steps need it, and nowhere else.
func TestReportTokenStaysInside(t *testing.T) {
	t.Parallel()
	text := newWorld(t, nil).do(http.MethodGet, reported, nil).Body.String()
	const csv = `href="/api/partner-stats/act_abc123xyz?token=tok_secure_token_here&amp;format=csv"`
	const field = `<input type="hidden" name="token" value="tok_secure_token_here">`
	if !strings.Contains(text, csv) || !strings.Contains(text, field) || strings.Count(text, "tok_") != 2 || strings.Contains(text, "http:") || strings.Contains(text, "https:") {
		t.Error(text)
	}
}

func TestReportDefinitionsAreTheSchemas(t *testing.T) {
	t.Parallel()
	text := newWorld(t, nil).do(http.MethodGet, reported, nil).Body.String()
	for _, definition := range []string{
		"How many <code>click</code> events of the event key that happened in the range",
		"How many of 100 sessions, whatever they did, synced the event to a calendar.",
	} {
		if !strings.Contains(text, definition) {
			t.Errorf("the page lacks %q", definition)
		}
	}
	if n := strings.Count(text, `class="meaning">How many`); n != 11 {
		t.Errorf("%d definitions", n)
	}
}

func TestReportStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.stale = time.Minute })
	if text := w.do(http.MethodGet, reported, nil).Body.String(); !strings.Contains(text, "The newest numbers are out of reach") {
		t.Error(text)
	}
}

func TestReportParameters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"": `content="UTC"`, "&tz=": `content="UTC"`, "&tz=%20": `content="UTC"`, "&tz=Asia/Kolkata": `content="Asia/Kolkata"`,
		"&tz=Asia/Kolkata&tz=x": `content="Asia/Kolkata"`, "&local=Asia/Kolkata": `content="Asia/Kolkata"`, "&local=Etc/Unknown": `content="UTC"`,
		"&local=Asia/Kolkata&tz=Asia/Tokyo": `content="Asia/Tokyo"`, "&period=": `value="whole" selected`, "&period=whole": `value="whole" selected`,
		"&period=last_7_days": `value="last_7_days" selected`, "&period=last_30_days": `value="last_30_days" selected`,
	} {
		rec := newWorld(t, nil).do(http.MethodGet, reported+query, nil)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: %d, want %s", query, rec.Code, want)
		}
	}
	for query, want := range map[string]string{
		"&tz=Mars/Olympus":                 "<code>tz</code> “Mars/Olympus”",
		"&tz=Local":                        "<code>tz</code> “Local”",
		"&tz=" + url.QueryEscape("<b>"):    "<code>tz</code> “&lt;b&gt;”",
		"&period=last_year":                "<code>period</code> “last_year”",
		"&tz=x&period=y":                   "<code>period</code> “y”",
		"&tz=" + strings.Repeat("x", 4000): "…”",
	} {
		w := newWorld(t, nil)
		rec := w.do(http.MethodGet, reported+query, nil)
		text := rec.Body.String()
		if rec.Code != http.StatusBadRequest || !strings.Contains(text, want) || strings.Count(text, "tok_") != 1 || w.calls > 0 || strings.Contains(w.log.String(), "ERROR") {
			t.Errorf("%s: %d %s\n%s", query, rec.Code, text, &w.log)
		}
		if rec = newWorld(t, nil).do(http.MethodGet, strings.Replace(reported, "here", "there", 1)+query, nil); rec.Code != http.StatusForbidden {
			t.Errorf("%s with a wrong token: %d", query, rec.Code)
		}
	}
}

// What is asked of the source stays small, however long the window.
func TestReportRanges(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		at, err := time.Parse("2006-01-02", text)
		if err != nil {
			panic(err)
		}
		return at
	}
	for _, c := range []struct {
		name, start, end, query string
		series                  []int // how many buckets, by series
	}{
		{"a month that runs", "2026-03-01", "2026-04-01", "", []int{20, 480}},
		{"a month that is over", "2026-01-01", "2026-02-01", "", []int{31, 744}},
		{"its last week", "2026-01-01", "2026-02-01", "&period=last_7_days", []int{7, 7, 168}},
		{"its last 30 days, with one day before", "2026-01-01", "2026-02-01", "&period=last_30_days", []int{30, 720}},
		{"the last week of one that runs", "2026-03-01", "2026-04-01", "&period=last_7_days", []int{7, 7, 168}},
		{"a week with three days before", "2026-03-11", "2026-04-01", "&period=last_7_days", []int{7, 3, 168}},
		{"a day", "2026-03-01", "2026-03-02", "", []int{24}},
		{"a day that runs", "2026-03-20", "2026-03-22", "", []int{13}},
		{"not begun", "2026-05-01", "2026-06-01", "", nil},
		{"not begun, narrowed", "2026-05-01", "2026-06-01", "&period=last_7_days", []int{24}},
		{"a year", "2025-03-01", "2026-03-01", "", []int{53}},
		{"a century and more", "1900-01-01", "2200-01-01", "", []int{1515}},
		{"the first days of all, narrowed", "1900-01-01", "1900-01-20", "&period=last_30_days", []int{18, 432}},
		{"its last week", "1900-01-01", "2200-01-01", "&period=last_7_days", []int{7, 7, 168}},
	} {
		w := newWorld(t, func(w *world) {
			a := *w.activations["act_abc123xyz"]
			a.StartAt, a.EndAt = day(c.start), day(c.end)
			w.activations[a.ActivationID] = &a
		})
		rec := w.do(http.MethodGet, reported+c.query, nil)
		if rec.Code != http.StatusOK {
			t.Errorf("%s: %d", c.name, rec.Code)
			continue
		}
		var series []int
		for _, q := range w.queries {
			if len(q.Ranges) > 1 {
				series = append(series, len(q.Ranges))
			}
		}
		ahead := c.query == "" && !now.Before(day(c.start)) && day(c.end).After(day("2026-03-21"))
		if strings.Contains(rec.Body.String(), "dated later than") != ahead {
			t.Errorf("%s: what lies ahead is said: %t", c.name, !ahead)
		}
		slices.Sort(series)
		want := slices.Clone(c.series)
		slices.Sort(want)
		if !slices.Equal(series, want) {
			t.Errorf("%s: series of %v buckets, want %v", c.name, series, want)
		}
	}
}

func TestReportComparesWholePeriodsAlone(t *testing.T) {
	t.Parallel()
	for start, compared := range map[string]bool{"2026-03-07": true, "2026-03-08": false, "2026-03-16": false} {
		w := newWorld(t, func(w *world) {
			a := *w.activations["act_abc123xyz"]
			a.StartAt, _ = time.Parse("2006-01-02", start)
			w.activations[a.ActivationID] = &a
		})
		text := w.do(http.MethodGet, reported+"&period=last_7_days", nil).Body.String()
		if strings.Contains(text, "Changes are against 7 March 2026, 00:00 – 13 March 2026, 12:00.") != compared {
			t.Errorf("from %s on: %s", start, text)
		}
	}
}

// What the page shows besides the numbers of the stats is what the source says.
func TestReportShowsTheAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) {
		a := *w.activations["act_abc123xyz"]
		a.StartAt = time.Date(2026, time.March, 7, 0, 0, 0, 0, time.UTC)
		w.activations[a.ActivationID] = &a
		w.sources, w.others = map[string]int64{"search": 900, "": 250}, 100
	})
	text := w.do(http.MethodGet, reported+"&period=last_7_days", nil).Body.String()
	for _, want := range []string{
		`<span class="value">34.4 %</span>`, "Thursday 19 March 2026\nViews: 1,250\nThursday 12 March 2026: 1,250",
		"Friday 20 March 2026\nViews: 1,250 (in part)\n", "search: 900 (72.0 %)", "Not known: 250 (20.0 %)", "All others: 100 (8.0 %)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(text, `<span class="change">unchanged</span>`); n != 11 {
		t.Errorf("%d of 11 measures are compared", n)
	}
	if t.Failed() {
		t.Log(text)
	}
}

// Whoever reads one report from the edge does not see another's, nor in another
// zone.
func TestReportEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(w *world) { w.edgeTTL = time.Second })
	answers := map[string]bool{}
	for _, target := range []string{reported, reported + "&tz=Asia/Tokyo", reported + "&period=last_7_days", "/partner-stats/act_quiet?token=tok_quiet", documented} {
		for range 2 {
			answers[w.do(http.MethodGet, target, nil).Body.String()] = true
		}
	}
	if len(answers) != 5 {
		t.Errorf("%d answers to 5 requests", len(answers))
	}
}

func FuzzReport(f *testing.F) {
	f.Add("act_abc123xyz", "tok_secure_token_here", "tz=Europe/Paris&period=last_7_days")
	f.Add("act_formula", "tok_formula", "tz=\x00&period=%zz")
	f.Add("\x00\xff/", " ", "%zz&;=&tz=")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, id, token, more string) {
		if !routed(id) {
			t.Skip()
		}
		r, rec := request([]string{"partner-stats", id}, "token="+url.QueryEscape(token)+"&"+more, http.Header{}), httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, rec.Code) {
			t.Errorf("%q: %d", r.URL, rec.Code)
		}
		if rec.Header().Get("Referrer-Policy") != "no-referrer" || rec.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%q: %v", r.URL, rec.Header())
		}
	})
}
