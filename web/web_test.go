package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "console.log('footfall');"

func builtFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	asset := &fstest.MapFile{Data: packed.Bytes()}
	return fstest.MapFS{
		".gitkeep":                 {},
		"index.html":               {Data: []byte("<!doctype html><title>Playground</title>")},
		"assets/index-Ab12.js.gz":  asset,
		"assets/index-Ab12.css.gz": asset,
		"assets/icon-Ab12.svg.gz":  asset,
		"assets/icons-Ab12.ttf.gz": asset,
		"assets/notes.xyz.gz":      asset,
		"assets/broken.js.gz":      {Data: []byte("not gzip")},
	}
}

func request(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPlaygroundRoutes(t *testing.T) {
	t.Parallel()
	h := playground(builtFiles(t), PlaygroundConfig{})
	for _, tc := range []struct {
		path, contentType, cacheControl string
		status                          int
	}{
		{"/playground", "text/html; charset=utf-8", "no-cache", 200},
		{"/playground/", "text/html; charset=utf-8", "no-cache", 200},
		{"/playground/config.json", "application/json", "no-store", 200},
		{"/playground/assets/index-Ab12.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/playground/assets/index-Ab12.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable", 200},
		{"/playground/assets/icon-Ab12.svg", "image/svg+xml", "public, max-age=31536000, immutable", 200},
		{"/playground/assets/icons-Ab12.ttf", "font/ttf", "public, max-age=31536000, immutable", 200},
		{"/playground/assets/gone-Ab12.js", "text/plain; charset=utf-8", "", 404},
		{"/playground/assets/notes.xyz", "text/plain; charset=utf-8", "", 404},
		{"/playground/assets/broken.js", "text/plain; charset=utf-8", "", 500},
		{"/playground/assets/../../web.go", "text/plain; charset=utf-8", "", 404},
		{"/playground/assets/", "text/plain; charset=utf-8", "", 404},
		{"/playground/.gitkeep", "text/plain; charset=utf-8", "", 404},
		{"/playground/index.html", "text/plain; charset=utf-8", "", 404},
		{"/playgrounds", "text/plain; charset=utf-8", "", 404},
		{"/assets/index-Ab12.js", "text/plain; charset=utf-8", "", 404},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			res := request(t, h, method, tc.path)
			if res.StatusCode != tc.status {
				t.Errorf("%s %s: status %d, want %d", method, tc.path, res.StatusCode, tc.status)
			}
			if got := res.Header.Get("Content-Type"); got != tc.contentType {
				t.Errorf("%s %s: Content-Type %q, want %q", method, tc.path, got, tc.contentType)
			}
			if got := res.Header.Get("Cache-Control"); got != tc.cacheControl {
				t.Errorf("%s %s: Cache-Control %q, want %q", method, tc.path, got, tc.cacheControl)
			}
		}
	}
}

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"Content-Security-Policy":      contentSecurityPolicy,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
	}
	for name, h := range map[string]http.Handler{
		"built":     playground(builtFiles(t), PlaygroundConfig{}),
		"not built": playground(fstest.MapFS{}, PlaygroundConfig{}),
	} {
		for _, path := range []string{"/playground", "/playground/config.json", "/playground/assets/index-Ab12.js", "/playground/nothing"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				res := request(t, h, method, path)
				for key, value := range want {
					if got := res.Header.Get(key); got != value {
						t.Errorf("%s: %s %s: %s %q, want %q", name, method, path, key, got, value)
					}
				}
			}
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	h := playground(builtFiles(t), PlaygroundConfig{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		res := request(t, h, method, "/playground")
		if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, res.StatusCode, res.Header.Get("Allow"))
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	want := PlaygroundConfig{DefaultQuery: "{ node(id: \"</script>\") { id } }", DemoKey: "ff_demo"}
	res := request(t, playground(builtFiles(t), want), http.MethodGet, "/playground/config.json")
	text := body(t, res)
	var got PlaygroundConfig
	if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
		t.Errorf("config %s (%v), want %+v", text, err, want)
	}
	if !strings.Contains(text, `"defaultQuery":`) || !strings.Contains(text, `"demoKey":`) {
		t.Errorf("config %s: keys are not lowerCamel", text)
	}
}

func TestAssetsAreGzippedWhereAccepted(t *testing.T) {
	t.Parallel()
	h := playground(builtFiles(t), PlaygroundConfig{})
	for accept, gzipped := range map[string]bool{
		"":                        false,
		"gzip, deflate, br, zstd": true,
		"br;q=1.0, GZIP ; q=0.5":  true,
		"gzip;q=0":                false,
		"gzip;q=0.000, identity":  false,
		"gzip;q=nonsense":         false,
		"br":                      false,
		"*":                       false,
	} {
		res := request(t, h, http.MethodGet, "/playground/assets/index-Ab12.js", "Accept-Encoding", accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != gzipped {
			t.Errorf("Accept-Encoding %q: gzipped %t, want %t", accept, got, gzipped)
		}
		text := body(t, res)
		if gzipped {
			unpacked, err := unpack([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			text = string(unpacked)
		}
		if text != script {
			t.Errorf("Accept-Encoding %q: body %q", accept, text)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", accept, res.Header.Get("Vary"))
		}
	}
}

func TestPageRevalidates(t *testing.T) {
	t.Parallel()
	h := playground(builtFiles(t), PlaygroundConfig{})
	etag := request(t, h, http.MethodGet, "/playground").Header.Get("ETag")
	if res := request(t, h, http.MethodGet, "/playground", "If-None-Match", etag); res.StatusCode != http.StatusNotModified {
		t.Errorf("ETag %s: status %d, want 304", etag, res.StatusCode)
	}
}

func TestHeadAnswersWithoutBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(playground(builtFiles(t), PlaygroundConfig{}))
	t.Cleanup(server.Close)
	for _, path := range []string{"/playground", "/playground/config.json", "/playground/assets/index-Ab12.js"} {
		res, err := http.Head(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if text := body(t, res); text != "" || res.StatusCode != http.StatusOK || res.ContentLength <= 0 {
			t.Errorf("HEAD %s: status %d, length %d, body %q", path, res.StatusCode, res.ContentLength, text)
		}
		_ = res.Body.Close()
	}
}

func TestNotBuilt(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{".gitkeep": {}}
	if built(files) || !built(builtFiles(t)) {
		t.Error("built does not look for index.html")
	}
	res := request(t, playground(files, PlaygroundConfig{}), http.MethodGet, "/playground")
	if res.StatusCode != http.StatusNotImplemented || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("status %d, Content-Type %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	if text := body(t, res); !strings.Contains(text, NotBuilt) {
		t.Errorf("page %q does not say %q", text, NotBuilt)
	}
}

// What the build left in dist, if anything, must be servable: every asset the page names is there.
func TestBuiltPageNamesServableAssets(t *testing.T) {
	t.Parallel()
	if !Built() {
		t.Skip(NotBuilt)
	}
	h := Playground(PlaygroundConfig{})
	page := body(t, request(t, h, http.MethodGet, "/playground"))
	_, rest, found := strings.Cut(page, `"/playground/assets/`)
	if !found {
		t.Fatal("the page names no asset")
	}
	for found {
		name, _, _ := strings.Cut(rest, `"`)
		if res := request(t, h, http.MethodGet, "/playground/assets/"+name); res.StatusCode != http.StatusOK {
			t.Errorf("asset %s: status %d", name, res.StatusCode)
		}
		_, rest, found = strings.Cut(rest, `"/playground/assets/`)
	}
}
