package analytics

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"unicode/utf8"
)

// Code classifies an Error. It is the GraphQL extension code as it stands, and
// has one HTTP status.
type Code string

// The codes, from the caller's fault to ours.
const (
	CodeInvalid         Code = "BAD_USER_INPUT"
	CodeUnauthenticated Code = "UNAUTHENTICATED"
	CodeForbidden       Code = "FORBIDDEN"
	CodeNotFound        Code = "NOT_FOUND"
	CodeConflict        Code = "CONFLICT"
	CodeGone            Code = "GONE"
	CodeTooLarge        Code = "TOO_LARGE"
	CodeMethod          Code = "METHOD_NOT_ALLOWED"
	CodeMediaType       Code = "UNSUPPORTED_MEDIA_TYPE"
	CodeQueryUnknown    Code = "PERSISTED_QUERY_NOT_FOUND" // Apollo's clients know it
	CodeDocumentUnknown Code = "PERSISTED_DOCUMENT_NOT_FOUND"
	CodeTooExpensive    Code = "COST_LIMIT_EXCEEDED"
	CodeRateLimited     Code = "RATE_LIMITED"
	CodeUnavailable     Code = "UNAVAILABLE"
	CodeInternal        Code = "INTERNAL"
)

var statuses = map[Code]int{
	CodeInvalid:         http.StatusBadRequest,
	CodeUnauthenticated: http.StatusUnauthorized,
	CodeForbidden:       http.StatusForbidden,
	CodeNotFound:        http.StatusNotFound,
	CodeConflict:        http.StatusConflict,
	CodeGone:            http.StatusGone,
	CodeTooLarge:        http.StatusRequestEntityTooLarge,
	CodeMethod:          http.StatusMethodNotAllowed,
	CodeMediaType:       http.StatusUnsupportedMediaType,
	CodeQueryUnknown:    http.StatusBadRequest,
	CodeDocumentUnknown: http.StatusBadRequest,
	CodeTooExpensive:    http.StatusBadRequest,
	CodeRateLimited:     http.StatusTooManyRequests,
	CodeUnavailable:     http.StatusServiceUnavailable,
	CodeInternal:        http.StatusInternalServerError,
}

// Status is the code's HTTP status, where a contract names no other.
func (c Code) Status() int {
	if status, ok := statuses[c]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Error is the one domain error. Message is written for the client: it names
// the field, the bound and the value, and never holds internal text.
type Error struct {
	Code       Code
	Field      string // the input at fault, "" when none is
	Message    string
	RetryAfter int64 // whole seconds until another try may pass, 0 where nobody knows
	Err        error // the cause, for logs only
}

func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Invalidf reports bad input in field.
func Invalidf(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Errorf builds an Error that concerns no single field.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unavailable wraps the failure of a service we depend on.
func Unavailable(err error) *Error {
	return &Error{Code: CodeUnavailable, Message: "the service is temporarily unavailable, try again", Err: err}
}

// CodeOf is the code of err, "" where it has none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// IsUnavailable reports whether err says that a service we depend on is out of
// reach.
func IsUnavailable(err error) bool { return CodeOf(err) == CodeUnavailable }

// Quote quotes a client's text for a message, shortened.
func Quote(s string) string { return Shorten(s, strconv.Quote) }

// Show is a client's value for a message: texts quoted and shortened, all else plainly.
func Show(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return Quote(v)
	}
	return Shorten(fmt.Sprint(v), func(s string) string { return s })
}

// Shorten shows at most 60 bytes of a text, whole characters, and whether it goes on.
func Shorten(s string, show func(string) string) string {
	if start := Clip(s, 60); len(start) < len(s) {
		return show(start) + "…"
	}
	return show(s)
}

// Clip is the start of a text, of at most so many bytes and whole characters.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Panicked is the error that a panic with this value stands for, for logs: where it
// happened, and of the value only what the run-time system says, as others might
// quote the request. Call it where the panic was recovered from.
func Panicked(v any) error {
	if err, ok := v.(runtime.Error); ok {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic: a %T\n%s", v, debug.Stack())
}

// ErrOverloaded turns work away: nothing failed, and nothing was begun.
var ErrOverloaded = Errorf(CodeUnavailable, "the gateway is overloaded, try again later")
