package graph

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"footfall/analytics"
	"footfall/graph/generated"
	"footfall/graph/plain"
	"footfall/loaders"
)

// invented is a source of three nouns whose every range has other totals, and
// now and then none.
type invented struct{ loaders.Source }

var (
	inventedNow  = time.Date(2026, 3, 15, 12, 34, 56, 789000, time.UTC)
	inventedUUID = uuid.MustParse("7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a10")
)

func (invented) Activations(_ context.Context, _ int64, ids []string) ([]*analytics.Activation, error) {
	out := make([]*analytics.Activation, len(ids))
	for i, id := range ids {
		out[i] = activationOf(id)
	}
	return out, nil
}

func activationOf(id string) *analytics.Activation {
	return &analytics.Activation{
		ActivationID: id, EventKey: "key \"of\"\n" + id, EventName: "n\u00e4me <&>", Tier: "\\", Status: analytics.Activated,
		StartAt: inventedNow.AddDate(0, -1, 0), EndAt: inventedNow.AddDate(0, 1, 0), Subject: 1,
	}
}

func (invented) ListActivations(context.Context, int64, analytics.ActivationFilter, analytics.Page) ([]*analytics.Activation, error) {
	var out []*analytics.Activation
	for i := range 40 {
		out = append(out, activationOf(fmt.Sprint(i)))
	}
	return out, nil
}

func (invented) CountActivations(context.Context, int64, analytics.ActivationFilter) (int, error) {
	return 40, nil
}

func (invented) CountCampaigns(context.Context, int64, analytics.CampaignFilter) (int, error) {
	return 41, nil
}

func (invented) Campaigns(_ context.Context, _ int64, keys []string) ([]*analytics.Campaign, error) {
	out := make([]*analytics.Campaign, len(keys))
	for i, k := range keys {
		out[i] = &analytics.Campaign{CampaignKey: k, Title: k, ScheduledAt: inventedNow, Subject: 2}
	}
	return out, nil
}

func (invented) ListCampaigns(context.Context, int64, analytics.CampaignFilter, analytics.Page) ([]*analytics.Campaign, error) {
	var out []*analytics.Campaign
	for i := range 40 {
		c := &analytics.Campaign{CampaignKey: fmt.Sprint(i), Title: "t", ScheduledAt: inventedNow, Subject: 2}
		if i%3 == 0 {
			c.StartedAt = &inventedNow
		}
		out = append(out, c)
	}
	return out, nil
}

func (s invented) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	all, err := s.ListPartners(ctx, tenant)
	out := make([]*analytics.Partner, len(uuids))
	for i, id := range uuids {
		out[i] = all[id[15]]
	}
	return out, err
}

func (invented) ListPartners(context.Context, int64) ([]*analytics.Partner, error) {
	var out []*analytics.Partner
	for i := range 40 {
		p := &analytics.Partner{UUID: inventedUUID, Name: fmt.Sprint("p\t", i), PartnerType: analytics.Referral, Subject: int64(i)}
		p.UUID[15] = byte(i)
		switch i % 3 {
		case 0:
			lead := analytics.LeadDirection("SENT")
			p.LeadDirection, p.LogoUUID = &lead, &p.UUID
		case 1:
			p.Tier = &analytics.PartnerGroup{UUID: p.UUID, Name: "gold"}
			p.Categories = []*analytics.PartnerGroup{p.Tier, {UUID: inventedUUID, Name: "\""}}
		}
		out = append(out, p)
	}
	return out, nil
}

func (invented) Extents(context.Context, int64, []int64) ([]analytics.Range, error) {
	return []analytics.Range{{Start: inventedNow.AddDate(0, 0, -40).Truncate(time.Hour), End: inventedNow.Truncate(time.Hour)}}, nil
}

func (invented) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	out := make([]analytics.Answer, len(queries))
	for i, q := range queries {
		for _, r := range q.Ranges {
			t := analytics.Totals{}
			for a := range t.Of {
				n := (r.Start.Unix()/900 + int64(a) + q.Subject) % 7
				t.Of[a] = analytics.Total{Events: n * 1e6, Starts: n / 2, Micros: n * 1234567, Sessions: n, Visitors: n / 3}
			}
			t.Sessions, t.Peak, t.PeakAt = t.Of[0].Sessions, t.Of[1].Sessions, r.Start.UnixMicro()
			out[i].Totals = append(out[i].Totals, t.Keep())
		}
		out[i].AsOf = inventedNow
	}
	return out, nil
}

