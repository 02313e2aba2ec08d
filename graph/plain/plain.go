// Package plain writes objects, and lists of them, that are in memory already.
// gqlgen takes a goroutine for every element of a list, and a context with its
// closures for every field of it; here a selection is compiled once for a
// document, and each object is appended to one buffer. What it writes is what
// gqlgen would, byte for byte; where a selected field needs a resolver that it
// does not know it declines. It must not know what the types mean.
package plain

import (
	"context"
	"io"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Types are the Go types of the schema's objects, by name.
type Types map[string]*Type

// NewTypes names types by their Go name, which must be the schema's.
func NewTypes(types ...*Type) Types {
	all := Types{}
	for _, t := range types {
		all[t.name] = t
	}
	return all
}

// JSON is a value that was written.
type JSON []byte

// MarshalGQL writes the value.
func (j *JSON) MarshalGQL(w io.Writer) { _, _ = w.Write(*j) }

// Encode writes the value of the field fc as gqlgen would, if it is an object or
// a list of objects. It is nil when that is gqlgen's to do: something selected is
// not plain, failed, or is null where the schema does not allow it. N is the number
// of elements of a list, −1 if v is none.
func (t Types) Encode(ctx context.Context, fc *graphql.FieldContext, v any) (written *JSON, n int) {
	if fc.Field.Field == nil || fc.Field.Definition == nil {
		return nil, -1
	}
	of := fc.Field.Definition.Type
	typ := t[of.Name()]
	switch {
	case typ == nil:
		return nil, -1
	case of.Elem == nil:
		return t.object(ctx, fc, typ, v), -1
	}
	n, at := typ.elements(v)
	if n <= 0 {
		return nil, n
	}
	s := t.selected(ctx, fc, typ)
	if s == nil {
		return nil, n
	}
	values, ok := s.resolve(ctx, fc, n, at)
	if !ok {
		return nil, n
	}
	b, ok := s.appendList(make([]byte, 0, 4096), values, n, at, of.Elem.NonNull)
	if !ok {
		return nil, n
	}
	return (*JSON)(&b), n
}

func (t Types) object(ctx context.Context, fc *graphql.FieldContext, typ *Type, v any) *JSON {
	if !typ.holds(v) {
		return nil
	}
	s := t.selected(ctx, fc, typ)
	if s == nil {
		return nil
	}
	values, ok := s.resolve(ctx, fc, 1, func(int) any { return v })
	if !ok {
		return nil
	}
	b, ok := s.append(make([]byte, 0, 512), v, values, 0)
	if !ok {
		return nil
	}
	return (*JSON)(&b)
}

// selection is what is written of an object.
type selection struct {
	fields    []field
	resolving int // how many of them have resolvers
}

// field is one entry of the written object.
type field struct {
	key     string // with its quotes and colon
	write   writer
	nonNull bool
	element bool       // of a list: whether its elements must not be null
	below   *selection // of an object's fields
	// Of a field with a resolver: what answers it, and where it was selected.
	resolver  func(ctx context.Context, objs []any) ([]any, error)
	collected graphql.CollectedField
}

// null writes null where the schema allows it.
func (f *field) null(b []byte) ([]byte, bool) { return append(b, "null"...), !f.nonNull }

// compile is the plan for a selection, nil where it is not plain. Of is the
// context of the field that holds the objects: it knows which of their fields
// have resolvers.
func (t Types) compile(ctx context.Context, of *graphql.FieldContext, typ *Type, set ast.SelectionSet) *selection {
	s := &selection{}
	op := graphql.GetOperationContext(ctx)
	var seen []string
	for _, f := range graphql.CollectFields(op, set, nil) {
		if f.ObjectDefinition == nil || f.ObjectDefinition.Kind != ast.Object || f.ObjectDefinition.Name != typ.name {
			return nil // selected through an interface: gqlgen knows which types satisfy it
		}
		if slices.Contains(seen, f.Alias) {
			continue
		}
		seen = append(seen, f.Alias)
		compiled, ok := t.field(ctx, of, typ, f)
		if !ok {
			return nil
		}
		s.fields = append(s.fields, compiled)
		if compiled.resolver != nil {
			s.resolving++
		}
	}
	return s
}

func (t Types) field(ctx context.Context, of *graphql.FieldContext, typ *Type, f graphql.CollectedField) (field, bool) {
	out := field{key: `"` + f.Alias + `":`}
	if f.Name == "__typename" {
		name := `"` + typ.name + `"`
		out.write = func(b []byte, _ any, _ *field) ([]byte, bool) { return append(b, name...), true }
		return out, true
	}
	m, ok := typ.member(f.Definition)
	if !ok || acts(f) || len(f.Definition.Arguments) > 0 && m.resolver == nil || f.IsDeferred() {
		return out, false
	}
	child, err := childOf(ctx, of, f)
	if err != nil || child.IsResolver != (m.resolver != nil) {
		return out, false
	}
	out.write, out.nonNull = m.write, f.Definition.Type.NonNull
	out.resolver, out.collected = m.resolver, f
	if m.object == nil {
		return out, true
	}
	if f.Definition.Type.Elem != nil {
		out.element = f.Definition.Type.Elem.NonNull
	}
	if below := t.below(f.Definition, m); below != nil {
		out.below = t.compile(ctx, child, below, f.Selections)
	}
	return out, out.below != nil && out.below.resolving == 0
}

// below is the type of the objects that the member holds, nil where the schema
// says something else.
func (t Types) below(f *ast.FieldDefinition, m member) *Type {
	typ := t[f.Type.Name()]
	isList := f.Type.Elem != nil && f.Type.Elem.Elem == nil
	if typ == nil || typ.of != m.object || isList != m.list {
		return nil
	}
	return typ
}

// inertDirectives say something of a field and do nothing when it is read.
var inertDirectives = []string{"deprecated", "metric", "cost", "listSize", "alsoRequires"}

// acts reports whether a directive does something when the field is read.
func acts(f graphql.CollectedField) bool {
	always := func(d *ast.Directive) bool { return !slices.Contains(inertDirectives, d.Name) }
	here := func(d *ast.Directive) bool { return d.Name != "skip" && d.Name != "include" }
	return slices.ContainsFunc(f.Definition.Directives, always) || slices.ContainsFunc(f.Directives, here)
}

// append writes an object; values are what its fields with resolvers are, at i.
func (s *selection) append(b []byte, obj any, values resolved, i int) ([]byte, bool) {
	b = append(b, '{')
	for n := range s.fields {
		if n > 0 {
			b = append(b, ',')
		}
		f := &s.fields[n]
		b = append(b, f.key...)
		var ok bool
		switch {
		case f.resolver == nil:
			b, ok = f.write(b, obj, f)
		case values[n][i] == nil:
			b, ok = f.null(b)
		default:
			b, ok = f.below.append(b, values[n][i], nil, 0)
		}
		if !ok {
			return b, false
		}
	}
	return append(b, '}'), true
}

// appendList writes n elements. After the first of a long list it makes room
// for the rest at once: growing step by step would take twice the memory.
func (s *selection) appendList(b []byte, values resolved, n int, at func(int) any, nonNull bool) ([]byte, bool) {
	const sample = 64
	b = append(b, '[')
	start := len(b)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if i == sample {
			b = slices.Grow(b, (len(b)-start)/sample*(n-sample)*9/8)
		}
		obj := at(i)
		if obj == nil {
			if nonNull {
				return b, false
			}
			b = append(b, "null"...)
			continue
		}
		var ok bool
		if b, ok = s.append(b, obj, values, i); !ok {
			return b, false
		}
	}
	return append(b, ']'), true
}
