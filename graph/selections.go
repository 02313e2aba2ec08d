package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"footfall/analytics"
)

// maxSelections bounds the fields of one selection set, those of its fragments
// included: validation compares each with each, before any cost is known.
const maxSelections = 1_500

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
	if c.most <= maxSelections {
		return nil
	}
	return &gqlerror.Error{
		Message:    analytics.Errorf(analytics.CodeTooExpensive, "one selection set must have at most %d fields, fragments in place", maxSelections).Error(),
		Extensions: map[string]any{"code": string(analytics.CodeTooExpensive), "bound": "selections", "limit": maxSelections, "value": c.most},
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
