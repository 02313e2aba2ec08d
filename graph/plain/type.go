package plain

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/graph/scalar"
)

// Type is a Go struct whose fields and methods are an object's fields, found by
// name in any case, as gqlgen finds them.
type Type struct {
	name     string
	of       reflect.Type
	members  map[string]member // by name in lower case
	elements func(v any) (n int, at func(int) any)
	holds    func(v any) bool // whether v is one, and not nil
}

// member is a field or a method of a struct.
type member struct {
	write  writer
	names  []string     // the scalars that it can be; nil for any, where the Go type writes itself
	object reflect.Type // the struct that it points to, if any
	list   bool         // of pointers to that
	// What answers it where it has a resolver, for many objects at once.
	resolver func(ctx context.Context, objs []any) ([]any, error)
}

// writer appends what field f of obj is; false when it is null and must not be,
// or cannot be written.
type writer func(b []byte, obj any, f *field) ([]byte, bool)

// Of is the type of T, with those of its fields that have known resolvers.
func Of[T any](resolvers ...Resolver) *Type {
	of := reflect.TypeFor[T]()
	t := &Type{name: of.Name(), of: of, members: map[string]member{}, elements: elements[T], holds: holds[T]}
	for _, f := range reflect.VisibleFields(of) {
		if f.IsExported() && !f.Anonymous {
			if m, ok := structField(f); ok {
				t.members[strings.ToLower(f.Name)] = m
			}
		}
	}
	pointer := reflect.PointerTo(of)
	for f := range pointer.Methods() {
		name := strings.ToLower(f.Name)
		delete(t.members, name) // hidden by the method
		if m, ok := method[T](f.Func); ok {
			t.members[name] = m
		}
	}
	for _, r := range resolvers {
		t.members[r.name] = member{object: r.object, resolver: r.all}
	}
	return t
}

func holds[T any](v any) bool {
	p, ok := v.(*T)
	return ok && p != nil
}

func elements[T any](v any) (n int, at func(int) any) {
	list, ok := v.([]*T)
	if !ok {
		return -1, nil
	}
	return len(list), func(i int) any {
		if list[i] == nil {
			return nil
		}
		return list[i]
	}
}

// member finds what field f reads, if a scalar is the one that the schema says.
func (t *Type) member(f *ast.FieldDefinition) (member, bool) {
	m, ok := t.members[strings.ToLower(f.Name)]
	return m, ok && (m.object != nil || f.Type.Elem == nil && (m.names == nil || slices.Contains(m.names, f.Type.NamedType)))
}

// The scalars that Go types without a form of their own are bound to.
var (
	texts    = []string{"String", "ID"}
	integers = []string{"Int", "SafeInt"}
	floats   = []string{"Float"}
	booleans = []string{"Boolean"}
	instants = []string{"DateTime"}
	uuids    = []string{"UUID"}
)

// structField reads a field in place.
func structField(f reflect.StructField) (member, bool) {
	index := f.Index
	in := func(obj any) any { return reflect.ValueOf(obj).Elem().FieldByIndex(index).Addr().Interface() }
	switch reflect.New(f.Type).Interface().(type) {
	case *string:
		return value(texts, in, appendString), true
	case *int64:
		return value(integers, in, appendInt), true
	case *int:
		return value(integers, in, func(b []byte, n int) []byte { return appendInt(b, int64(n)) }), true
	case *bool:
		return value(booleans, in, strconv.AppendBool), true
	case *time.Time:
		return value(instants, in, scalar.AppendDateTime), true
	case *uuid.UUID:
		return value(uuids, in, appendUUID), true
	case **string:
		return pointer(texts, in, appendString), true
	case **time.Time:
		return pointer(instants, in, scalar.AppendDateTime), true
	case **uuid.UUID:
		return pointer(uuids, in, appendUUID), true
	case graphql.Marshaler: // a pointer to a type that writes itself
		return member{write: func(b []byte, obj any, _ *field) ([]byte, bool) {
			in(obj).(graphql.Marshaler).MarshalGQL((*buffer)(&b))
			return b, true
		}}, true
	}
	if f.Type.Kind() == reflect.Slice {
		return listOfPointers(f)
	}
	return pointerField(f)
}

func value[V any](names []string, in func(obj any) any, write func([]byte, V) []byte) member {
	return member{names: names, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return write(b, *in(obj).(*V)), true }}
}

func pointer[V any](names []string, in func(obj any) any, write func([]byte, V) []byte) member {
	return member{names: names, write: func(b []byte, obj any, f *field) ([]byte, bool) {
		p := *in(obj).(**V)
		if p == nil {
			return f.null(b)
		}
		return write(b, *p), true
	}}
}

