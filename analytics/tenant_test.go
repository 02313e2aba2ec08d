package analytics_test

import (
	"testing"
	"time"

	"footfall/analytics"
)

func TestKeysExpire(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  analytics.APIKey
		want bool
	}{
		{analytics.APIKey{}, true},
		{analytics.APIKey{ExpiresAt: new(utc2026.Add(time.Microsecond))}, true},
		{analytics.APIKey{ExpiresAt: new(utc2026)}, false},
		{analytics.APIKey{RevokedAt: new(utc2026.Add(time.Hour))}, false},
	} {
		same(t, "active", c.key.Active(utc2026), c.want)
	}
}
