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
			if seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			if f := doc.Fragments.ForName(s.Name); f != nil {
				more = yieldFields(doc, f.SelectionSet, seen, yield)
			}
		}
		if !more {
			return false
		}
	}
	return true
}

// selectionsOf yields all selections of operations, and those of every fragment that their
// document has.
func selectionsOf(doc *ast.QueryDocument, operations ...*ast.OperationDefinition) iter.Seq[ast.Selection] {
	return func(yield func(ast.Selection) bool) {
		for _, o := range operations {
			if !yieldSelections(o.SelectionSet, yield) {
				return
			}
		}
		for _, f := range doc.Fragments {
			if !yieldSelections(f.SelectionSet, yield) {
				return
			}
		}
	}
}

func yieldSelections(set ast.SelectionSet, yield func(ast.Selection) bool) bool {
	for _, s := range set {
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			below = s.SelectionSet
		case *ast.InlineFragment:
			below = s.SelectionSet
		}
		if !yield(s) || !yieldSelections(below, yield) {
			return false
		}
	}
	return true
}

// directivesOf yields the directives on them.
func directivesOf(doc *ast.QueryDocument, operations ...*ast.OperationDefinition) iter.Seq[*ast.Directive] {
	return func(yield func(*ast.Directive) bool) {
		for s := range selectionsOf(doc, operations...) {
			for _, d := range directivesOn(s) {
				if !yield(d) {
					return
				}
			}
		}
	}
}

func directivesOn(s ast.Selection) ast.DirectiveList {
	switch s := s.(type) {
	case *ast.Field:
		return s.Directives
	case *ast.InlineFragment:
		return s.Directives
	case *ast.FragmentSpread:
		return s.Directives
	}
	return nil
}
