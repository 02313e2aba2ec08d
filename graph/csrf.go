package graph

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"footfall/analytics"
)

// preflighted are the headers that no page of another site can send without a
// preflight, which CORS_ORIGINS alone are granted: none is on the safelist of the Fetch standard
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
var preflighted = []string{
	"Authorization", "X-Footfall-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name", "GraphQL-Require-Preflight",
}

// simpleTypes are the content types that a form or a script of another site can
// send without a preflight.
var simpleTypes = map[string]bool{
	"application/x-www-form-urlencoded": true, "multipart/form-data": true, "text/plain": true,
}

// checkForgery refuses a request that another site's page could have made a
// browser send. What comes visibly from another site must carry one of the
// headers; anything else may also show a content type that is not simple.
func checkForgery(r *http.Request) error {
	for _, name := range preflighted {
		if r.Header.Get(name) != "" {
			return nil
		}
	}
	if !fromElsewhere(r) && !simple(r.Header.Get("Content-Type")) {
		return nil
	}
	return analytics.Errorf(analytics.CodeForbidden,
		"possible cross-site request: send one of the headers %s; people try queries at /playground", strings.Join(preflighted, ", "))
}

// simple reports whether a browser sends the content type without asking. One
// that cannot be read might pass for anything.
func simple(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err != nil || simpleTypes[media]
}

// fromElsewhere reports whether the browser says that another site's page sends
// the request.
func fromElsewhere(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}
