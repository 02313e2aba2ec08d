package plain

import (
	"context"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Plans are compiled selections of one document. The siblings of a list share theirs, and
// so do operations, unless variables decide what is selected (@skip, @include, @defer):
// then each needs its own. The zero Plans is empty and safe for concurrent use.
type Plans struct {
	mu sync.RWMutex
	of map[ast.Selection][]plan // by the first selection of the set
}

// plan is a selection set of the document, compiled; nil where it is not plain.
type plan struct {
	set ast.SelectionSet
	*selection
}

type plansKey struct{}

// WithPlans puts what is compiled of an operation's document into its context.
func WithPlans(ctx context.Context, p *Plans) context.Context {
	return context.WithValue(ctx, plansKey{}, p)
}

// selected is the plan for what is selected of the field's objects, nil where
// that is not plain.
func (t Types) selected(ctx context.Context, fc *graphql.FieldContext, typ *Type) *selection {
	set := fc.Field.Selections
	p, _ := ctx.Value(plansKey{}).(*Plans)
	if p == nil || len(set) == 0 {
		return t.compile(ctx, fc, typ, set)
	}
	if known, ok := p.find(set); ok {
		return known
	}
	s := t.compile(ctx, fc, typ, set)
	p.add(set, s)
	return s
}

// find looks a set up by what it is made of: gqlgen makes a new one for every
// operation, out of the document's own selections.
func (p *Plans) find(set ast.SelectionSet) (*selection, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, known := range p.of[set[0]] {
		if slices.Equal(known.set, set) {
			return known.selection, true
		}
	}
	return nil, false
}

func (p *Plans) add(set ast.SelectionSet, s *selection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[ast.Selection][]plan{}
	}
	p.of[set[0]] = append(p.of[set[0]], plan{set, s})
}
