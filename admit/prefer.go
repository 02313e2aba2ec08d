package admit

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WithPreferWait gives requests the time that they say their client waits: Prefer:
// wait=N, in seconds (RFC 7240, section 4.3).
func WithPreferWait(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait, ok := preferredWait(r.Header["Prefer"])
		if !ok {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// preferredWait reads the first preference to wait; one that cannot be read is none.
func preferredWait(header []string) (time.Duration, bool) {
	const most = 1 << 31
	for _, field := range header {
		for preference := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 32)
			return time.Duration(min(n, most)) * time.Second, err == nil && n > 0
		}
	}
	return 0, false
}
