package cost_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"footfall/graph/cost"
	"footfall/graph/generated"
)

// directives are declared as the gateway's schema declares them.
const directives = `
	directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
	directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`

// library is a schema with every kind of weight and size.
const library = directives + `
	type Query {
		books(first: Int = 10, last: Int): Books @cost(weight: "7") @listSize(slicingArguments: ["first", "last"], sizedFields: ["nodes", "edges"])
		shelf: [Book!] @listSize(assumedSize: 4)
		open(id: ID!, hint: Hint @cost(weight: "3")): Thing
		color: Color
		light: Int @cost(weight: "0.25")
	}
	type Mutation { add(books: [BookInput!], n: Int): Book }
	type Books { nodes: [Book!]! edges: [Edge!]! total: Int }
	type Edge { node: Book! }
	interface Thing { id: ID }
	type Book implements Thing @cost(weight: "2") { id: ID title: String author: Author pages: [Int!] words: Int @cost(weight: "5") }
	type Author implements Thing {
		id: ID name: String best: Book
		books(first: Int = 10): Books @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
	}
	enum Color @cost(weight: "6") { RED }
	input Hint { deep: Hint text: String @cost(weight: "4") }
	input BookInput { title: String authors: [Hint!] }
`

func schemaOf(t testing.TB, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func modelOf(t testing.TB, schema *ast.Schema) *cost.Model {
	t.Helper()
	m, err := cost.New(schema, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// estimate is what a valid operation costs.
func estimate(t testing.TB, schema *ast.Schema, query string, given map[string]any) int64 {
	t.Helper()
	return estimateBy(t, schema, (*cost.Model).Estimate, query, given)
}

type estimator = func(*cost.Model, *ast.QueryDocument, *ast.OperationDefinition, map[string]any) int64

func estimateBy(t testing.TB, schema *ast.Schema, by estimator, query string, given map[string]any) int64 {
	t.Helper()
	return estimateOf(t, modelOf(t, schema), schema, by, query, given)
}

func estimateOf(t testing.TB, m *cost.Model, schema *ast.Schema, by estimator, query string, given map[string]any) int64 {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
	if errs != nil {
		t.Fatalf("%s: %v", query, errs)
	}
	variables, err := validator.VariableValues(schema, doc.Operations[0], given)
	if err != nil {
		t.Fatal(err)
	}
	return by(m, doc, doc.Operations[0], variables)
}

func gateway() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// The root weighs 1, as every object does.
func TestEstimate(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, library)
	const book = 2
	for query, want := range map[string]int64{
		`{ __typename }`:                                1,
		`{ light }`:                                     2,
		`{ light a: light b: light c: light }`:          2,
		`{ light a: light b: light c: light d: light }`: 3,
		`{ color }`:                                     1 + 6,
		`{ shelf { id } }`:                              1 + 4*book,
		`{ shelf { words }}`:                            1 + 4*(book+5),
		`{ shelf { pages author { name } } }`:           1 + 4*(book+1),
		`{ books { total } }`:                           1 + 7 + 1,
		`{ books { nodes { id } } }`:                    1 + 7 + 1 + 10*book,
		`{ books(first: 3) { nodes { id } edges { node { id } } } }`:                                       1 + 7 + 1 + 3*book + 3*(1+book),
		`{ books(first: 3, last: 5) { nodes { id } } }`:                                                    1 + 7 + 1 + 5*book,
		`{ books(first: null, last: 5) { nodes { id } } }`:                                                 1 + 7 + 1 + 5*book,
		`{ a: books(first: 3) { nodes { id } } b: books(first: 4) { nodes { id } } }`:                      1 + 2*8 + 7*book,
		`{ open(id: 1) { id } }`:                                                                           1 + book,
		`{ open(id: 1) { ... on Author { best { words } } } }`:                                             1 + 1 + book + 5,
		`{ open(id: 1) { ... on Author { best { words } } ... on Book { words author { id }}}}`:            1 + 1 + book + 5,
		`{ open(id: 1) { ... on Book { words words again: words } ... on Author { id }}}`:                  1 + book + 3*5,
		`{ open(id: 1, hint: { text: "x" }) { id } }`:                                                      1 + book + 3 + 1 + 4,
		`{ open(id: 1, hint: { deep: { deep: {} } }) { id } }`:                                             1 + book + 3 + 3,
		`{ open(id: 1, hint: null) { id } }`:                                                               1 + book + 3,
		`mutation { add(books: [{ title: "a" }, { authors: [{}, {}] }], n: 9) { id } }`:                    1 + book + 2 + 2,
		`mutation { add(books: { title: "a" }) { id } }`:                                                   1 + book + 1,
		`{ shelf { ...B } } fragment B on Book { author { ...A } } fragment A on Author { best { id } }`:   1 + 4*(book+1+book),
		`{ books(first: 3) { ...P } more: books(first: 5) { ...P } } fragment P on Books { nodes { id } }`: 1 + 2*8 + 8*book,
		`{ shelf @skip(if: true) { id } }`:                                                                 1,
		`{ shelf @include(if: false) { id } ... @skip(if: false) { color } }`:                              1 + 6,
		`{ ... @include(if: false) { shelf { id } } ...Q @skip(if: true) } fragment Q on Query { color }`:  1,
	} {
		if got := estimate(t, schema, query, nil); got != want {
			t.Errorf("%s costs %d, want %d", query, got, want)
		}
	}
}

// Each object puts off its own.
func TestDeferred(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, library)
	for query, want := range map[string]int64{
		`{ books(first: 3) { nodes { id } } }`:                                                                   0,
		`{ ... @defer { color } }`:                                                                               1,
		`{ ... @defer(if: false) { color } }`:                                                                    0,
		`query($x: Boolean = true) { ... @defer(if: $x) { color } }`:                                             1,
		`{ shelf { ... @defer { id } ... @defer { title } } }`:                                                   8,
		`{ books(first: 3) { ... @defer { total } nodes { ... @defer { id } } } }`:                               1 + 3,
		`{ books(first: 3) { nodes { ...B @defer } } } fragment B on Book { id author { ... @defer { name } } }`: 3 + 3,
		`{ books(first: 3) { nodes { author { books(first: 5) { nodes { ... @defer { id } } } } } } }`:           15,
		`{ open(id: 1) { ... on Book @defer { id } ... on Author { ... @defer { id } ... @defer { name } } } }`:  2,
		`{ books(first: 3) { nodes { ...B @defer @skip(if: true) } } } fragment B on Book { id }`:                0,
	} {
		if got := estimateBy(t, schema, (*cost.Model).Deferred, query, nil); got != want {
			t.Errorf("%s puts off %d, want %d", query, got, want)
		}
	}
}

func TestEstimateWithVariables(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, library)
	const list, add = `query($n: Int) { books(first: $n) { nodes { id } } }`, `mutation($b: [BookInput!]) { add(books: $b) { id } }`
	const byDefault, either = `query($n: Int = 6) { books(first: $n) { nodes { id } } }`, `query($x: Boolean!) { shelf @include(if: $x) { id } books @skip(if: $x) { total } }`
	books := []any{map[string]any{"title": "a"}, map[string]any{"authors": []any{map[string]any{"text": "x"}}}}
	for _, c := range []struct {
		query string
		given map[string]any
		want  int64
	}{
		{list, nil, 9 + 2*10},
		{list, map[string]any{"n": 3}, 9 + 2*3},
		{list, map[string]any{"n": -3}, 9 + 2},
		{list, map[string]any{"n": nil}, 9 + 2*10},
		{byDefault, nil, 9 + 2*6},
		{byDefault, map[string]any{"n": 1}, 9 + 2},
		{either, map[string]any{"x": true}, 1 + 4*2},
		{either, map[string]any{"x": false}, 9},
		{add, map[string]any{"b": books}, 3 + 3 + 4},
		{add, map[string]any{"b": nil}, 3},
		{`mutation($t: String) { add(books: [{ title: $t }]) { id } }`, map[string]any{"t": "x"}, 4},
	} {
		if got := estimate(t, schema, c.query, c.given); got != c.want {
			t.Errorf("%s with %v costs %d, want %d", c.query, c.given, got, c.want)
		}
	}
}

