package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/graph/generated"
)

// deferred reports whether anything of the operation is marked @defer, be it
// that a variable turns it off.
func deferred(op *graphql.OperationContext) bool {
	for d := range directivesOf(op.Doc, op.Operation) {
		if d.Name == "defer" {
			return true
		}
	}
	return false
}

// maxDeferred is how many fragments an operation may put off: gqlgen keeps a goroutine
// for each until the client has read those before it, some 15 KiB.
const maxDeferred = 200

// prepareDefers has @defer say what gqlgen can do. Without parts, or where there would be
// too many, it goes: the specification lets a server ignore it, but gqlgen would leave
// the fields out. In parts each gets a label of its own, because gqlgen waits for ever where two of one
// label hold the same field. The document is shared, and stays as it is.
func prepareDefers(ctx context.Context, op *graphql.OperationContext) {
	if !deferred(op) {
		return
	}
	change := func(*ast.Directive) *ast.Directive { return nil }
	if spent := chargeOf(op); inParts(ctx, op) && (spent == nil || spent.deferred <= maxDeferred) {
		n := 0
		change = func(d *ast.Directive) *ast.Directive {
			n++
			return labelled(d, op.Variables, n)
		}
	}
	operation, doc := *op.Operation, *op.Doc
	operation.SelectionSet = withDefers(operation.SelectionSet, change)
	doc.Operations = slices.Clone(doc.Operations)
	doc.Operations[slices.Index(doc.Operations, op.Operation)] = &operation
	doc.Fragments = slices.Clone(doc.Fragments)
	for i, f := range doc.Fragments {
		fragment := *f
		fragment.SelectionSet = withDefers(f.SelectionSet, change)
		doc.Fragments[i] = &fragment
	}
	op.Operation, op.Doc = &operation, &doc
}

// withDefers is a selection in which each @defer is what change makes of it, nil for
// none.
func withDefers(set ast.SelectionSet, change func(*ast.Directive) *ast.Directive) ast.SelectionSet {
	out := slices.Clone(set)
	changed := func(list ast.DirectiveList) (out ast.DirectiveList) {
		for _, d := range list {
			if d.Name == "defer" {
				d = change(d)
			}
			if d != nil {
				out = append(out, d)
			}
		}
		return out
	}
	for i, s := range out {
		switch s := s.(type) {
		case *ast.Field:
			field := *s
			field.SelectionSet = withDefers(s.SelectionSet, change)
			out[i] = &field
		case *ast.InlineFragment:
			fragment := *s
			fragment.Directives, fragment.SelectionSet = changed(s.Directives), withDefers(s.SelectionSet, change)
			out[i] = &fragment
		case *ast.FragmentSpread:
			spread := *s
			spread.Directives = changed(s.Directives)
			out[i] = &spread
		}
	}
	return out
}

// labelled is a @defer whose label begins with a number.
func labelled(d *ast.Directive, variables map[string]any, n int) *ast.Directive {
	label := ""
	out := *d
	out.Arguments = nil
	for _, a := range d.Arguments {
		if a.Name != "label" {
			out.Arguments = append(out.Arguments, a)
		} else if value, err := a.Value.Value(variables); err == nil {
			label, _ = value.(string)
		}
	}
	out.Arguments = append(out.Arguments, &ast.Argument{
		Name: "label", Value: &ast.Value{Kind: ast.StringValue, Raw: strconv.Itoa(n) + " " + label},
	})
	return &out
}

// labelOf is the client's own label.
func labelOf(numbered string) string {
	_, label, _ := strings.Cut(numbered, " ")
	return label
}

// resolverFields are the fields that have resolvers, "Type.field" in lower case:
// those alone gqlgen defers.
var resolverFields = func() map[string]bool {
	fields := map[string]bool{}
	root := reflect.TypeFor[generated.ResolverRoot]()
	for typ := range root.Methods() {
		for method := range typ.Type.Out(0).Methods() {
			fields[strings.ToLower(typ.Name+"."+method.Name)] = true
		}
	}
	return fields
}()

// isDeferred reports whether gqlgen defers a field; those of Query it never does.
func isDeferred(f graphql.CollectedField) bool {
	return f.IsDeferred() && f.ObjectDefinition.Name != "Query" && resolverFields[strings.ToLower(f.ObjectDefinition.Name+"."+f.Name)]
}

