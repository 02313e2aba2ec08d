package ingest

import (
	"bufio"
	"errors"
	"io"

	"footfall/analytics"
)

// arrayReader cuts a JSON array into its elements, in memory that neither the
// array nor the spaces in it make grow. (json.Decoder takes quadratic time for
// spaces.)
type arrayReader struct {
	in      *bufio.Reader
	begun   bool
	element []byte
}

// next returns the next element as it is written, until the following call: its
// extent is right if it is valid, which the caller must see to. Of one that is
// too long it returns the beginning. It returns io.EOF when the array ends and
// nothing follows.
func (a *arrayReader) next() (element []byte, tooLong bool, err error) {
	c, err := a.nonSpace()
	if err != nil {
		return nil, false, brokenOff(err)
	}
	first := !a.begun
	switch {
	case first && c != '[':
		return nil, false, broken("must be a JSON array of events (lines of events are application/x-ndjson)")
	case !first && c == ']':
		return nil, false, a.end()
	case !first && c != ',':
		return nil, false, broken("is not JSON: elements of an array are parted by commas")
	}
	a.begun = true
	if c, err = a.nonSpace(); err != nil {
		return nil, false, brokenOff(err)
	}
	if first && c == ']' {
		return nil, false, a.end()
	}
	tooLong, err = a.read(c)
	return a.element, tooLong, brokenOff(err)
}

// read reads the element that begins with c: brackets and strings to their end,
// anything else to the next delimiter.
func (a *arrayReader) read(c byte) (tooLong bool, err error) {
	a.element = a.element[:0]
	depth, inString, escaped := 0, false, false
	for {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if tooLong = tooLong || len(a.element) >= maxLine; !tooLong {
			a.element = append(a.element, c)
		}
		if depth <= 0 && !inString {
			if next, err := a.in.Peek(1); err != nil || isSpace(next[0]) || next[0] == ',' || next[0] == ']' {
				return tooLong, err
			}
		}
		if c, err = a.in.ReadByte(); err != nil {
			return tooLong, err
		}
	}
}

// end returns io.EOF unless something follows the array.
func (a *arrayReader) end() error {
	_, err := a.nonSpace()
	if err == nil {
		return broken("must end with the array")
	}
	return err
}

func (a *arrayReader) nonSpace() (byte, error) {
	for {
		c, err := a.in.ReadByte()
		if err != nil || !isSpace(c) {
			return c, err
		}
	}
}

func broken(what string) error {
	return analytics.Errorf(analytics.CodeInvalid, "the body %s", what)
}

// brokenOff says what an end means that comes before the array's.
func brokenOff(err error) error {
	if errors.Is(err, io.EOF) {
		return broken("breaks off before its JSON array ends")
	}
	return err
}
