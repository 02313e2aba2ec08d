package surrogate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"footfall/internal/surrogate"
)

func TestHalved(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``: false, `plain`: false, `\`: false, `\u`: false, `\u12`: false, `\n`: false,
		`\ud83d\ude00`: false, `a\uD83D\uDE00b`: false, `\\ud800`: false, `\u00e9`: false, `\ufffd`: false,
		`\ud800`: true, `\udfff`: true, `x\ud83dx\ude00`: true, `\ud83d\n`: true, `\ude00\ud83d`: true, `\ud83d\ud83d\ude00`: true,
		`\ud83d\u`: true, `\ud83d\u00e9`: true, `\\\ud800`: true,
	} {
		if got := surrogate.Halved(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// What is halved is what encoding/json replaces.
func FuzzHalved(f *testing.F) {
	for _, seed := range []string{`\ud83d\ude00`, `\ud83d`, `\\ud800`, `a\u00e9\udfff`, `\ud83d\ud83d\ude00`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, inner string) {
		var out string
		halved := surrogate.Halved(inner)
		lower := strings.ToLower(inner)
		if !utf8.ValidString(inner) || strings.ContainsRune(inner, utf8.RuneError) || strings.Contains(lower, "ufffd") || json.Unmarshal([]byte(`"`+inner+`"`), &out) != nil {
			return
		}
		if replaced := strings.ContainsRune(out, utf8.RuneError); replaced != halved {
			t.Errorf("%s is %q, halved: %v", inner, out, halved)
		}
	})
}
