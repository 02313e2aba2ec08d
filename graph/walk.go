package graph

import (
	"iter"

	"github.com/vektah/gqlparser/v2/ast"
)

// fieldsOf yields the fields of a selection set with fragments in place, whatever their types
// and directives. Each named fragment is entered once, and noted in seen: a short document
// may spread them without end.
func fieldsOf(doc *ast.QueryDocument, set ast.SelectionSet, seen map[string]bool) iter.Seq[*ast.Field] {
	return func(yield func(*ast.Field) bool) { yieldFields(doc, set, seen, yield) }
}

func yieldFields(doc *ast.QueryDocument, set ast.SelectionSet, seen map[string]bool, yield func(*ast.Field) bool) bool {
	for _, s := range set {
		more := true
		switch s := s.(type) {
		case *ast.Field:
			more = yield(s)
		case *ast.InlineFragment:
			more = yieldFields(doc, s.SelectionSet, seen, yield)
		case *ast.FragmentSpread:
			if f := doc.Fragments.ForName(s.Name); f != nil && !seen[s.Name] {
				seen[s.Name] = true
				more = yieldFields(doc, f.SelectionSet, seen, yield)
			}
		}
		if !more {
			return false
		}
	}
	return true
}

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
