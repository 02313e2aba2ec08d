// Package problem writes refusals as application/problem+json (RFC 9457). It must
// not know why anything is refused.
package problem

import (
	"encoding/json"
	"net/http"
)

// Details are what a refusal says beside the title of its HTTP status.
type Details struct {
	Status int
	Detail string
	Code   string // of our own errors, "" for none
}

// Write answers with d. Headers are set before.
func Write(w http.ResponseWriter, d Details) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.Status)
	_ = json.NewEncoder(w).Encode(struct { // a client that is gone does not hear
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code,omitempty"`
	}{"about:blank", http.StatusText(d.Status), d.Status, d.Detail, d.Code})
}

// ReadOnly serves GET and HEAD alone.
func ReadOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			Write(w, Details{Status: http.StatusMethodNotAllowed, Detail: "the method must be GET or HEAD"})
			return
		}
		h.ServeHTTP(w, r)
	})
}