// byGqlgen leaves every field to gqlgen.
func byGqlgen(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }

// inventedServer answers from the invented source; fields are answered as is said.
func inventedServer(t testing.TB, fields graphql.FieldMiddleware) func(query string) string {
	t.Helper()
	server, err := New(Options{
		Source: invented{}, Auth: &bundle{}, Log: silent, Now: func() time.Time { return inventedNow }, Timeout: time.Minute, fields: fields,
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(query string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(body(query)))
		r.Header.Set("Authorization", "key:1")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		return w.Body.String()
	}
}

type place struct{ element, before, after string }

// places are the fields that random selections are made below, each with how to
// reach it. The series have 90 days of the tenant's zone, or their hours.
var places = []place{
	{"ActivationPoint", `{ activation(activationId: "a") { timeSeries(interval: DAY, timeZone: "Europe/Paris") { interval points {`, `} } } }`},
	{"ActivationPoint", `{ activation(activationId: "a") { timeSeries(interval: HOUR, timeZone: "Africa/Monrovia") { points {`, `} } } }`},
	{"PartnerPoint", `{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a01") { timeSeries(interval: WEEK) { points {`, `} } } }`},
	{"CampaignPoint", `{ campaign(campaignKey: "c") { timeSeries(interval: DAY, timeZone: "Asia/Kathmandu") { points {`, `} } } }`},
	{"PartnerLeaderboardEdge", `{ partnerLeaderboard(first: 30) { edges {`, `} totalCount } }`},
	{"Partner", `{ partnerLeaderboard(first: 30) { nodes {`, `} } }`},
	{"ActivationEdge", `{ activations(first: 30) { edges {`, `} } }`},
	{"Activation", `{ activations(first: 30) { nodes {`, `} } }`},
	{"Campaign", `{ campaigns(first: 30) { nodes {`, `} } }`},
	{"Activation", `{ activation(activationId: "a") {`, `} }`},
	{"ActivationMetrics", `{ activations(first: 30) { nodes { activationId metrics {`, `} } } }`},
	{"ActivationMetrics", `{ activation(activationId: "a") { a: metrics { clickCount } metrics {`, `} } }`},
	{"Partner", `{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a01") {`, `} }`},
	{"PartnerEngagement", `{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a01") { engagement {`, `} } }`},
	{"CampaignMetrics", `{ campaigns(first: 30) { nodes { metrics {`, `} } } }`},
	{"CampaignAudience", `{ campaign(campaignKey: "c") { audience(points: 7) {`, `} } }`},
}

// selections draws a selection of the type, with all that a document may have.
func selections(t *rapid.T, schema *ast.Schema, typ string, depth int) string {
	var b strings.Builder
	def := schema.Types[typ]
	n := rapid.IntRange(1, 6).Draw(t, "fields")
	for i := range n {
		f := rapid.SampledFrom(def.Fields).Draw(t, "field")
		if depth > 3 || rapid.IntRange(0, 9).Draw(t, "typename") == 0 {
			f = &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)}
		}
		required := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
		if f.Arguments != nil && (required || rapid.IntRange(0, 3).Draw(t, "resolver") > 0) {
			f = def.Fields[0] // seldom, or hardly a selection would be plain
		}
		text := fmt.Sprintf("a%d_%d: %s", depth, i, f.Name)
		switch rapid.IntRange(0, 9).Draw(t, "directive") {
		case 0:
			text += " @skip(if: true)"
		case 1:
			text += " @include(if: true)"
		}
		if fields := schema.Types[f.Type.Name()].Fields; len(fields) > 0 {
			text += " { " + selections(t, schema, f.Type.Name(), depth+1) + " }"
		}
		switch rapid.IntRange(0, 9).Draw(t, "fragment") {
		case 0:
			text = "... on " + typ + " { " + text + " }"
		case 1:
			text = "... @include(if: true) { " + text + " " + text + " }"
		}
		b.WriteString(text + " ")
	}
	return b.String() + "z: __typename"
}

