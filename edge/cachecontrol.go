package edge

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"footfall/analytics"
)

// WithCacheControl reads a request's Cache-Control (RFC 9111): reads under the context it
// returns see every acknowledged write with no-cache, no-store or max-age=0, and
// are bounded in age with max-age. What cannot be read is ignored, as are all
// other directives.
func WithCacheControl(r *http.Request) context.Context {
	ctx := r.Context()
	for _, header := range r.Header["Cache-Control"] {
		for name, value := range directives(header) {
			switch name {
			case "no-cache", "no-store":
				ctx = analytics.WithFresh(ctx)
			case "max-age":
				if age, ok := seconds(value); ok {
					ctx = analytics.WithMaxAge(ctx, age)
				}
			}
		}
	}
	return ctx
}

// WithContext is the request under ctx: r itself, where that is its own.
func WithContext(ctx context.Context, r *http.Request) *http.Request {
	if ctx == r.Context() {
		return r
	}
	return r.WithContext(ctx)
}

// seconds reads delta-seconds; more than 2^31 counts as that.
func seconds(text string) (time.Duration, bool) {
	const most = 1 << 31
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > most { // too many digits
		n = most
	}
	return time.Duration(n) * time.Second, true
}

// directives are the names, in lower case, and values of a Cache-Control field.
// A value may be quoted, and then holds commas.
func directives(field string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for field != "" {
			var directive string
			directive, field = cutDirective(field)
			name, value, _ := strings.Cut(strings.Trim(directive, " \t"), "=")
			if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			if !yield(strings.ToLower(name), value) {
				return
			}
		}
	}
}

// cutDirective cuts at the first comma outside quotes.
func cutDirective(field string) (directive, rest string) {
	quoted := false
	for i := 0; i < len(field); i++ {
		switch field[i] {
		case '"':
			quoted = !quoted
		case '\\':
			if quoted {
				i++
			}
		case ',':
			if !quoted {
				return field[:i], field[i+1:]
			}
		}
	}
	return field, ""
}
