package graph

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/graph/scalar"
)

// scalars say of each scalar whether it can be read from a value.
var scalars = map[string]func(any) error{
	"Int":   isInt,
	"Float": func(v any) error { return mustBe(kinds["Float"], v, isNumber(v)) },
	"String": func(v any) error {
		return mustBe(kinds["String"], v, reflect.ValueOf(v).Kind() == reflect.String && !isNumber(v))
	},
	"Boolean": func(v any) error { return mustBe(kinds["Boolean"], v, reflect.ValueOf(v).Kind() == reflect.Bool) },
	"ID": func(v any) error {
		return mustBe(kinds["ID"], v, reflect.ValueOf(v).Kind() == reflect.String || isNumber(v))
	},
	"Date":     func(v any) error { return new(analytics.Date).UnmarshalGQL(v) },
	"Duration": func(v any) error { return new(analytics.Duration).UnmarshalGQL(v) },
	"DateTime": func(v any) error { _, err := scalar.UnmarshalDateTime(v); return err },
	"SafeInt":  func(v any) error { _, err := scalar.UnmarshalSafeInt(v); return err },
	"TimeZone": func(v any) error { return new(analytics.TimeZone).UnmarshalGQL(v) },
	"UUID":     func(v any) error { _, err := scalar.UnmarshalUUID(v); return err },
}

// kinds are what values of the built-in scalars must be.
var kinds = map[string]string{
	"Int": "an integer of 32 bits", "Float": "a number", "String": "a string", "Boolean": "true or false", "ID": "a string or an integer",
}

// wrongKind is gqlparser's message for a value of another kind, or what it took for one.
var wrongKind = regexp.MustCompile(`^cannot use .* as (\w+)$`)

// presentVariable says the fault of a variable's value as we do, whoever found it.
func presentVariable(op *ast.OperationDefinition, e *gqlerror.Error) {
	wrong := wrongKind.FindStringSubmatch(e.Message)
	enum := enumAt(op, e.Path)
	switch {
	case wrong != nil && kinds[wrong[1]] != "":
		e.Message = "must be " + kinds[wrong[1]] + " (" + wrong[1] + ")"
	case enum != nil && e.Message == notEnum:
		e.Message = "must be " + oneOfValues(enum)
	case enum != nil:
		if value, ok := strings.CutSuffix(e.Message, " is not a valid "+enum.Name); ok {
			e.Message = mustBe(oneOfValues(enum), value, false).Error()
		}
	}
	field := variableField(e.Path)
	e.Message = field + ": " + e.Message
	errcode.Set(e, string(analytics.CodeInvalid))
	e.Extensions["field"] = analytics.Clip(field, maxMessage)
}

// notEnum is gqlparser's message for a value that is no text where an enum's must be.
const notEnum = "enums must be ints or strings"

// enumAt is the enum that a place in a variable is of, if it is one.
func enumAt(op *ast.OperationDefinition, path ast.Path) *ast.Definition {
	name, _ := path[1].(ast.PathName)
	v := op.VariableDefinitions.ForName(string(name))
	if v == nil {
		return nil
	}
	def := schema.Types[v.Type.Name()] // of elements too: lists have no names
	for _, step := range path[2:] {
		if name, named := step.(ast.PathName); named && def != nil {
			f := def.Fields.ForName(string(name))
			if f == nil { // unknown
				return nil
			}
			def = schema.Types[f.Type.Name()]
		}
	}
	if def == nil || def.Kind != ast.Enum {
		return nil
	}
	return def
}

func isInt(v any) error {
	_, err := strconv.ParseInt(fmt.Sprint(v), 10, 32)
	return mustBe(kinds["Int"], v, isNumber(v) && err == nil)
}

// isNumber reports whether v was a number: one of JSON, or of a document's default.
func isNumber(v any) bool {
	_, ok := v.(json.Number)
	kind := reflect.ValueOf(v).Kind()
	return ok || kind >= reflect.Int && kind <= reflect.Float64
}

func mustBe(what string, v any, is bool) error {
	if is {
		return nil
	}
	return analytics.Invalidf("", "must be %s, got %s", what, analytics.Show(v))
}

// variableStage reads variables before anything runs, as the specification has
// it: gqlgen would find them wrong in the middle of an answer, or take "5" for 5.
type variableStage struct{}

// ExtensionName names the stage among gqlgen's extensions.
func (variableStage) ExtensionName() string { return "Variables" }

// Validate accepts any schema.
func (variableStage) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses an operation with a variable that cannot be read.
func (variableStage) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if isOwnDocument(ctx) {
		return nil
	}
	for _, v := range op.Operation.VariableDefinitions {
		path := ast.Path{ast.PathName("variable"), ast.PathName(v.Variable)}
		if value, given := op.Variables[v.Variable]; given && value == nil {
			if needed := neededAs(op, v.Variable); needed != nil {
				return unread(mustBe(cmp.Or(kinds[needed.Name()], needed.String()), nil, false), path)
			}
		}
		if err := checkVariable(v.Type, op.Variables[v.Variable], path); err != nil {
			return err
		}
	}
	return nil
}

