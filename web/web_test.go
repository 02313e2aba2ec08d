package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func ask(t *testing.T, h http.Handler, method, target string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

var builtFiles = fstest.MapFS{"playground.html": {Data: []byte("<!doctype html><title>Playground</title>")}}

func TestAppPageRevalidates(t *testing.T) {
	t.Parallel()
	h := Playground.handler(builtFiles)
	res, body := ask(t, h, http.MethodGet, "/playground")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "<title>Playground") || res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("status %d, Cache-Control %q, body %q", res.StatusCode, res.Header.Get("Cache-Control"), body)
	}
	if res, _ := ask(t, h, http.MethodGet, "/playground", "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: status %d, want 304", res.StatusCode)
	}
}

func TestAppsKeepToThemselves(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Handler{
		"built": Playground.handler(builtFiles), "not built": Playground.handler(fstest.MapFS{}), "configuration": Config{}.Handler(),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			res, _ := ask(t, h, method, "/")
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("%s, %s: Content-Security-Policy %q", name, method, csp)
			}
			if got := res.Header.Get("Referrer-Policy"); got != "no-referrer" {
				t.Errorf("%s, %s: Referrer-Policy %q", name, method, got)
			}
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.Handler{"an application": Playground.handler(builtFiles), "the configuration": Config{}.Handler()} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			if res, _ := ask(t, h, method, "/"); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s, %s: status %d, Allow %q", name, method, res.StatusCode, res.Header.Get("Allow"))
			}
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, want := range []Config{{}, {Demo: &Demo{ReadKey: "ff_</script>", FullKey: "ff_2", AccessKey: "a", ActivationID: "b", Token: "c", CampaignKey: "d"}}} {
		_, text := ask(t, want.Handler(), http.MethodGet, "/config.json")
		var got Config
		if err := json.Unmarshal([]byte(text), &got); err != nil || (got.Demo == nil) != (want.Demo == nil) || got.Demo != nil && *got.Demo != *want.Demo {
			t.Errorf("%s (%v), want %+v", text, err, want)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	t.Parallel()
	if files := (fstest.MapFS{".gitkeep": {}}); Playground.built(files) || !Playground.built(builtFiles) {
		t.Error("built does not look for the application's page")
	}
	res, body := ask(t, Playground.handler(fstest.MapFS{}), http.MethodGet, "/playground")
	if res.StatusCode != http.StatusNotImplemented || !strings.Contains(body, NotBuilt) {
		t.Errorf("status %d, page %q", res.StatusCode, body)
	}
}

// What the build left in dist, if anything, must be servable: every asset that a page names is there.
func TestBuiltPagesNameServableAssets(t *testing.T) {
	t.Parallel()
	if !Built() {
		t.Skip(NotBuilt)
	}
	for _, app := range []App{Playground, Leaderboard, Campaigns} {
		_, body := ask(t, app.Handler(), http.MethodGet, "/")
		named := strings.Split(body, `"/assets/`)[1:]
		if len(named) == 0 {
			t.Errorf("%s names no asset", app)
		}
		for _, rest := range named {
			name, _, _ := strings.Cut(rest, `"`)
			if res, _ := ask(t, Assets(), http.MethodGet, "/assets/"+name); res.StatusCode != http.StatusOK {
				t.Errorf("%s: asset %s: status %d", app, name, res.StatusCode)
			}
		}
	}
}
