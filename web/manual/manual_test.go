package manual

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"footfall/web/page"
)

// manual is the handler over the real files.
func manual(t *testing.T) http.Handler {
	t.Helper()
	text := description(t)
	if _, err := render(text); err != nil {
		t.Fatal(err)
	}
	return Handler(text)
}

func description(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../rest/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

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

func names(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"openapi"}
	for _, f := range files {
		if name, isPage := strings.CutSuffix(f.Name(), ".md"); isPage {
			all = append(all, name)
		}
	}
	return all
}

func TestEveryFileIsAPage(t *testing.T) {
	t.Parallel()
	h := manual(t)
	_, contents := ask(t, h, http.MethodGet, Path)
	for _, name := range names(t) {
		res, body := ask(t, h, http.MethodGet, Path+"/"+name)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != page.Media || !strings.Contains(body, `aria-current="page">`) {
			t.Errorf("%s: status %d, type %q", name, res.StatusCode, res.Header.Get("Content-Type"))
		}
		if !strings.Contains(contents, `<a href="/docs/`+name+`">`) {
			t.Errorf("%s is not in the contents", name)
		}
		if !slices.ContainsFunc(lines, func(l struct{ name, line string }) bool { return l.name == name }) {
			t.Errorf("%s has no line: add one to lines", name)
		}
		if strings.Contains(body, "<p>|") || strings.Contains(body, "```") {
			t.Errorf("%s holds Markdown that was not rendered", name)
		}
	}
}

var (
	anchors = regexp.MustCompile(` id="([^"]*)"`)
	links   = regexp.MustCompile(` href="([^"]*)"`)
)

