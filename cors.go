package main

import (
	"net/http"

	"github.com/rs/cors"
)

// withCORS lets pages of the origins read what h answers, with a key that they send
// themselves.
func withCORS(h http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Cache-Control", "Content-Type", "Content-Encoding", "If-None-Match",
			"X-Footfall-Cost", "X-Footfall-Dry-Run", "X-Footfall-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name", "GraphQL-Require-Preflight", "Prefer",
		},
		ExposedHeaders: []string{"Age", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "Warning"},
		MaxAge:         7200,
	}).Handler(h)
}
