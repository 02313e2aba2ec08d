package rest

import (
	_ "embed"
	"net/http"

	"footfall/internal/problem"
)

//go:embed openapi.json
var openAPI []byte

// Description is the OpenAPI document of the contracts and of POST /v1/events.
func Description() []byte { return openAPI }

// OpenAPI serves it.
func OpenAPI() http.Handler {
	return problem.ReadOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w = bodiless{w}
		}
		w.Header().Set("Cache-Control", "public, max-age=60")
		(&reply{contentType: mediaJSON, body: openAPI}).write(w)
	}))
}
