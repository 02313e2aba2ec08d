package load

import (
	"bytes"
	"fmt"
	"net/http"
)

// verify says what is wrong with an answer: a fast error is not a result. All
// answers to one request must be equal, but for when they were read.
func verify(status int, got, want []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("status %d: %.300s", status, got)
	}
	if bytes.Contains(got, stale) {
		return fmt.Errorf("a stale answer: %.300s", got)
	}
	if !sameAnswer(got, want) {
		at := differAt(got, want)
		return fmt.Errorf("another answer than the first: %q at byte %d, was %q", excerpt(got, at), at, excerpt(want, at))
	}
	return nil
}

var (
	asOf       = []byte(`"asOf":"`)
	extensions = []byte(`,"extensions":{`)
	stale      = []byte(`"stale":true`)
)

// sameAnswer compares two answers, the values of asOf and what follows the data
// left out: both say when the answer was read.
func sameAnswer(a, b []byte) bool {
	a, _, _ = bytes.Cut(a, extensions)
	b, _, _ = bytes.Cut(b, extensions)
	for {
		if bytes.Equal(a, b) {
			return true
		}
		headA, tailA, foundA := bytes.Cut(a, asOf)
		headB, tailB, foundB := bytes.Cut(b, asOf)
		if !foundA || !foundB || !bytes.Equal(headA, headB) {
			return false
		}
		a, b = afterQuote(tailA), afterQuote(tailB)
	}
}

// afterQuote is what follows the end of a string without escapes.
func afterQuote(b []byte) []byte {
	if i := bytes.IndexByte(b, '"'); i >= 0 {
		return b[i:]
	}
	return nil
}

func differAt(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// excerpt is what stands around a place.
func excerpt(b []byte, at int) []byte {
	from := min(max(at-40, 0), len(b))
	return b[from:min(at+40, len(b))]
}
