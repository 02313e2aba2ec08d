// Package page owns what all pages share, whoever writes them: the frame of
// those that the server writes, the style sheet, the files they load and the
// headers that keep a page to itself. It must not know what a page is about.
package page

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
)

// Media is the content type of a page.
const Media = "text/html; charset=utf-8"

// Page is one that the server writes.
type Page struct {
	Title   string
	Section string // the path that the navigation marks as the one we are in
	Outside bool   // for people who hold a link alone: no navigation
	Meta    []Meta
	Styles  []string
	Scripts []string // run before the body is shown; both are names of Asset
	Body    template.HTML
}

// Meta is what a page says to machines: crawlers, and its own scripts.
type Meta struct{ Name, Content string }

//go:embed layout.html
var layoutText string

var layout = template.Must(template.New("layout").Funcs(template.FuncMap{"asset": Asset, "sections": sections}).Parse(layoutText))

// section is an entry of the navigation.
type section struct{ Path, Name string }

// sections is the navigation: of the layout here, and of src/shared/bar.tsx.
func sections() []section {
	return []section{{"/leaderboard", "Leaderboard"}, {"/campaigns", "Live"}, {"/playground", "Playground"}, {"/docs", "Docs"}}
}

// Render is the page as a whole.
func (p Page) Render() []byte {
	var b bytes.Buffer
	if err := layout.Execute(&b, p); err != nil {
		panic(err) // a buffer takes everything, and the layout fits Page
	}
	return b.Bytes()
}

// Write answers with the page.
func (p Page) Write(w http.ResponseWriter, status int) {
	body := p.Render()
	SetHeaders(w.Header(), Strict)
	w.Header().Set("Content-Type", Media)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have left; for HEAD net/http drops the body
}

// Fragment is a template's output, as the body of a page. The template must fit
// its data: what it cannot write is a fault of the program.
func Fragment(t *template.Template, name string, data any) template.HTML {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		panic(err)
	}
	return template.HTML(b.String()) //nolint:gosec // html/template has escaped it
}

// Policies of what a page may load (Content-Security-Policy). Both keep it to
// its own origin.
const (
	// Strict is for the pages that the server writes.
	Strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	// App is for the applications: the editor and the charts write style elements
	// as they lay out, hence 'unsafe-inline' for styles; both draw data: images.
	App = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

// SetHeaders sets what keeps a page to itself.
func SetHeaders(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// ReadOnly reports whether the method reads; it answers any other with 405.
func ReadOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "the method must be GET or HEAD", http.StatusMethodNotAllowed)
	return false
}
