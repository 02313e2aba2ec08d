package graph

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// What a page of another site can make a browser send is refused before anyone
// asks who it is from.
func TestForgery(t *testing.T) {
	b := setup(t)
	get, post := "/graphql?query="+url.QueryEscape(partners), body(partners)
	bare := []string{"Authorization", "", "Content-Type", ""}
	with := func(headers ...string) []string { return append(bare[:len(bare):len(bare)], headers...) }
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"a link", http.MethodGet, bare, http.StatusForbidden},
		{"a HEAD", http.MethodHead, bare, http.StatusForbidden},
		{"a form", http.MethodGet, with("Content-Type", "application/x-www-form-urlencoded"), http.StatusForbidden},
		{"a script's text", http.MethodGet, with("Content-Type", "Text/Plain; charset=utf-8"), http.StatusForbidden},
		{"a type nobody can read", http.MethodGet, with("Content-Type", ";;json"), http.StatusForbidden},
		{"an empty header", http.MethodGet, with("X-Footfall-Preflight", ""), http.StatusForbidden},
		{"a safelisted header", http.MethodGet, with("Accept-Language", "en"), http.StatusForbidden},

		{"JSON", http.MethodGet, with("Content-Type", "application/json"), http.StatusUnauthorized},
		{"ours", http.MethodGet, with("X-Footfall-Preflight", "1"), http.StatusUnauthorized},
		{"Apollo's", http.MethodGet, with("Apollo-Require-Preflight", "true"), http.StatusUnauthorized},
		{"Apollo's operation", http.MethodGet, with("X-Apollo-Operation-Name", "Q"), http.StatusUnauthorized},
		{"the draft's", http.MethodGet, with("GraphQL-Require-Preflight", "1"), http.StatusUnauthorized},
		{"a key", http.MethodGet, with("Authorization", "key:1"), http.StatusOK},
		{"a key from elsewhere", http.MethodGet, with("Authorization", "key:1", "Sec-Fetch-Site", "cross-site", "Origin", "https://other.test"), http.StatusOK},

		{"a form's POST", http.MethodPost, with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{"our own page", http.MethodPost, with("Content-Type", "application/json", "Origin", "http://EXAMPLE.com", "Sec-Fetch-Site", "same-origin"), http.StatusUnauthorized},
		{"no page at all", http.MethodPost, with("Content-Type", "application/json", "Sec-Fetch-Site", "none"), http.StatusUnauthorized},
		{"another site", http.MethodPost, with("Content-Type", "application/json", "Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		{"another origin", http.MethodPost, with("Content-Type", "application/json", "Origin", "https://other.test"), http.StatusForbidden},
		{"another port", http.MethodPost, with("Content-Type", "application/json", "Origin", "http://example.com:8080"), http.StatusForbidden},
		{"an origin that is hidden", http.MethodPost, with("Content-Type", "application/json", "Origin", "null"), http.StatusForbidden},
		{"another origin, preflighted", http.MethodPost, with("Content-Type", "application/json", "Origin", "https://other.test", "X-Footfall-Preflight", "1"), http.StatusUnauthorized},
	} {
		target, text := get, ""
		if c.method == http.MethodPost {
			target, text = "/graphql", post
		}
		w := b.do(c.method, target, text, c.headers...)
		if w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
		if said := w.Body.String(); w.Code == http.StatusForbidden && (!strings.Contains(said, `"FORBIDDEN"`) || !strings.Contains(said, "X-Footfall-Preflight")) {
			t.Errorf("%s: %s", c.name, said)
		}
	}
}

// The address that all examples name is the first that people open.
func TestABrowserIsToldOfThePlayground(t *testing.T) {
	w := setup(t).do(http.MethodGet, "/graphql", "", "Authorization", "", "Content-Type", "", "Accept", "text/html,*/*;q=0.8", "Sec-Fetch-Site", "none")
	if said := w.Body.String(); w.Code != http.StatusForbidden || !strings.Contains(said, "/playground") {
		t.Errorf("%d %s", w.Code, said)
	}
}
