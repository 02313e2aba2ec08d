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
	_ = a.in.UnreadByte() // nonSpace has just read it
	tooLong, err = a.read()
	return a.element, tooLong, brokenOff(err)
}

// read reads one element.
func (a *arrayReader) read() (tooLong bool, err error) {
	a.element = a.element[:0]
	for e := (extent{}); ; {
		if _, err = a.in.Peek(1); err != nil {
			if e.complete && errors.Is(err, io.EOF) {
				err = nil
			}
			return tooLong, err
		}
		chunk, _ := a.in.Peek(a.in.Buffered())
		n, ends := e.scan(chunk)
		if tooLong = tooLong || len(a.element)+n > maxLine; !tooLong {
			a.element = append(a.element, chunk[:n]...)
		}
		_, _ = a.in.Discard(n) // what was peeked
		if ends {
			return tooLong, nil
		}
	}
}

// extent finds where a JSON value ends, if it is valid: brackets and strings
// where they close, anything else before the next delimiter.
type extent struct {
	depth             int
	inString, escaped bool
	complete          bool // may end here
}

// scan goes on through chunk, and returns how much of it belongs to the value
// and whether it ends there.
func (e *extent) scan(chunk []byte) (n int, ends bool) {
	for i, c := range chunk {
		switch {
		case e.escaped:
			e.escaped = false
			continue
		case e.inString:
			e.escaped, e.inString = c == '\\', c != '"'
		case e.complete && (c == ',' || c == ']' || isSpace(c)):
			return i, true
		case c == '"':
			e.inString = true
		case c == '{' || c == '[':
			e.depth++
		case c == '}' || c == ']':
			e.depth--
		}
		if e.complete = e.depth <= 0 && !e.inString; e.depth < 0 {
			return i + 1, true // not JSON
		}
	}
	return len(chunk), false
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
