// Package web owns the applications that run in the browser: their built files, the pages that start them and the
// configuration they ask for. It knows nothing of GraphQL or of the data, and no key but
// those of sample data, which are public.
package web

import (
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"strconv"

	"footfall/web/page"
)

//go:embed all:dist
var embedded embed.FS

// NotBuilt is what to log and to show when the applications are not in this binary.
const NotBuilt = "The Playground, the leaderboard and the live wall are not built into this binary: run `make web` and build again."

// Config is what the pages ask their server for.
type Config struct {
	Demo     *Demo                       `json:"demo"` // nil unless sample data is served
	Examples func(base string) []Example `json:"-"`    // what to try in a terminal, with base as the gateway's URL
}

// Demo is what pages fill in when sample data is served: all of it is public.
type Demo struct {
	ReadKey      string `json:"readKey"`
	FullKey      string `json:"fullKey"` // may record events and change nouns too
	AccessKey    string `json:"accessKey"`
	ActivationID string `json:"activationId"`
	Token        string `json:"token"`
	CampaignKey  string `json:"campaignKey"` // of one that is on air
}

// An App is an application of the build.
type App string

// The applications.
const (
	Playground  App = "playground"
	Leaderboard App = "leaderboard"
	Campaigns   App = "campaigns"
)

// Built reports whether the applications are in this binary.
func Built() bool { return Playground.built(dist()) }

// Assets serves what every page loads, below page.AssetPrefix.
func Assets() http.Handler { return page.Assets(dist()) }

// Handler serves the page that starts the application, whatever the path.
func (a App) Handler() http.Handler { return a.handler(dist()) }

func dist() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the directory is named in the embed directive
	}
	return sub
}

func (a App) file() string { return string(a) + ".html" }

func (a App) built(files fs.FS) bool {
	_, err := fs.Stat(files, a.file())
	return err == nil
}

func (a App) handler(files fs.FS) http.Handler {
	html, err := fs.ReadFile(files, a.file())
	if err != nil {
		return a.notBuilt()
	}
	return page.Kept(page.App, page.Media, html)
}

func (a App) notBuilt() http.Handler {
	p := page.Page{
		Title: "Not built", Section: "/" + string(a),
		Body: template.HTML("<h1>Not built</h1>\n<p>" + template.HTMLEscapeString(NotBuilt) + "</p>"), //nolint:gosec // escaped
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.SetHeaders(w.Header(), page.Strict)
		if page.ReadOnly(w, r) {
			w.Header().Set("Cache-Control", "no-store")
			p.Write(w, http.StatusNotImplemented)
		}
	})
}

// Handler serves the configuration as JSON.
func (c Config) Handler() http.Handler {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings always marshal
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.SetHeaders(w.Header(), page.Strict)
		if !page.ReadOnly(w, r) {
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}
