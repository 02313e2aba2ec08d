package ingest

import (
	"cmp"
	"errors"
	"maps"
	"net/http"

	"footfall/analytics"
	"footfall/internal/problem"
)

var errBodies = errors.New("too many bodies are on their way in")

func tooManyBodies(most int64) error {
	return analytics.Errorf(analytics.CodeRateLimited, "a tenant's events on their way in may take at most %d bytes of memory together: send less at a time", most)
}

// retryAfter is how long, in seconds, a client should wait before it sends
// again what was not stored.
const retryAfter = "2"

// refusal is what a client may know of an error, and the headers that go with it.
type refusal struct {
	problem.Details
	header http.Header
}

func (r *refusal) Error() string { return r.Detail }

// refused is a refusal with a header that says what would be taken.
func refused(code analytics.Code, detail, header, value string) error {
	return &refusal{problem.Details{Status: code.Status(), Code: string(code), Detail: detail}, http.Header{header: {value}}}
}

// refusalOf tells all of a typed error, nothing of another.
func refusalOf(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		err = tooManyBytes()
	}
	if typed, ok := errors.AsType[*analytics.Error](err); ok && typed.Code != analytics.CodeInternal {
		return &refusal{Details: problem.Details{Status: typed.Code.Status(), Code: string(typed.Code), Detail: typed.Error()}}
	}
	return &refusal{Details: problem.Details{
		Status: http.StatusInternalServerError, Code: string(analytics.CodeInternal), Detail: "an internal error; nothing was stored",
	}}
}

// refuse answers with application/problem+json (RFC 9457).
func (w *Writer) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	p := refusalOf(err)
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil { // else nobody hears
		w.o.Log.ErrorContext(r.Context(), "events were not stored", "code", p.Code, "status", p.Status, "error", err, "cause", errors.Unwrap(err))
	}
	h := rw.Header()
	maps.Copy(h, p.header)
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", cmp.Or(h.Get("Retry-After"), retryAfter))
	}
	problem.Write(rw, p.Details)
}
