package store

import (
	"fmt"
	"maps"
	"testing"

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
