package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// Kept serves what is the same for everyone until the next build. Clients keep
// it and ask at each visit whether it still holds: it names the assets of one
// build.
func Kept(policy, media string, body []byte) http.Handler {
	digest := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetHeaders(w.Header(), policy)
		if !ReadOnly(w, r) {
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", media)
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}
