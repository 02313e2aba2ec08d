package web

import (
	"net/http"
	"strings"
	"testing"

	"footfall/web/page"
)

var demoConfig = Config{
	Demo: &Demo{ReadKey: "ff_read", FullKey: "ff_full", AccessKey: "acme", ActivationID: "act_1", Token: "tok_1", CampaignKey: "c_1"},
	Examples: func(base string) []Example {
		return []Example{{"Ask", "curl -H 'Authorization: Bearer ff_read' " + base + "/graphql"}}
	},
}

func TestStartOfTheDemo(t *testing.T) {
	t.Parallel()
	res, body := ask(t, demoConfig.Start(), http.MethodGet, "http://gateway.test:8099/")
	for _, want := range []string{
		`href="/partner-stats/act_1?token=tok_1"`, `href="/leaderboard"`, `href="/campaigns/c_1"`, `href="/playground"`, `href="/docs"`,
		`href="/metrics"`, `href="/readyz"`, `href="/openapi.json"`, "This is the demo", "<code>ff_read</code>", "<code>ff_full</code>",
		"Bearer ff_read&#39; http://gateway.test:8099/graphql",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Security-Policy") != page.Strict {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestStartHoldsNoKey(t *testing.T) {
	t.Parallel()
	h := Config{}.Start()
	res, body := ask(t, h, http.MethodGet, "/")
	for _, want := range []string{"footfall keys create", "/partner-stats/{activationId}?token=…", `href="/campaigns"`, `href="/playground"`, `href="/docs"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, wrong := range []string{"ff_", "tok_", "demo", "Bearer"} {
		if strings.Contains(body, wrong) {
			t.Errorf("the page holds %s", wrong)
		}
	}
	if again, _ := ask(t, h, http.MethodGet, "/", "If-None-Match", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag: status %d, want 304", again.StatusCode)
	}
}

func TestStartReadsAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{"demo": demoConfig, "other": {}} {
		if res, _ := ask(t, c.Start(), http.MethodPost, "/"); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d", name, res.StatusCode)
		}
	}
}

// A line for a shell must be one whatever host was asked for.
func TestStartDoubtsHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"localhost:80": "http://localhost:80/graphql", "[::1]:8080": "http://[::1]:8080/graphql",
		"$(id)": "http://127.0.0.1:8080/graphql", "a'b": "http://127.0.0.1:8080/graphql", "": "http://127.0.0.1:8080/graphql",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if got := base(r) + "/graphql"; got != want {
			t.Errorf("host %q: %s, want %s", host, got, want)
		}
	}
}
