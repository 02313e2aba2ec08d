package ingest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"footfall/analytics"
)

// FuzzDecode reads anything in every format: no panic, the same events in
// batches of any size, as many as an independent count finds, and each with a
// verdict.
func FuzzDecode(f *testing.F) {
	for _, text := range full {
		f.Add([]byte(text))
	}
	for _, s := range []string{"", "[]", "[" + click(1) + "]", "\ufeff" + clicks(2), "{}\nx\n\n[1]\n", "id,at\n1,\"2\n3\"\n4\n", `[{"id":"\ud800","at":1e3},{}`, "\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, format := range []Format{NDJSON, JSON, CSV} {
			all, err := decodeAll(body, format, 1000)
			singly, errSingly := decodeAll(body, format, 1)
			if !slices.EqualFunc(all, singly, equal) || (err == nil) != (errSingly == nil) {
				t.Fatalf("batches of 1000 and of 1 differ: %v %v", err, errSingly)
			}
			var typed *analytics.Error
			if err != nil && !errors.As(err, &typed) {
				t.Fatalf("not typed: %v", err)
			}
			if n := count(body, format); n >= 0 && (n != len(all) || err != nil) || n < 0 && err == nil {
				t.Fatalf("format %d: %d events, counted %d, %v", format, len(all), n, err)
			}
			w, m, _ := memoryWriter()
			v, err := w.RecordDecoded(t.Context(), 1, all)
			if err != nil || v.Accepted+v.Duplicates+len(v.Rejected) != len(all) || v.Accepted != len(m.seen) {
				t.Fatalf("%d events, %+v, %v", len(all), v, err)
			}
			for i, r := range v.Rejected {
				if r.Index >= len(all) || i > 0 && r.Index <= v.Rejected[i-1].Index || r.Message == "" || len(r.Message) > 600 {
					t.Fatalf("%+v", r)
				}
			}
			w.Close()
		}
	})
}

func equal(a, b Decoded) bool {
	return a.Line == b.Line && reflect.DeepEqual(a.Input, b.Input) && fmt.Sprint(a.Err) == fmt.Sprint(b.Err)
}

func decodeAll(body []byte, format Format, batch int) (all []Decoded, err error) {
	d := NewDecoder(bytes.NewReader(body), format)
	for {
		events, err := d.Next(batch)
		all = append(all, events...)
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, err
		}
	}
}

// count counts the events of a body otherwise; -1 when it cannot be read.
func count(body []byte, format Format) int {
	body = bytes.TrimPrefix(body, []byte(mark))
	n := 0
	switch format {
	case NDJSON:
		for line := range bytes.SplitSeq(body, []byte("\n")) {
			if strings.Trim(string(line), whiteSpace) != "" {
				n++
			}
		}
	case JSON:
		var elements []json.RawMessage
		if json.Unmarshal(body, &elements) != nil || elements == nil {
			return -1
		}
		return len(elements)
	case CSV:
		r := csv.NewReader(bytes.NewReader(body))
		if header, err := r.Read(); err != nil || !wellNamed(header) {
			return -1
		}
		for {
			_, err := r.Read()
			var syntax *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return n
			case errors.As(err, &syntax) && !errors.Is(err, csv.ErrFieldCount) && syntax.Line > syntax.StartLine:
				return -1
			}
			n++
		}
	}
	return n
}

func wellNamed(header []string) bool {
	names := map[string]int{}
	for _, name := range header {
		if strings.ContainsAny(name, "\r\n") {
			return false
		}
		names[strings.TrimSpace(name)]++
	}
	known := false
	for _, name := range fieldNames {
		if names[name] > 1 {
			return false
		}
		known = known || names[name] == 1
	}
	return known
}

// FuzzFields holds our reading of an object against encoding/json's.
func FuzzFields(f *testing.F) {
	f.Add([]byte(full[NDJSON]))
	f.Add([]byte(`{"a":{"id":[1,"}",{"]":"\\"}]},"\u0069d" : "x" , "id":null,"ID":5}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		want := map[string]json.RawMessage{}
		isObject := json.Unmarshal(text, &want) == nil && bytes.TrimLeft(text, whiteSpace)[0] == '{'
		var got fields
		if got.read(text) != isObject {
			t.Fatalf("%s: object is %t", text, isObject)
		}
		for i, name := range fieldNames {
			if got[i].text != string(want[name]) {
				t.Fatalf("%s: %q, want %q", name, got[i].text, want[name])
			}
			var s string
			if got[i].given() && got[i].quoted() && json.Unmarshal(want[name], &s) == nil && strings.ToValidUTF8(unquote(got[i].text), "") != strings.ToValidUTF8(s, "") &&
				!strings.ContainsRune(s, '\ufffd') {
				t.Fatalf("%s: %q, want %q", name, unquote(got[i].text), s)
			}
		}
	})
}
