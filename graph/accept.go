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
	if strings.TrimSpace(strings.Join(accept, "")) == "" {
		return acceptance{media: mediaJSON, ok: true}
	}
	ranges := rangesOf(accept)
	a := acceptance{also: ranges.forms(), events: ranges.events()}
	if a.media, a.ok = ranges.negotiate(); !a.ok && a.also.any() { // for what is refused
		a.media, a.ok = mediaJSON, true
	}
	return a
}

// mediaRange is one that a client accepts, such as text/* with a weight of 0.8.
type mediaRange struct {
	name   string
	q      float64
	params map[string]string
}

type mediaRanges []mediaRange

// rangesOf parses the Accept headers, and leaves out what is wrong in them.
func rangesOf(accept []string) mediaRanges {
	var ranges mediaRanges
	for _, header := range accept {
		for part := range strings.SplitSeq(header, ",") {
			if r, ok := rangeOf(part); ok {
				ranges = append(ranges, r)
			}
		}
	}
	return ranges
}

func rangeOf(text string) (r mediaRange, ok bool) {
	name, params, err := mime.ParseMediaType(strings.TrimSpace(text))
	if err != nil || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return r, false
	}
	q := 1.0
	if weight, given := params["q"]; given {
		q, err = strconv.ParseFloat(weight, 64)
	}
	return mediaRange{name, q, params}, err == nil && q >= 0 && q <= 1
}

// weight is what the most specific matching range gives the media type, 0 when
// none matches, and whether that range names it.
func (rs mediaRanges) weight(media string) (weight float64, named bool) {
	specific := -1
	kind, _, _ := strings.Cut(media, "/")
	for _, r := range rs {
		precision := -1
		switch r.name {
		case media:
			precision = 2
		case kind + "/*":
			precision = 1
		case "*/*":
			precision = 0
		}
		if precision > specific || precision == specific && precision >= 0 && r.q > weight {
			weight, specific = r.q, precision
		}
	}
	return weight, specific == 2
}

// named is the weight of a media type that is named, else 0.
func (rs mediaRanges) named(media string) float64 {
	if weight, named := rs.weight(media); named {
		return weight
	}
	return 0
}

// negotiate picks the response's media type by the weights; false when none of ours
// is acceptable. Of two that weigh the same it is GraphQL's own where that is named,
// else application/json, which every client reads.
func (rs mediaRanges) negotiate() (string, bool) {
	plain, _ := rs.weight(mediaJSON)
	own, named := rs.weight(mediaResponse)
	if own > plain || own == plain && named {
		return mediaResponse, own > 0
	}
	return mediaJSON, plain > 0
}
