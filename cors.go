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
		AllowedHeaders: []string{"*"}, // clients and tracers add their own; Authorization alone opens anything, and no browser adds that by itself
		ExposedHeaders: []string{
			"Age", "Allow", "Content-Disposition", "ETag", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After", "Warning", "WWW-Authenticate",
		},
		MaxAge: 7200,
	}).Handler(h)
}