// neededAs is the type of a place where a variable stands that must not be null there and
// would be read all the same: gqlgen panics at a null condition, takes an object without
// fields for a null element of a list, and an empty text for a null one. Nil where there is
// none: elsewhere null is an error of the field, as the specification has it.
func neededAs(op *graphql.OperationContext, variable string) *ast.Type {
	for s := range selectionsOf(op.Doc, op.Operation) {
		for _, d := range directivesOn(s) {
			if t := neededIn(d.Arguments, variable, true); t != nil {
				return t
			}
		}
		if f, ok := s.(*ast.Field); ok {
			if t := neededIn(f.Arguments, variable, false); t != nil {
				return t
			}
		}
	}
	return nil
}

func neededIn(arguments ast.ArgumentList, variable string, read bool) *ast.Type {
	for _, a := range arguments {
		if t := neededAt(a.Value, variable, read); t != nil {
			return t
		}
	}
	return nil
}

// neededAt looks at a value itself where a null would be read; that of a text always is.
func neededAt(v *ast.Value, variable string, read bool) *ast.Type {
	if t := v.ExpectedType; v.Kind == ast.Variable && v.Raw == variable && t != nil && t.NonNull {
		if read || t.NamedType == "String" || t.NamedType == "ID" {
			return t
		}
	}
	for _, child := range v.Children {
		if t := neededAt(child.Value, variable, v.Kind == ast.ListValue); t != nil {
			return t
		}
	}
	return nil
}

// checkVariable walks a value whose form gqlparser found right, or made so: a list of one
// that a client sent without brackets is a slice of the element's own type.
func checkVariable(t *ast.Type, value any, path ast.Path) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if list := reflect.ValueOf(value); t.Elem != nil && list.Kind() == reflect.Slice {
		return checkList(t.Elem, list, path)
	}
	def := schema.Types[t.Name()]
	if fields, ok := value.(map[string]any); ok && def.Kind == ast.InputObject {
		return checkObject(def, fields, path)
	}
	if def.Kind == ast.Enum {
		return unread(isEnum(def, value), path)
	}
	if read := scalars[t.Name()]; read != nil {
		return unread(read(value), path)
	}
	return nil
}

func checkList(of *ast.Type, list reflect.Value, path ast.Path) *gqlerror.Error {
	for i := range list.Len() {
		if err := checkVariable(of, list.Index(i).Interface(), childPath(path, ast.PathIndex(i))); err != nil {
			return err
		}
	}
	return nil
}

func checkObject(def *ast.Definition, fields map[string]any, path ast.Path) *gqlerror.Error {
	if def.Directives.ForName("oneOf") != nil {
		if err := oneOf(def, fields); err != nil {
			return unread(err, path)
		}
	}
	for _, f := range def.Fields {
		if err := checkVariable(f.Type, fields[f.Name], childPath(path, ast.PathName(f.Name))); err != nil {
			return err
		}
	}
	return nil
}

// unread is the error of a variable, or of a place in it, that cannot be read.
func unread(err error, path ast.Path) *gqlerror.Error {
	if err == nil {
		return nil
	}
	out := requestError(err)
	out.Path = path
	out.Extensions["field"] = variableField(path)
	return out
}

// variableField is how errors name a variable, or a place in it, by its path.
func variableField(path ast.Path) string { return "$" + path[1:].String() }

// isEnum tells upper case from lower, as gqlparser does not.
func isEnum(def *ast.Definition, value any) error {
	if def.EnumValues.ForName(fmt.Sprint(value)) != nil {
		return nil
	}
	return mustBe(oneOfValues(def), value, false)
}

func oneOfValues(def *ast.Definition) string {
	names := make([]string, len(def.EnumValues))
	for i, v := range def.EnumValues {
		names[i] = v.Name
	}
	return "one of " + strings.Join(names, ", ")
}

// oneOf takes nulls for absent: clients that write all fields of a struct send them.
func oneOf(def *ast.Definition, fields map[string]any) error {
	given := 0
	for _, f := range def.Fields {
		if fields[f.Name] != nil {
			given++
		}
	}
	if given == 1 {
		return nil
	}
	names := make([]string, len(def.Fields))
	for i, f := range def.Fields {
		names[i] = f.Name
	}
	return analytics.Invalidf("", "must have exactly one of %s, got %d of them", strings.Join(names, ", "), given)
}

// childPath is path and one step more, in an array of its own: siblings do not share it.
func childPath(path ast.Path, step ast.PathElement) ast.Path {
	return append(path[:len(path):len(path)], step)
}