// Lists are as long as the range around them, and no other, says. Of a range that is not
// known a price assumes what is usual, and a bound the most there can be.
func TestSizesInFrames(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, directives+`
		type Query {
			row(days: Int = 9): Row
			points(each: Int): [Point!] @listSize(assumedSize: 5)
		}
		type Row { points(each: Int = 1): [Point!] @listSize(assumedSize: 5) }
		type Point { x: Int }
	`)
	over := func(arguments map[string]any, days int64) (n, most int64, known bool) {
		each, known := arguments["each"].(int64)
		switch {
		case !known:
			return 0, 0, false
		case days == 0:
			return 2, 100, true
		}
		return days / each, days / each, true
	}
	days := func(arguments map[string]any) int64 { n, _ := arguments["days"].(int64); return n }
	m, err := cost.New(schema, map[string]cost.Size{"Query.points": over, "Row.points": over}, map[string]cost.Frame{"Query.row": days})
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]struct{ price, deferred int64 }{
		`{ points { ... @defer { x } } }`:                                                                          {1 + 5, 5},
		`{ points(each: 1) { ... @defer { x } } }`:                                                                 {1 + 2, 100},
		`{ row { points { ... @defer { x } } } }`:                                                                  {1 + 1 + 9, 9},
		`{ row(days: 30) { points(each: 10) { ... @defer { x } } } }`:                                              {1 + 1 + 3, 3},
		`{ row(days: 1) { points(each: 10) { ... @defer { x } } } }`:                                               {1 + 1 + 1, 1},
		`{ row(days: 30) { points { ... @defer { x } } } points(each: 1) { ... @defer { x } } }`:                   {1 + 1 + 30 + 2, 30 + 100},
		`{ a: row(days: 30) { ...R } b: row(days: 7) { ...R } } fragment R on Row { points { ... @defer { x } } }`: {1 + 1 + 30 + 1 + 7, 30 + 7},
		`query($days: Int, $each: Int) { row(days: $days) { points(each: $each) { ... @defer { x } } } }`:          {1 + 1 + 9, 9},
		`query($days: Int = 8, $each: Int = 4) { row(days: $days) { points(each: $each) { ... @defer { x } } } }`:  {1 + 1 + 2, 2},
		`{ row(days: null) { points { ... @defer { x } } } }`:                                                      {1 + 1 + 2, 100},
	} {
		if got := estimateOf(t, m, schema, (*cost.Model).Estimate, query, nil); got != want.price {
			t.Errorf("%s costs %d, want %d", query, got, want.price)
		}
		if got := estimateOf(t, m, schema, (*cost.Model).Deferred, query, nil); got != want.deferred {
			t.Errorf("%s puts off %d, want %d", query, got, want.deferred)
		}
	}
}

