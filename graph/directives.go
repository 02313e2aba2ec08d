package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/auth"
)

// requires lets a field through to principals that carry the scope, and to
// activation tokens where the field says so: the loaders then show them their
// activation alone.
func requires(ctx context.Context, _ any, next graphql.Resolver, scope analytics.Scope, activationToken bool) (any, error) {
	p := auth.From(ctx)
	if p != nil && p.ActivationID != "" && activationToken {
		return next(ctx)
	}
	if err := p.Require(scope); err != nil {
		return nil, err
	}
	return next(ctx)
}

// checkRoots refuses a schema with a root field that anyone could call.
func checkRoots(schema *ast.Schema) error {
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, f := range root.Fields {
			if f.Directives.ForName("requires") == nil && f.Name != "__schema" && f.Name != "__type" {
				return fmt.Errorf("graph: %s.%s has no @requires", root.Name, f.Name)
			}
		}
	}
	return nil
}
