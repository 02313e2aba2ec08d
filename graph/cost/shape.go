package cost

import "github.com/vektah/gqlparser/v2/ast"

// Shape is how large an operation is with its fragments in place, whatever its
// variables are: what @skip and @include leave out counts too.
type Shape struct {
	Depth      int64 // of fields in fields
	Aliases    int64
	RootFields int64
}

// ShapeOf measures an operation, in time linear in the document.
func ShapeOf(doc *ast.QueryDocument, op *ast.OperationDefinition) Shape {
	s := &shapes{doc: doc, known: map[string]Shape{}}
	return s.of(op.SelectionSet)
}

// shapes is one measurement. RootFields of a part are the fields at its top.
type shapes struct {
	doc   *ast.QueryDocument
	known map[string]Shape // by fragment
}

func (s *shapes) of(set ast.SelectionSet) (total Shape) {
	for _, selection := range set {
		var part Shape
		switch selection := selection.(type) {
		case *ast.Field:
			part = s.of(selection.SelectionSet)
			part.Depth, part.RootFields = add(part.Depth, 1), 1
			if selection.Alias != selection.Name {
				part.Aliases = add(part.Aliases, 1)
			}
		case *ast.InlineFragment:
			part = s.of(selection.SelectionSet)
		case *ast.FragmentSpread:
			part = s.fragment(selection.Name)
		}
		total.Depth = max(total.Depth, part.Depth)
		total.Aliases = add(total.Aliases, part.Aliases)
		total.RootFields = add(total.RootFields, part.RootFields)
	}
	return total
}

func (s *shapes) fragment(name string) Shape {
	if known, ok := s.known[name]; ok {
		return known
	}
	s.known[name] = Shape{} // ends a cycle, which validation refuses
	if f := s.doc.Fragments.ForName(name); f != nil {
		s.known[name] = s.of(f.SelectionSet)
	}
	return s.known[name]
}
