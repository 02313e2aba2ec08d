package rest

import (
	"net/url"
	"strings"
)

// query is the parameters of a query string, in their order.
type query map[string][]string

// parseQuery reads a query string. It never fails: a badly encoded name or
// value stands as it was written, and is then judged as any other.
func parseQuery(raw string) query {
	q := query{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name = unescape(name)
		q[name] = append(q[name], unescape(value))
	}
	return q
}

func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

// first is the value of a scalar parameter: the first one, when it is repeated.
func (q query) first(name string) (value string, given bool) {
	values := q[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

// list is the values of a list parameter, given once, repeated, with commas or
// as name[]. Blank values are left out: an empty list is one not given.
func (q query) list(name string) []string {
	var out []string
	for _, values := range [][]string{q[name], q[name+"[]"]} {
		for _, value := range values {
			out = append(out, split(value)...)
		}
	}
	return out
}

// split cuts a value at its commas, trims the parts and leaves out blank ones.
func split(value string) []string {
	var out []string
	for part := range strings.SplitSeq(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
