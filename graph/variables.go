package graph

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/graph/scalar"
)

// scalars say of each scalar of ours whether it can be read from a value.
var scalars = map[string]func(any) error{
	"Date":     func(v any) error { return new(analytics.Date).UnmarshalGQL(v) },
	"Duration": func(v any) error { return new(analytics.Duration).UnmarshalGQL(v) },
	"DateTime": func(v any) error { _, err := scalar.UnmarshalDateTime(v); return err },
	"SafeInt":  func(v any) error { _, err := scalar.UnmarshalSafeInt(v); return err },
	"TimeZone": func(v any) error { return new(analytics.TimeZone).UnmarshalGQL(v) },
	"UUID":     func(v any) error { _, err := scalar.UnmarshalUUID(v); return err },
}

// variableStage reads variables of our scalars before anything runs, as the
// specification has it: gqlgen would find them wrong in the middle of an answer.
type variableStage struct{ schema *ast.Schema }

// ExtensionName names the stage among gqlgen's extensions.
func (*variableStage) ExtensionName() string { return "Variables" }

// Validate takes the schema that variables are of.
func (s *variableStage) Validate(schema graphql.ExecutableSchema) error {
	s.schema = schema.Schema()
	return nil
}

// MutateOperationContext refuses an operation with a variable that cannot be read.
func (s *variableStage) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if ctx.Value(ownDocument{}) != nil {
		return nil
	}
	for _, v := range op.Operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(v.Variable)}
		if err := s.check(v.Type, op.Variables[v.Variable], path); err != nil {
			return err
		}
	}
	return nil
}

// check walks a value whose form gqlparser found right, or made so: a list of one
// that a client sent without brackets is a slice of the element's own type.
func (s *variableStage) check(t *ast.Type, value any, path ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if list := reflect.ValueOf(value); t.Elem != nil && list.Kind() == reflect.Slice {
		for i := range list.Len() {
			if err := s.check(t.Elem, list.Index(i).Interface(), within(path, ast.PathIndex(i))); err != nil {
				return err
			}
		}
		return nil
	}
	if fields, ok := value.(map[string]any); ok && s.schema.Types[t.Name()].Kind == ast.InputObject {
		for _, f := range s.schema.Types[t.Name()].Fields {
			if err := s.check(f.Type, fields[f.Name], within(path, ast.PathName(f.Name))); err != nil {
				return err
			}
		}
		return nil
	}
	read := scalars[t.Name()]
	if read == nil {
		return nil
	}
	if err := read(value); err != nil {
		out := requestError(err)
		out.Path = path
		out.Extensions["field"] = "$" + path[1:].String()
		return out
	}
	return nil
}

func within(path ast.Path, step ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], step)
}
