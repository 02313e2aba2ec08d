package ingest

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"footfall/analytics"
	"footfall/internal/quota"
)

// Handler serves POST /v1/events (docs/events.md) for callers that were
// authorised by admit: it tells whose events are sent, may set headers, and may
// refuse with an *analytics.Error. The answer is analytics.Verdicts, or a problem (RFC
// 9457) when nothing was stored.
func (w *Writer) Handler(admit func(http.ResponseWriter, *http.Request) (tenant int64, err error)) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "private, no-store")
		verdicts, err := w.serve(rw, r, admit)
		if err != nil {
			w.refuse(rw, r, err)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(verdicts) // the client may be gone; its events are stored
	})
}

func (w *Writer) serve(rw http.ResponseWriter, r *http.Request, admit func(http.ResponseWriter, *http.Request) (int64, error)) (analytics.Verdicts, error) {
	if r.Method != http.MethodPost {
		return noVerdicts(), refused(analytics.CodeMethod, "events are sent with POST", "Allow", http.MethodPost)
	}
	tenant, err := admit(rw, r)
	if err != nil {
		return noVerdicts(), err
	}
	var held int64 // until the verdicts are there: the events live as long
	defer func() { w.held.Give(tenant, held) }()
	events, err := decodeBody(rw, r, func(n int64) error {
		switch err := w.held.Take(tenant, n); {
		case errors.Is(err, quota.ErrShareSpent):
			return tooManyBodies(w.o.tenantBytes())
		case err != nil:
			return analytics.Unavailable(errBodies)
		}
		held += n
		return nil
	})
	if err != nil {
		return noVerdicts(), err
	}
	return w.RecordDecoded(r.Context(), tenant, events)
}

// decodeBody reads the events of a request.
func decodeBody(rw http.ResponseWriter, r *http.Request, hold func(bytes int64) error) ([]Decoded, error) {
	format, ok := formatOf(r.Header.Get("Content-Type"))
	if !ok {
		return nil, refused(analytics.CodeMediaType, "the Content-Type must be one of "+acceptedTypes+", in UTF-8", "Accept-Post", acceptedTypes)
	}
	zipped, ok := isZipped(r.Header.Values("Content-Encoding"))
	if !ok {
		return nil, refused(analytics.CodeMediaType, "the Content-Encoding must be gzip or identity", "Accept-Encoding", "gzip, identity")
	}
	most := int64(MaxBytes)
	if zipped {
		most += MaxBytes / 256 // what does not compress grows a little
	}
	if r.ContentLength > most {
		return nil, tooManyBytes()
	}
	if !zipped {
		return decode(r.Body, format, hold)
	}
	body := http.MaxBytesReader(rw, r.Body, most)
	z, err := gzip.NewReader(body)
	if err != nil {
		return nil, unreadable(err)
	}
	return decode(z, format, hold)
}

// isZipped reads Content-Encoding; false, false for one that is not supported.
func isZipped(encodings []string) (zipped, ok bool) {
	for encoding := range strings.SplitSeq(strings.Join(encodings, ","), ",") {
		switch strings.ToLower(strings.TrimSpace(encoding)) {
		case "", "identity":
		case "gzip", "x-gzip":
			if zipped {
				return false, false
			}
			zipped = true
		default:
			return false, false
		}
	}
	return zipped, true
}
