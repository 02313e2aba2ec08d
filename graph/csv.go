package graph

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
)

// table is the one list of an operation as CSV: a row for each element, a column
// for each leaf that is selected of it.
type table struct {
	list    []string // where it lies in the data, by aliases
	columns [][]string
}

// tableOf is the table that an operation is to be answered as, nil where the
// client did not ask for one.
func tableOf(f forms, op *graphql.OperationContext) (*table, error) {
	if !f.csv {
		return nil, nil
	}
	if op.Operation.Operation != ast.Query {
		return nil, analytics.Invalidf("Accept", "only a query is answered as %s", mediaCSV)
	}
	var found []*table
	findLists(op, op.Operation.SelectionSet, "Query", nil, &found)
	if len(found) != 1 {
		return nil, analytics.Invalidf("Accept", "%s takes a query that selects one list, such as points or edges, got %d", mediaCSV, len(found))
	}
	return found[0], nil
}

// findLists collects the lists of objects that lie in no other list, from an object of a
// type on.
func findLists(op *graphql.OperationContext, set ast.SelectionSet, of string, path []string, found *[]*table) {
	for _, f := range graphql.CollectFields(op, set, satisfied(of)) {
		here := append(path[:len(path):len(path)], f.Alias)
		switch {
		case len(f.Selections) == 0:
		case f.Definition.Type.Elem != nil:
			*found = append(*found, &table{list: here, columns: leaves(op, f.Selections, f.Definition.Type.Name(), nil)})
		default:
			findLists(op, f.Selections, f.Definition.Type.Name(), here, found)
		}
	}
}

// leaves are the paths of what is selected of an element of a type, in that order.
func leaves(op *graphql.OperationContext, set ast.SelectionSet, of string, path []string) (out [][]string) {
	for _, f := range graphql.CollectFields(op, set, satisfied(of)) {
		here := append(path[:len(path):len(path)], f.Alias)
		if len(f.Selections) == 0 {
			out = append(out, here)
			continue
		}
		out = append(out, leaves(op, f.Selections, f.Definition.Type.Name(), here)...)
	}
	return out
}

// rowsIn is the list in the data of an answer; CodeNotFound where there is none.
func (t *table) rowsIn(data json.RawMessage) (*json.Decoder, error) {
	list := json.NewDecoder(bytes.NewReader(data))
	list.UseNumber()
	if !seek(list, t.list) {
		return nil, analytics.Errorf(analytics.CodeNotFound, "%s: there is no list, because an object before it is null or of another type", analytics.Clip(strings.Join(t.list, "."), maxMessage))
	}
	return list, nil
}

// write sends the table (RFC 4180), row by row as they are cut from the answer's list.
func (t *table) write(w http.ResponseWriter, response *graphql.Response, list *json.Decoder) {
	h := w.Header()
	h.Set("Content-Type", mediaCSV+"; charset=utf-8; header=present")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%.100s.csv"`, strings.Join(t.list, "-")))
	if response.Extensions["stale"] != nil {
		h.Set("Warning", `110 - "Response is Stale"`)
	}
	out := newRows(w)
	record := make([]string, len(t.columns))
	for i, path := range t.columns {
		record[i] = strings.Join(path, ".")
	}
	_ = out.write(record) // an error of the client's connection stays with the writer
	defer out.to.Flush()
	for list.More() {
		var row any
		if list.Decode(&row) != nil {
			break
		}
		for i, path := range t.columns {
			record[i] = cellAt(row, path)
		}
		if out.write(record) != nil {
			break
		}
	}
}

// rows writes records that end with CR LF. encoding/csv would write the line breaks
// within cells so too.
type rows struct {
	to  *bufio.Writer
	row *bytes.Buffer
	csv *csv.Writer // into row
}

func newRows(w io.Writer) *rows {
	var row bytes.Buffer
	return &rows{bufio.NewWriter(w), &row, csv.NewWriter(&row)}
}

func (r *rows) write(record []string) error {
	r.row.Reset()
	_ = r.csv.Write(record)
	r.csv.Flush()
	row := bytes.TrimSuffix(r.row.Bytes(), []byte{'\n'})
	if len(row) == 0 { // a lone cell: many readers pass over an empty line
		row = []byte(`""`)
	}
	_, err := r.to.Write(append(row, '\r', '\n'))
	return err
}

// seek moves into the list at the path; false when something on the way is null.
func seek(d *json.Decoder, path []string) bool {
	for ; ; path = path[1:] {
		if token, err := d.Token(); err != nil || token == nil {
			return false
		}
		if len(path) == 0 { // that was the list's bracket
			return true
		}
		if !seekField(d, path[0]) {
			return false
		}
	}
}

// seekField moves to the value of the field; false when the object has none.
func seekField(d *json.Decoder, field string) bool {
	for {
		name, err := d.Token()
		if err != nil || name == json.Delim('}') {
			return false
		}
		if name == field {
			return true
		}
		var other json.RawMessage
		if d.Decode(&other) != nil {
			return false
		}
	}
}

// cellAt is what lies at the path; the values of a list within a row share its
// cell.
func cellAt(v any, path []string) string {
	switch v := v.(type) {
	case []any:
		cells := make([]string, len(v))
		for i, element := range v {
			cells[i] = cellAt(element, path)
		}
		return strings.Join(cells, "; ")
	case map[string]any:
		if len(path) > 0 {
			return cellAt(v[path[0]], path[1:])
		}
		return ""
	case string:
		return EscapeFormula(v)
	case nil:
		return ""
	default: // json.Number, bool
		return fmt.Sprint(v)
	}
}

// EscapeFormula keeps a spreadsheet from running a text as a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func EscapeFormula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

// failedStatus is the status of an answer that could not become a table: nothing
// of it was sent, so it may say what is wrong.
func failedStatus(response *graphql.Response) int {
	code, _ := response.Errors[0].Extensions["code"].(string)
	return analytics.Code(code).Status()
}