// hasDeferred reports whether gqlgen defers anything of a selection or below it.
func hasDeferred(op *graphql.OperationContext, set ast.SelectionSet) bool {
	return slices.ContainsFunc(graphql.CollectFields(op, set, nil), func(f graphql.CollectedField) bool {
		return isDeferred(f) || hasDeferred(op, f.Selections)
	})
}

// objectTypes are the types of the objects that an operation found where the schema
// says an interface, by their path. What is selected of an object depends on it.
type objectTypes struct{ known sync.Map }

type objectTypesKey struct{}

// noteType notes what type a field's value is of, if the operation is answered in parts.
func noteType(ctx context.Context, fc *graphql.FieldContext, v any) {
	def := schema.Types[fc.Field.Definition.Type.NamedType]
	if v == nil || def == nil || !def.IsAbstractType() { // no list is of one
		return
	}
	if types, ok := ctx.Value(objectTypesKey{}).(*objectTypes); ok {
		types.known.Store(fc.Path().String(), reflect.TypeOf(v).Elem().Name())
	}
}

// fields are what is selected of the object at a path, whose type the schema says is of.
func (t *objectTypes) fields(op *graphql.OperationContext, set ast.SelectionSet, of string, path ast.Path) []graphql.CollectedField {
	if known, ok := t.known.Load(path.String()); ok {
		of = known.(string)
	}
	return graphql.CollectFields(op, set, satisfied(of))
}

// satisfied are the types whose fragments hold for objects of a type. For an interface,
// of which nobody knows the objects, it is nil: all fragments hold.
func satisfied(of string) []string {
	def := schema.Types[of]
	if def.IsAbstractType() {
		return nil
	}
	return append([]string{of}, def.Interfaces...)
}

// selectionAt is what is selected at a path of an answer, and of which type.
func (t *objectTypes) selectionAt(op *graphql.OperationContext, path ast.Path) (set ast.SelectionSet, of string) {
	set, of = op.Operation.SelectionSet, "Query"
	for i, step := range path {
		name, ok := step.(ast.PathName)
		if !ok {
			continue
		}
		fields := t.fields(op, set, of, path[:i])
		at := slices.IndexFunc(fields, func(f graphql.CollectedField) bool { return f.Alias == string(name) })
		if at < 0 {
			return nil, of
		}
		set, of = fields[at].Selections, fields[at].Definition.Type.Name()
	}
	return set, of
}

// spot is where data lie in an answer, and what was selected there.
type spot struct {
	path ast.Path
	set  ast.SelectionSet
	of   string // the type, by the schema
}

// withoutPutOff leaves out what comes later: gqlgen writes null in its place,
// which a client would take for an answer. Of the payload of a fragment, whose
// own fields were put off and are there now, that is what lies below them.
func (t *objectTypes) withoutPutOff(op *graphql.OperationContext, at spot, data json.RawMessage, payload bool) json.RawMessage {
	if len(data) == 0 || !hasDeferred(op, at.set) {
		return data
	}
	switch data[0] {
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) != nil {
			return data
		}
		for i := range elements {
			elements[i] = t.withoutPutOff(op, spot{childPath(at.path, ast.PathIndex(i)), at.set, at.of}, elements[i], payload)
		}
		return slices.Concat([]byte{'['}, bytes.Join(asBytes(elements), []byte{','}), []byte{']'})
	case '{':
		var values map[string]json.RawMessage
		if json.Unmarshal(data, &values) != nil {
			return data
		}
		var entries [][]byte
		for _, f := range t.fields(op, at.set, at.of, at.path) {
			value, there := values[f.Alias]
			if there && (payload || !isDeferred(f)) {
				below := spot{childPath(at.path, ast.PathName(f.Alias)), f.Selections, f.Definition.Type.Name()}
				value = t.withoutPutOff(op, below, value, false)
				entries = append(entries, slices.Concat([]byte(`"`+f.Alias+`":`), value))
			}
		}
		return slices.Concat([]byte{'{'}, bytes.Join(entries, []byte{','}), []byte{'}'})
	}
	return data
}

func asBytes(raw []json.RawMessage) [][]byte {
	out := make([][]byte, len(raw))
	for i := range raw {
		out[i] = raw[i]
	}
	return out
}
