package cost

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// size is how many elements the arguments of a field ask for: at least 1, of
// several arguments the largest, and what is assumed when none is a number.
func (w *walk) size(f *ast.Field, def *field) int64 {
	if def.size != nil {
		if n, most, known := def.size(w.values(f, def), w.frame); known {
			if w.deferred { // a bound, no price
				n = most
			}
			return min(max(1, n), ceiling)
		}
	}
	n, known := int64(1), false
	for _, name := range def.slicing {
		value := def.arguments[name].fallback
		if a := f.Arguments.ForName(name); a != nil && !w.unset(a.Value) {
			value = a.Value
		}
		if asked, ok := w.integer(value); ok {
			n, known = max(n, asked), true
		}
	}
	if !known {
		n = def.assumed
	}
	return min(n, ceiling)
}

// values are a field's arguments, defaults included; those that cannot be read
// are left out.
func (w *walk) values(f *ast.Field, def *field) map[string]any {
	values := map[string]any{}
	for name, d := range def.arguments {
		value := d.fallback
		if a := f.Arguments.ForName(name); a != nil && !w.unset(a.Value) {
			value = a.Value
		}
		if value == nil {
			continue
		}
		if v, err := value.Value(w.variables); err == nil {
			values[name] = v
		}
	}
	return values
}

// unset reports whether a value is a variable that has none, so that the
// argument's default holds.
func (w *walk) unset(v *ast.Value) bool {
	if v == nil || v.Kind != ast.Variable {
		return v == nil
	}
	_, set := w.variables[v.Raw]
	return !set
}

// integer reads a literal or a variable; what is too large for an int64 is its
// largest or smallest.
func (w *walk) integer(v *ast.Value) (int64, bool) {
	switch {
	case v == nil:
		return 0, false
	case v.Kind == ast.IntValue:
		return clamped(v.Raw), true
	case v.Kind != ast.Variable:
		return 0, false
	}
	switch n := w.variables[v.Raw].(type) {
	case json.Number:
		return clamped(n.String()), true
	case float64:
		if n >= math.MaxInt64 {
			return math.MaxInt64, true
		}
		return int64(max(n, math.MinInt64)), true
	default:
		if r := reflect.ValueOf(n); r.IsValid() && r.CanInt() {
			return r.Int(), true
		}
	}
	return 0, false
}

// clamped reads an integer; strconv's result for one out of range is the bound.
func clamped(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// arguments is what the arguments given cost: their weight once, and the weight
// of each value in them: an input object weighs 1, as a row to be written does.
func (w *walk) arguments(f *ast.Field, def *field) (total int64) {
	for _, a := range f.Arguments {
		if d, ok := def.arguments[a.Name]; ok {
			total = add(total, d.weight, w.literal(a.Value, d.typ))
		}
	}
	return total
}

func (w *walk) literal(v *ast.Value, typ *ast.Type) (total int64) {
	if v == nil || v.Kind == ast.NullValue {
		return 0
	}
	name := typ.Name()
	switch v.Kind {
	case ast.Variable:
		return w.variable(v.Raw, name)
	case ast.ListValue:
		for _, child := range v.Children {
			total = add(total, w.literal(child.Value, typ))
		}
		return total
	case ast.ObjectValue:
		total = w.types[name]
		def := w.schema.Types[name]
		for _, child := range v.Children {
			if f := inputField(def, child.Name); f != nil {
				total = add(total, w.inputs[fieldName{name, child.Name}], w.literal(child.Value, f.Type))
			}
		}
		return total
	default:
		return w.types[name]
	}
}

// variable is what a variable's value costs, computed once however often it is
// used: validation lets it be used for one type only.
func (w *walk) variable(name, typ string) int64 {
	if known, ok := w.given[name]; ok {
		return known
	}
	total := w.value(w.variables[name], typ)
	w.given[name] = total
	return total
}

func (w *walk) value(v any, typ string) (total int64) {
	switch v := v.(type) {
	case nil:
		return 0
	case map[string]any:
		total = w.types[typ]
		def := w.schema.Types[typ]
		for name, child := range v {
			if f := inputField(def, name); f != nil {
				total = add(total, w.inputs[fieldName{typ, name}], w.value(child, f.Type.Name()))
			}
		}
		return total
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice {
		return w.types[typ]
	}
	for i := range list.Len() {
		total = add(total, w.value(list.Index(i).Interface(), typ))
	}
	return total
}

func inputField(def *ast.Definition, name string) *ast.FieldDefinition {
	if def == nil || def.Kind != ast.InputObject {
		return nil
	}
	return def.Fields.ForName(name)
}
