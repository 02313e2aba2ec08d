package edge

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"net/http"
	"strconv"
	"strings"

	"footfall/analytics"
)

// Validator makes the ETag of an answer from what tells it from others.
func Validator(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		_, _ = h.Write([]byte{' '})
		_, _ = h.Write(part)
	}
	return `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// SetValidator lets the client keep the answer to a read that went well, if it asks
// each time whether it still holds: then 304 spares it the body.
func SetValidator(h http.Header, etag string) {
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Etag", etag)
}

// Describe says how old an answer is, in whole seconds since it was last known
// to be right, and warns of a stale one.
func Describe(h http.Header, f analytics.Freshness) {
	age := math.Floor(f.Age.Seconds())
	if f.Stale {
		age = math.Ceil(f.Age.Seconds())
		h.Set("Warning", `110 - "Response is Stale"`)
	}
	h.Set("Age", strconv.FormatFloat(age, 'f', 0, 64))
}

// unchanged reports whether the client says that it has the answer with the
// ETag: If-None-Match, compared weakly (RFC 9110, 13.1.2). Other methods than
// GET and HEAD select no answer that a client could have.
func unchanged(r *http.Request, etag string) bool {
	fields := r.Header["If-None-Match"]
	if len(fields) == 0 || etag == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for _, field := range fields {
		if strings.Trim(field, " \t") == "*" {
			return true
		}
		for tag := range strings.SplitSeq(field, ",") {
			if strings.TrimPrefix(strings.Trim(tag, " \t"), "W/") == etag {
				return true
			}
		}
	}
	return false
}

// bodyHeaders describe a body: a 304 has none.
var bodyHeaders = []string{"Content-Type", "Content-Length", "Content-Disposition"}
