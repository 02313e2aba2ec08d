package graph

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of a GraphQL response.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

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
	eachRange(accept, func(name string, q float64) {
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
	eachRange(accept, func(name string, _ float64) { named = named || name == media })
	return named
}

func eachRange(accept []string, f func(name string, q float64)) {
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
		f(name, q)
	}
}
