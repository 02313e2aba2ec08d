package cost

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Model is what a schema's directives say.
type Model struct {
	schema *ast.Schema
	types  map[string]int64 // what an instance weighs, as all weights in thousandths
	fields map[fieldName]*field
	inputs map[fieldName]int64 // what giving an input field weighs
}

type fieldName struct{ parent, name string }

// field is a field of an object or an interface.
type field struct {
	typ       *ast.Type
	weight    int64 // of a call
	arguments map[string]argument
	assumed   int64    // elements, when no argument says; 0 when the field knows no number
	slicing   []string // the arguments that give the number of elements
	holders   []string // the fields of its object that hold the elements; none when it is the list itself
	held      bool     // its number of elements is its parent's
	size      Size     // nil for none
	frame     Frame    // nil for none
}

type argument struct {
	typ      *ast.Type
	weight   int64
	fallback *ast.Value
}

// introspection says how many elements are assumed of the lists of the
// introspection types, which carry no directives.
var introspection = map[fieldName]int64{
	{"__Schema", "directives"}:  10,
	{"__Directive", "args"}:     3,
	{"__Type", "fields"}:        6,
	{"__Type", "inputFields"}:   2,
	{"__Type", "interfaces"}:    1,
	{"__Type", "possibleTypes"}: 1,
	{"__Type", "enumValues"}:    3,
	{"__Field", "args"}:         2,
}

// Size says what @listSize cannot: the length of a field's list by all its arguments and by
// the frame that it is in (0 for none). The price is for n elements; most is a bound, which
// n need not be where a usual length is assumed. Not known leaves it to the directive.
type Size func(arguments map[string]any, frame int64) (n, most int64, known bool)

// Frame is what a field's arguments say of the lists below it. It must be one of few
// numbers: what is selected is walked once for each that it is in.
type Frame func(arguments map[string]any) int64

// New reads a schema's directives; sizes, by Type.field, come before them, and so do
// frames. Every list of objects must have a size: otherwise a long answer could seem
// cheap.
func New(schema *ast.Schema, sizes map[string]Size, frames map[string]Frame) (*Model, error) {
	m := &Model{schema: schema, types: map[string]int64{}, fields: map[fieldName]*field{}, inputs: map[fieldName]int64{}}
	for name, def := range schema.Types {
		weight, err := weightOf(def.Directives)
		if err != nil {
			return nil, fmt.Errorf("cost: %s: %w", name, err)
		}
		if weight < 0 && !def.IsLeafType() {
			weight = thousandths
		}
		m.types[name] = max(0, weight)
		if err := m.readFields(def, sizes, frames); err != nil {
			return nil, err
		}
	}
	return m, m.checkLists()
}

func (m *Model) readFields(def *ast.Definition, sizes map[string]Size, frames map[string]Frame) error {
	for _, f := range def.Fields {
		key := fieldName{def.Name, f.Name}
		weight, err := weightOf(f.Directives)
		if err != nil {
			return fmt.Errorf("cost: %s.%s: %w", def.Name, f.Name, err)
		}
		if def.Kind == ast.InputObject {
			m.inputs[key] = max(0, weight)
			continue
		}
		read := &field{
			typ: f.Type, weight: max(0, weight), arguments: map[string]argument{},
			assumed: introspection[key], size: sizes[def.Name+"."+f.Name], frame: frames[def.Name+"."+f.Name],
		}
		if def.Name == "__Schema" && f.Name == "types" {
			read.assumed = int64(len(m.schema.Types))
		}
		for _, a := range f.Arguments {
			weight, err := weightOf(a.Directives)
			if err != nil {
				return fmt.Errorf("cost: %s.%s(%s:): %w", def.Name, f.Name, a.Name, err)
			}
			read.arguments[a.Name] = argument{a.Type, max(0, weight), a.DefaultValue}
		}
		if err := read.readSize(f.Directives.ForName("listSize")); err != nil {
			return fmt.Errorf("cost: %s.%s: %w", def.Name, f.Name, err)
		}
		m.fields[key] = read
	}
	return nil
}

