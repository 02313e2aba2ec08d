package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"footfall/analytics"
)

const (
	readSize = 64 << 10
	maxLine  = 1 << 20 // the longest NDJSON line, JSON element or CSV row that is read

	whiteSpace = " \t\r\n" // JSON's
)

var lineEnd = []byte("\n")

// Decoded is one event as it was read, or the reason why it could not be.
type Decoded struct {
	Line  int // where it began: the line, or the element of a JSON array, from 1
	Input analytics.EventInput
	Err   error // names the field at fault; nil when Input holds

	foreign bool // not even an object
}

// Decoder reads events one after another, in memory that does not grow with
// their number.
type Decoder struct {
	format Format
	in     *bufio.Reader
	array  arrayReader
	rows   rowReader
	begun  bool
	line   int
	long   []byte // holds a line that outgrew the reader's buffer
	err    error  // what ended the input
}

// NewDecoder reads events of the format from r.
func NewDecoder(r io.Reader, format Format) *Decoder {
	in := bufio.NewReaderSize(r, readSize)
	return &Decoder{format: format, in: in, array: arrayReader{in: in}, rows: newRowReader(in)}
}

// Format is the format that is read.
func (d *Decoder) Format() Format { return d.format }

// Next reads at most the given number of events, fewer only at the end. The
// error is io.EOF after the last; any other is final too: what is wrong with
// the input as a whole (CodeInvalid) or with its reader. Events read before it
// have been returned without it.
func (d *Decoder) Next(most int) ([]Decoded, error) {
	var events []Decoded
	for len(events) < most && d.err == nil {
		var e Decoded
		if d.err = d.read(&e); d.err == nil {
			events = append(events, e)
		}
	}
	if len(events) > 0 {
		return events, nil
	}
	return nil, d.err
}

// read reads one event. An error ends the input.
func (d *Decoder) read(e *Decoded) error {
	if !d.begun {
		skipMark(d.in)
		d.begun = true
	}
	switch d.format {
	case JSON:
		return d.readElement(e)
	case CSV:
		return d.rows.read(e)
	case NDJSON:
		return d.readObject(e)
	}
	return fmt.Errorf("ingest: no format %d", d.format)
}

// readObject reads the next line that is not blank.
func (d *Decoder) readObject(e *Decoded) error {
	for {
		line, tooLong, err := d.readLine()
		if err != nil {
			return err
		}
		d.line++
		e.Line = d.line
		line = bytes.Trim(line, whiteSpace)
		switch {
		case tooLong:
			e.reject("longer than %d bytes", maxLine)
			return nil
		case len(line) == 0:
			continue
		case !json.Valid(line):
			e.reject("not JSON: %s", analytics.Quote(string(line)))
			return nil
		}
		e.decode(line)
		return nil
	}
}

// readLine returns the next line, which holds until the following call; of one
// that is too long it returns the beginning.
func (d *Decoder) readLine() (line []byte, tooLong bool, err error) {
	line, err = d.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		d.long = append(d.long[:0], line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			line, err = d.in.ReadSlice('\n')
			if tooLong = tooLong || len(d.long)+len(bytes.TrimSuffix(line, lineEnd)) > maxLine; !tooLong {
				d.long = append(d.long, line...)
			}
		}
		line = d.long
	}
	if errors.Is(err, io.EOF) && len(line) > 0 { // the last line needs no end
		err = nil
	}
	return line, tooLong, err
}

// readElement reads the next element of the array. One that is not JSON breaks
// the array.
func (d *Decoder) readElement(e *Decoded) error {
	element, tooLong, err := d.array.next()
	if err != nil {
		return err
	}
	d.line++
	e.Line = d.line
	switch {
	case tooLong:
		e.reject("longer than %d bytes", maxLine)
	case !json.Valid(element):
		return broken(fmt.Sprintf("is not JSON, in %s of the array", JSON.Place(d.line)))
	default:
		e.decode(element)
	}
	return nil
}

// decode reads an event from valid JSON.
func (e *Decoded) decode(valid []byte) {
	var f fields
	if !f.read(valid) {
		e.reject("not a JSON object: %s", analytics.Quote(string(valid)))
		return
	}
	e.Err = f.input(&e.Input)
}

func (e *Decoded) reject(format string, args ...any) {
	e.foreign = true
	e.Err = analytics.Errorf(analytics.CodeInvalid, format, args...)
}
