package auth_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"footfall/auth"
)

var (
	wellFormed = regexp.MustCompile(`^[ \t]*(?i:bearer|api-key) +([!-~]+)[ \t]*$`)
	blank      = regexp.MustCompile(`^[ \t]*$`)
)

// FuzzAuthorization compares the parser with the grammar written as a pattern.
func FuzzAuthorization(f *testing.F) {
	for _, header := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer " + documented, "api-key  " + documented + "\t", "Bearer a b", "Bearer\ta",
		"Basic dTpw", "Bearer a, Bearer b", "BEARER é", "Bearer \x00", "Bearer a\r\nX: y", strings.Repeat("Bearer ", 100),
	} {
		f.Add(header, "")
		f.Add(header, header)
	}
	b := setup(f)
	f.Fuzz(func(t *testing.T, header, another string) {
		r := &http.Request{Header: http.Header{"Authorization": {header}}}
		if another != "" {
			r.Header.Add("Authorization", another)
		}
		parts := wellFormed.FindStringSubmatch(header)
		var want error
		switch {
		case another != "" || len(header) > 512:
			want = auth.ErrMalformed
		case blank.MatchString(header):
			want = auth.ErrMissing
		case parts == nil:
			want = auth.ErrMalformed
		case parts[1] != documented:
			want = auth.ErrInvalid
		}
		p, err := b.Authenticate(t.Context(), r)
		if !errors.Is(err, want) || (p == nil) != (want != nil) {
			t.Errorf("%q, %q: %+v, %v, want %v", header, another, p, err, want)
		}
	})
}
