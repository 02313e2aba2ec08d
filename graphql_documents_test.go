package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"footfall/analytics"
	"footfall/documents"
	"footfall/internal/await"
	"footfall/internal/testlog"
	"footfall/store/cache"
)

const (
	boardText    = `query Board { partnerLeaderboard { totalCount } }`
	campaignText = `query Campaigns($first: Int! = 5) { campaigns(first: $first) { nodes { campaignKey } } }`
	freeText     = `query Free { activations { nodes { id } } }`
)

// withDocuments has the gateway trust documents from manifests of both kinds.
func withDocuments(t testing.TB) func(*settings) {
	t.Helper()
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "apollo.json"), fmt.Appendf(nil,
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":%q,"name":"Board","type":"query","body":%q}]}`, documents.Hash(boardText), boardText), 0o600))
	ok(t, os.WriteFile(filepath.Join(dir, "relay.json"), fmt.Appendf(nil, `{"3f1c9a":%q}`, campaignText), 0o600))
	return func(c *settings) { c.serving.Documents = dir }
}

// named sends parameters by POST.
func (b *bundle) named(params map[string]any) answer {
	b.t.Helper()
	text, err := json.Marshal(params)
	ok(b.t, err)
	return b.decoded(b.do(http.MethodPost, "/graphql", string(text), http.Header{"Content-Type": {"application/json"}}))
}

// linked sends parameters by GET; what is no string goes as JSON.
func (b *bundle) linked(params map[string]any) answer {
	b.t.Helper()
	q := url.Values{}
	for name, v := range params {
		s, isString := v.(string)
		if !isString {
			s = encoded(v)
		}
		q.Set(name, s)
	}
	return b.decoded(b.do(http.MethodGet, "/graphql?"+q.Encode(), "", nil))
}

func (b *bundle) decoded(a answer) answer {
	b.t.Helper()
	var response struct {
		Data   any
		Errors []problemOf
	}
	ok(b.t, json.Unmarshal([]byte(a.body), &response))
	a.data, a.errors = response.Data, response.Errors
	return a
}

// expectCode compares an answer's code, "" for one that went well.
func expectCode(t testing.TB, what string, a answer, code string) {
	t.Helper()
	if code == "" && (len(a.errors) > 0 || a.data == nil) || code != "" && (len(a.errors) != 1 || a.errors[0].code() != code || a.data != nil) {
		t.Errorf("%s gave %d %s, want %q", what, a.status, a.body, code)
	}
}

func byHash(text string) map[string]any {
	return map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": documents.Hash(text)}}}
}

func sent(text string) map[string]any {
	params := byHash(text)
	params["query"] = text
	return params
}

// newKeyFor makes a key that runs documents as the mode says.
func (b *bundle) newKeyFor(mode analytics.DocumentMode) *bundle {
	b.t.Helper()
	_, secret, err := createKey(b.t.Context(), b.store, b.tenant, analytics.APIKey{Scopes: []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite}, Documents: mode})
	ok(b.t, err)
	return b.as(secret)
}

// A document that was sent to one gateway is known to all that share its Redis,
// by POST and by GET; without Redis to the one alone.
func TestPersistedQueries(t *testing.T) {
	t.Parallel()
	const unknown = "PERSISTED_QUERY_NOT_FOUND"
	t.Run("with Redis", func(t *testing.T) {
		t.Parallel()
		one := setup(t, withEdge)
		two := one.another()
		expectCode(t, "the first", one.named(byHash(freeText)), unknown)
		expectCode(t, "the first elsewhere, by GET", two.linked(byHash(freeText)), unknown)
		// told sends documents until the other gateway knows one: a call of Redis that
		// takes too long is not made again.
		told := func(send func(params map[string]any) answer, name string) (text string) {
			n := 0
			await.Until(t, "the other gateway knows "+name, func() bool {
				n++
				text = fmt.Sprintf("query %s%d { activations { nodes { id } } }", name, n)
				expectCode(t, "the text", send(sent(text)), "")
				return len(two.named(byHash(text)).errors) == 0
			})
			return text
		}
		text := told(one.named, "Posted")
		for name, b := range map[string]*bundle{"here": one, "there": two, "for another tenant": two.as(two.newKey(two.newTenant("other", "UTC"), analytics.ScopeRead))} {
			expectCode(t, name, b.named(byHash(text)), "")
			expectCode(t, name+", by GET", b.linked(byHash(text)), "")
			expectCode(t, name+", by its id", b.linked(map[string]any{"documentId": "sha256:" + documents.Hash(text)}), "")
		}
		client, err := cache.OpenRedis(one.conf.redis)
		ok(t, err)
		defer func() { _ = client.Close() }()
		await.Until(t, "Redis answers", func() bool { return client.Ping(t.Context()).Err() == nil })
		if left, err := client.TTL(t.Context(), "footfall:document:"+documents.Hash(text)).Result(); err != nil || left <= 0 {
			t.Errorf("Redis keeps the document for %v, %v", left, err)
		}
		expectCode(t, "another's hash", one.named(map[string]any{"query": boardText, "extensions": byHash(text)["extensions"]}), "BAD_USER_INPUT")
		told(one.linked, "Linked")
	})
	t.Run("without Redis", func(t *testing.T) {
		t.Parallel()
		one := setup(t, withoutRedis)
		two := one.another()
		expectCode(t, "the text", one.named(sent(freeText)), "")
		expectCode(t, "here", one.linked(byHash(freeText)), "")
		expectCode(t, "there", two.linked(byHash(freeText)), unknown)
	})
	t.Run("with a Redis that is away", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *settings) { c.redis = "redis://127.0.0.1:1/0" })
		for n := range 5 {
			text := fmt.Sprintf("query N%d { activations { nodes { id } } }", n)
			expectCode(t, "unknown", b.named(byHash(text)), unknown)
			expectCode(t, "the text", b.named(sent(text)), "")
			expectCode(t, "known", b.linked(byHash(text)), "")
		}
	})
	t.Run("with a Redis that lies", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		client, err := cache.OpenRedis(b.conf.redis)
		ok(t, err)
		defer func() { _ = client.Close() }()
		ok(t, client.Set(t.Context(), "footfall:document:"+documents.Hash(freeText), boardText, 0).Err())
		expectCode(t, "another text under the hash", b.named(byHash(freeText)), unknown)
	})
}

