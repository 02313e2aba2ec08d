package analytics

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// IsText reports whether a string can be stored. No key that is not names anything.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Texts are the strings of a list that can be stored; nil for nil.
func Texts(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !IsText(s) })
}

// text checks the size of a string in bytes, and that it is plain text.
func text(field, s string, least, most int) error {
	if len(s) < least || len(s) > most {
		return Invalidf(field, "must be %d to %d bytes long, got %d", least, most, len(s))
	}
	if !IsText(s) {
		return Invalidf(field, "must be UTF-8 text without NUL, got %+q", s[:min(len(s), 40)])
	}
	return nil
}