// A schema in which a list could be long for nothing is refused.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`type Query { a: [Query] }`:                                                                                          "Query.a is a list of unknown length",
		`type Query { a: [Int] }`:                                                                                            "",
		`type Query { a: [Query] @listSize(assumedSize: 0) }`:                                                                "assumedSize",
		`type Query { a(n: Int): [Query] @listSize(slicingArguments: ["n"]) }`:                                               "a default",
		`type Query { a: [Query] @listSize(slicingArguments: ["n"]) }`:                                                       "names no argument",
		`type Query { a: P @listSize(assumedSize: 2, sizedFields: ["x"]) } type P { n: Int }`:                                "names no list",
		`type Query { a: P @listSize(assumedSize: 2, sizedFields: ["n"]) b: P } type P { n: [P] @listSize(assumedSize: 1) }`: "does not say how long P.n is",
		`type Query { a: Int @cost(weight: "much") }`:                                                                        "from 0 to 1000000",
		`type Query { a: Int @cost(weight: "-1") }`:                                                                          "from 0 to 1000000",
		`type Query { a(n: Int @cost(weight: "0.125")): Int }`:                                                               "",
		`type Query { a(n: Int @cost(weight: "0.0005")): Int }`:                                                              "three decimals",
		`type Query { a: Int @cost(weight: "NaN") }`:                                                                         "three decimals",
		`type Query { a: Int @cost(weight: "Inf") }`:                                                                         "three decimals",
		`type Query { a: Int } scalar S @cost(weight: "")`:                                                                   "from 0 to 1000000",
	} {
		_, err := cost.New(schemaOf(t, directives+text), nil, nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	modelOf(t, gateway())
}

func TestShape(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]cost.Shape{
		`{ a }`:                              {Depth: 1, RootFields: 1},
		`{ a b: c d: d ... { e { f: g } } }`: {Depth: 2, Aliases: 2, RootFields: 4},
		`{ a { b { c } } ...F ...F } fragment F on Q { x: y { z } }`: {Depth: 3, Aliases: 2, RootFields: 3},
		`{ a @skip(if: true) { b: c } }`:                             {Depth: 2, Aliases: 1, RootFields: 1},
		`{ ...F } fragment F on Q { a ...F }`:                        {Depth: 1, RootFields: 1},
		`{ ...None }`:                                                {},
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatal(err)
		}
		if got := cost.ShapeOf(doc, doc.Operations[0]); got != want {
			t.Errorf("%s is %+v, want %+v", query, got, want)
		}
	}
}
