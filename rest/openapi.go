package rest

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openAPI []byte

// Description is the OpenAPI document of the contracts and of POST /v1/events.
func Description() []byte { return openAPI }

// OpenAPI serves it.
func OpenAPI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w = bodiless{w}
		} else if r.Method != http.MethodGet {
			w.Header().Set("Allow", "GET, HEAD")
			(&reply{status: http.StatusMethodNotAllowed, contentType: "application/problem+json",
				body: []byte(`{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"the method must be GET or HEAD"}`)}).write(w)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=60")
		(&reply{contentType: mediaJSON, body: openAPI}).write(w)
	})
}
