package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
)

var asParts = http.Header{"Content-Type": {"application/json"}, "Accept": {"multipart/mixed;deferSpec=20220824,application/json"}, "Cache-Control": {"no-cache"}}

// part is one piece of a deferred answer.
type part struct {
	Data        any
	HasNext     *bool
	Errors      []problemOf
	Incremental []struct {
		Data   any
		Path   []any
		Label  string
		Errors []problemOf
	}
}

// parts asks and reads the parts of the answer, which end as they should.
func (b *bundle) parts(query string) (all []part, bodies []string) {
	b.t.Helper()
	a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), asParts)
	media, params, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	ok(b.t, err)
	if a.status != http.StatusOK || media != "multipart/mixed" || params["deferspec"] != "20220824" {
		b.t.Fatalf("%s gave %d %v %.500s", query, a.status, a.header, a.body)
	}
	for r := multipart.NewReader(strings.NewReader(a.body), params["boundary"]); ; {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		ok(b.t, err)
		text, err := io.ReadAll(p)
		ok(b.t, err)
		var read part
		ok(b.t, json.Unmarshal(text, &read))
		all, bodies = append(all, read), append(bodies, string(text))
		if read.HasNext == nil {
			b.t.Fatalf("a part without hasNext: %s", text)
		}
	}
	for i, p := range all {
		equal(b.t, "more follows", *p.HasNext, i < len(all)-1)
	}
	return all, bodies
}

// merge puts the fragments where they belong.
func merge(all []part) any {
	for _, p := range all[1:] {
		for _, f := range p.Incremental {
			into := all[0].Data
			for _, step := range f.Path {
				switch step := step.(type) {
				case string:
					into = into.(map[string]any)[step]
				case float64:
					into = into.([]any)[int(step)]
				}
			}
			maps.Copy(into.(map[string]any), f.Data.(map[string]any))
		}
	}
	return all[0].Data
}

func (b *bundle) deferWorld() {
	b.t.Helper()
	var inputs, lines []string
	for i := range 40 {
		inputs = append(inputs, fmt.Sprintf(`name: "p%d", partnerType: REFERRAL`, i))
		lines = append(lines, view(fmt.Sprint(i), uuidOf(i+1), "u", "2026-03-01T10:00:00Z"))
	}
	b.upsertPartners(1, inputs...)
	b.record(lines...)
}

const (
	marchOf  = `range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }`
	boardOf  = `partnerLeaderboard(` + marchOf + `, first: 30) { totalCount nodes { name `
	boardEnd = ` } }`
)

// What an answer in parts cost is not known before the last of them.
func TestDeferredCost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deferWorld()
	header := asParts.Clone()
	header.Set("X-Footfall-Cost", "1")
	query := `{ ` + boardOf + `... @defer { engagement(` + marchOf + `) { totalPageViews } }` + boardEnd + ` }`
	body := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), header).body
	if strings.Count(body, `"extensions":{"cost":{"estimated":`) != 1 || strings.Contains(body, `"actual"`) || !strings.Contains(body, `"path":[`) {
		t.Error(body)
	}
}

