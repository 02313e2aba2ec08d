// Package web owns the browser pages that ship inside the binary: their built files, the headers they are served
// with and the configuration they ask for. It knows nothing of GraphQL, of keys or of the data.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed all:dist
var embedded embed.FS

// NotBuilt is what to log and to show when the pages are not in this binary.
const NotBuilt = "The Playground is not built into this binary: run `make web` and build again."

// contentSecurityPolicy lets the page talk to its own origin only. Monaco writes style elements and attributes as it
// lays out text, hence 'unsafe-inline' for styles; its squiggles are data: images.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// contentTypes is our own table because mime's depends on the machine.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
}

// PlaygroundConfig is what the Playground asks its server for. Both fields are public: DemoKey is for demo data only.
type PlaygroundConfig struct {
	DefaultQuery string `json:"defaultQuery"`
	DemoKey      string `json:"demoKey"`
}

// Built reports whether the pages are in this binary.
func Built() bool { return built(dist()) }

// Playground serves /playground and everything below it. Requests come with their full path.
func Playground(c PlaygroundConfig) http.Handler { return playground(dist(), c) }

func dist() fs.FS {
	sub, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the directory is named in the embed directive
	}
	return sub
}

func built(files fs.FS) bool {
	_, err := fs.Stat(files, "index.html")
	return err == nil
}

func playground(files fs.FS, c PlaygroundConfig) http.Handler {
	page, config := indexPage(files), playgroundConfig(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setSecurityHeaders(w.Header())
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
			return
		}
		switch name, below := strings.CutPrefix(path.Clean(r.URL.Path), "/playground"); {
		case below && name == "":
			page(w, r)
		case below && name == "/config.json":
			config(w, r)
		case below && strings.HasPrefix(name, "/assets/"):
			serveAsset(w, r, files, name[1:])
		default:
			http.NotFound(w, r)
		}
	})
}

func setSecurityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// indexPage revalidates at every visit: it names the assets of one build.
func indexPage(files fs.FS) http.HandlerFunc {
	html, err := fs.ReadFile(files, "index.html")
	if err != nil {
		return notBuiltPage
	}
	digest := sha256.Sum256(html)
	etag := `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", contentTypes[".html"])
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(html))
	}
}

func notBuiltPage(w http.ResponseWriter, _ *http.Request) {
	const head = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
		`<meta name="color-scheme" content="light dark"><title>Footfall Playground</title>` +
		`<body style="font:1rem/1.5 system-ui,sans-serif;margin:3rem auto;max-width:40rem;padding:0 1rem">` +
		"<h1>Footfall Playground</h1>\n<p>"
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", contentTypes[".html"])
	send(w, http.StatusNotImplemented, []byte(head+NotBuilt+"</p>\n</body></html>\n"))
}

func playgroundConfig(c PlaygroundConfig) http.HandlerFunc {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // two strings always marshal
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		send(w, http.StatusOK, body)
	}
}

// serveAsset serves a file whose name carries its hash. The build keeps assets as .gz: a client that accepts gzip gets
// those bytes as they are, any other gets them unpacked.
func serveAsset(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	body, err := fs.ReadFile(files, name+".gz")
	contentType, known := contentTypes[path.Ext(name)]
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
	} else if body, err = unpack(body); err != nil {
		http.Error(w, "Damaged asset", http.StatusInternalServerError)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType)
	h.Set("Vary", "Accept-Encoding")
	send(w, http.StatusOK, body)
}

// acceptsGzip reads an Accept-Encoding field (RFC 9110, section 12.5.3). A client that only says "*" gets no gzip.
func acceptsGzip(field string) bool {
	for coding := range strings.SplitSeq(field, ",") {
		name, params, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, weighted := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !weighted || (err == nil && weight > 0)
	}
	return false
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have left; for HEAD net/http drops the body
}