// pointerField is a pointer to another object, or to a type that writes itself.
func pointerField(f reflect.StructField) (member, bool) {
	if f.Type.Kind() != reflect.Pointer {
		return member{}, false
	}
	index := f.Index
	in := func(obj any) (any, bool) {
		v := reflect.ValueOf(obj).Elem().FieldByIndex(index)
		return v.Interface(), !v.IsNil()
	}
	if f.Type.Implements(reflect.TypeFor[graphql.Marshaler]()) {
		return member{write: func(b []byte, obj any, f *field) ([]byte, bool) {
			v, ok := in(obj)
			if !ok {
				return f.null(b)
			}
			v.(graphql.Marshaler).MarshalGQL((*buffer)(&b))
			return b, true
		}}, true
	}
	return object(f.Type.Elem(), in), f.Type.Elem().Kind() == reflect.Struct
}

func object(of reflect.Type, in func(obj any) (any, bool)) member {
	return member{object: of, write: func(b []byte, obj any, f *field) ([]byte, bool) {
		v, ok := in(obj)
		if !ok {
			return f.null(b)
		}
		return f.below.append(b, v, nil, 0)
	}}
}

// listOfPointers is a list of objects.
func listOfPointers(f reflect.StructField) (member, bool) {
	if f.Type.Elem().Kind() != reflect.Pointer || f.Type.Elem().Elem().Kind() != reflect.Struct {
		return member{}, false
	}
	index := f.Index
	return member{object: f.Type.Elem().Elem(), list: true, write: func(b []byte, obj any, f *field) ([]byte, bool) {
		list := reflect.ValueOf(obj).Elem().FieldByIndex(index)
		if list.IsNil() && !f.nonNull {
			return append(b, "null"...), true
		}
		return f.below.appendList(b, nil, list.Len(), func(i int) any {
			if list.Index(i).IsNil() {
				return nil
			}
			return list.Index(i).Interface()
		}, f.element)
	}}, true
}

// method reads what a method of *T returns.
func method[T any](f reflect.Value) (member, bool) {
	switch f := f.Interface().(type) {
	case func(*T) string:
		return member{names: texts, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return appendString(b, f(obj.(*T))), true }}, true
	case func(*T) int64:
		return member{names: integers, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return appendInt(b, f(obj.(*T))), true }}, true
	case func(*T) bool:
		return member{names: booleans, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return strconv.AppendBool(b, f(obj.(*T))), true }}, true
	case func(*T) time.Time:
		return member{names: instants, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return scalar.AppendDateTime(b, f(obj.(*T))), true }}, true
	case func(*T) float64:
		return member{names: floats, write: func(b []byte, obj any, _ *field) ([]byte, bool) { return appendFloat(b, f(obj.(*T))) }}, true
	case func(*T) (int64, bool):
		return member{names: integers, write: func(b []byte, obj any, to *field) ([]byte, bool) {
			n, ok := f(obj.(*T))
			if !ok {
				return to.null(b)
			}
			return appendInt(b, n), true
		}}, true
	case func(*T) (float64, bool):
		return member{names: floats, write: func(b []byte, obj any, to *field) ([]byte, bool) {
			n, ok := f(obj.(*T))
			if !ok {
				return to.null(b)
			}
			return appendFloat(b, n)
		}}, true
	}
	if t := f.Type(); t.NumIn() == 1 && t.NumOut() == 1 && t.Out(0).Kind() == reflect.Pointer && t.Out(0).Elem().Kind() == reflect.Struct {
		return object(t.Out(0).Elem(), func(obj any) (any, bool) {
			v := f.Call([]reflect.Value{reflect.ValueOf(obj)})[0]
			return v.Interface(), !v.IsNil()
		}), true
	}
	return member{}, false
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendFloat reports false for what is no JSON.
func appendFloat(b []byte, n float64) ([]byte, bool) {
	return strconv.AppendFloat(b, n, 'g', -1, 64), !math.IsNaN(n) && !math.IsInf(n, 0)
}

func appendUUID(b []byte, id uuid.UUID) []byte {
	b = append(b, '"')
	text, _ := id.MarshalText() // cannot fail
	return append(append(b, text...), '"')
}

// appendString leaves the quoting to gqlgen where there is anything to quote.
func appendString(b []byte, s string) []byte {
	special := func(c rune) bool { return c < ' ' || c == '"' || c == '\\' }
	if !strings.ContainsFunc(s, special) {
		return append(append(append(b, '"'), s...), '"')
	}
	graphql.MarshalString(s).MarshalGQL((*buffer)(&b))
	return b
}

// buffer appends what is written.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (b *buffer) WriteString(s string) (int, error) {
	*b = append(*b, s...)
	return len(s), nil
}
