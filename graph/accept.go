package graph

import (
	"mime"
	"strconv"
	"strings"

	"github.com/maypok86/otter/v2"
)

// The media types of a GraphQL response.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// acceptance is what a request's Accept headers come to.
type acceptance struct {
	media  string // of a JSON response
	ok     bool   // whether that, or another form, is acceptable at all
	also   forms
	events bool // it wants server-sent events rather than JSON
}

// acceptances remembers what the headers of a client come to: they are long, and
// always the same.
var acceptances = otter.Must(&otter.Options[string, acceptance]{MaximumSize: 1000})

const maxRemembered = 512 // bytes of a header that is remembered

// acceptanceOf reads the Accept headers.
func acceptanceOf(accept []string) acceptance {
	if len(accept) != 1 || len(accept[0]) > maxRemembered {
		return readAccept(accept)
	}
	a, known := acceptances.GetIfPresent(accept[0])
	if !known {
		a = readAccept(accept)
		acceptances.Set(strings.Clone(accept[0]), a)
	}
	return a
}

func readAccept(accept []string) acceptance {
	a := acceptance{also: formsOf(accept), events: wantsEvents(accept)}
	if a.media, a.ok = negotiate(accept); !a.ok && a.also.any() { // for what is refused
		a.media, a.ok = mediaJSON, true
	}
	return a
}

// negotiate picks the response's media type by the weights of the Accept
// headers; false when none of ours is acceptable. Without a preference it is
// application/json, which every client reads.
func negotiate(accept []string) (string, bool) {
	if len(accept) == 0 || strings.TrimSpace(strings.Join(accept, "")) == "" {
		return mediaJSON, true
	}
	best, bestWeight := "", 0.0
	for _, ours := range []string{mediaJSON, mediaResponse} {
		weight := acceptWeight(accept, ours)
		named := acceptNames(accept, ours)
		if weight > bestWeight || weight == bestWeight && weight > 0 && named && !acceptNames(accept, best) {
			best, bestWeight = ours, weight
		}
	}
	return best, bestWeight > 0
}

// acceptWeight is the weight that the most specific matching range gives the
// media type, 0 when none matches.
func acceptWeight(accept []string, media string) float64 {
	weight, specific := 0.0, -1
	kind, _, _ := strings.Cut(media, "/")
	eachRange(accept, func(name string, q float64, _ map[string]string) {
		precision := -1
		switch name {
		case media:
			precision = 2
		case kind + "/*":
			precision = 1
		case "*/*":
			precision = 0
		}
		if precision > specific || precision == specific && precision >= 0 && q > weight {
			weight, specific = q, precision
		}
	})
	return weight
}

// acceptNames reports whether the media type is named, not only matched.
func acceptNames(accept []string, media string) bool {
	named := false
	eachRange(accept, func(name string, _ float64, _ map[string]string) { named = named || name == media })
	return named
}

func eachRange(accept []string, f func(name string, q float64, params map[string]string)) {
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		f(name, q, params)
	}
}
