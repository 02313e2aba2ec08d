package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/auth"
)

// What Postgres shows of sessions has neither secrets nor what is stored of them.
func TestSecretsAreNotInPostgresActivity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	conn, err := pgx.Connect(t.Context(), b.conf.database)
	ok(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	seen := ""
	look := func() {
		var queries string
		ok(t, conn.QueryRow(t.Context(), `SELECT string_agg(query, E'\n') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&queries))
		seen += queries
	}
	for _, key := range []string{b.key, token, "ff_wrong", "tok_wrong"} {
		_ = b.as(key).post(`{ __typename }`, nil, fresh)
		look()
		_ = b.do(http.MethodGet, "/api/partner-stats/act?token="+key, "", fresh)
		look()
	}
	if !strings.Contains(seen, "FROM api_keys") || !strings.Contains(seen, "FROM links") {
		t.Fatalf("no look-up was seen: %s", seen)
	}
	for _, secret := range []string{b.key, token, "ff_wrong", "tok_wrong"} {
		for _, hidden := range []string{secret, fmt.Sprintf("%x", auth.Digest(secret))} {
			if strings.Contains(strings.ToLower(seen), strings.ToLower(hidden)) {
				t.Errorf("%s… is shown", hidden[:6])
			}
		}
	}
}

// Whoever has no good credential learns nothing of the one they tried: the same
// words, for the same work of Postgres.
func TestWrongCredentialsAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	b := setup(t)
	soon := time.Now().Add(time.Millisecond)
	_, expired, err := createKey(t.Context(), b.store, b.tenant, analytics.APIKey{Scopes: []analytics.Scope{analytics.ScopeRead}, ExpiresAt: &soon})
	ok(t, err)
	revoked := b.newKey(b.tenant, analytics.ScopeRead)
	keys, err := b.store.Keys(t.Context(), b.tenant.ID)
	ok(t, err)
	ok(t, b.store.RevokeKey(t.Context(), b.tenant.ID, keys[len(keys)-1].ID))
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	ok(t, b.store.RevokeLink(t.Context(), b.tenant.ID, "act"))
	unknown, _, _ := auth.NewKey()
	typo := b.key[:len(b.key)-1] + map[bool]string{true: "x", false: "y"}[b.key[len(b.key)-1] != 'x']
	b = b.unattended()
	for _, path := range []string{"/graphql?query={__typename}", "/v1/analytics/engagement/partners", "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z", "/v2/nobody/campaign/stats"} {
		first := ""
		for _, key := range []string{unknown, expired, revoked, typo, token, "tok_none"} {
			if strings.HasPrefix(key, "tok_") && strings.HasPrefix(path, "/v") { // a token is no key: 403
				continue
			}
			before := b.store.Statements()
			a := b.as(key).do(http.MethodGet, path, "", fresh)
			a.header.Del("Date")
			said := fmt.Sprint(a.status, a.header, a.body, b.store.Statements()-before, " statements")
			if first == "" {
				first = said
			}
			if said != first || a.status != http.StatusUnauthorized {
				t.Errorf("%s with %s… gives\n%s\nand not\n%s", path, key[:5], said, first)
			}
		}
	}
}
