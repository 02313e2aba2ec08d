package rest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Route is one URL of a contract.
type Route struct {
	Pattern string   // of http.ServeMux, without a method: any method is answered
	Methods []string // that do not get 405
}

// Routes lists the URLs of all contracts.
func Routes() []Route {
	var out []Route
	for _, c := range contracts(time.Now) {
		for _, pattern := range c.patterns() {
			out = append(out, Route{pattern, []string{http.MethodGet, http.MethodHead}})
		}
	}
	return out
}

// match compares a request's path with a pattern, segment by segment and
// percent-decoded. It returns the values of the pattern's {wildcards}, which
// are never empty.
func match(pattern string, u *url.URL) (values []string, ok bool) {
	want, got := pattern, u.EscapedPath()
	for more := true; more; {
		var name, segment string
		name, want, more = strings.Cut(want, "/")
		var follows bool
		if segment, got, follows = strings.Cut(got, "/"); follows != more {
			return nil, false
		}
		text, err := url.PathUnescape(segment)
		switch {
		case err != nil:
			return nil, false
		case !strings.HasPrefix(name, "{"):
			if text != name {
				return nil, false
			}
		case text == "":
			return nil, false
		default:
			values = append(values, text)
		}
	}
	return values, true
}
