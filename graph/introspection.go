package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/auth"
)

// introspectionStage shows the schema to API keys. A token opens one activation,
// and not what else there is.
type introspectionStage struct{ extension.Introspection }

// MutateOperationContext implements graphql.OperationContextMutator.
func (s introspectionStage) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if p := auth.From(ctx); p != nil && p.ActivationID != "" && introspects(op) {
		return requestError(analytics.Errorf(analytics.CodeForbidden, "an activation's token cannot ask for the schema: send an API key"))
	}
	return s.Introspection.MutateOperationContext(ctx, op)
}

// introspects reports whether root fields ask for the schema.
func introspects(op *graphql.OperationContext) bool {
	for f := range fieldsOf(op.Doc, op.Operation.SelectionSet, map[string]bool{}) {
		if f.Name == "__schema" || f.Name == "__type" {
			return true
		}
	}
	return false
}
