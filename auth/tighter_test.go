package auth

import (
	"net/http"
	"testing"
	"time"

	"footfall/analytics"
)

// Of two limits the one is told that a client meets first.
func TestTighter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ tight, loose Limit }{
		"less left of its own":       {Limit{Limit: 10, Remaining: 4}, Limit{Limit: 100, Remaining: 50}},
		"fewer, and more of its own": {Limit{Limit: 100, Remaining: 30}, Limit{Limit: 10, Remaining: 4}},
		"one that refuses":           {Limit{Limit: 100, Remaining: 0, RetryAfter: time.Second}, Limit{Limit: 10}},
		"refuses for longer":         {Limit{Limit: 100, RetryAfter: time.Minute}, Limit{Limit: 10, RetryAfter: time.Second}},
		"the only one":               {Limit{Limit: 100, Remaining: 100}, Limit{}},
	} {
		if got, turned := tighter(c.tight, c.loose), tighter(c.loose, c.tight); got != c.tight || turned != c.tight {
			t.Errorf("%s: %+v, and %+v the other way round", name, got, turned)
		}
	}
}

// How to authenticate is said to who has not, not to who asked too often.
func TestWhoIsToldHowToAuthenticate(t *testing.T) {
	t.Parallel()
	for _, code := range []analytics.Code{analytics.CodeUnauthenticated, analytics.CodeForbidden, analytics.CodeRateLimited, analytics.CodeInternal} {
		h := http.Header{}
		SetHeaders(h, analytics.Errorf(code, "no"))
		if told := h.Get("WWW-Authenticate") != ""; told != (code == analytics.CodeUnauthenticated) {
			t.Errorf("%s: %v", code, h)
		}
	}
}