// What the modes of keys mean for both manifests, and that nothing else changes.
func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	log := &testlog.Log{}
	b := setup(t, withDocuments(t), func(c *settings) { c.log = slog.New(slog.NewTextHandler(log, nil)) })
	trusted := map[string]map[string]any{
		"Apollo's id": {"documentId": documents.Hash(boardText)}, "Apollo's hash": byHash(boardText), "Apollo's text": {"query": boardText},
		"Relay's id": {"documentId": "3f1c9a", "variables": map[string]any{"first": 1}}, "Relay's hash": byHash(campaignText), "the prefixed hash": {"documentId": "sha256:" + documents.Hash(campaignText)},
	}
	other := map[string]map[string]any{
		"a text": {"query": freeText}, "a text with its hash": sent(freeText), "introspection": {"query": `{ __schema { queryType { name } } }`}, "a name": {"query": `{ __typename }`},
	}
	for mode, code := range map[analytics.DocumentMode]string{analytics.DocumentsOff: "", analytics.DocumentsLog: "", analytics.DocumentsEnforce: "FORBIDDEN"} {
		k := b.newKeyFor(mode)
		for name, params := range trusted {
			expectCode(t, string(mode)+", "+name, k.named(params), "")
			expectCode(t, string(mode)+", "+name+", by GET", k.linked(params), "")
		}
		for name, params := range other {
			expectCode(t, string(mode)+", "+name, k.named(params), code)
			expectCode(t, string(mode)+", "+name+", by GET", k.linked(params), code)
		}
		equal(t, "REST with mode "+string(mode), k.do(http.MethodGet, "/v1/analytics/engagement/partners?period=last_90_days", "", nil).status, http.StatusOK)
		equal(t, "REST with mode "+string(mode), k.do(http.MethodGet, "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", "", nil).status, http.StatusOK)
	}
	for hash, times := range map[string]int{documents.Hash(freeText): 1, documents.Hash(boardText): 0, documents.Hash(campaignText): 0} {
		equal(t, "lines about "+hash, strings.Count(log.String(), hash), times)
	}
	metrics := b.do(http.MethodGet, "/metrics", "", nil).body
	for _, line := range []string{`footfall_documents_total{outcome="refused"} 8`, `footfall_documents_total{outcome="untrusted"} 8`, `footfall_documents_total{outcome="unrestricted"} 8`, `footfall_documents_total{outcome="trusted"} 36`} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("the metrics do not say %s", line)
		}
	}
}

// The link of an activation may run anything within its activation.
func TestDocumentsOfTokens(t *testing.T) {
	t.Parallel()
	b := setup(t, withDocuments(t))
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	expectCode(t, "a token", b.as(token).named(map[string]any{"query": `{ activation(activationId: "act") { eventName } }`}), "")
}

func TestDocumentsOfKeys(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.tenant("acme")
	for _, mode := range []string{"", "off", "log", "enforce"} {
		args := []string{"keys", "create", "--tenant", "acme", "--scopes", "analytics:read", "--name", "n" + mode}
		if mode != "" {
			args = append(args, "--documents", mode)
		}
		o.run(args...).good()
	}
	rows := o.run("keys", "list", "--tenant", "acme").rows()
	for i, mode := range []string{"off", "off", "log", "enforce"} {
		equal(t, "documents", at(rows, fmt.Sprint(i, ".documents")), any(mode))
	}
	o.run("keys", "create", "--tenant", "acme", "--scopes", "admin", "--documents", "some").fails(2, "--documents", "some")
	broken := filepath.Join(t.TempDir(), "broken.json")
	ok(t, os.WriteFile(broken, []byte(`{"a1":"query A { nothing }"}`), 0o600))
	o.run("serve", "--listen", "127.0.0.1:0", "--documents", broken).fails(1, "trusted documents", "broken.json", `operation "a1"`, "nothing")
}
