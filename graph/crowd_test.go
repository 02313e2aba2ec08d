package graph

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var nounSchema = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { noun: Noun, other: Noun } type Noun { measure: Int, noun: Noun } type Mutation { noun: Noun }`})

func operationOf(t *testing.T, query string) *graphql.OperationContext {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(nounSchema, query, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	op := operationOf(t, `{
		noun { measure }
		a: noun { measure, again: measure }
		... { b: noun { ...N } }
		...Q ...Q
		other { measure }
	} fragment Q on Query { c: noun { noun { measure } } } fragment N on Noun { measure }`)
	for path, want := range map[string]int{
		"noun": 4, "noun.measure": 4, "noun.noun.measure": 1, "other": 1, "other.measure": 1, "other.noun": 0,
	} {
		budget := mostLooked
		if got := alike(op.Doc, op.Operation.SelectionSet, strings.Split(path, "."), &budget); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// Fragments that select the next one twice are not followed to their end.
func TestAlikeIsBounded(t *testing.T) {
	t.Parallel()
	var query strings.Builder
	query.WriteString("{ noun { ...A } }")
	path := []string{"noun"}
	for i := range 25 {
		at, next := string(rune('A'+i)), string(rune('A'+i+1))
		query.WriteString(" fragment " + at + " on Noun { a: noun { ..." + next + " } b: noun { ..." + next + " } }")
		path = append(path, "noun")
	}
	query.WriteString(" fragment Z on Noun { measure }")
	budget := mostLooked
	op := operationOf(t, query.String())
	if n := alike(op.Doc, op.Operation.SelectionSet, path, &budget); n > mostLooked || budget >= 0 {
		t.Errorf("%d found, %d left to look at", n, budget)
	}
}

// fieldContexts are the contexts under which the executor resolves the first field of
// each field of op.
func fieldContexts(ctx context.Context, op *graphql.OperationContext) (out []context.Context) {
	ctx = graphql.WithOperationContext(ctx, op)
	under := func(ctx context.Context, f *ast.Field) context.Context {
		return graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: f}})
	}
	for _, s := range op.Operation.SelectionSet {
		parent := s.(*ast.Field)
		out = append(out, under(under(ctx, parent), parent.SelectionSet[0].(*ast.Field)))
	}
	return out
}

// elementContexts are those under which the executor resolves one field of the
// elements of a list of n, or of m lists of n when they lie in a list of m.
func elementContexts(ctx context.Context, m, n int) (out []context.Context) {
	field := graphql.CollectedField{Field: &ast.Field{Name: "metrics"}}
	for i := range m {
		outer := graphql.WithFieldContext(ctx, &graphql.FieldContext{Result: make([]int, m)})
		outer = graphql.WithFieldContext(outer, &graphql.FieldContext{Index: &i})
		inner := graphql.WithFieldContext(outer, &graphql.FieldContext{Result: make([]*string, n)})
		for j := range n {
			element := graphql.WithFieldContext(inner, &graphql.FieldContext{Index: &j})
			out = append(out, graphql.WithFieldContext(element, &graphql.FieldContext{Field: field}))
		}
	}
	return out
}

// A crowd is whole when every element of every list has asked, and not before.
func TestListsAreWhole(t *testing.T) {
	t.Parallel()
	for _, shape := range [][2]int{{1, 1}, {1, 100}, {10, 10}, {3, 7}} {
		asked := crowd{}.Gather()
		elements := elementContexts(t.Context(), shape[0], shape[1])
		for i, ctx := range elements {
			asked.Enter(ctx)
			if got, want := asked.Whole(), i == len(elements)-1; got != want || asked.Expecting() {
				t.Errorf("%d of %d lists of %d: whole %t, want %t", i+1, shape[0], shape[1], got, want)
			}
		}
	}
}

// Fields that are alike are expected as long as one of them has not asked. Mutations,
// which are done one after the other, do not wait for each other.
func TestAliasesAreExpected(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		`{ a: noun { measure } b: noun { measure } c: noun { measure } }`: "yes yes no",
		`{ a: noun { measure } other { measure } }`:                       "no no",
		`mutation { a: noun { measure } b: noun { measure } }`:            "no no",
	} {
		asked := crowd{}.Gather()
		var got []string
		for _, ctx := range fieldContexts(t.Context(), operationOf(t, query)) {
			asked.Enter(ctx)
			got = append(got, map[bool]string{true: "yes", false: "no"}[asked.Expecting()])
			if !asked.Whole() {
				t.Errorf("%s: not whole", query)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestAlone(t *testing.T) {
	t.Parallel()
	of := func(query string) context.Context { return fieldContexts(t.Context(), operationOf(t, query))[0] }
	for name, c := range map[string]struct {
		ctx  context.Context
		want bool
	}{
		"without a field":       {t.Context(), true},
		"no other like it":      {of(`{ a: noun { measure } other { measure } }`), true},
		"one of two aliases":    {of(`{ a: noun { measure } b: noun { measure } }`), false},
		"an element of a list":  {elementContexts(t.Context(), 1, 2)[0], false},
		"the only element":      {elementContexts(t.Context(), 1, 1)[0], false},
		"one of two, mutations": {of(`mutation { a: noun { measure } b: noun { measure } }`), true},
	} {
		if got := (crowd{}).Alone(c.ctx); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
