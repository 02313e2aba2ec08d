package ingest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"footfall/analytics"
)

// Format is how events are written down.
type Format int

// The formats. Of all of them: a byte order mark is skipped, unknown fields are
// ignored, and null, or an empty CSV cell, means not given.
const (
	NDJSON Format = iota + 1 // a JSON object a line; blank lines are skipped and not counted
	JSON                     // one array of objects
	CSV                      // RFC 4180, a header with the names of the fields, UTF-8
)

// Place names the nth event of an input, counted as Decoded.Line.
func (f Format) Place(n int) string {
	if f == JSON {
		return fmt.Sprintf("element %d", n)
	}
	return fmt.Sprintf("line %d", n)
}

var formats = map[string]Format{
	"application/x-ndjson": NDJSON, "application/jsonl": NDJSON, "application/json": JSON, "text/csv": CSV,
}

const acceptedTypes = "application/x-ndjson, application/jsonl, application/json, text/csv"

// formatOf finds the format of a Content-Type; false when it is none of ours,
// or in an encoding other than UTF-8.
func formatOf(contentType string) (Format, bool) {
	name, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return 0, false
	}
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii":
		f, ok := formats[name]
		return f, ok
	}
	return 0, false
}

// Open reads a file of events, in any format, gzipped or not: what it holds is
// told from how it begins, [ for an array, { for lines, else CSV. An empty file
// holds no events.
func Open(r io.Reader) (*Decoder, error) {
	b := bufio.NewReaderSize(r, readSize)
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(z, readSize)
	}
	switch firstByte(b) {
	case '[':
		return NewDecoder(b, JSON), nil
	case '{', 0:
		return NewDecoder(b, NDJSON), nil
	}
	return NewDecoder(b, CSV), nil
}

// firstByte looks at the first byte after a byte order mark and white space; 0
// when there is none. It does not wait for more than that: the file may be a
// pipe.
func firstByte(b *bufio.Reader) byte {
	for n := 1; n <= readSize; n++ {
		head, err := b.Peek(n)
		if err != nil { // it comes again when it is read
			return 0
		}
		if c := head[n-1]; !isSpace(c) && (n > len(mark) || c != mark[n-1]) {
			return c
		}
	}
	return 0
}

const mark = "\ufeff" // the byte order mark

func skipMark(b *bufio.Reader) {
	if head, _ := b.Peek(len(mark)); string(head) == mark {
		_, _ = b.Discard(len(mark))
	}
}

// MaxBytes is the most bytes of events that one request may carry, decompressed.
const MaxBytes = 8 << 20

// eventBytes is about what an event takes in memory besides its text.
const eventBytes = 512

// cellBytes is about what encoding/csv takes for a cell besides its text.
const cellBytes = 64

// decode reads a whole request body; hold is told of memory taken, and may refuse.
// Events that cannot be read carry the reason. The error is CodeTooLarge as soon as
// MaxBytes or MaxEvents is passed, and CodeInvalid when the body as a whole cannot
// be read: a broken array, a compressed stream that breaks off, CSV without a
// header, or not one JSON object in it. An NDJSON body without a line holds no
// events.
func decode(r io.Reader, format Format, hold func(bytes int64) error) ([]Decoded, error) {
	in := &limitedReader{r: r, left: MaxBytes, hold: hold}
	if format == CSV {
		in.cellBytes = cellBytes
	}
	d := NewDecoder(in, format)
	var events []Decoded
	for {
		batch, err := d.Next(min(1000, MaxEvents+1-len(events)))
		if err == nil {
			err = hold(int64(len(batch)) * eventBytes)
		}
		events = append(events, batch...)
		switch {
		case len(events) > MaxEvents:
			return nil, tooManyEvents()
		case errors.Is(err, io.EOF):
			return events, readable(format, events)
		case err != nil:
			return nil, unreadable(err)
		}
	}
}

// readable reports whether the events are not all foreign matter.
func readable(format Format, events []Decoded) error {
	for i := range events {
		if !events[i].foreign {
			return nil
		}
	}
	if len(events) == 0 {
		return nil
	}
	first := &events[0]
	return analytics.Errorf(analytics.CodeInvalid, "nothing in the body can be read as an event; %s: %s", format.Place(first.Line), first.Err)
}

// unreadable types what went wrong with a body. What the sender did not cause
// looks the same from here as what it did: a stream that breaks off.
func unreadable(err error) error {
	if analytics.CodeOf(err) != "" {
		return err
	}
	return &analytics.Error{Code: analytics.CodeInvalid, Message: "the body cannot be read to its end: it is cut off or broken", Err: err}
}

// limitedReader fails as soon as more bytes come than may.
type limitedReader struct {
	r         io.Reader
	left      int64
	hold      func(bytes int64) error
	cellBytes int64 // to hold for each comma besides
	err       error // for good
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		l.err = tooManyBytes()
		return 0, l.err
	}
	l.left -= int64(n)
	if l.err = l.hold(int64(n) + l.cellBytes*int64(bytes.Count(p[:n], []byte(",")))); l.err != nil {
		return 0, l.err
	}
	return n, err
}

func tooManyBytes() error {
	return analytics.Errorf(analytics.CodeTooLarge, "the body must be at most %d bytes long, decompressed", MaxBytes)
}
