package ingest

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"

	"footfall/analytics"
)

var errBodies = errors.New("too many bodies are on their way in")

// retryAfter is how long, in seconds, a client should wait before it sends
// again what was not stored.
const retryAfter = "2"

// problem is a refusal that has no analytics.Code.
type problem struct {
	status       int
	code, detail string
	header       http.Header
}

func (p *problem) Error() string { return p.detail }

func unsupported(detail, header, value string) error {
	return &problem{
		status: http.StatusUnsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE", detail: detail,
		header: http.Header{header: {value}},
	}
}

// problemOf is what a client may know of an error: all of a typed one, nothing
// of another.
func problemOf(err error) *problem {
	var p *problem
	var tooLong *http.MaxBytesError
	var typed *analytics.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &tooLong):
		err = tooManyBytes()
	}
	if errors.As(err, &typed) && typed.Code != analytics.CodeInternal {
		return &problem{status: typed.Code.Status(), code: string(typed.Code), detail: typed.Error()}
	}
	return &problem{status: http.StatusInternalServerError, code: string(analytics.CodeInternal), detail: "an internal error; nothing was stored"}
}

// refuse answers with application/problem+json (RFC 9457).
func (w *Writer) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError && r.Context().Err() == nil { // else nobody hears
		w.o.Log.ErrorContext(r.Context(), "events were not stored", "status", p.status, "error", err, "cause", errors.Unwrap(err))
	}
	h := rw.Header()
	maps.Copy(h, p.header)
	switch p.status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", cmp.Or(h.Get("Retry-After"), retryAfter))
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", cmp.Or(h.Get("WWW-Authenticate"), "Bearer"))
	}
	h.Set("Content-Type", "application/problem+json")
	rw.WriteHeader(p.status)
	_ = json.NewEncoder(rw).Encode(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Code   string `json:"code"`
	}{"about:blank", http.StatusText(p.status), p.status, p.detail, p.code})
}
