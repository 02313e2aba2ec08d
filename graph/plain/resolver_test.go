package plain

import (
	"context"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

// Where one of several resolvers fails, or panics, gqlgen is to ask: it says so, and
// the process goes on.
func TestResolversThatFail(t *testing.T) {
	t.Parallel()
	fc := &graphql.FieldContext{Child: func(context.Context, graphql.CollectedField) (*graphql.FieldContext, error) {
		return &graphql.FieldContext{IsResolver: true}, nil
	}}
	good := func(_ context.Context, objs []any) ([]any, error) { return objs, nil }
	for name, c := range map[string]struct {
		resolver func(context.Context, []any) ([]any, error)
		ok       bool
	}{
		"good":   {good, true},
		"fails":  {func(context.Context, []any) ([]any, error) { return nil, errors.New("broken") }, false},
		"panics": {func(context.Context, []any) ([]any, error) { panic("bug") }, false},
	} {
		s := &selection{resolving: 2, fields: []field{{resolver: c.resolver}, {}, {resolver: good}}}
		values, ok := s.resolve(t.Context(), fc, 2, func(i int) any { return i })
		if ok != c.ok || ok && (values[0][1] != 1 || values[2][0] != 0) {
			t.Errorf("%s: %v, %t", name, values, ok)
		}
	}
	s := &selection{resolving: 1, fields: []field{{resolver: good}}}
	if _, ok := s.resolve(t.Context(), fc, 1, func(int) any { return nil }); ok {
		t.Error("an object that is not there was resolved")
	}
}
