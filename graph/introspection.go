package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/auth"
)

// introspectionStage shows the schema to API keys. A token opens one activation,
// and not what else there is.
type introspectionStage struct{ extension.Introspection }

// MutateOperationContext implements graphql.OperationContextMutator.
func (s introspectionStage) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if p := auth.From(ctx); p != nil && p.ActivationID != "" && introspects(op.Operation.SelectionSet, map[string]bool{}) {
		return requestError(analytics.Errorf(analytics.CodeForbidden, "an activation's token cannot ask for the schema: send an API key"))
	}
	return s.Introspection.MutateOperationContext(ctx, op)
}

// introspects reports whether root fields ask for the schema. Fragments that were
// seen are not looked at again: a short document may name them without end.
func introspects(selections ast.SelectionSet, seen map[string]bool) bool {
	return slices.ContainsFunc(selections, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return s.Name == "__schema" || s.Name == "__type"
		case *ast.InlineFragment:
			return introspects(s.SelectionSet, seen)
		case *ast.FragmentSpread:
			before := seen[s.Name]
			seen[s.Name] = true
			return !before && introspects(s.Definition.SelectionSet, seen)
		}
		return false
	})
}
