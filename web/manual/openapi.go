package manual

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// What the page shows of an OpenAPI 3.1 document, in the document's own order.
type (
	apiDocument struct {
		Info struct {
			Description string
		}
		Paths      object[object[operation]]
		Security   []object[[]string]
		Components struct {
			SecuritySchemes object[securityScheme]
			Headers         object[header]
			Parameters      object[parameter]
			Schemas         object[schema]
		}
	}
	operation struct {
		Summary, Description string
		Security             *[]object[[]string]
		Parameters           []parameter
		RequestBody          *struct{ Content object[media] }
		Responses            object[response]
	}
	securityScheme struct{ Scheme, Description string }
	parameter      struct {
		Ref         string `json:"$ref"`
		Name, In    string
		Required    bool
		Description string
		Schema      schema
		Example     json.RawMessage
	}
	response struct {
		Description string
		Headers     object[header]
		Content     object[media]
	}
	header struct {
		Ref         string `json:"$ref"`
		Description string
		Example     json.RawMessage
	}
	media struct {
		Schema  schema
		Example json.RawMessage
	}
	schema struct {
		Ref                                      string `json:"$ref"`
		Type                                     oneOrMore
		Format, Pattern, Description             string
		Enum                                     []json.RawMessage
		Const, Default                           json.RawMessage
		Minimum, Maximum                         json.Number
		MinLength, MaxLength, MinItems, MaxItems json.Number
		Required                                 []string
		Properties                               object[schema]
		Items                                    *schema
	}
)

// object is a JSON object in its own order.
type object[T any] []member[T]

type member[T any] struct {
	Name  string
	Value T
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object[T]) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("not an object: %.40s", data)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		m := member[T]{Name: fmt.Sprint(name)}
		if err = d.Decode(&m.Value); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		*o = append(*o, m)
	}
	return nil
}

func (o object[T]) named(reference, below string) (T, error) {
	name, found := strings.CutPrefix(reference, "#/components/"+below+"/")
	if i := slices.IndexFunc(o, func(m member[T]) bool { return m.Name == name }); found && i >= 0 {
		return o[i].Value, nil
	}
	var none T
	return none, fmt.Errorf("there is no %s", reference)
}

// oneOrMore is a string, or a list of them.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *oneOrMore) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		*s = make(oneOrMore, 1)
		return json.Unmarshal(data, &(*s)[0])
	}
	return json.Unmarshal(data, (*[]string)(s))
}

// resolve replaces references by what they refer to, so that the page need not.
func (d *apiDocument) resolve() error {
	for i := range d.Components.Schemas {
		if err := d.resolveSchema(&d.Components.Schemas[i].Value, 0); err != nil {
			return err
		}
	}
	for _, path := range d.Paths {
		for i := range path.Value {
			if err := d.resolveOperation(&path.Value[i].Value); err != nil {
				return fmt.Errorf("%s: %w", path.Name, err)
			}
		}
	}
	return nil
}

func (d *apiDocument) resolveOperation(o *operation) error {
	for i := range o.Parameters {
		if err := d.resolveParameter(&o.Parameters[i]); err != nil {
			return err
		}
	}
	if o.RequestBody != nil {
		if err := d.resolveMedia(o.RequestBody.Content); err != nil {
			return err
		}
	}
	for i := range o.Responses {
		if err := d.resolveResponse(&o.Responses[i].Value); err != nil {
			return err
		}
	}
	return nil
}

func (d *apiDocument) resolveParameter(p *parameter) (err error) {
	if p.Ref != "" {
		if *p, err = d.Components.Parameters.named(p.Ref, "parameters"); err != nil {
			return err
		}
	}
	return d.resolveSchema(&p.Schema, 0)
}

func (d *apiDocument) resolveResponse(r *response) (err error) {
	for i := range r.Headers {
		if h := &r.Headers[i].Value; h.Ref != "" {
			if *h, err = d.Components.Headers.named(h.Ref, "headers"); err != nil {
				return err
			}
		}
	}
	return d.resolveMedia(r.Content)
}

func (d *apiDocument) resolveMedia(content object[media]) error {
	for i := range content {
		if err := d.resolveSchema(&content[i].Value.Schema, 0); err != nil {
			return err
		}
	}
	return nil
}

// deepest is how far schemas may nest: one that refers to itself has no end.
const deepest = 20

func (d *apiDocument) resolveSchema(s *schema, depth int) (err error) {
	if depth > deepest {
		return fmt.Errorf("a schema nests deeper than %d", deepest)
	}
	if s.Ref != "" {
		if *s, err = d.Components.Schemas.named(s.Ref, "schemas"); err != nil {
			return err
		}
	}
	if s.Items != nil {
		if err = d.resolveSchema(s.Items, depth+1); err != nil {
			return err
		}
	}
	for i := range s.Properties {
		if err = d.resolveSchema(&s.Properties[i].Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}
