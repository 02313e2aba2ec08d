package auth

import (
	"net/http"
	"strings"
)

const maxHeader = 512 // bytes of an Authorization header, and of any credential

// bearer reads the credential of a request: the one Authorization header,
// "Bearer X" or "Api-Key X" (RFC 9110, section 11.4; the scheme in any case).
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", ErrMissing
	}
	if len(values) > 1 || len(values[0]) > maxHeader {
		return "", ErrMalformed
	}
	value := strings.Trim(values[0], " \t")
	if value == "" {
		return "", ErrMissing
	}
	scheme, secret, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Api-Key") {
		return "", ErrMalformed
	}
	secret = strings.TrimLeft(secret, " ")
	if secret == "" || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", ErrMalformed
	}
	return secret, nil
}
