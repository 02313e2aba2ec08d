// Package surrogate finds what encoding/json and others replace without a word. It must
// not know whose texts these are.
package surrogate

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Halved reports whether a text with JSON's escapes, which are GraphQL's too, escapes a
// surrogate that is half of no pair: it stands for no character, and decoders
// put U+FFFD in the place of each.
func Halved(s string) bool {
	for i := strings.IndexByte(s, '\\'); i >= 0 && i < len(s)-1; i++ {
		if s[i] != '\\' {
			continue
		}
		if i++; s[i] != 'u' {
			continue
		}
		unit := escaped(s[i+1:])
		switch {
		case !utf16.IsSurrogate(unit):
		case strings.HasPrefix(s[min(i+5, len(s)):], `\u`) && utf16.DecodeRune(unit, escaped(s[i+7:])) != utf8.RuneError:
			i += 10
		default:
			return true
		}
	}
	return false
}

// escaped is the number that a text begins with, as four hexadecimal digits; 0 if it
// does not.
func escaped(s string) rune {
	n, _ := strconv.ParseUint(s[:min(4, len(s))], 16, 16)
	return rune(n)
}
