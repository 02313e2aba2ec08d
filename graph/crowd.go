package graph

import (
	"context"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/loaders"
)

// crowd tells the loaders which fields of an operation ask side by side.
type crowd struct{}

// Alone implements loaders.Crowd.
func (crowd) Alone(ctx context.Context) bool {
	field := graphql.GetFieldContext(ctx)
	for at := field; at != nil; at = at.Parent {
		if at.Index != nil {
			return false
		}
	}
	return field == nil || asking(ctx, pathOf(field, nil)) < 2
}

// Gather implements loaders.Crowd.
func (crowd) Gather() loaders.Gathering { return &siblings{} }

// siblings is who else asks when one field does: the other elements of its list, and
// fields of the same names from the root on under other aliases.
type siblings struct {
	// shares say how much of each list has asked for the elements' field, 1 for all of
	// it. An element of a list of n within one of m is worth 1/n of 1/m.
	shares  map[*ast.Field]float64
	missing map[string]int // of the fields of one path, those that have not asked yet
}

// Enter counts the field that is being resolved under ctx.
func (s *siblings) Enter(ctx context.Context) {
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
	if s.shares == nil {
		s.shares = map[*ast.Field]float64{}
	}
	if s.shares[field.Field.Field] == 0 {
		s.expect(ctx, field)
	}
	s.shares[field.Field.Field] += share
}

// expect notes the fields like this one, the first time that one of them asks, and
// that this one has.
func (s *siblings) expect(ctx context.Context, field *graphql.FieldContext) {
	path := pathOf(field, nil)
	key := strings.Join(path, ".")
	n, known := s.missing[key]
	if !known {
		if n = asking(ctx, path); n < 2 {
			return
		}
		if s.missing == nil {
			s.missing = map[string]int{}
		}
	}
	s.missing[key] = n - 1
}

// asking is how many fields of a query lie at a path and ask side by side: none where
// there is no query.
func asking(ctx context.Context, path []string) int {
	if !graphql.HasOperationContext(ctx) {
		return 0
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil || op.Operation.Operation != ast.Query || len(path) == 0 { // mutations are done one after the other
		return 0
	}
	budget := mostLooked
	return alike(op.Doc, op.Operation.SelectionSet, path, &budget)
}

// Whole reports whether all elements of every list have asked. Where a list within a list
// is empty that is never so: its share of the outer one cannot come.
func (s *siblings) Whole() bool {
	const rounding = 1e-6
	for _, share := range s.shares {
		if share < 1-rounding {
			return false
		}
	}
	return true
}

// Expecting reports whether a field like those that asked has not yet. It may
// never, where its parent is null.
func (s *siblings) Expecting() bool {
	for _, n := range s.missing {
		if n > 0 {
			return true
		}
	}
	return false
}

// pathOf appends the names of the fields from the root to this one.
func pathOf(field *graphql.FieldContext, path []string) []string {
	if field.Parent != nil {
		path = pathOf(field.Parent, path)
	}
	if field.Field.Field != nil && field.Index == nil {
		path = append(path, field.Field.Name)
	}
	return path
}

// mostLooked bounds how many fields are looked at for those that are alike.
const mostLooked = 10_000

// alike is how many fields lie at a path, under whatever aliases.
func alike(doc *ast.QueryDocument, set ast.SelectionSet, path []string, budget *int) (n int) {
	for f := range fieldsOf(doc, set, map[string]bool{}) {
		if *budget--; *budget < 0 {
			break
		}
		switch {
		case f.Name != path[0]:
		case len(path) == 1:
			n++
		default:
			n += alike(doc, f.SelectionSet, path[1:], budget)
		}
	}
	return n
}

func length(list any) int {
	if v := reflect.ValueOf(list); v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 1
}
