package loaders

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

var noun = gqlparser.MustLoadSchema(&ast.Source{Input: `type Query { noun: Noun, other: Noun } type Noun { measure: Int, noun: Noun }`})

func operation(t *testing.T, query string) *ast.OperationDefinition {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(noun, query, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return doc.Operations[0]
}

func TestAlike(t *testing.T) {
	t.Parallel()
	op := operation(t, `{
		noun { measure }
		a: noun { measure, again: measure }
		... { b: noun { ...N } }
		...Q
		other { measure }
	} fragment Q on Query { c: noun { noun { measure } } } fragment N on Noun { measure }`)
	for path, want := range map[string]int{
		"noun": 4, "noun.measure": 4, "noun.noun.measure": 1, "other": 1, "other.measure": 1, "other.noun": 0,
	} {
		budget := mostLooked
		if got := alike(op.SelectionSet, strings.Split(path, "."), &budget); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// Fragments that spread the next one twice are not followed to their end.
func TestAlikeIsBounded(t *testing.T) {
	t.Parallel()
	var query strings.Builder
	query.WriteString("{ ...A }")
	for i := range 25 {
		at := string(rune('A' + i))
		next := string(rune('A' + i + 1))
		query.WriteString(" fragment " + at + " on Query { ..." + next + " ..." + next + " }")
	}
	query.WriteString(" fragment Z on Query { noun { measure } }")
	budget := mostLooked
	if n := alike(operation(t, query.String()).SelectionSet, []string{"noun"}, &budget); n > mostLooked || budget >= 0 {
		t.Errorf("%d found, %d left to look at", n, budget)
	}
}

// Fields that are alike make one call, however late the scheduler lets them ask; one
// that never asks holds up the others for a moment only.
func TestAliasesAreOneCall(t *testing.T) {
	t.Parallel()
	op := operation(t, `{ a: noun { measure } b: noun { measure } c: noun { measure } }`)
	for _, asked := range []int{3, 2} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int64
			b := squares(&calls)
			ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: op})
			began := time.Now()
			var all sync.WaitGroup
			for i, s := range op.SelectionSet[:asked] {
				under := func(ctx context.Context, f *ast.Field) context.Context {
					return graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: f}})
				}
				parent := s.(*ast.Field)
				of := under(under(ctx, parent), parent.SelectionSet[0].(*ast.Field))
				all.Go(func() {
					time.Sleep(time.Duration(i) * time.Microsecond)
					if got, err := b.Load(of, i); got != i*i || err != nil {
						t.Errorf("Load(%d) = %d, %v", i, got, err)
					}
				})
			}
			all.Wait()
			if n := calls.Load(); n != 1 {
				t.Errorf("%d calls for %d fields", n, asked)
			}
			if took := time.Since(began); took > time.Millisecond {
				t.Errorf("%d of 3 fields waited %s", asked, took)
			}
		})
	}
}

// What is remembered is answered without a batch, but where a batch would wait for
// who asks.
func TestWhatIsRememberedIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	alone := operation(t, `{ a: noun { measure } other { measure } }`)
	alike := operation(t, `{ a: noun { measure } b: noun { measure } }`)
	at := func(op *ast.OperationDefinition, index *int) context.Context {
		parent := op.SelectionSet[0].(*ast.Field)
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: op})
		for _, f := range []*ast.Field{parent, parent.SelectionSet[0].(*ast.Field)} {
			ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: f}})
			if f == parent && index != nil {
				ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: index})
			}
		}
		return ctx
	}
	index := 0
	for _, c := range []struct {
		name  string
		ctx   context.Context
		keys  []int
		calls int64
	}{
		{"one", at(alone, nil), []int{4}, 0}, {"several", at(alone, nil), []int{4, 6}, 0}, {"without a field", t.Context(), []int{4}, 0},
		{"one of them is not remembered", at(alone, nil), []int{4, 5}, 1}, {"nothing is", at(alone, nil), []int{5}, 1},
		{"an element of a list", at(alone, &index), []int{4}, 1}, {"one of two aliases", at(alike, nil), []int{4}, 1},
	} {
		var calls atomic.Int64
		b := squares(&calls)
		b.recall = func(_ context.Context, keys []int) ([]int, bool) { // even ones
			out := make([]int, len(keys))
			for i, k := range keys {
				if out[i] = k * k; k%2 != 0 {
					return nil, false
				}
			}
			return out, true
		}
		got, err := b.LoadAll(c.ctx, c.keys)
		if err != nil || len(got) != len(c.keys) || got[0] != c.keys[0]*c.keys[0] || calls.Load() != c.calls {
			t.Errorf("%s: %v %v, %d calls", c.name, got, err, calls.Load())
		}
		if one, err := b.Load(c.ctx, c.keys[0]); err != nil || one != c.keys[0]*c.keys[0] {
			t.Errorf("%s: %d %v", c.name, one, err)
		}
	}
}
