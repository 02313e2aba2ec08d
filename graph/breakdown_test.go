package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
	"footfall/loaders"
)

// groups is a Source of one activation, partner and campaign of each name. It
// keeps what it was asked for, and answers breakdowns with the groups that a test
// says: group number i has i+1 events in each range, other has 100.
type groups struct {
	loaders.Source
	values    [][]string
	other     bool
	truncated bool

	mu    sync.Mutex
	calls [][]analytics.Query
}

func (g *groups) Activations(_ context.Context, _ int64, ids []string) (found []*analytics.Activation, err error) {
	for range ids {
		found = append(found, &analytics.Activation{ActivationID: "a", Subject: 1, Status: analytics.Activated, StartAt: march(1), EndAt: march(11)})
	}
	return found, nil
}

func (g *groups) ListActivations(context.Context, int64, analytics.ActivationFilter, analytics.Page) ([]*analytics.Activation, error) {
	return g.Activations(nil, 0, make([]string, 3)) //nolint:staticcheck // of no use to it
}

func (g *groups) ListPartners(context.Context, int64) ([]*analytics.Partner, error) {
	return []*analytics.Partner{{Name: "p", Subject: 2}}, nil
}

func (g *groups) Partners(ctx context.Context, tenant int64, _ []uuid.UUID) ([]*analytics.Partner, error) {
	return g.ListPartners(ctx, tenant)
}

func (g *groups) Campaigns(context.Context, int64, []string) ([]*analytics.Campaign, error) {
	return []*analytics.Campaign{{CampaignKey: "c", Subject: 3}}, nil
}

func (g *groups) Extents(context.Context, int64, []int64) ([]analytics.Range, error) {
	return []analytics.Range{{Start: march(2), End: march(5)}}, nil
}

func (g *groups) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	g.mu.Lock()
	g.calls = append(g.calls, queries)
	g.mu.Unlock()
	out := make([]analytics.Answer, len(queries))
	for i, q := range queries {
		totals := func(n int64) []*analytics.Totals {
			each := &analytics.Totals{}
			for a := range each.Of {
				each.Of[a] = analytics.Total{Events: n, Starts: n, Sessions: n, Visitors: n}
			}
			return slices.Repeat([]*analytics.Totals{each}, len(q.Ranges))
		}
		out[i] = analytics.Answer{Totals: totals(1000), AsOf: march(20)}
		if q.By == nil {
			continue
		}
		for n, v := range g.values {
			out[i].Groups = append(out[i].Groups, analytics.Group{Values: v, Totals: totals(int64(n + 1))})
		}
		if out[i].Truncated = g.truncated; g.other {
			out[i].Other = totals(100)
		}
	}
	return out, nil
}

// asked is the queries of each call so far, with ranges left out.
func (g *groups) asked() (calls []string) {
	for _, queries := range g.calls {
		var each []string
		for _, q := range queries {
			text := fmt.Sprintf("%d %s want %d ranges %d", q.Subject, q.Kind, q.Want, len(q.Ranges))
			for _, c := range q.Where {
				text += fmt.Sprintf(" %s in %q not %q", c.Dimension, c.In, c.NotIn)
			}
			if q.By != nil {
				text += fmt.Sprintf(" by %v %v first %d values %q", q.By.By, q.By.Order, q.By.First, q.By.Values)
			}
			each = append(each, text)
		}
		slices.Sort(each)
		calls = append(calls, strings.Join(each, "; "))
	}
	g.calls = nil
	return calls
}