// TestPlainTextIsGqlgens: whatever is selected, what is written plainly has the
// bytes that gqlgen gives it.
func TestPlainTextIsGqlgens(t *testing.T) {
	t.Parallel()
	plainly, gqlgen := inventedServer(t, writePlainly), inventedServer(t, byGqlgen)
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom(places).Draw(t, "place")
		query := l.before + selections(t, schema, l.element, 0) + l.after
		got, want := plainly(query), gqlgen(query)
		if got != want {
			t.Fatalf("%s\ngot  %.2000s\nwant %.2000s", query, got, want)
		}
		if !strings.HasPrefix(got, `{"data":{`) {
			t.Fatalf("%s gave %.300s", query, got)
		}
	})
}

// TestEveryPlainFieldIsWritten: of a point and of what is below it, each field
// without a resolver is written plainly. One that is not needs its type among
// plainTypes, or its Go type in package plain.
func TestEveryPlainFieldIsWritten(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	var written sync.Map // names of types
	ask := inventedServer(t, func(ctx context.Context, next graphql.Resolver) (any, error) {
		v, err := writePlainly(ctx, next)
		if _, ok := v.(*plain.JSON); ok {
			written.Store(graphql.GetFieldContext(ctx).Field.Definition.Type.Name(), true)
		}
		return v, err
	})
	seen := map[string]bool{}
	var visit func(root, typ, before, after string)
	visit = func(root, typ, before, after string) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range schema.Types[typ].Fields {
			if resolverFields[strings.ToLower(typ+"."+f.Name)] {
				continue
			}
			selection, nested := f.Name, len(schema.Types[f.Type.Name()].Fields) > 0
			if nested {
				selection += " { __typename }"
			}
			written.Clear()
			got := ask(before + selection + after)
			if _, ok := written.Load(root); !ok {
				t.Errorf("%s.%s is not plain, though no resolver is known of: %.200s", typ, f.Name, got)
			} else if nested {
				visit(root, f.Type.Name(), before+f.Name+" { ", " }"+after)
			}
		}
	}
	for _, root := range []string{"ActivationPoint", "PartnerPoint", "CampaignPoint", "PartnerLeaderboardEdge", "CampaignAudience"} {
		place := places[slices.IndexFunc(places, func(p place) bool { return p.element == root })]
		visit(root, root, place.before, place.after)
	}
}

// TestLongResolvedListsAreRefused: what needs a resolver for each of very many
// points is an error that names both bounds.
func TestLongResolvedListsAreRefused(t *testing.T) {
	t.Parallel()
	ask := inventedServer(t, writePlainly)
	const series = `{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a01") { timeSeries(interval: QUARTER_HOUR) { points { engagement { %s } } } } }`
	got := ask(fmt.Sprintf(series, "previous { totalSessions }"))
	if !strings.Contains(got, `"code":"BAD_USER_INPUT"`) || !strings.Contains(got, "35040 elements") || !strings.Contains(got, "10000") {
		t.Errorf("got %.500s", got)
	}
	if got = ask(fmt.Sprintf(series, "totalSessions")); strings.Count(got, "totalSessions") != 35040 {
		t.Errorf("got %d points: %.300s", strings.Count(got, "totalSessions"), got)
	}
}

// A long list costs neither a goroutine a point nor more than a few allocations.
func TestPlainListsCostLittle(t *testing.T) {
	ask := inventedServer(t, writePlainly)
	const query = `{ partner(uuid: "7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a01") { timeSeries(interval: QUARTER_HOUR) { points { start end partial engagement { totalSessions uniqueUsers } } } } }`
	if n := bytes.Count([]byte(ask(query)), []byte("partial")); n != 35040 {
		t.Fatalf("%d points", n)
	}
	const most = 6 // the point, its measures, what the invented source takes
	perPoint := testing.AllocsPerRun(3, func() { ask(query) }) / 35040
	t.Logf("%.2f allocations a point", perPoint)
	if perPoint > most {
		t.Errorf("%.1f allocations a point, want at most %d", perPoint, most)
	}
}
