package graph

import (
	"iter"

	"github.com/vektah/gqlparser/v2/ast"
)

// directivesOf yields the directives on all selections of operations, and on those of every
// fragment that their document has.
func directivesOf(doc *ast.QueryDocument, operations ...*ast.OperationDefinition) iter.Seq[*ast.Directive] {
	return func(yield func(*ast.Directive) bool) {
		for _, o := range operations {
			if !yieldDirectives(o.SelectionSet, yield) {
				return
			}
		}
		for _, f := range doc.Fragments {
			if !yieldDirectives(f.SelectionSet, yield) {
				return
			}
		}
	}
}

func yieldDirectives(set ast.SelectionSet, yield func(*ast.Directive) bool) bool {
	for _, s := range set {
		var here ast.DirectiveList
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			here, below = s.Directives, s.SelectionSet
		case *ast.InlineFragment:
			here, below = s.Directives, s.SelectionSet
		case *ast.FragmentSpread:
			here = s.Directives
		}
		for _, d := range here {
			if !yield(d) {
				return false
			}
		}
		if !yieldDirectives(below, yield) {
			return false
		}
	}
	return true
}
