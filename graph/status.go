package graph

import (
	"encoding/json"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
)

// statusPartial is the draft's own: the operation ran and met errors.
const statusPartial = 294

// The bounds of what is said of an impossible operation.
const (
	maxErrors  = 20
	maxMessage = 500 // bytes
)

// unreadStatus is that of parameters that cannot be read: the draft tells what is
// no GraphQL request from what is no JSON, those who know JSON alone do not.
func unreadStatus(media string, status int) int {
	if status == http.StatusUnprocessableEntity && media != mediaResponse {
		return http.StatusBadRequest
	}
	return status
}

// executedStatus is 200, or 294 with errors for those who know the response's own
// media type, unless nothing at all could be answered because a service we need
// is away, which proxies and clients should hear.
func executedStatus(w http.ResponseWriter, media string, response *graphql.Response) int {
	for _, e := range response.Errors {
		if e.Extensions["code"] == string(analytics.CodeUnavailable) {
			w.Header().Set("Retry-After", "1")
			if empty(response.Data) {
				return http.StatusServiceUnavailable
			}
			break
		}
	}
	if len(response.Errors) > 0 && media == mediaResponse {
		return statusPartial
	}
	return http.StatusOK
}

// empty reports whether an answer's data are null, or null in every root field.
func empty(data json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if len(data) > 0 && json.Unmarshal(data, &fields) != nil {
		return false
	}
	for _, value := range fields {
		if string(value) != "null" {
			return false
		}
	}
	return true
}

// impossibleStatus is that of a well-formed request whose operation cannot be
// run: it is 200 for those who know JSON alone. What is forbidden is 403
// for all, what a budget does not let through 429.
func impossibleStatus(media string, errs gqlerror.List) int {
	for _, e := range errs {
		switch e.Extensions["code"] {
		case string(analytics.CodeForbidden):
			return http.StatusForbidden
		case string(analytics.CodeRateLimited):
			return http.StatusTooManyRequests
		}
	}
	if media == mediaResponse {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// few are the first errors alone, and how many more there are: a document may be
// wrong throughout.
func few(errs gqlerror.List) gqlerror.List {
	if len(errs) <= maxErrors {
		return errs
	}
	more := gqlerror.Errorf("and %d more errors", len(errs)-maxErrors)
	more.Extensions = errs[0].Extensions
	return append(errs[:maxErrors:maxErrors], more)
}

// shorten cuts what an error says to a length that a client reads: it may quote the document.
func shorten(e *gqlerror.Error) {
	if start := analytics.Clip(e.Message, maxMessage); len(start) < len(e.Message) {
		e.Message = start + "…"
	}
}
