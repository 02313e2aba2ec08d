package documents

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Trusted are the documents that an operator vouches for, parsed and validated.
// It does not change once it is made; a nil Trusted holds none.
type Trusted struct {
	byID   map[string]string // text, by the manifest's id
	byHash map[string]string // text
	byText map[string]*ast.QueryDocument
}

// Load reads the manifest at path, or every *.json file of the folder there, and
// validates each document against the schema, within as many tokens as a request
// may have. An error names the file and the operation.
func Load(path string, schema *ast.Schema, maxTokens int) (*Trusted, error) {
	files, err := manifestFiles(path)
	if err != nil {
		return nil, err
	}
	t := &Trusted{byID: map[string]string{}, byHash: map[string]string{}, byText: map[string]*ast.QueryDocument{}}
	for _, file := range files {
		operations, err := readManifest(file)
		if err != nil {
			return nil, err
		}
		for _, o := range operations {
			if err = t.add(o, schema, maxTokens); err != nil {
				return nil, fmt.Errorf("%s: operation %.80q: %w", file, o.label(), err)
			}
		}
	}
	if len(t.byID) == 0 {
		return nil, fmt.Errorf("%s: there is no operation", path)
	}
	return t, nil
}

// label is what an operator knows the operation by.
func (o operation) label() string {
	if o.Name != "" {
		return o.Name
	}
	return o.ID
}

func (t *Trusted) add(o operation, schema *ast.Schema, maxTokens int) error {
	switch known, taken := t.byID[o.ID]; {
	case o.ID == "" || len(o.ID) > maxID:
		return fmt.Errorf("id must be 1 to %d bytes long, got %d", maxID, len(o.ID))
	case len(o.Body) > MaxLength:
		return fmt.Errorf("the document must be at most %d bytes long, got %d", MaxLength, len(o.Body))
	case taken && known != o.Body:
		return fmt.Errorf("the id %.80q names another document already", o.ID)
	case !taken && len(t.byID) >= maxOperations:
		return fmt.Errorf("there are more than %d operations", maxOperations)
	}
	doc := t.byText[o.Body]
	if doc == nil {
		var err error
		if doc, err = compile(o.Body, schema, maxTokens); err != nil {
			return err
		}
	}
	if err := o.check(doc); err != nil {
		return err
	}
	t.byID[o.ID], t.byHash[Hash(o.Body)], t.byText[o.Body] = o.Body, o.Body, doc
	return nil
}

// compile does to a document what the executor would with the first request.
func compile(text string, schema *ast.Schema, maxTokens int) (*ast.QueryDocument, error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return nil, plain(err)
	}
	if len(doc.Operations) == 0 {
		return nil, errors.New("the document holds no operation")
	}
	if errs := validator.ValidateWithRules(schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return nil, plain(errs[0])
	}
	return doc, nil
}

// plain is an error with its place in the document.
func plain(err error) error {
	var e *gqlerror.Error
	if errors.As(err, &e) && len(e.Locations) > 0 {
		return fmt.Errorf("line %d, column %d: %.300s", e.Locations[0].Line, e.Locations[0].Column, e.Message)
	}
	return err
}

// check compares what the manifest says of an operation with the document.
func (o operation) check(doc *ast.QueryDocument) error {
	if o.Name == "" && o.Type == "" {
		return nil
	}
	found := doc.Operations.ForName(o.Name)
	switch {
	case found == nil:
		return fmt.Errorf("the document holds no operation named %.80q", o.Name)
	case o.Type != "" && o.Type != string(found.Operation):
		return fmt.Errorf("it is a %s, and said to be a %.20q", found.Operation, o.Type)
	}
	return nil
}

// Text is the document that has the id: the manifest's, or its hash.
func (t *Trusted) Text(id string) (string, bool) {
	if t == nil {
		return "", false
	}
	text, ok := t.byID[id]
	if !ok {
		text, ok = t.byHash[id]
	}
	return text, ok
}

// Document is the validated form of a trusted text, nil for any other.
func (t *Trusted) Document(text string) *ast.QueryDocument {
	if t == nil {
		return nil
	}
	return t.byText[text]
}

// Len is how many documents there are.
func (t *Trusted) Len() int {
	if t == nil {
		return 0
	}
	return len(t.byText)
}
