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
	err := p.Require(scope)
	if op := graphql.GetOperationContext(ctx); err == nil && op.Operation.Operation == ast.Mutation {
		err = permitted(p, op) // all of it, before any of it writes
	}
	if err != nil {
		return nil, err
	}
	return next(ctx)
}

// permitted refuses an operation that selects, at any depth, a field whose scope p does
// not carry, even if @skip or @include leaves it out.
func permitted(p *auth.Principal, op *graphql.OperationContext) error {
	return permittedBelow(p, op.Doc, op.Operation.SelectionSet, map[string]bool{})
}

// permittedBelow does not look again at fragments that were seen.
func permittedBelow(p *auth.Principal, doc *ast.QueryDocument, set ast.SelectionSet, seen map[string]bool) error {
	for f := range fieldsOf(doc, set, seen) {
		for _, name := range []string{"requires", "alsoRequires"} {
			if d := f.Definition.Directives.ForName(name); d != nil {
				if err := p.Require(analytics.Scope(d.Arguments.ForName("scope").Value.Raw)); err != nil {
					return err
				}
			}
		}
		if err := permittedBelow(p, doc, f.SelectionSet, seen); err != nil {
			return err
		}
	}
	return nil
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