// Deferred, whole and undeferred are one answer.
func TestDefer(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge)
	b.deferWorld()
	const detail = `engagement(` + marchOf + `) { totalPageViews previous { totalPageViews } }`
	plainly := `{ ` + boardOf + detail + boardEnd + ` }`
	marked := `{ ` + boardOf + `... @defer(label: "detail") { engagement(` + marchOf + `) { totalPageViews ...P @defer } }` + boardEnd + ` } fragment P on PartnerEngagement { previous { totalPageViews } }`
	want := b.ask(plainly)
	equal(t, "page views", number(want, "partnerLeaderboard.nodes.7.engagement.totalPageViews"), 1)

	alone := b.unattended()
	statements := alone.store.Statements()
	all, bodies := alone.parts(marked)
	if n := alone.store.Statements() - statements; n > 8 { // authentication, partners, and one for each depth
		t.Errorf("%d statements for 30 partners: the deferred loads do not batch", n)
	}
	if strings.Contains(bodies[0], "engagement") || !strings.Contains(bodies[0], `"totalCount":40`) {
		t.Errorf("the first part is %.300s", bodies[0])
	}
	labels := 0
	for _, p := range all {
		for _, f := range p.Incremental {
			if f.Label == "detail" {
				labels++
				if _, early := at(f.Data, "engagement").(map[string]any)["previous"]; early {
					t.Fatalf("what is deferred within came early: %v", f.Data)
				}
			}
		}
	}
	equal(t, "fragments with a label", labels, 30)
	matches(t, merge(all), encoded(want))

	whole := func(header http.Header) {
		t.Helper()
		for range 2 {
			a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": marked}), header)
			if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || strings.Contains(a.body, "hasNext") {
				t.Fatalf("got %v %.300s", a.header, a.body)
			}
			var response struct{ Data any }
			ok(t, json.Unmarshal([]byte(a.body), &response))
			matches(t, response.Data, encoded(want))
		}
	}
	whole(asJSON)
	whole(http.Header{"Content-Type": {"application/json"}}) // twice: from the edge
	rows := b.table(`{ partnerLeaderboard(` + marchOf + `, first: 30) { nodes { name ... @defer { engagement(` + marchOf + `) { totalPageViews } } } } }`)
	equal(t, "deferred in a table", rows[8][1], "1")
	for _, undeferred := range []string{
		strings.Replace(marked, `label: "detail"`, `if: false`, 1), // the inner one goes on
	} {
		all, _ = b.parts(undeferred)
		matches(t, merge(all), encoded(want))
	}
	var many strings.Builder
	for i := range 7 { // of 30 partners
		fmt.Fprintf(&many, `... @defer { e%d: engagement(%s) { totalPageViews } } `, i, marchOf)
	}
	a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": `{ ` + boardOf + many.String() + boardEnd + ` }`}), asParts)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || strings.Contains(a.body, "hasNext") || strings.Count(a.body, `"totalPageViews":1`) != 7*30 {
		t.Errorf("more than may be put off gave %v %.500s", a.header, a.body)
	}
	b.activate("long", "e", "2016-01-01T00:00:00Z", "2026-01-01T00:00:00Z") // priced as any, but there are points enough
	a = b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": `{ activation(activationId: "long") { timeSeries(interval: WEEK) { points { metrics { ... @defer { previous { clickCount } } } } } } }`}), asParts)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || strings.Count(a.body, `"previous"`) < 500 {
		t.Errorf("a long series gave %v %.500s", a.header, a.body)
	}
	a = b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": `{ ... @defer { partnerLeaderboard { totalCount } } }`}), asParts)
	if !strings.HasPrefix(a.body, `{"data":{"partnerLeaderboard":{"totalCount":40}}`) {
		t.Errorf("nothing to put off: %s", a.body)
	}
}

// Parts are never kept at the edge, wrong questions are refused as ever, and an
// error in a fragment is the fragment's.
// However fragments are nested and whatever they share, the parts together are the
// answer, without waiting for anything.
func TestDeferOverlaps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act_1", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	b.campaigns("show")
	const activation, campaign = `activation(activationId: "act_1")`, `campaign(campaignKey: "show")`
	node := fmt.Sprintf(`node(id: %q)`, at(b.ask(`{ `+activation+` { id } }`), "activation.id"))
	for _, query := range []string{
		`{ ` + campaign + ` { title ... @defer { metrics { likes } ... @defer { audience { stepSeconds } } } } }`,
		`{ ` + activation + ` { ... @defer { metrics { clickCount } } ... @defer { metrics { outboundClickCount } } } }`,
		`{ ` + activation + ` { ... @defer(label: "one") { metrics { clickCount } } ... @defer(label: "one") { metrics { outboundClickCount } } } }`,
		`{ ` + activation + ` { ... @defer { ... @defer { metrics { clickCount } } } } }`,
		`{ ` + activation + ` { ...A @defer ...B @defer } } fragment A on Activation { metrics { clickCount } } fragment B on Activation { tier metrics { outboundClickCount } }`,
		`{ campaigns(first: 3) { nodes { title ... @defer { metrics { likes } ... @defer { audience(points: 3) { stepSeconds } } } } } }`,
		`{ ...Root @defer ` + campaign + ` { title ... @defer { metrics { likes } } } } fragment Root on Query { __typename ` + activation + ` { eventName ... @defer(label: "x") { metrics { clickCount } } } }`,
		`query($d: Boolean = true) { ... @include(if: $d) @defer(if: $d) { ` + activation + ` { eventName ... @defer(if: $d, label: "x") { metrics { clickCount } } } } }`,
		// What is selected of a node of another type has the same names and is put off elsewhere.
		`{ ` + node + ` { ... on Activation { metrics { clickCount ... @defer { previous { clickCount } } } } ... on Campaign { metrics { likes } } } }`,
		`{ ` + node + ` { ... on Campaign { metrics { likes } } ... on Activation { metrics { clickCount ... @defer { previous { clickCount } } } } } }`,
		`{ ` + node + ` { ... on Partner { m: engagement { totalPageViews ... @defer { p: previous { totalPageViews } } } } ... on Activation { m: metrics { clickCount ... @defer { previous { clickCount } } } } } }`,
		`{ ` + node + ` { ... on Activation @defer { timeSeries(interval: DAY) { interval } } ... on Campaign { timeSeries(interval: DAY) { interval } } } }`,
	} {
		all, bodies := b.parts(query)
		want := b.ask(regexp.MustCompile(`@defer(\([^)]*\))?`).ReplaceAllString(query, ""))
		if got := merge(all); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the parts %s make %v, want %v", query, bodies, got, want)
		}
		if strings.Contains(bodies[0], "null") || regexp.MustCompile(`"metrics":.*"metrics":`).MatchString(bodies[0]) {
			t.Errorf("%s: the first part %s has null for what comes later, or a name twice", query, bodies[0])
		}
		for _, p := range all {
			for _, f := range p.Incremental {
				if strings.ContainsAny(f.Label, " 0123456789") {
					t.Errorf("%s: the label %q is not the client's", query, f.Label)
				}
			}
		}
	}
}

