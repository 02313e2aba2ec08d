package cost_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"pgregory.net/rapid"

	"footfall/graph/cost"
)

// Whatever lists lie in lists, a cost is within its bounds, and never gets
// smaller by asking for more.
func TestCostGrowsWithFirst(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, library)
	m := modelOf(t, schema)
	of := func(query string) int64 {
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatal(err)
		}
		return m.Estimate(doc, doc.Operations[0], nil)
	}
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.SliceOfN(rapid.Int64(), 1, 8).Draw(t, "first of each level")
		more := rapid.Int64Range(0, math.MaxInt64).Draw(t, "more")
		at := rapid.IntRange(0, len(levels)-1).Draw(t, "at")
		before := of(nested(levels))
		if levels[at] <= math.MaxInt64-more {
			levels[at] += more
		}
		after := of(nested(levels))
		if before < 1 || after < before || after > cost.Ceiling {
			t.Errorf("%d, and with %d more %d", before, more, after)
		}
	})
	if got := of(nested([]int64{math.MaxInt64, math.MaxInt64, math.MaxInt64})); got != cost.Ceiling {
		t.Errorf("the largest costs %d", got)
	}
}

// nested is a query of connections in connections.
func nested(first []int64) string {
	inner := "{ name }"
	for _, n := range first {
		inner = fmt.Sprintf("{ books(first: %d) { nodes { words author %s } total } }", n, inner)
	}
	return inner
}

// Fragments that double at every level are two to the power of many selections,
// and are computed at once.
func TestFragmentsAreLinear(t *testing.T) {
	t.Parallel()
	const levels = 400
	var b strings.Builder
	b.WriteString("{ shelf { ...F0 } } ")
	for i := range levels {
		fmt.Fprintf(&b, "fragment F%d on Book { author { a: best { ...F%d } b: best { ...F%d } } } ", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Book { words }", levels)
	doc, err := parser.ParseQuery(&ast.Source{Input: b.String()})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if got := modelOf(t, schemaOf(t, library)).Estimate(doc, doc.Operations[0], nil); got != cost.Ceiling {
		t.Errorf("costs %d", got)
	}
	shape := cost.ShapeOf(doc, doc.Operations[0])
	if shape.Aliases < cost.Ceiling || shape.Depth != 2*levels+2 {
		t.Errorf("the shape is %+v", shape)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// No document is too strange to be measured: whatever the parser lets through,
// also what validation would refuse.
func FuzzCost(f *testing.F) {
	for _, query := range []string{
		`{ activations(first: 99999999999999999999) { nodes { timeSeries(interval: DAY) { points { metrics { clickCount } } } } } }`,
		`query($n: Int = -1) { partnerLeaderboard(first: $n) { edges { engagement { previous { previous { uniqueUsers } } } } } }`,
		`{ node(id: "x") { ...F ... on Campaign { metrics { peakAt } } } } fragment F on Node { id ...F }`,
		`{ __schema { types { fields { type { ofType { ofType { name } } } } } } }`,
		`mutation { recordEvents(events: [[{ id: [[{}]] }], null, 7]) { rejected { code } } }`,
		`query($x: Boolean) { a: __typename @include(if: $x) @skip(if: 7) b: partner(uuid: {a: $x}) { categories { name } } }`,
	} {
		f.Add(query, int64(3))
	}
	schema := gateway()
	m, err := cost.New(schema, map[string]cost.Size{"Activation.timeSeries": func(arguments map[string]any, _ int64) (int64, int64, bool) {
		n, ok := arguments["interval"].(int64)
		return n, n, ok
	}}, map[string]cost.Frame{"Activation.breakdown": func(arguments map[string]any) int64 { return int64(len(arguments)) }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string, n int64) {
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, 5000)
		if err != nil {
			return
		}
		valid := validator.ValidateWithRules(schema, doc, nil) == nil
		for _, op := range doc.Operations {
			variables := map[string]any{}
			for _, v := range op.VariableDefinitions {
				variables[v.Variable] = n
			}
			got := m.Estimate(doc, op, variables)
			shape := cost.ShapeOf(doc, op)
			if got < 0 || got > cost.Ceiling || valid && (got < 1 || shape.Depth < 1 || shape.RootFields < 1) {
				t.Errorf("%s costs %d, %+v", query, got, shape)
			}
		}
	})
}

// What ran counts as it came: lists by their length, nothing twice.
func TestActual(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, library)
	m := modelOf(t, schema)
	for _, c := range []struct {
		query, data string
		want        int64
	}{
		{`{ books(first: 100) { nodes { id } } }`, `{"books":{"nodes":[{"id":1},{"id":2}]}}`, 9 + 4},
		{`{ b: books(first: 100) { n: nodes { id words } total } }`, `{"b":{"n":[{"id":1,"words":2}],"total":null}}`, 9 + 2 + 5},
		{`{ books { nodes { id } } books { total } }`, `{"books":{"nodes":[],"total":3}}`, 9},
		{`{ books { nodes { id } } }`, `{"books":null}`, 8},
		{`{ books { nodes { id } } }`, `null`, 0},
		{`{ books { nodes { id } } }`, ``, 0},
		{`{ open(id: 1) { id ... on Book { words } ... on Author { best { id } } } }`, `{"open":{"id":1,"words":4}}`, 1 + 2 + 5},
		{`{ open(id: 1) { id ... on Book { words } ...A } } fragment A on Author { best { id } }`, `{"open":{"id":1,"best":{"id":2}}}`, 1 + 1 + 2},
		{`{ shelf { id } }`, `{"shelf":[null,{"id":1}]}`, 1 + 2},
		{`{ color @skip(if: true) __typename }`, `{"__typename":"Query"}`, 1},
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema, c.query, nil)
		if errs != nil {
			t.Fatal(errs)
		}
		op := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
		if got := m.Actual(op, []byte(c.data)); got != c.want {
			t.Errorf("%s\n  cost %d with %s, want %d", c.query, got, c.data, c.want)
		}
	}
}

func BenchmarkEstimate(b *testing.B) {
	schema := gateway()
	m := modelOf(b, schema)
	doc, errs := gqlparser.LoadQueryWithRules(schema, `query($first: Int!) { partnerLeaderboard(first: $first, range: { period: LAST_30_DAYS }) {
		edges { rank node { uuid name categories { name } timeSeries(interval: DAY) { points { start engagement { totalSessions } } } }
		engagement { uniqueUsers totalSessions previous { uniqueUsers totalSessions } } } pageInfo { endCursor hasNextPage } totalCount } }`, nil)
	if errs != nil {
		b.Fatal(errs)
	}
	variables := map[string]any{"first": int64(100)}
	b.ReportAllocs()
	for b.Loop() {
		m.Estimate(doc, doc.Operations[0], variables)
		cost.ShapeOf(doc, doc.Operations[0])
	}
}
