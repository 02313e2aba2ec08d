package plain

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Resolver is a field that has a resolver, answered for many objects at once.
type Resolver struct {
	name   string
	object reflect.Type
	all    func(ctx context.Context, objs []any) ([]any, error)
}

// Resolve answers the named field of Ts, with one value for each, in their order.
// Its context is that of the field below the objects' own, with its arguments.
// After an error gqlgen asks the schema's resolver for each.
func Resolve[T, V any](name string, all func(ctx context.Context, objs []*T) ([]*V, error)) Resolver {
	return Resolver{strings.ToLower(name), reflect.TypeFor[V](), func(ctx context.Context, objs []any) ([]any, error) {
		typed := make([]*T, len(objs))
		for i, obj := range objs {
			typed[i] = obj.(*T)
		}
		values, err := all(ctx, typed)
		if err == nil && len(values) != len(objs) {
			err = fmt.Errorf("plain: %d values of %s for %d objects", len(values), name, len(objs))
		}
		if err != nil {
			return nil, err
		}
		out := make([]any, len(values))
		for i, v := range values {
			if v != nil {
				out[i] = v
			}
		}
		return out, nil
	}}
}

// childOf is the context of a field below fc. What is wrong with its arguments is
// for gqlgen to say, who would have it said twice.
func childOf(ctx context.Context, fc *graphql.FieldContext, f graphql.CollectedField) (*graphql.FieldContext, error) {
	return fc.Child(graphql.WithResponseContext(ctx, graphql.DefaultErrorPresenter, graphql.DefaultRecover), f)
}

// resolved are the values of a selection's fields that have resolvers, by the
// field's place and the object's.
type resolved [][]any

// resolve asks for the fields with resolvers of n objects, all at once, so that
// they share the loaders' batches. False when gqlgen must.
func (s *selection) resolve(ctx context.Context, fc *graphql.FieldContext, n int, at func(int) any) (resolved, bool) {
	if s.resolving == 0 {
		return nil, true
	}
	objs := make([]any, n)
	for i := range objs {
		if objs[i] = at(i); objs[i] == nil {
			return nil, false
		}
	}
	values, errs := make(resolved, len(s.fields)), make([]error, len(s.fields))
	ask := func(i int) {
		child, err := childOf(ctx, fc, s.fields[i].collected)
		if err == nil {
			values[i], err = s.fields[i].resolver(graphql.WithFieldContext(ctx, child), objs)
		}
		errs[i] = err
	}
	var others sync.WaitGroup
	left := s.resolving
	for i := range s.fields {
		if s.fields[i].resolver == nil {
			continue
		}
		if left--; left == 0 {
			ask(i) // the last one here
			continue
		}
		others.Go(func() {
			defer func() {
				if p := recover(); p != nil { // again where gqlgen asks, who says so
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			ask(i)
		})
	}
	others.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, false
		}
	}
	return values, true
}
