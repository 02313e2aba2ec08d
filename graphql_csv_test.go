package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

var asCSV = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/csv"}, "Cache-Control": {"no-cache"}}

// table asks for CSV and reads it.
func (b *bundle) table(query string) [][]string {
	b.t.Helper()
	a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), asCSV)
	equal(b.t, "status", a.status, http.StatusOK)
	equal(b.t, "type", a.header.Get("Content-Type"), "text/csv; charset=utf-8; header=present")
	if strings.Contains(strings.ReplaceAll(a.body, "\r\n", ""), "\n") || !strings.HasSuffix(a.body, "\r\n") {
		b.t.Errorf("the lines of %.200q do not end as RFC 4180 says", a.body)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	ok(b.t, err)
	return rows
}

// tableLike compares a table with the list of the JSON answer, column by column.
func (b *bundle) tableLike(query, list string) {
	b.t.Helper()
	rows := b.table(query)
	a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), asJSON)
	var response struct{ Data any }
	d := json.NewDecoder(strings.NewReader(a.body))
	d.UseNumber()
	ok(b.t, d.Decode(&response))
	elements, _ := at(response.Data, list).([]any)
	if len(elements) == 0 || len(rows) != len(elements)+1 {
		b.t.Fatalf("%d rows for %d elements of %s", len(rows), len(elements), list)
	}
	for i, element := range elements {
		for j, column := range rows[0] {
			want := ""
			switch v := at(element, column).(type) {
			case nil:
			case string:
				want = strings.TrimPrefix(v, "'")
			default:
				want = fmt.Sprint(v)
			}
			if got := strings.TrimPrefix(rows[i+1][j], "'"); got != want {
				b.t.Fatalf("row %d, %s: got %q, want %q", i, column, got, want)
			}
		}
	}
}

// A series and a leaderboard as tables hold what the JSON answer holds.
func TestCSV(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge)
	b.activate("a", "a", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z")
	b.campaigns("c")
	b.upsertPartners(1,
		`name: "=1+1", partnerType: REFERRAL, categories: [{uuid: "7d0c1c9e-31a2-4e7b-9f57-0000000000aa", name: "A"}, {uuid: "7d0c1c9e-31a2-4e7b-9f57-0000000000bb", name: "@B"}]`,
		`name: "say \"x\", twice", partnerType: RESELLER, tier: {uuid: "7d0c1c9e-31a2-4e7b-9f57-0000000000cc", name: "Gold"}`)
	b.record(
		click("1", "click", "a", "s1", "2026-03-01T10:00:00Z"), click("2", "outbound_click", "a", "s1", "2026-03-02T10:00:00Z"),
		view("3", uuidOf(1), "u1", "2026-03-01T10:00:00Z"), view("4", uuidOf(1), "u1", "2026-03-01T10:01:00Z"),
		watch("5", "c", "ann", true, "2026-03-01T10:00:00Z", 90))

	const series = `{ activation(activationId: "a") { eventName timeSeries(interval: DAY, timeZone: "Asia/Kathmandu") { interval points { start partial
		m: metrics { clicks: clickCount uniqueSessionCount outboundSessionRate range { end } previous { clickCount } } __typename } } } }`
	equal(t, "columns", strings.Join(b.table(series)[0], " "),
		"start partial m.clicks m.uniqueSessionCount m.outboundSessionRate m.range.end m.previous.clickCount __typename")
	b.tableLike(series, "activation.timeSeries.points")
	b.tableLike(`{ campaign(campaignKey: "c") { timeSeries(interval: QUARTER_HOUR) { points { start ...F } } } }
		fragment F on CampaignPoint { metrics { totalViewers peakAt averageLikes } }`, "campaign.timeSeries.points")

	const board = `range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }`
	b.tableLike(`{ partnerLeaderboard(`+board+`) { totalCount edges { rank cursor node { name tier { name } } engagement { totalSessions avgSessionDurationSeconds } } } }`,
		"partnerLeaderboard.edges")
	rows := b.table(`{ partnerLeaderboard(` + board + `) { nodes { name categories { name } tier { name } } } }`)
	if want := [][]string{{"name", "categories.name", "tier.name"}, {"'=1+1", "'@B; A", ""}, {`say "x", twice`, "", "Gold"}}; !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("got %q, want %q", rows, want)
	}
	equal(t, "columns of a fragment for any noun", strings.Join(b.table(`{ campaigns { nodes { ...N } } } fragment N on Node { id ... on Activation { eventName } ... on Campaign { campaignKey } }`)[0], " "), "id campaignKey")
	b.record(`{"id":"6","action":"click","event":"a","at":"2026-03-01T10:00:00Z","source":"a\nb"}`, `{"id":"7","action":"click","event":"a","at":"2026-03-01T10:00:00Z","source":"a\rb"}`,
		`{"id":"8","action":"click","event":"a","at":"2026-03-01T10:00:00Z","source":"a\r\nb"}`)
	breaks := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": `{ activation(activationId: "a") { breakdown(by: [SOURCE], orderBy: { field: VALUE }) { rows { values } } } }`}), asCSV)
	equal(t, "line breaks in cells", breaks.body, "values\r\n\"\"\r\n\"a\rb\"\r\n\"a\r\nb\"\r\n\"a\nb\"\r\n")
	equal(t, "rows of a list without elements", len(b.table(`{ activations(filter: { eventKeys: ["none"] }) { nodes { id } } }`)), 1)

	link := "/graphql?query=" + url.QueryEscape(series)
	for range 2 { // the second time from the edge
		a := b.do(http.MethodGet, link, "", http.Header{"Accept": {"text/csv, */*;q=0.1"}, "X-Requested-With": {"test"}})
		if a.status != http.StatusOK || !strings.HasPrefix(a.body, "start,partial,") || a.header.Get("Content-Disposition") != `attachment; filename="activation-timeSeries-points.csv"` {
			t.Errorf("GET gave %d %v %.200s", a.status, a.header, a.body)
		}
	}
	if a := b.post(series, nil, nil); a.data == nil {
		t.Errorf("JSON after CSV gave %s", a.body)
	}
}

// What is no table, or fails, is answered in JSON with its status.
func TestCSVRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("a", "a", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z")
	reader := b.as(b.newKey(b.tenant))
	for query, want := range map[string]struct {
		*bundle
		status int
		text   string
	}{
		`{ activation(activationId: "a") { eventName } }`:                                                        {b, 400, "selects one list, such as points or edges, got 0"},
		`{ activations { nodes { id } edges { cursor } } }`:                                                      {b, 400, "got 2"},
		`mutation { upsertPartners(input: []) { partners { id } } }`:                                             {b, 400, "only a query"},
		`{ activations { nodes { nothing } } }`:                                                                  {b, 0, "nothing"},
		`{ activation(activationId: "a") { timeSeries(interval: DAY, timeZone: "Mars") { points { start } } } }`: {b, 400, "Mars"},
		`{ activations(first: 2000) { nodes { id } } }`:                                                          {b, 400, "1000"},
		`{ activations { nodes { id } } }`:                                                                       {reader, 403, "analytics:read"},
		`{ activation(activationId: "none") { timeSeries(interval: DAY) { points { start } } } }`:                {b, 404, "activation.timeSeries.points: there is no list"},
	} {
		a := want.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), asCSV)
		if want.status != 0 {
			equal(t, query, a.status, want.status)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || !json.Valid([]byte(a.body)) || !strings.Contains(a.body, want.text) {
			t.Errorf("%s gave %s %s", query, a.header.Get("Content-Type"), a.body)
		}
	}
}
