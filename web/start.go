package web

import (
	_ "embed"
	"html/template"
	"net/http"
	"regexp"

	"footfall/web/page"
)

//go:embed start.html
var startText string

var startTemplate = template.Must(template.New("start").Parse(startText))

// Example is a line for a terminal.
type Example struct{ Title, Line string }

// plainHost is a host as it can stand in a line for a shell.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`)

// Start serves the page that one begins at.
func (c Config) Start() http.Handler {
	if c.Demo == nil {
		return page.Kept(page.Strict, page.Media, c.start("").Render())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.SetHeaders(w.Header(), page.Strict)
		if page.ReadOnly(w, r) {
			w.Header().Set("Cache-Control", "no-store")
			c.start(base(r)).Write(w, http.StatusOK)
		}
	})
}

// start is the page; base is where the gateway was asked.
func (c Config) start(base string) page.Page {
	data := struct {
		Demo     *Demo
		NotBuilt string
		Examples []Example
	}{Demo: c.Demo}
	if !Built() {
		data.NotBuilt = NotBuilt
	}
	if c.Examples != nil {
		data.Examples = c.Examples(base)
	}
	return page.Page{
		Title: "Start", Styles: []string{"start.css"}, Scripts: []string{"copy.js"},
		Body: page.Fragment(startTemplate, "start", data),
	}
}

func base(r *http.Request) string {
	scheme, host := "http://", r.Host
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https://"
	}
	if !plainHost.MatchString(host) {
		host = "127.0.0.1:8080"
	}
	return scheme + host
}
