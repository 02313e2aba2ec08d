// Package manual owns the documentation as pages: the files of package docs and
// the description of the REST paths, rendered once. It must not know what they
// say, beyond which there are and in which order one reads them.
package manual

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"footfall/docs"
	"footfall/web/page"
)

// Path is where the contents are; each page lies below it.
const Path = "/docs"

//go:embed *.html
var templateFiles embed.FS

var templates = template.Must(template.New("manual").Funcs(template.FuncMap{"breakable": breakable}).ParseFS(templateFiles, "*.html"))

// document is one page of the manual.
type document struct {
	Name     string // the last part of its path
	Title    string
	Line     string // what it is about, in the contents
	Sections []section
	Body     template.HTML
	Scripts  []string
}

// section is a heading that the page's table of contents lists.
type section struct {
	ID, Title string
	Level     int
}

// breakable is text whose paths may go on in the next line.
func breakable(text string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(text), "/", "/<wbr>")) //nolint:gosec // escaped
}

// Path is where the page is.
func (d document) Path() string { return Path + "/" + d.Name }

// Handler serves the manual, rendered when it is first asked for: a start should not
// wait for it. description is the OpenAPI document of the REST paths.
func Handler(description []byte) http.Handler {
	rendered := sync.OnceValues(func() (http.Handler, error) { return render(description) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		manual, err := rendered()
		if err != nil { // the files are embedded, and a test reads them
			http.Error(w, "The documentation cannot be shown.", http.StatusInternalServerError)
			return
		}
		manual.ServeHTTP(w, r)
	})
}

// render makes every page.
func render(description []byte) (http.Handler, error) {
	documents, err := read(docs.Files, description)
	if err != nil {
		return nil, err
	}
	schema, err := fs.ReadFile(docs.Files, schemaFile)
	if err != nil {
		return nil, err
	}
	kept := map[string]http.Handler{
		Path:                    keep(page.Page{Title: "Documentation", Body: page.Fragment(templates, "contents.html", documents)}),
		Path + "/" + schemaFile: page.Kept(page.Strict, "text/plain; charset=utf-8", schema),
	}
	for _, d := range documents {
		body := page.Fragment(templates, "page.html", map[string]any{"All": documents, "Here": d})
		kept[d.Path()] = keep(page.Page{Title: d.Title, Scripts: d.Scripts, Body: body})
	}
	unknown := framed(page.Page{Title: "No such page", Body: page.Fragment(templates, "unknown.html", documents)})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, found := kept[strings.TrimSuffix(r.URL.Path, "/")]; found {
			h.ServeHTTP(w, r)
			return
		}
		page.SetHeaders(w.Header(), page.Strict)
		if page.ReadOnly(w, r) {
			unknown.Write(w, http.StatusNotFound)
		}
	}), nil
}

func framed(p page.Page) page.Page {
	p.Section, p.Styles = Path, []string{"manual.css"}
	return p
}

func keep(p page.Page) http.Handler { return page.Kept(page.Strict, page.Media, framed(p).Render()) }

// read makes what is on the pages, in readers' order.
func read(files fs.FS, description []byte) ([]document, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, err
	}
	var documents []document
	for _, name := range names {
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		d, err := markdown(strings.TrimSuffix(name, ".md"), source)
		if err != nil {
			return nil, fmt.Errorf("docs/%s: %w", name, err)
		}
		documents = append(documents, d)
	}
	reference, err := openAPI(description)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI document: %w", err)
	}
	documents = append(documents, reference)
	for i := range documents {
		documents[i].complete()
	}
	return inOrder(documents), nil
}
