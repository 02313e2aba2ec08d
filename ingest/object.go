package ingest

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"footfall/internal/surrogate"
)

// read collects the fields of an event from valid JSON, without decoding what
// is not ours. Names match exactly; of a name given twice the last counts. It
// returns false when the value is not an object.
//
// encoding/json would match names in any case, stop at the first field of a
// wrong type and not tell its value.
func (f *fields) read(valid []byte) bool {
	s := string(valid) // what the values share
	i := skipSpace(s, 0)
	if s[i] != '{' {
		return false
	}
	i = skipSpace(s, i+1)
	for s[i] != '}' {
		end := endOfString(s, i)
		field, known := fieldOf[unquote(s[i:end])]
		i = skipSpace(s, skipSpace(s, end)+1) // past the colon
		end = endOfValue(s, i)
		if known {
			f[field] = value{text: s[i:end]}
		}
		if i = skipSpace(s, end); s[i] == ',' {
			i = skipSpace(s, i+1)
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// endOfString finds the end of the string that begins at i.
func endOfString(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// endOfValue finds the end of the value that begins at i.
func endOfValue(s string, i int) int {
	switch s[i] {
	case '"':
		return endOfString(s, i)
	case '{', '[':
		return endOfNested(s, i)
	}
	for i < len(s) && !isSpace(s[i]) && s[i] != ',' && s[i] != '}' {
		i++
	}
	return i
}

func endOfNested(s string, i int) int {
	for depth := 0; ; {
		switch s[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			i = endOfString(s, i) - 1
		}
		i++
		if depth == 0 {
			return i
		}
	}
}

// unquote reads a valid JSON string. What is not UTF-8 stays so, be it bytes or half
// of an escaped surrogate pair, so that checking finds it.
func unquote(s string) string {
	inner := s[1 : len(s)-1]
	if !strings.Contains(inner, `\`) || !utf8.ValidString(inner) {
		return inner
	}
	var out string
	if json.Unmarshal([]byte(s), &out) != nil {
		return inner
	}
	if surrogate.Halved(inner) {
		const surrogate = "\xed\xa0\x80" // one, were it UTF-8
		return strings.ReplaceAll(out, string(utf8.RuneError), surrogate)
	}
	return out
}
