package edge_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/edge"
)

func wanted(fields ...string) time.Duration {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header["Cache-Control"] = fields
	return analytics.MaxAge(edge.WithCacheControl(r))
}

func TestWanted(t *testing.T) {
	t.Parallel()
	const longest = (1 << 31) * time.Second
	for _, c := range []struct {
		fields []string
		want   time.Duration
	}{
		{nil, analytics.AnyAge},
		{[]string{""}, analytics.AnyAge},
		{[]string{"no-cache"}, 0},
		{[]string{"NO-STORE"}, 0},
		{[]string{"max-age=0"}, 0},
		{[]string{"max-age=00"}, 0},
		{[]string{"max-age=10"}, 10 * time.Second},
		{[]string{"Max-Age=10"}, 10 * time.Second},
		{[]string{`max-age="10"`}, 10 * time.Second},
		{[]string{"max-age=10, max-age=5"}, 5 * time.Second},
		{[]string{"max-age=5", "max-age=10"}, 5 * time.Second},
		{[]string{"max-age=5", "no-cache"}, 0},
		{[]string{",, \tmax-age=5\t ,"}, 5 * time.Second},
		{[]string{"max-age=2147483648"}, longest},
		{[]string{"max-age=9999999999"}, longest},
		{[]string{"max-age=99999999999999999999999"}, longest},
		// What cannot be read, or is for others.
		{[]string{"max-age"}, analytics.AnyAge},
		{[]string{"max-age="}, analytics.AnyAge},
		{[]string{"max-age=-1"}, analytics.AnyAge},
		{[]string{"max-age=+1"}, analytics.AnyAge},
		{[]string{"max-age=1.5"}, analytics.AnyAge},
		{[]string{"max-age=1s"}, analytics.AnyAge},
		{[]string{"max-age = 1"}, analytics.AnyAge},
		{[]string{`max-age="1`}, analytics.AnyAge},
		{[]string{"max-age=٣"}, analytics.AnyAge},
		{[]string{"max-age=-1, max-age=7"}, 7 * time.Second},
		{[]string{"s-maxage=1, max-stale=1, max-stale, min-fresh=1, only-if-cached, no-transform, private, x"}, analytics.AnyAge},
		{[]string{`x="a, no-cache, max-age=1"`}, analytics.AnyAge},
		{[]string{`x="a\", no-cache", max-age=9`}, 9 * time.Second},
	} {
		if got := wanted(c.fields...); got != c.want {
			t.Errorf("%q: got %v, want %v", c.fields, got, c.want)
		}
	}
}

// FuzzWanted: whatever a field holds, the bound is one, and a plain no-cache
// beside it counts.
func FuzzWanted(f *testing.F) {
	for _, seed := range []string{"no-cache", "max-age=1", `x="\`, `max-age="9", ,=,"`, "max-age=99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if age := wanted(field); age < 0 || age > 0 && age < time.Second {
			t.Errorf("%q: %v", field, age)
		}
		if age := wanted(field, "no-cache"); age != 0 {
			t.Errorf("%q and no-cache: %v", field, age)
		}
	})
}
