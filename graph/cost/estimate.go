package cost

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// Estimate is what an operation may cost at most, in whole units, as far as the schema can
// tell, with the variables as they were coerced. A field costs its weight and its
// arguments' once, and for each element the weight of its type and what is
// selected of it. Of an interface's types the dearest counts. Every selection
// counts, also one that repeats another. The time taken is linear in the document, for
// each of the few frames in it.
func (m *Model) Estimate(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) int64 {
	return rounded(m.walk(doc, op, variables, false))
}

// Deferred is how many fragments an operation may put off at most (@defer): each of
// them once for every object that it is of. It takes as long as an Estimate.
func (m *Model) Deferred(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any) int64 {
	return m.walk(doc, op, variables, true)
}

func (m *Model) walk(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any, deferred bool) int64 {
	w := &walk{
		Model: m, doc: doc, variables: variables, deferred: deferred,
		fragments: map[place]sum{}, selected: map[selected]sum{}, given: map[string]int64{},
	}
	root := m.root(op.Operation)
	if root == nil {
		return 0
	}
	return add(w.instance(root.Name), w.selection(op.SelectionSet, root).once)
}

func (m *Model) root(op ast.Operation) *ast.Definition {
	switch op {
	case ast.Mutation:
		return m.schema.Mutation
	case ast.Subscription:
		return m.schema.Subscription
	default:
		return m.schema.Query
	}
}

// walk is one estimate: of weights, or of deferred fragments alone.
type walk struct {
	*Model
	deferred  bool
	doc       *ast.QueryDocument
	variables map[string]any
	frame     int64 // of the field around what is walked
	fragments map[place]sum
	selected  map[selected]sum
	given     map[string]int64 // what the variables' values cost
}

// place is a fragment spread in an object of the type, selected a field of it:
// each is computed once in a frame.
type (
	place struct {
		fragment *ast.FragmentDefinition
		in       *ast.Definition
		frame    int64
	}
	selected struct {
		field *ast.Field
		in    *ast.Definition
		frame int64
	}
)

// sum is the cost of a selection as a function of the length of the lists that
// its parent sizes.
type sum struct {
	once int64
	each int64 // for each element
}

func (s *sum) add(o sum) { s.once, s.each = add(s.once, o.once), add(s.each, o.each) }

func (w *walk) selection(set ast.SelectionSet, in *ast.Definition) (total sum) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !w.left(s.Directives) {
				total.add(w.field(s, in))
			}
		case *ast.InlineFragment:
			if !w.left(s.Directives) && w.is(in, s.TypeCondition) {
				total.add(w.part(s.Directives))
				total.add(w.selection(s.SelectionSet, in))
			}
		case *ast.FragmentSpread:
			if fragment := w.doc.Fragments.ForName(s.Name); fragment != nil && !w.left(s.Directives) && w.is(in, fragment.TypeCondition) {
				total.add(w.part(s.Directives))
				total.add(w.fragment(fragment, in))
			}
		}
	}
	return total
}

func (w *walk) fragment(f *ast.FragmentDefinition, in *ast.Definition) sum {
	key := place{f, in, w.frame}
	if known, ok := w.fragments[key]; ok {
		return known
	}
	w.fragments[key] = sum{} // ends a cycle, which validation refuses
	total := w.selection(f.SelectionSet, in)
	w.fragments[key] = total
	return total
}

func (w *walk) field(f *ast.Field, in *ast.Definition) sum {
	def := w.fields[fieldName{in.Name, f.Name}]
	if def == nil { // __typename
		return sum{}
	}
	key := selected{f, in, w.frame}
	if known, ok := w.selected[key]; ok {
		return known
	}
	once, n := w.call(f, def), int64(1)
	if def.assumed > 0 {
		n = w.size(f, def)
	}
	if def.frame != nil {
		defer func(outer int64) { w.frame = outer }(w.frame)
		w.frame = def.frame(w.values(f, def))
	}
	total := sum{once: once}
	switch {
	case def.held:
		total.each = w.element(f, def, 0)
	case def.holders != nil:
		total.once = add(once, w.element(f, def, n))
	default:
		total.once = add(once, times(n, w.element(f, def, 0)))
	}
	if f.SelectionSet != nil { // the rest is quicker added up than noted
		w.selected[key] = total
	}
	return total
}

// element is what one value of a field costs, with lists in it of length n.
func (w *walk) element(f *ast.Field, def *field, n int64) int64 {
	name := def.typ.Name()
	if f.SelectionSet == nil {
		return w.instance(name)
	}
	var dearest int64
	for _, t := range w.possible(name) {
		s := w.selection(f.SelectionSet, t)
		dearest = max(dearest, add(w.instance(t.Name), s.once, times(n, s.each)))
	}
	return dearest
}

// part is one deferred fragment, where that is what is counted.
func (w *walk) part(directives ast.DirectiveList) sum {
	if !w.deferred || directives.ForName("defer") == nil || w.condition(directives, "defer") == no {
		return sum{}
	}
	return sum{once: 1}
}

// call is what a field costs once, instance what a value of a type does.
func (w *walk) call(f *ast.Field, def *field) int64 {
	if w.deferred {
		return 0
	}
	return add(def.weight, w.arguments(f, def))
}

func (w *walk) instance(name string) int64 {
	if w.deferred {
		return 0
	}
	return w.types[name]
}

// left reports whether @skip or @include leaves a selection out for certain.
func (w *walk) left(directives ast.DirectiveList) bool {
	return w.condition(directives, "skip") == yes || w.condition(directives, "include") == no
}

type answer int

const (
	unknown answer = iota
	yes
	no
)

func (w *walk) condition(directives ast.DirectiveList, name string) answer {
	d := directives.ForName(name)
	if d == nil {
		return unknown
	}
	a := d.Arguments.ForName("if")
	if a == nil || a.Value == nil {
		return unknown
	}
	value := any(a.Value.Raw == "true")
	if a.Value.Kind == ast.Variable {
		value = w.variables[a.Value.Raw]
	} else if a.Value.Kind != ast.BooleanValue {
		return unknown
	}
	switch value {
	case true:
		return yes
	case false:
		return no
	}
	return unknown
}
