package manual

import (
	"bytes"
	"encoding/json"
	"html/template"
	"strings"

	"footfall/web/page"
)

// What the templates show of it.
type (
	referenceView struct {
		Description template.HTML
		Keys        []keyView
		Operations  []operationView
	}
	keyView struct {
		Example     string
		Description template.HTML
	}
	operationView struct {
		ID, Method, Path, Summary string
		Description               template.HTML
		Keyless                   bool
		Parameters                []field
		Body                      []mediaView
		Responses                 []responseView
	}
	responseView struct {
		Status      string
		Good        bool
		Description template.HTML
		Headers     []field
		Content     []mediaView
	}
	mediaView struct {
		Type    string
		Schema  field
		Example string
	}
	// field is a value with a name: a parameter, a header, a member of an object.
	field struct {
		Name, In    string
		Required    bool
		Type        string
		Bounds      []bound
		Description template.HTML
		Example     string
		Fields      []field
	}
	// bound is what a value must keep to: words, then values.
	bound struct {
		Words  string
		Values []string
	}
)

// openAPI renders the description of the REST paths.
func openAPI(description []byte) (document, error) {
	d := document{Name: "openapi", Title: "OpenAPI"}
	var api apiDocument
	if err := json.Unmarshal(description, &api); err != nil {
		return d, err
	}
	if err := api.resolve(); err != nil {
		return d, err
	}
	v := referenceView{Description: phrase(api.Info.Description)}
	for _, s := range api.Components.SecuritySchemes {
		v.Keys = append(v.Keys, keyView{s.Name, phrase(s.Value.Description)})
	}
	for _, path := range api.Paths {
		for _, o := range path.Value {
			view := viewOperation(strings.ToUpper(o.Name), path.Name, o.Value)
			v.Operations = append(v.Operations, view)
			d.Sections = append(d.Sections, section{ID: view.ID, Title: view.Method + " " + view.Path, Level: 2})
		}
	}
	d.Body = page.Fragment(templates, "openapi.html", v)
	return d, nil
}

func viewOperation(method, path string, o operation) operationView {
	v := operationView{
		ID: anchorOf(method + path), Method: method, Path: path, Summary: o.Summary, Description: phrase(o.Description),
		Keyless: o.Security != nil && len(*o.Security) == 0,
	}
	for _, p := range o.Parameters {
		f := viewSchema(p.Schema)
		f.Name, f.In, f.Required, f.Description, f.Example = p.Name, p.In, p.Required, phrase(p.Description), unquoted(p.Example)
		v.Parameters = append(v.Parameters, f)
	}
	if o.RequestBody != nil {
		v.Body = viewContent(o.RequestBody.Content)
	}
	for _, r := range o.Responses {
		view := responseView{Status: r.Name, Good: r.Name < "300", Description: phrase(r.Value.Description), Content: viewContent(r.Value.Content)}
		for _, h := range r.Value.Headers {
			view.Headers = append(view.Headers, field{Name: h.Name, Description: phrase(h.Value.Description), Example: unquoted(h.Value.Example)})
		}
		v.Responses = append(v.Responses, view)
	}
	return v
}

func viewContent(content object[media]) (views []mediaView) {
	for _, m := range content {
		views = append(views, mediaView{m.Name, viewSchema(m.Value.Schema), indented(m.Value.Example)})
	}
	return views
}

// viewSchema describes a value. The members of an array's elements are shown as
// the array's own.
func viewSchema(s schema) field {
	f := field{Type: typeOf(s), Bounds: boundsOf(s), Description: phrase(s.Description)}
	of := s
	if s.Items != nil {
		of = *s.Items
		f.Bounds = append(f.Bounds, boundsOf(of)...)
	}
	for _, p := range of.Properties {
		member := viewSchema(p.Value)
		member.Name = p.Name
		for _, name := range of.Required {
			member.Required = member.Required || name == p.Name
		}
		f.Fields = append(f.Fields, member)
	}
	return f
}

func typeOf(s schema) string {
	t := strings.Join(s.Type, " or ")
	switch {
	case s.Items != nil:
		return "array of " + typeOf(*s.Items)
	case s.Format != "":
		return t + ", " + s.Format
	default:
		return t
	}
}

// safeInteger is the largest that JavaScript's numbers hold exactly.
const safeInteger = "9007199254740991"

func boundsOf(s schema) (all []bound) {
	add := func(words string, values ...string) { all = append(all, bound{words, values}) }
	between := func(low, high json.Number, unit string) {
		low, high = json.Number(readable(low)), json.Number(readable(high))
		switch {
		case low != "" && high != "":
			add(string(low) + " to " + string(high) + unit)
		case low != "":
			add("at least " + string(low) + unit)
		case high != "":
			add("at most " + string(high) + unit)
		}
	}
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, unquoted(v))
		}
		add("one of", values...)
	}
	if s.Const != nil {
		add("always", unquoted(s.Const))
	}
	between(s.Minimum, s.Maximum, "")
	between(s.MinLength, s.MaxLength, " characters")
	between(s.MinItems, s.MaxItems, " elements")
	if s.Pattern != "" {
		add("matches", s.Pattern)
	}
	if s.Default != nil {
		add("default", unquoted(s.Default))
	}
	return all
}

func readable(n json.Number) string {
	if n == safeInteger {
		return "2⁵³ − 1"
	}
	return string(n)
}

// unquoted is a value as one writes it into a URL or a header.
func unquoted(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func indented(value json.RawMessage) string {
	var b bytes.Buffer
	if len(value) == 0 || json.Indent(&b, value, "", "  ") != nil {
		return unquoted(value)
	}
	return b.String()
}

func anchorOf(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
