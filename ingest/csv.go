package ingest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"footfall/analytics"
)

// rowReader reads events from rows of CSV.
type rowReader struct {
	in     *rowBytes
	csv    *csv.Reader
	header []int // the field of each column, -1 for none of ours
	line   int   // where the last row began
}

func newRowReader(r io.Reader) rowReader {
	in := &rowBytes{in: r}
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	return rowReader{in: in, csv: rows}
}

// read reads the next row, after the header.
func (r *rowReader) read(e *Decoded) error {
	if r.header == nil {
		if err := r.readHeader(); err != nil {
			return err
		}
	}
	cells, err := r.next()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		e.Line, r.line = syntax.StartLine, syntax.StartLine
		e.reject("not a row of CSV: %s", wrongRow(syntax, len(cells), len(r.header)))
		return nil
	case err != nil:
		return err
	}
	e.Line, _ = r.csv.FieldPos(0)
	r.line = e.Line
	if size(cells) > maxLine {
		e.reject("longer than %d bytes", maxLine)
		return nil
	}
	var f fields
	for i, field := range r.header {
		if field >= 0 && cells[i] != "" {
			f[field] = value{text: cells[i], csv: true}
		}
	}
	e.Err = f.input(&e.Input)
	return nil
}

// next is the cells of the next row. A quote that is not closed takes the rows that
// follow into its own, up to another quote or the end, so it breaks the input where it
// can be told from a cell of several lines.
func (r *rowReader) next() ([]string, error) {
	r.in.left = maxLine + len("\r\n")
	cells, err := r.csv.Read()
	var syntax *csv.ParseError
	switch {
	case r.in.long:
		return nil, analytics.Errorf(analytics.CodeTooLarge, "the row after line %d has more than %d bytes: is a quote never closed?", r.line, maxLine)
	case errors.As(err, &syntax) && !errors.Is(err, csv.ErrFieldCount) && syntax.Line > syntax.StartLine:
		return nil, broken(fmt.Sprintf("has a quote in line %d that is not closed, or one within a cell that is quoted, up to line %d", syntax.StartLine, syntax.Line))
	}
	return cells, err
}

func wrongRow(err *csv.ParseError, cells, columns int) string {
	if errors.Is(err.Err, csv.ErrFieldCount) {
		return fmt.Sprintf("it has %d cells, the header %d", cells, columns)
	}
	return err.Err.Error()
}

func (r *rowReader) readHeader() error {
	names, err := r.next()
	var syntax *csv.ParseError
	switch {
	case errors.As(err, &syntax):
		names = nil
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	r.line = 1
	for _, name := range names {
		if strings.ContainsAny(name, "\r\n") {
			return broken("has a line break in a name of its CSV header: rows must end with LF or CR LF")
		}
		r.header = append(r.header, slices.Index(fieldNames[:], strings.TrimSpace(name)))
	}
	if !slices.ContainsFunc(r.header, func(f int) bool { return f >= 0 }) {
		return analytics.Errorf(analytics.CodeInvalid, "CSV must begin with a header that names fields: %s", strings.Join(fieldNames[:], ","))
	}
	for i, f := range r.header {
		if f >= 0 && slices.Contains(r.header[:i], f) {
			return analytics.Errorf(analytics.CodeInvalid, "the CSV header names %s twice", fieldNames[f])
		}
	}
	return nil
}

// size is how many bytes a row takes that quotes nothing.
func size(cells []string) int {
	n := len(cells) - 1
	for _, c := range cells {
		n += len(c)
	}
	return n
}

var errLongRow = errors.New("ingest: a row is too long")

// rowBytes is the input of a csv.Reader, which would read a row of any length.
type rowBytes struct {
	in   io.Reader
	left int  // that the row may still have
	long bool // it had more
}

func (b *rowBytes) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.long = true
		return 0, errLongRow
	}
	n, err := b.in.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
