package graph

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Operations share plans unless a variable decides what is selected, wherever that is.
func TestPlansAreShared(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]bool{
		`{ a b { c } ... { d } ...F } fragment F on Query { e }`:                                            true,
		`{ a @include(if: true) b @skip(if: false) }`:                                                       true,
		`query($n: Int) { a(first: $n) }`:                                                                   true,
		`query($v: Boolean!) { a @include(if: $v) }`:                                                        false,
		`query($v: Boolean!) { a b { c { d @skip(if: $v) } } }`:                                             false,
		`query($v: Boolean!) { ... @skip(if: $v) { a } }`:                                                   false,
		`query($v: Boolean!) { ... on Query { b { c @include(if: $v) } } }`:                                 false,
		`query($v: Boolean!) { ... @defer(if: $v) { a } }`:                                                  false,
		`query($v: Boolean!) { ...F @include(if: $v) } fragment F on Query { a }`:                           false,
		`query($v: Boolean!) { ...F } fragment F on Query { a b { c @include(if: $v) } }`:                   false,
		`query($v: Boolean!) { ...F } fragment F on Query { ...G @skip(if: $v) } fragment G on Query { a }`: false,
		`query A { a } query B($v: Boolean!) { a @include(if: $v) }`:                                        false,
	} {
		document, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			t.Fatal(err)
		}
		if shared := plansFor(document) != nil; shared != want {
			t.Errorf("%s: shared %t", query, shared)
		}
	}
}
