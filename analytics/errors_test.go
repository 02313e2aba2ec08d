package analytics

import (
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\n\xff":                                    `"a\n\xff"`,
		strings.Repeat("x", 60):                      `"` + strings.Repeat("x", 60) + `"`,
		strings.Repeat("x", 61):                      `"` + strings.Repeat("x", 60) + `"…`,
		strings.Repeat("x", 59) + "é" + "y":          `"` + strings.Repeat("x", 59) + `"…`,
		strings.Repeat("x", 57) + "\U0001f600" + "y": `"` + strings.Repeat("x", 57) + `"…`,
		strings.Repeat("\x80", 61):                   `"` + strings.Repeat(`\x80`, 56) + `"…`,
	} {
		if got := Quote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
