package loaders

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// lists says how much of each list has asked for the elements' field, 1 for all
// of it. An element of a list of n within one of m is worth 1/n of 1/m.
type lists map[*ast.Field]float64

// board counts the field that is being resolved under ctx.
func (l lists) board(ctx context.Context) {
	field := graphql.GetFieldContext(ctx)
	if field == nil {
		return
	}
	share := 1.0
	for at := field; at.Parent != nil; at = at.Parent {
		if at.Index != nil {
			share /= float64(max(1, length(at.Parent.Result)))
		}
	}
	l[field.Field.Field] += share
}

// whole reports whether every list is complete. One without elements somewhere
// inside never is.
func (l lists) whole() bool {
	const rounding = 1e-6
	for _, share := range l {
		if share < 1-rounding {
			return false
		}
	}
	return true
}

func length(list any) int {
	if v := reflect.ValueOf(list); v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 1
}
