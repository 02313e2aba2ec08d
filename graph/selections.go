package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"footfall/analytics"
)

// The bounds of a document: validation compares all fields that answer to the same
// name, before any cost is known.
const (
	maxSelections = 1_500   // fields of one selection set, those of its fragments included
	maxPairs      = 300_000 // fields compared with each other, where selections are merged
	maxMerged     = 100_000 // fields in all, fragments in place
)

// selectionStage refuses documents that would take long to validate.
type selectionStage struct{ validated queryCache }

// ExtensionName implements graphql.HandlerExtension.
func (selectionStage) ExtensionName() string { return "Selections" }

// Validate implements graphql.HandlerExtension.
func (selectionStage) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters looks at documents that are long enough to hold so
// many fields; what cannot be parsed is told by the executor.
func (s selectionStage) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	if len(request.Query) < maxSelections {
		return nil
	}
	if _, known := s.validated.Get(ctx, request.Query); known {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, maxTokens)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	c := selectionCount{fragments: map[string]int{}, doc: doc}
	for _, op := range doc.Operations {
		c.set(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		c.set(f.SelectionSet)
	}
	if c.most > maxSelections {
		return tooManySelections("selections", "one selection set must have at most %d fields, fragments in place", maxSelections, c.most)
	}
	m := mergeCount{doc: doc}
	for _, op := range doc.Operations {
		m.merge([]ast.SelectionSet{op.SelectionSet}, 0)
	}
	for _, f := range doc.Fragments {
		m.merge([]ast.SelectionSet{f.SelectionSet}, 0)
	}
	if m.fields > maxMerged {
		return tooManySelections("fields", "a document must have at most %d fields, fragments in place", maxMerged, m.fields)
	}
	if m.pairs > maxPairs {
		return tooManySelections("duplicates", "a document must have at most %d pairs of fields of one name", maxPairs, m.pairs)
	}
	return nil
}

func tooManySelections(bound, message string, limit, value int) *gqlerror.Error {
	return &gqlerror.Error{
		Message:    analytics.Errorf(analytics.CodeTooExpensive, message, limit).Error(),
		Extensions: map[string]any{"code": string(analytics.CodeTooExpensive), "bound": bound, "limit": limit, "value": value},
	}
}

// mergeCount counts what merging the selections of fields with one name takes, no
// further than the bounds.
type mergeCount struct {
	doc           *ast.QueryDocument
	fields, pairs int
}

// deepest is how deep fields are merged: what is deeper is refused for its depth, or
// goes round in a circle.
const deepest = 100

// merge counts the fields of selection sets that are one set in the answer.
func (m *mergeCount) merge(sets []ast.SelectionSet, depth int) {
	if depth > deepest || m.fields > maxMerged || m.pairs > maxPairs {
		return
	}
	count := map[string]int{}                // fields, by their names in the answer
	below := map[string][]ast.SelectionSet{} // what they select
	seen := map[string]bool{}                // a fragment that is spread again adds nothing
	for _, set := range sets {
		for f := range fieldsOf(m.doc, set, seen) {
			count[f.Alias]++
			if len(f.SelectionSet) > 0 {
				below[f.Alias] = append(below[f.Alias], f.SelectionSet)
			}
		}
	}
	for _, n := range count {
		m.fields += n
		m.pairs += n * (n - 1) / 2
	}
	for _, sets := range below {
		m.merge(sets, depth+1)
	}
}

// selectionCount counts the fields of selection sets, no further than tooMany.
type selectionCount struct {
	doc       *ast.QueryDocument
	fragments map[string]int // by name, 0 while being counted: a circle is refused later
	most      int
}

const tooMany = 1_000_000

// set is how many fields a selection set has, fragments in place.
func (c *selectionCount) set(set ast.SelectionSet) int {
	n := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			c.set(s.SelectionSet)
			n++
		case *ast.InlineFragment:
			n += c.set(s.SelectionSet)
		case *ast.FragmentSpread:
			n += c.fragment(s.Name)
		}
	}
	n = min(n, tooMany)
	c.most = max(c.most, n)
	return n
}

func (c *selectionCount) fragment(name string) int {
	n, known := c.fragments[name]
	if f := c.doc.Fragments.ForName(name); !known && f != nil {
		c.fragments[name] = 0
		n = c.set(f.SelectionSet)
		c.fragments[name] = n
	}
	return n
}