func TestDeferFailures(t *testing.T) {
	t.Parallel()
	b := setup(t, withEdge)
	b.deferWorld()
	ask := func(detail string) string {
		return fmt.Sprintf(`{ partner(uuid: %q) { name ... @defer { %s } } }`, uuidOf(1), detail)
	}
	cached := asParts.Clone()
	cached.Del("Cache-Control")
	for range 2 {
		hits := b.edge.Hits()
		a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": ask(`engagement(` + marchOf + `) { totalPageViews }`)}), cached)
		if !strings.Contains(a.body, `"hasNext":false`) || b.edge.Hits() != hits {
			t.Fatalf("got %.300s with %d hits", a.body, b.edge.Hits()-hits)
		}
	}
	all, _ := b.parts(ask(`timeSeries(interval: QUARTER_HOUR, range: { dates: { startDate: "2010-01-01", endDate: "2026-03-31" } }) { points { start } }`))
	last := all[len(all)-1].Incremental
	if len(last) != 1 || len(last[0].Errors) != 1 || last[0].Errors[0].code() != "BAD_USER_INPUT" || at(all[0].Data, "partner.name") != "p0" {
		t.Errorf("got %+v", all)
	}
	a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": ask(`nothing`)}), asParts)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || !strings.Contains(a.body, "nothing") {
		t.Errorf("got %v %.300s", a.header, a.body)
	}
	a = b.as("").do(http.MethodPost, "/graphql", encoded(map[string]any{"query": ask(`id`)}), asParts)
	equal(t, "without a key", a.status, http.StatusUnauthorized)
}

// A deferred fragment that outlasts the request's time ends the answer with an
// error, and takes its statement with it.
func TestDeferTimesOut(t *testing.T) {
	b := setup(t, func(c *settings) { c.serving.Timeout = 3 * time.Second })
	b.deferWorld()
	query := fmt.Sprintf(`{ partner(uuid: %q) { name ... @defer { engagement(%s) { totalPageViews } } } }`, uuidOf(1), marchOf)
	b.parts(query)
	await.Until(t, "the goroutines of its subscription are there", b.cache.Informed)
	before := runtime.NumGoroutine()
	conn, err := pgx.Connect(t.Context(), b.conf.database)
	ok(t, err)
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE cells IN ACCESS EXCLUSIVE MODE")
	ok(t, err)
	hasty := asParts.Clone()
	hasty.Set("Prefer", "wait=1")
	for _, header := range []http.Header{asParts, hasty} {
		a := b.do(http.MethodPost, "/graphql", encoded(map[string]any{"query": query}), header)
		if !strings.Contains(a.body, `{"data":{"partner":{"name":"p0"}},"hasNext":true}`) ||
			!strings.Contains(a.body, `"code":"UNAVAILABLE"`) || !strings.HasSuffix(a.body, "--footfall--\r\n") {
			t.Errorf("got %s", a.body)
		}
		b.cancelled()
	}
	ok(t, conn.Close(t.Context()))
	await.Until(t, "every goroutine of the deferred fragment ends", func() bool { return runtime.NumGoroutine() <= before })
}
