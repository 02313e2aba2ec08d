package store

import (
	"fmt"
	"testing"

	"footfall/analytics"
	"footfall/internal/storetest"
)

// A cache that a URL's way of sending statements does not use may be off.
func TestUnusedStatementCaches(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	for i, parameters := range []string{
		"description_cache_capacity=0",
		"default_query_exec_mode=cache_describe&statement_cache_capacity=0",
		"default_query_exec_mode=describe_exec&statement_cache_capacity=0&description_cache_capacity=0",
	} {
		url := url + "&" + parameters
		ok(t, CheckURL(url))
		s := open(t, url)
		_, err := s.Migrate(t.Context())
		ok(t, err)
		w := settle(t, s, url, fmt.Sprint("acme", i), 1)
		w.record(t, analytics.Event{ID: "e", At: at("2026-03-01T10:00:00Z"), Kind: analytics.KindPartner, Action: analytics.PageView, Key: w.partners[0], Visitor: "v"})
		equal(t, parameters, w.total(t, analytics.KindPartner, w.partners[0], analytics.Always, wantAll).Of[analytics.PageView].Events, int64(1))
		verifyClean(t, w.Store, w.tenant)
	}
}
