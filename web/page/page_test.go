package page

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('footfall');"

func request(t *testing.T, h http.Handler, method, target, acceptEncoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Accept-Encoding", acceptEncoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func builtFiles() fstest.MapFS {
	zipped := &fstest.MapFile{Data: pack([]byte(script))}
	return fstest.MapFS{
		"index.html":               {Data: []byte("<!doctype html>")},
		"assets/index-Ab12.js.gz":  zipped,
		"assets/icons-Ab12.ttf.gz": zipped,
		"assets/notes.xyz.gz":      zipped,
		"assets/broken.js.gz":      {Data: []byte("not gzip")},
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := Assets(builtFiles())
	const immutable = "public, max-age=31536000, immutable"
	for _, tc := range []struct {
		path, contentType, cacheControl string
		status                          int
	}{
		{"/assets/index-Ab12.js", "text/javascript; charset=utf-8", immutable, 200},
		{"/assets/icons-Ab12.ttf", "font/ttf", immutable, 200},
		{Asset("base.css"), "text/css; charset=utf-8", immutable, 200},
		{Asset("icon.svg"), "image/svg+xml", immutable, 200},
		{"/assets/base.css", "text/plain; charset=utf-8", "", 404},
		{"/assets/gone-Ab12.js", "text/plain; charset=utf-8", "", 404},
		{"/assets/notes.xyz", "text/plain; charset=utf-8", "", 404},
		{"/assets/broken.js", "text/plain; charset=utf-8", "", 500},
		{"/assets/../index.js", "text/plain; charset=utf-8", "", 404},
		{"/assets/../../page.go", "text/plain; charset=utf-8", "", 404},
		{"/assets/", "text/plain; charset=utf-8", "", 404},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res := request(t, h, method, tc.path, "").Result()
			if res.StatusCode != tc.status || res.Header.Get("Content-Type") != tc.contentType || res.Header.Get("Cache-Control") != tc.cacheControl {
				t.Errorf("%s %s: %d, %q, %q", method, tc.path, res.StatusCode, res.Header.Get("Content-Type"), res.Header.Get("Cache-Control"))
			}
			if res.Header.Get("Content-Security-Policy") != Strict {
				t.Errorf("%s %s: no policy", method, tc.path)
			}
		}
		if res := request(t, h, http.MethodPost, tc.path, ""); res.Code != http.StatusMethodNotAllowed || res.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", tc.path, res.Code)
		}
	}
}

func TestAssetsAreZippedWhereAccepted(t *testing.T) {
	t.Parallel()
	h := Assets(builtFiles())
	for accept, zipped := range map[string]bool{
		"": false, "gzip, deflate, br, zstd": true, "br;q=1.0, GZIP ; q=0.5": true, "gzip;q=0": false,
		"gzip;q=0.000, identity": false, "gzip;q=nonsense": false, "br": false, "*": false,
	} {
		for target, want := range map[string]string{"/assets/index-Ab12.js": script, Asset("icon.svg"): string(static[strings.TrimPrefix(Asset("icon.svg"), AssetPrefix)].plain)} {
			res := request(t, h, http.MethodGet, target, accept)
			text := res.Body.Bytes()
			if got := res.Header().Get("Content-Encoding") == "gzip"; got != zipped {
				t.Errorf("%s, Accept-Encoding %q: gzip %t, want %t", target, accept, got, zipped)
			} else if got {
				var err error
				if text, err = unpack(text); err != nil {
					t.Fatal(err)
				}
			}
			if string(text) != want || res.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s, Accept-Encoding %q: %q, Vary %q", target, accept, text, res.Header().Get("Vary"))
			}
		}
	}
}

func TestFrame(t *testing.T) {
	t.Parallel()
	p := Page{Title: `<script>`, Section: "/docs", Body: template.HTML("<p>hello</p>")}
	text := string(p.Render())
	for _, want := range []string{`<html lang="en">`, "<title>&lt;script&gt; · Footfall</title>", `<a href="/docs" aria-current="page">`, "<p>hello</p>", Asset("base.css")} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s:\n%s", want, text)
		}
	}
	p.Outside = true
	if text := string(p.Render()); strings.Contains(text, "<nav") || strings.Contains(text, `href="/"`) {
		t.Errorf("a page for people outside leads inside:\n%s", text)
	}
}

func TestWriteKeepsToItself(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	Page{Title: "x"}.Write(w, http.StatusForbidden)
	if w.Code != http.StatusForbidden || w.Header().Get("Content-Security-Policy") != Strict || w.Header().Get("Content-Type") != Media {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// The applications draw the navigation themselves: it is the same.
func TestTheNavigationIsOne(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../src/shared/bar.tsx")
	if err != nil {
		t.Fatal(err)
	}
	var theirs []section
	for _, m := range regexp.MustCompile(`\{ path: '([^']*)', name: '([^']*)' \}`).FindAllStringSubmatch(string(source), -1) {
		theirs = append(theirs, section{m[1], m[2]})
	}
	if ours := sections(); len(theirs) == 0 || !slices.Equal(theirs, ours) {
		t.Errorf("theirs is %v, ours %v", theirs, ours)
	}
}