const maxWeight = 1_000_000

// weightOf is what @cost says, -1 when it is not there.
func weightOf(directives ast.DirectiveList) (int64, error) {
	d := directives.ForName("cost")
	if d == nil {
		return -1, nil
	}
	text := ""
	if a := d.Arguments.ForName("weight"); a != nil {
		text = a.Value.Raw
	}
	weight, err := strconv.ParseFloat(text, 64)
	exact := math.Round(weight * thousandths)
	if err != nil || !(weight >= 0 && weight <= maxWeight) || math.Abs(exact-weight*thousandths) > 1e-6 {
		return 0, fmt.Errorf("@cost(weight:) must be a number from 0 to %d with at most three decimals, got %q", maxWeight, text)
	}
	return int64(exact), nil
}

func (f *field) readSize(d *ast.Directive) error {
	if d == nil {
		return nil
	}
	if a := d.Arguments.ForName("assumedSize"); a != nil {
		n, err := strconv.ParseInt(a.Value.Raw, 10, 32)
		if err != nil || n < 1 {
			return fmt.Errorf("@listSize(assumedSize:) must be 1 or more, got %s", a.Value)
		}
		f.assumed = n
	}
	f.slicing, f.holders = texts(d, "slicingArguments"), texts(d, "sizedFields")
	for _, name := range f.slicing {
		a, ok := f.arguments[name]
		if !ok {
			return fmt.Errorf("@listSize(slicingArguments:) names no argument: %q", name)
		}
		if a.fallback != nil && a.fallback.Kind == ast.IntValue {
			f.assumed = max(f.assumed, clamped(a.fallback.Raw))
		}
	}
	if f.assumed == 0 {
		return errors.New("@listSize must give an assumedSize, or name an argument that has a default")
	}
	return nil
}

func texts(d *ast.Directive, name string) (list []string) {
	if a := d.Arguments.ForName(name); a != nil {
		for _, child := range a.Value.Children {
			list = append(list, child.Value.Raw)
		}
	}
	return list
}

// checkLists marks the fields whose length their parent knows, and refuses a
// list of objects of unknown length.
func (m *Model) checkLists() error {
	for key, f := range m.fields {
		for _, name := range f.holders {
			held := m.fields[fieldName{f.typ.Name(), name}]
			if held == nil || held.typ.Elem == nil {
				return fmt.Errorf("cost: %s.%s: @listSize(sizedFields:) names no list: %q", key.parent, key.name, name)
			}
			held.held = true
		}
	}
	for key, f := range m.fields {
		def := m.schema.Types[f.typ.Name()]
		if f.typ.Elem == nil || def == nil || def.IsLeafType() || f.assumed > 0 && f.holders == nil {
			continue
		}
		if !f.held {
			return fmt.Errorf("cost: %s.%s is a list of unknown length: it needs @listSize", key.parent, key.name)
		}
	}
	return m.checkHolders()
}

// checkHolders refuses a field that returns an object with held lists and does
// not say how long they are.
func (m *Model) checkHolders() error {
	for key, held := range m.fields {
		if !held.held {
			continue
		}
		for other, f := range m.fields {
			if f.typ.Name() == key.parent && !slices.Contains(f.holders, key.name) {
				return fmt.Errorf("cost: %s.%s does not say how long %s.%s is", other.parent, other.name, key.parent, key.name)
			}
		}
	}
	return nil
}

// possible are the object types behind a type's name.
func (m *Model) possible(name string) []*ast.Definition {
	def := m.schema.Types[name]
	if def == nil {
		return nil
	}
	if def.IsAbstractType() {
		return m.schema.PossibleTypes[name]
	}
	return []*ast.Definition{def}
}

// is reports whether objects of type def meet a fragment's type condition.
func (m *Model) is(def *ast.Definition, condition string) bool {
	return condition == "" || condition == def.Name || slices.Contains(m.schema.PossibleTypes[condition], def)
}