func march(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// over is the executor over a source.
func over(t *testing.T, from loaders.Source) *bundle {
	b := setup(t)
	server, err := New(Options{
		Source: from, Writer: writer{}, Auth: b, Edge: edge.New(0, time.Now), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return march(20) }, Timeout: 5 * time.Second,
		Freshness: func(ctx context.Context) (context.Context, func() analytics.Freshness) {
			return ctx, func() analytics.Freshness { return analytics.Freshness{MaxAge: analytics.AnyAge} }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Handler, b.limit = server, auth.Limit{}
	return b
}

// data is the answer to a query that must go well, on one line.
func (b *bundle) data(query string) string {
	b.t.Helper()
	w := b.do(http.MethodPost, "/graphql", body(query))
	var answer struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Errors != nil {
		b.t.Fatalf("%s\ngave %s", query, w.Body)
	}
	return string(answer.Data)
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

const partnerZero = `partner(uuid: "00000000-0000-0000-0000-000000000000")`

// A breakdown is one query that wants what its rows and other show and what its
// order needs.
func TestBreakdownAsksForWhatItShows(t *testing.T) {
	g := &groups{values: [][]string{{"web"}, {""}}, other: true}
	b := over(t, g)
	for _, c := range []struct{ query, asked, answer string }{
		{
			`{ activation(activationId: "a") { breakdown(by: [SOURCE]) { by truncated rows { values metrics { clickCount } } other { clickCount } } } }`,
			`1 event want 0 ranges 1 by [SOURCE] {EVENTS DESC} first 10 values []`,
			`{"activation":{"breakdown":{"by":["SOURCE"],"truncated":false,"rows":[{"values":["web"],"metrics":{"clickCount":1}},{"values":[null],"metrics":{"clickCount":2}}],"other":{"clickCount":100}}}}`,
		}, {
			`{ activation(activationId: "a") { breakdown(by: [SOURCE]) { ...of } } } fragment of on ActivationBreakdown { x: rows { y: metrics { uniqueSessionCount } } }`,
			`1 event want 1 ranges 1 by [SOURCE] {EVENTS DESC} first 10 values []`, "",
		}, {
			`{ activation(activationId: "a") { breakdown(by: [SOURCE]) { other { outboundSessionRate } } } }`,
			`1 event want 1 ranges 1 by [SOURCE] {EVENTS DESC} first 10 values []`, "",
		}, {
			`{ activation(activationId: "a") { breakdown(by: [SOURCE], first: 3, orderBy: { field: UNIQUES, direction: ASC }) { rows { values } } } }`,
			`1 event want 1 ranges 1 by [SOURCE] {UNIQUES ASC} first 3 values []`, "",
		}, {
			`{ ` + partnerZero + ` { breakdown(by: [PATH], orderBy: { field: VALUE }, where: []) { rows { values metrics { totalSessions } } other { uniqueUsers } range { start end } } } }`,
			`2 partner want 1 ranges 1 by [PATH] {VALUE DESC} first 10 values []`,
			`{"partner":{"breakdown":{"rows":[{"values":["web"],"metrics":{"totalSessions":1}},{"values":[null],"metrics":{"totalSessions":2}}],"other":{"uniqueUsers":100},"range":{"start":"2026-01-01T00:00:00Z","end":"2027-01-01T00:00:00Z"}}}}`,
		}, {
			`{ campaign(campaignKey: "c") { breakdown(by: [DEVICE], where: [{ dimension: COUNTRY, in: ["fr", null] }]) { rows { metrics { likes peakConcurrentViewers } } range { start } asOf } } }`,
			`3 campaign want 2 ranges 1 COUNTRY in ["" "FR"] not [] by [DEVICE] {EVENTS DESC} first 10 values []`,
			`{"campaign":{"breakdown":{"rows":[{"metrics":{"likes":1,"peakConcurrentViewers":0}},{"metrics":{"likes":2,"peakConcurrentViewers":0}}],"range":null,"asOf":"2026-03-20T00:00:00Z"}}}`,
		}, {
			`{ campaign(campaignKey: "c") { breakdown(by: [DEVICE], range: { dates: { startDate: "2026-03-02", endDate: "2026-03-03" } }, timeZone: "Europe/Paris") { other { chats } range { start end timeZone } } } }`,
			`3 campaign want 0 ranges 1 by [DEVICE] {EVENTS DESC} first 10 values []`,
			`{"campaign":{"breakdown":{"other":{"chats":100},"range":{"start":"2026-03-02T00:00:00+01:00","end":"2026-03-04T00:00:00+01:00","timeZone":"Europe/Paris"}}}}`,
		},
	} {
		answer := b.data(c.query)
		same(t, c.query, g.asked(), []string{c.asked})
		if c.answer != "" {
			same(t, c.query, answer, c.answer)
		}
	}
}

// Nothing outside the rows is null, and what could not be kept is said.
func TestBreakdownWithoutOther(t *testing.T) {
	g := &groups{values: [][]string{{"web"}}, truncated: true}
	b := over(t, g)
	same(t, "answer", b.data(`{ activation(activationId: "a") { breakdown(by: [SOURCE]) { truncated other { clickCount } otherTimeSeries(interval: DAY) { interval } } } }`),
		`{"activation":{"breakdown":{"truncated":true,"other":null,"otherTimeSeries":null}}}`)
	same(t, "calls", len(g.asked()), 1)
	g.values = nil
	same(t, "nothing", b.data(`{ activation(activationId: "a") { breakdown(by: [SOURCE]) { rows { values } } } }`), `{"activation":{"breakdown":{"rows":[]}}}`)
}

// However many rows there are, their series are one query, and so are those of
// several breakdowns one call.
func TestRowsShareTheirSeries(t *testing.T) {
	g := &groups{other: true}
	b := over(t, g)
	for _, rows := range []int{1, 2, 60} {
		g.values = nil
		for i := range rows {
			g.values = append(g.values, []string{fmt.Sprint(i), ""})
		}
		values := fmt.Sprintf("%q", g.values)
		b.data(`{ activation(activationId: "a") { breakdown(by: [SOURCE, PATH], first: 70, where: [{ dimension: DEVICE, notIn: [null] }]) { rows { timeSeries(interval: DAY) { points { metrics { clickCount } } } } } } }`)
		same(t, fmt.Sprint(rows, " rows"), g.asked(), []string{
			`1 event want 0 ranges 1 DEVICE in [] not [""] by [SOURCE PATH] {EVENTS DESC} first 70 values []`,
			`1 event want 0 ranges 10 DEVICE in [] not [""] by [SOURCE PATH] {EVENTS DESC} first 70 values ` + values,
		})
		var calls []string
		for range 3 { // a machine that is busy enough may part a batch
			b.data(`{ activations { nodes { breakdown(by: [SOURCE, PATH]) { rows { timeSeries(interval: WEEK) { points { metrics { uniqueSessionCount } } } } } } } }`)
			if calls = g.asked(); len(calls) == 2 && strings.Count(calls[1], ";") == 2 {
				break
			}
		}
		if len(calls) != 2 || strings.Count(calls[1], ";") != 2 {
			t.Errorf("%d rows of three activations took %q", rows, calls)
		}
		b.data(`{ campaign(campaignKey: "c") { breakdown(by: [SOURCE, PATH]) { rows { timeSeries(interval: HOUR) { points { metrics { totalViewers } } } } } } }`)
		same(t, fmt.Sprint(rows, " rows of a campaign"), g.asked(), []string{
			`3 campaign want 0 ranges 1 by [SOURCE PATH] {EVENTS DESC} first 10 values []`,
			`3 campaign want 1 ranges 72 by [SOURCE PATH] {EVENTS DESC} first 10 values ` + values,
		})
	}
}

// Each row's series is its own, of the breakdown's range in its zone.
func TestRowSeries(t *testing.T) {
	g := &groups{values: [][]string{{"web"}, {""}}, other: true}
	b := over(t, g)
	same(t, "series", b.data(`{ activation(activationId: "a") {
		breakdown(by: [SOURCE], timeZone: "Europe/Paris", range: { dates: { startDate: "2026-03-10", endDate: "2026-03-12" } }) {
			rows { timeSeries(interval: DAY) { interval timeZone points { start end partial metrics { clickCount range { start end } } } } }
			otherTimeSeries(interval: MONTH) { points { metrics { clickCount } } }
		} } }`),
		`{"activation":{"breakdown":{"rows":[`+row(1)+`,`+row(2)+`],"otherTimeSeries":{"points":[{"metrics":{"clickCount":100}}]}}}}`)
	same(t, "engagement", b.data(`{ `+partnerZero+` { breakdown(by: [SOURCE], range: { dates: { startDate: "2026-03-10", endDate: "2026-03-12" } }) {
		rows { timeSeries(interval: MONTH) { points { engagement { totalPageViews } } } } otherTimeSeries(interval: WEEK) { points { engagement { uniqueUsers } } } } } }`),
		`{"partner":{"breakdown":{"rows":[{"timeSeries":{"points":[{"engagement":{"totalPageViews":1}}]}},{"timeSeries":{"points":[{"engagement":{"totalPageViews":2}}]}}],"otherTimeSeries":{"points":[{"engagement":{"uniqueUsers":100}}]}}}}`)
	same(t, "campaign", b.data(`{ campaign(campaignKey: "c") { breakdown(by: [SOURCE]) { otherTimeSeries(interval: DAY) { points { start metrics { likes } } } } } }`),
		`{"campaign":{"breakdown":{"otherTimeSeries":{"points":[{"start":"2026-03-02T00:00:00Z","metrics":{"likes":100}},{"start":"2026-03-03T00:00:00Z","metrics":{"likes":100}},{"start":"2026-03-04T00:00:00Z","metrics":{"likes":100}}]}}}}`)
}

// row is the series of row number n over 10 and 11 March in Paris, cut off where
// the activation ends.
func row(n int) string {
	const first, middle, last = `"2026-03-10T00:00:00+01:00"`, `"2026-03-11T00:00:00+01:00"`, `"2026-03-11T01:00:00+01:00"`
	point := func(start, end string, partial bool) string {
		return fmt.Sprintf(`{"start":%s,"end":%s,"partial":%t,"metrics":{"clickCount":%d,"range":{"start":%[1]s,"end":%[2]s}}}`, start, end, partial, n)
	}
	return `{"timeSeries":{"interval":"DAY","timeZone":"Europe/Paris","points":[` + point(first, middle, false) + `,` + point(middle, last, true) + `]}}`
}

// All parts of a breakdown are compared with an earlier range in one query.
func TestPreviousOfParts(t *testing.T) {
	g := &groups{values: [][]string{{"web", "mobile"}, {"", "tv"}}, other: true}
	b := over(t, g)
	same(t, "previous", b.data(`{ `+partnerZero+` { breakdown(by: [SOURCE, DEVICE], where: [{ dimension: SOURCE, notIn: ["x"] }]) {
		rows { metrics { previous { totalPageViews } lastYear: previous(by: PREVIOUS_YEAR) { uniqueUsers previous { uniqueUsers } } } } } } }`),
		`{"partner":{"breakdown":{"rows":[{"metrics":{"previous":{"totalPageViews":1},"lastYear":{"uniqueUsers":1,"previous":{"uniqueUsers":1}}}},{"metrics":{"previous":{"totalPageViews":2},"lastYear":{"uniqueUsers":2,"previous":{"uniqueUsers":2}}}}]}}}`)
	const of = `ranges 1 SOURCE in [] not ["x"] by [SOURCE DEVICE] {EVENTS DESC} first 10 values `
	const rows = of + `[["web" "mobile"] ["" "tv"]]`
	same(t, "queries", g.asked(), []string{
		`2 partner want 0 ` + of + `[]`, `2 partner want 0 ` + rows + `; 2 partner want 1 ` + rows, `2 partner want 1 ` + rows,
	})
	same(t, "of other", b.data(`{ activation(activationId: "a") { breakdown(by: [SOURCE, DEVICE]) { other { clickCount previous { clickCount } } } } }`),
		`{"activation":{"breakdown":{"other":{"clickCount":100,"previous":{"clickCount":100}}}}}`)
}

// Filters reach every measure.
func TestFiltersReachEveryMeasure(t *testing.T) {
	g := &groups{}
	b := over(t, g)
	const where = `where: [{ dimension: PATH, in: ["/a"] }, { dimension: COUNTRY, notIn: ["de", null] }]`
	const filtered = ` COUNTRY in [] not ["" "DE"] PATH in ["/a"] not []`
	for query, calls := range map[string][]string{
		`{ activation(activationId: "a") { metrics(` + where + `) { clickCount } } }`:                         {`1 event want 0 ranges 1` + filtered},
		`{ activation(activationId: "a") { metrics(` + where + `) { clickCount previous { clickCount } } } }`: {`1 event want 0 ranges 1` + filtered, `1 event want 0 ranges 1` + filtered},
		`{ activation(activationId: "a") { timeSeries(interval: WEEK, ` + where + `) { points { metrics { uniqueSessionCount } } } } }`: {
			`1 event want 1 ranges 3` + filtered,
		},
		`{ ` + partnerZero + ` { engagement(` + where + `) { uniqueUsers previous { totalSessions } } } }`: {`2 partner want 1 ranges 1` + filtered, `2 partner want 0 ranges 1` + filtered},
		`{ ` + partnerZero + ` { timeSeries(interval: MONTH, ` + where + `) { points { engagement { totalSessions } } } } }`: {
			`2 partner want 0 ranges 12` + filtered,
		},
		`{ partnerLeaderboard(` + where + `) { edges { engagement { totalSessions uniqueUsers previous { totalSessions } } } } }`: {
			`2 partner want 0 ranges 1` + filtered, `2 partner want 1 ranges 1` + filtered, `2 partner want 0 ranges 1` + filtered,
		},
		`{ partnerLeaderboard(orderBy: { field: UNIQUE_USERS }, ` + where + `) { nodes { name } } }`:                   {`2 partner want 1 ranges 1` + filtered},
		`{ campaign(campaignKey: "c") { metrics(` + where + `) { likes } } }`:                                          {`3 campaign want 0 ranges 1` + filtered},
		`{ campaign(campaignKey: "c") { timeSeries(interval: DAY, ` + where + `) { points { metrics { likes } } } } }`: {`3 campaign want 0 ranges 3` + filtered},
		`{ campaign(campaignKey: "c") { metrics(where: []) { likes } } }`:                                              {`3 campaign want 0 ranges 1`},
	} {
		b.data(query)
		same(t, query, g.asked(), calls)
	}
}

// What cannot be asked for is refused with the field, the bound and the value.
func TestBadBreakdowns(t *testing.T) {
	g := &groups{values: [][]string{{"web"}, {""}}}
	b := over(t, g)
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprintf("%q", fmt.Sprint(i)))
	}
	for arguments, want := range map[string]string{
		`by: []`:                                 `by: must name 1 to 2 dimensions, got 0`,
		`by: [SOURCE, MEDIUM, PATH]`:             `by: must name 1 to 2 dimensions, got 3`,
		`by: [SOURCE, SOURCE]`:                   `by: must name each dimension once, got SOURCE twice`,
		`by: [SOURCE], first: 0`:                 `first: must be from 1 to 1000, got 0`,
		`by: [SOURCE], first: -1`:                `first: must be from 1 to 1000, got -1`,
		`by: [SOURCE], first: 1001`:              `first: must be from 1 to 1000, got 1001`,
		`by: SOURCE, where: { dimension: PATH }`: `where: must give in or notIn for PATH`,
		`by: SOURCE, where: { dimension: PATH, in: ["` + strings.Repeat("x", 513) + `"] }`:  `where.in: must be 0 to 512 bytes long, got 513`,
		`by: SOURCE, where: { dimension: PATH, notIn: [` + strings.Join(many, ", ") + `] }`: `where.notIn: must have at most 100 values, got 101`,
	} {
		for _, noun := range []string{`activation(activationId: "a")`, partnerZero, `campaign(campaignKey: "c")`} {
			w := b.do(http.MethodPost, "/graphql", body(fmt.Sprintf(`{ %s { breakdown(%s) { truncated } } }`, noun, arguments)))
			if got := w.Body.String(); !strings.Contains(got, want) || !strings.Contains(got, `"code":"BAD_USER_INPUT"`) {
				t.Errorf("breakdown(%s) of %s says %s, want %s", arguments, noun, got, want)
			}
		}
	}
	same(t, "calls", len(g.asked()), 0)

	for i := range 100 {
		g.values = append(g.values, []string{fmt.Sprint(i)})
	}
	w := b.do(http.MethodPost, "/graphql", body(`{ `+partnerZero+` { breakdown(by: SOURCE, first: 200) { rows { timeSeries(interval: HOUR) { interval } } } } }`))
	if !strings.Contains(w.Body.String(), `interval: HOUR for 102 rows gives 893520 points, more than 50000`) {
		t.Errorf("too many points: %.300s", w.Body)
	}
}
