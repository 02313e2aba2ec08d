package store

import (
	"fmt"
	"sync"
	"testing"

	"footfall/analytics"
	"footfall/internal/await"
	"footfall/internal/storetest"
)

// Whatever isolation a database or a URL asks for, who waited for a tenant's lock sees
// what was committed meanwhile: two page views that come at once make one session.
func TestWritersSeeWhatTheyWaitedFor(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	admin := connect(t, url)
	_, err := admin.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET default_transaction_isolation = 'repeatable read'", admin.Config().Database))
	ok(t, err)
	for i, url := range []string{url, url + "&default_transaction_isolation=repeatable%20read"} {
		w := settle(t, open(t, url), url, fmt.Sprint("acme", i), 1)
		view := func(id, instant string) analytics.Event {
			return analytics.Event{ID: id, At: at(instant), Kind: analytics.KindPartner, Action: analytics.PageView, Key: w.partners[0], Visitor: "v"}
		}
		w.record(t, view("numbers the visitor", "2026-03-01T08:00:00Z"))
		holder, err := admin.Begin(t.Context())
		ok(t, err)
		_, err = holder.Exec(t.Context(), sql("lock_tenant"), args{"tenant_id": w.tenant.ID})
		ok(t, err)
		var writers sync.WaitGroup
		for _, e := range []analytics.Event{view("a", "2026-03-01T10:00:00Z"), view("b", "2026-03-01T10:10:00Z")} {
			writers.Go(func() {
				if _, _, err := w.Record(t.Context(), w.tenant.ID, []analytics.Event{e}); err != nil {
					t.Error(err)
				}
			})
		}
		await.Until(t, "both writers wait", func() bool {
			var waiting int
			ok(t, w.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting))
			return waiting == 2
		})
		ok(t, holder.Rollback(t.Context()))
		writers.Wait()
		got := w.total(t, analytics.KindPartner, w.partners[0], analytics.Always, wantAll).Of[analytics.PageView]
		equal(t, "views, sessions and µs", [3]int64{got.Events, got.Starts, got.Micros}, [3]int64{3, 2, 600 * second})
		verifyClean(t, w.Store, w.tenant)
	}
}
