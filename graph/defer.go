package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/graph/generated"
)

// deferred reports whether anything of the operation is marked @defer, be it
// that a variable turns it off.
func deferred(op *graphql.OperationContext) bool {
	found := anyDeferred(op.Operation.SelectionSet)
	for _, f := range op.Doc.Fragments {
		found = found || anyDeferred(f.SelectionSet)
	}
	return found
}

func anyDeferred(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return anyDeferred(s.SelectionSet)
		case *ast.InlineFragment:
			return s.Directives.ForName("defer") != nil || anyDeferred(s.SelectionSet)
		case *ast.FragmentSpread:
			return s.Directives.ForName("defer") != nil
		}
		return false
	})
}

// answerWhole takes @defer out of an operation whose client does not read parts:
// the specification lets a server ignore it, but gqlgen would leave the deferred
// fields out. The document is shared, and stays as it is.
func answerWhole(ctx context.Context, op *graphql.OperationContext) {
	if inParts(ctx, op) || !deferred(op) {
		return
	}
	operation, doc := *op.Operation, *op.Doc
	operation.SelectionSet = undeferred(operation.SelectionSet)
	doc.Operations = slices.Clone(doc.Operations)
	doc.Operations[slices.Index(doc.Operations, op.Operation)] = &operation
	doc.Fragments = slices.Clone(doc.Fragments)
	for i, f := range doc.Fragments {
		fragment := *f
		fragment.SelectionSet = undeferred(f.SelectionSet)
		doc.Fragments[i] = &fragment
	}
	op.Operation, op.Doc = &operation, &doc
}

func undeferred(set ast.SelectionSet) ast.SelectionSet {
	out := slices.Clone(set)
	notDefer := func(list ast.DirectiveList) ast.DirectiveList {
		return slices.DeleteFunc(slices.Clone(list), func(d *ast.Directive) bool { return d.Name == "defer" })
	}
	for i, s := range out {
		switch s := s.(type) {
		case *ast.Field:
			field := *s
			field.SelectionSet = undeferred(s.SelectionSet)
			out[i] = &field
		case *ast.InlineFragment:
			fragment := *s
			fragment.Directives, fragment.SelectionSet = notDefer(s.Directives), undeferred(s.SelectionSet)
			out[i] = &fragment
		case *ast.FragmentSpread:
			spread := *s
			spread.Directives = notDefer(s.Directives)
			out[i] = &spread
		}
	}
	return out
}

// resolverFields are the fields that have resolvers, "Type.field" in lower case:
// those alone gqlgen defers.
var resolverFields = func() map[string]bool {
	fields := map[string]bool{}
	root := reflect.TypeFor[generated.ResolverRoot]()
	for i := range root.NumMethod() {
		typ := root.Method(i)
		for j := range typ.Type.Out(0).NumMethod() {
			fields[strings.ToLower(typ.Name+"."+typ.Type.Out(0).Method(j).Name)] = true
		}
	}
	return fields
}()

func putOff(f graphql.CollectedField) bool {
	return f.IsDeferred() && resolverFields[strings.ToLower(f.ObjectDefinition.Name+"."+f.Name)]
}

// putsOff reports whether gqlgen defers anything of a selection or below it.
func putsOff(op *graphql.OperationContext, set ast.SelectionSet) bool {
	return slices.ContainsFunc(graphql.CollectFields(op, set, nil), func(f graphql.CollectedField) bool {
		return putOff(f) || putsOff(op, f.Selections)
	})
}

// selectionAt is what is selected at a path of an answer.
func selectionAt(op *graphql.OperationContext, path ast.Path) ast.SelectionSet {
	set := op.Operation.SelectionSet
	for _, step := range path {
		name, ok := step.(ast.PathName)
		if !ok {
			continue
		}
		fields := graphql.CollectFields(op, set, nil)
		i := slices.IndexFunc(fields, func(f graphql.CollectedField) bool { return f.Alias == string(name) })
		if i < 0 {
			return nil
		}
		set = fields[i].Selections
	}
	return set
}

// withoutPutOff leaves out what comes later: gqlgen writes null in its place,
// which a client would take for an answer. Of the payload of a fragment, whose
// own fields were put off and are there now, that is what lies below them.
func withoutPutOff(op *graphql.OperationContext, set ast.SelectionSet, data json.RawMessage, payload bool) json.RawMessage {
	if len(data) == 0 || !putsOff(op, set) {
		return data
	}
	switch data[0] {
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(data, &elements) != nil {
			return data
		}
		for i := range elements {
			elements[i] = withoutPutOff(op, set, elements[i], payload)
		}
		return slices.Concat([]byte{'['}, bytes.Join(asBytes(elements), []byte{','}), []byte{']'})
	case '{':
		var values map[string]json.RawMessage
		if json.Unmarshal(data, &values) != nil {
			return data
		}
		var entries [][]byte
		for _, f := range graphql.CollectFields(op, set, nil) {
			value, there := values[f.Alias]
			if there && (payload || !putOff(f)) {
				value = withoutPutOff(op, f.Selections, value, false)
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
