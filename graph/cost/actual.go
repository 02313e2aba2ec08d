package cost

import (
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Actual is what an operation cost by the data it returned (JSON), in whole units: the
// estimate's weights over the lists as long as they came, 0 without data. Selections
// that repeat each other ran once and count once, so it is at most the estimate wherever
// lists are at most as long as assumed.
func (m *Model) Actual(op *graphql.OperationContext, data []byte) int64 {
	var object map[string]any
	root := m.root(op.Operation.Operation)
	if json.Unmarshal(data, &object) != nil || object == nil || root == nil {
		return 0
	}
	a := &answered{walk: walk{Model: m, doc: op.Doc, variables: op.Variables, given: map[string]int64{}}, op: op}
	return rounded(add(m.types[root.Name], a.object(op.Operation.SelectionSet, root, object)))
}

// answered is one answer. Of the walk it uses what concerns arguments.
type answered struct {
	walk
	op *graphql.OperationContext
}

func (a *answered) object(set ast.SelectionSet, in *ast.Definition, object map[string]any) (total int64) {
	satisfies := append([]string{in.Name}, in.Interfaces...)
	for _, f := range graphql.CollectFields(a.op, set, satisfies) {
		value, ran := object[f.Alias]
		def := a.fields[fieldName{in.Name, f.Name}]
		if !ran || def == nil {
			continue
		}
		total = add(total, def.weight, a.arguments(f.Field, def), a.result(f.Selections, def.typ.Name(), value))
	}
	return total
}

func (a *answered) result(set ast.SelectionSet, typ string, value any) (total int64) {
	switch value := value.(type) {
	case nil:
		return 0
	case []any:
		for _, element := range value {
			total = add(total, a.result(set, typ, element))
		}
		return total
	case map[string]any: // of an interface's types, the one that explains most of it
		for _, t := range a.possible(typ) {
			total = max(total, add(a.types[t.Name], a.object(set, t, value)))
		}
		return total
	default:
		return a.types[typ]
	}
}