// Every link stays on the page, leads to a page of the manual or to another of
// the gateway's addresses, or is whole.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	h := manual(t)
	elsewhere := append([]string{"/"}, pages...)
	for _, name := range append(names(t), "") {
		path := strings.TrimSuffix(Path+"/"+name, "/")
		_, body := ask(t, h, http.MethodGet, path)
		seen := map[string]bool{}
		for _, m := range anchors.FindAllStringSubmatch(body, -1) {
			if seen[m[1]] {
				t.Errorf("%s: two elements have the id %s", path, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			to, anchor, anchored := strings.Cut(m[1], "#")
			if to == "" {
				to = path
			}
			switch {
			case strings.HasPrefix(to, "https://"), strings.HasPrefix(to, page.AssetPrefix), slices.Contains(elsewhere, to) && !anchored:
			default:
				res, target := ask(t, h, http.MethodGet, to)
				if res.StatusCode != http.StatusOK || anchored && !strings.Contains(target, ` id="`+anchor+`"`) {
					t.Errorf("%s links to %s: status %d, or no such anchor", path, m[1], res.StatusCode)
				}
			}
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	d, err := markdown("x", []byte("# T\n[a](graphql.md#cost) [b](#here) [c](../README.md) [d](../e2e/go-client) [e](https://example.org/) "+
		"[f](schema.graphql) ![g](shot.png) `/docs/rest` `/docs/{page}` [h](javascript:alert(1)) <b>raw</b>\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<a href="/docs/graphql#cost">a</a>`, `<a href="#here">b</a>`, `<a href="/">c</a>`, ` d `, `<a href="https://example.org/">e</a>`,
		`<a href="/docs/schema.graphql">f</a>`, ` g `, `<a href="/docs/rest"><code>/docs/rest</code></a>`, ` <code>/docs/{page}</code>`,
	} {
		if !strings.Contains(string(d.Body), want) {
			t.Errorf("lacks %s:\n%s", want, d.Body)
		}
	}
	for _, wrong := range []string{"go-client", "<img", "javascript", "<b>"} {
		if strings.Contains(string(d.Body), wrong) {
			t.Errorf("holds %s:\n%s", wrong, d.Body)
		}
	}
}

func TestScrollingPartsHaveAName(t *testing.T) {
	t.Parallel()
	d, err := markdown("x", []byte("# T\n## A & B\n\n```sh\na < b\n```\n\n| x |\n| --- |\n| y |\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<h2 id="a--b">A &amp; B <a class="anchor" href="#a--b" aria-label="Link to “A &amp; B”">#</a></h2>`,
		`<pre tabindex="0" role="group" aria-label="Code: A &amp; B"><code>a &lt; b` + "\n</code></pre>",
		`<div class="scroll" tabindex="0" role="group" aria-label="Table: A &amp; B"><table>`,
	} {
		if !strings.Contains(string(d.Body), want) {
			t.Errorf("lacks %s:\n%s", want, d.Body)
		}
	}
	if len(d.Sections) != 1 || d.Sections[0] != (section{"a--b", "A & B", 2}) || d.Title != "T" {
		t.Errorf("title %q, sections %v", d.Title, d.Sections)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	h := manual(t)
	for target, want := range map[string]struct {
		status int
		media  string
	}{
		Path: {200, page.Media}, Path + "/": {200, page.Media}, Path + "/rest": {200, page.Media}, Path + "/schema.graphql": {200, "text/plain; charset=utf-8"},
		Path + "/none": {404, page.Media}, Path + "/rest.md": {404, page.Media}, Path + "/a/b": {404, page.Media},
	} {
		res, _ := ask(t, h, http.MethodGet, target)
		if res.StatusCode != want.status || res.Header.Get("Content-Type") != want.media || res.Header.Get("Content-Security-Policy") != page.Strict {
			t.Errorf("%s: %d %v", target, res.StatusCode, res.Header)
		}
		if want.status == http.StatusOK {
			if again, _ := ask(t, h, http.MethodGet, target, "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
				t.Errorf("%s with its ETag: status %d, want 304", target, again.StatusCode)
			}
			if res.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s: Cache-Control %q", target, res.Header.Get("Cache-Control"))
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			if res, _ := ask(t, h, method, target); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: status %d", method, target, res.StatusCode)
			}
		}
	}
}

// The page shows every path, parameter, status and member that the description
// has, whatever it holds.
func TestOpenAPIPageIsWhole(t *testing.T) {
	t.Parallel()
	_, text := ask(t, manual(t), http.MethodGet, Path+"/openapi")
	body := html.UnescapeString(text)
	var whole any
	if err := json.Unmarshal(description(t), &whole); err != nil {
		t.Fatal(err)
	}
	shown := 0
	expect := func(text string) {
		shown++
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks %s", text)
		}
	}
	var walk func(key string, value any)
	walk = func(key string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for k, inner := range v {
				switch key {
				case "paths", "properties", "headers":
					expect("<code>" + k + "</code>")
				case "responses":
					expect("<b>" + k + "</b>")
				case "content":
					expect("<code>" + k + "</code>")
				}
				walk(k, inner)
			}
			if name, isParameter := v["name"].(string); isParameter && v["in"] != nil && key != "apiKey" {
				expect("<code>" + name + "</code>")
			}
		case []any:
			for _, inner := range v {
				if key == "enum" {
					expect("<code>" + inner.(string) + "</code>")
				}
				walk("", inner)
			}
		}
	}
	whole.(map[string]any)["components"].(map[string]any)["headers"] = nil // by names of its own, which nobody sends
	walk("", whole)
	if shown < 200 {
		t.Errorf("only %d things were looked for", shown)
	}
	for _, want := range []string{"required</span>", "1 to 100", "default <code>25</code>", "string or null", "at most 512 characters", "array of string, uuid", "0 to 2⁵³ − 1"} {
		expect(want)
	}
}

// Every keyword of a schema is one that the page shows, or one left out on purpose.
func TestEverySchemaKeywordIsRead(t *testing.T) {
	t.Parallel()
	read := strings.Fields("$ref type format pattern description enum const default minimum maximum minLength maxLength minItems maxItems required properties items additionalProperties")
	var walk func(inSchema bool, value any)
	walk = func(inSchema bool, value any) {
		object, isObject := value.(map[string]any)
		if !isObject {
			return
		}
		for key, inner := range object {
			if inSchema && !slices.Contains(read, key) {
				t.Errorf("the page does not show a schema's %s", key)
			}
			if members, _ := inner.(map[string]any); key == "properties" || key == "schemas" {
				for _, member := range members {
					walk(true, member)
				}
			} else if elements, isArray := inner.([]any); isArray {
				for _, element := range elements {
					walk(false, element)
				}
			} else {
				walk(key == "schema" || key == "items", inner)
			}
		}
	}
	var whole any
	if err := json.Unmarshal(description(t), &whole); err != nil {
		t.Fatal(err)
	}
	walk(false, whole)
}

func TestBrokenDescriptionsAreErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[`, `{"paths":[]}`, `{"paths":{"/x":{"get":{"parameters":[{"$ref":"#/components/parameters/none"}]}}}}`,
		`{"components":{"schemas":{"A":{"properties":{"a":{"$ref":"#/components/schemas/A"}}}}}}`,
	} {
		if _, err := openAPI([]byte(text)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}
