package store

import (
	"fmt"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/internal/storetest"
)

// Whatever a database says of itself, our connections are set as we need them, and begin
// with nothing that a pooler refuses.
func TestSessions(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	admin := connect(t, url)
	for _, setting := range []string{"row_security = off", "jit = on", "plan_cache_mode = force_custom_plan", "timezone = 'Asia/Tokyo'"} {
		_, err := admin.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET %s", admin.Config().Database, setting))
		ok(t, err)
	}
	s := open(t, url)
	for name, want := range map[string]string{"row_security": "on", "jit": "off", "plan_cache_mode": "force_generic_plan", "timezone": "UTC", "application_name": "footfall"} {
		var got string
		ok(t, s.pool.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
		equal(t, name, got, want)
	}
	for name := range maps.Keys(s.pool.Config().ConnConfig.RuntimeParams) {
		if startup[name] == "" {
			t.Errorf("a connection begins with %s", name)
		}
	}
	own := open(t, url+"&jit=on")
	var jit string
	ok(t, own.pool.QueryRow(t.Context(), "SHOW jit").Scan(&jit))
	equal(t, "jit as the URL says", jit, "on")
}

// The limits of time that a database sets are for the pool: upkeep and commands have
// those of the URL alone.
func TestUpkeepHasNoLimitsOfTime(t *testing.T) {
	t.Parallel()
	url := storetest.Database(t)
	admin := connect(t, url)
	for _, limit := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		_, err := admin.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET %s = '1min'", admin.Config().Database, limit))
		ok(t, err)
	}
	for query, limited := range map[string]string{
		"": "", "&lock_timeout=7s": "lock_timeout", "&options=-c%20statement_timeout%3D7s": "statement_timeout",
	} {
		s := open(t, url+query)
		patient, err := Open(t.Context(), Options{URL: url + query, Patient: true})
		ok(t, err)
		t.Cleanup(patient.Close)
		for _, limit := range limits[:3] {
			want := map[*pgxpool.Pool]string{s.pool: "1min", s.upkeep: "0", patient.pool: "0", patient.upkeep: "0"}
			for pool, value := range want {
				if limit == limited {
					value = "7s"
				}
				var got string
				ok(t, pool.QueryRow(t.Context(), "SELECT current_setting($1)", limit).Scan(&got))
				equal(t, limit+query, got, value)
			}
		}
	}
}
