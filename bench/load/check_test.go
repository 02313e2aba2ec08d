package load

import (
	"strings"
	"testing"
)

func TestSameAnswer(t *testing.T) {
	t.Parallel()
	const (
		first  = `{"data":{"a":{"n":1,"asOf":"2026-01-01T00:00:00.000001Z"},"b":{"asOf":"2026-01-01T00:00:00Z","n":2}}}`
		later  = `{"data":{"a":{"n":1,"asOf":"2026-01-01T00:00:01.5Z"},"b":{"asOf":"2026-01-01T00:00:01.5Z","n":2}}}`
		number = `{"data":{"a":{"n":1,"asOf":"2026-01-01T00:00:01.5Z"},"b":{"asOf":"2026-01-01T00:00:01.5Z","n":3}}}`
		before = `{"data":{"a":{"n":2,"asOf":"2026-01-01T00:00:01.5Z"},"b":{"asOf":"2026-01-01T00:00:01.5Z","n":2}}}`
		other  = `{"data":{"a":{"n":1,"asIf":"2026-01-01T00:00:01.5Z"},"b":{"asOf":"2026-01-01T00:00:01.5Z","n":2}}}`
	)
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{``, ``, true}, {first, first, true}, {first, later, true}, {later, first, true},
		{first, number, false}, {first, before, false}, {first, other, false}, {first, ``, false},
		{`{"n":1}`, `{"n":1}`, true}, {`{"n":1}`, `{"n":2}`, false}, {`{"n":1}`, `{"n":1} `, false},
		{`{"data":{"n":1},"extensions":{"a":1}}`, `{"data":{"n":1},"extensions":{"a":2}}`, true},
		{`{"data":{"n":1},"extensions":{"a":1}}`, `{"data":{"n":2},"extensions":{"a":1}}`, false},
		{`"asOf":"a"`, `"asOf":"b"`, true}, {`"asOf":"a`, `"asOf":"b"`, false}, {`"asOf":"a"`, `"asOf":"b"x`, false},
	} {
		if got := sameAnswer([]byte(c.a), []byte(c.b)); got != c.want {
			t.Errorf("%s and %s: same is %t", c.a, c.b, got)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	want := []byte(`{"n":1}`)
	for _, c := range []struct {
		status int
		body   string
		says   string
	}{
		{200, `{"n":1}`, ""}, {200, `{"n":2}`, `byte 5`}, {200, ``, `byte 0`},
		{500, `{"n":1}`, `status 500`}, {429, `slow down`, `status 429: slow down`}, {204, ``, `status 204`},
		{200, `{"n":1,"extensions":{"freshness":{"stale":true}}}`, `a stale answer`},
	} {
		err := verify(c.status, []byte(c.body), want)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d %s: %v, want %q", c.status, c.body, err, c.says)
		}
	}
}
