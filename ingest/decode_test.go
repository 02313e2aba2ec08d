package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"footfall/analytics"
)

// anything may be held.
func anything(int64) error { return nil }

func init() { full[JSON] = "[" + full[NDJSON] + "]" }

// full is one event with every field, in each format.
var full = map[Format]string{
	NDJSON: `{"id":"e1","action":"watch","event":"e","partner":"p","campaign":"c","session":"s","visitor":"v\u00e9","at":"2026-03-02T11:00:00.25+01:00",` +
		`"seconds":30,"loggedIn":true,"source":"so","medium":"m","campaignTag":"ct","referrer":"r","path":"/a,b","country":"fr","device":"d \"x\""}`,
	CSV: "id,action,event,partner,campaign,session,visitor,at,seconds,loggedIn,source,medium,campaignTag,referrer,path,country,device\r\n" +
		`e1,watch,e,p,c,s,vé,2026-03-02T11:00:00.25+01:00,30,TRUE,so,m,ct,r,"/a,b",fr,"d ""x"""` + "\r\n",
}

func TestEveryFieldOfEveryFormat(t *testing.T) {
	t.Parallel()
	want := analytics.EventInput{
		ID: "e1", Action: "watch", Event: new("e"), Partner: new("p"), Campaign: new("c"), Session: new("s"), Visitor: new("vé"),
		Seconds: new(30), LoggedIn: new(true),
		Dimensions: analytics.Dimensions{Source: "so", Medium: "m", CampaignTag: "ct", Referrer: "r", Path: "/a,b", Country: "fr", Device: `d "x"`},
	}
	at := time.Date(2026, 3, 2, 10, 0, 0, 250e6, time.UTC)
	for format, text := range full {
		events, err := decode(strings.NewReader(text), format, anything)
		if err != nil || len(events) != 1 || events[0].Err != nil {
			t.Fatal(format, events, err)
		}
		got := events[0].Input
		if !got.At.Equal(at) {
			t.Error(format, got.At)
		}
		got.At = time.Time{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %+v\nwant %+v", format, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	const header = "\ufeffid,action, event ,at,seconds,loggedIn,note\n"
	text := header +
		"e1,click,jazz,2026-03-02T10:00:00Z,,,\n" + // line 2
		"\n" +
		"e2,click,\"ja\nzz\",2026-03-02T10:00:00Z,,,\n" + // lines 4 and 5
		"e3,click,jazz\n" +
		"e4,click,ja\"zz,2026-03-02T10:00:00Z,,,\n" +
		"e5,watch,jazz,2026-03-02T10:00:00Z,1.5,,\n" +
		"e6,watch,jazz,2026-03-02T10:00:00Z,0x1p4,,\n" +
		"e7,watch,jazz,2026-03-02T10:00:00Z,30,yes,\n" +
		"e8,watch,jazz,yesterday,30,False,\n" +
		"e10,watch,jazz,0001-01-01T00:00:00Z,30,,\n" +
		"e9,watch,null,2026-03-02T10:00:00Z,30.0,false,unquoted"
	events, err := decode(strings.NewReader(text), CSV, anything)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		line  int
		error string
	}{
		{2, ""}, {4, ""},
		{6, "not a row of CSV: it has 3 cells, the header 7"},
		{7, `not a row of CSV: bare " in non-quoted-field`},
		{8, `seconds: must be an integer, got "1.5"`},
		{9, `seconds: must be an integer, got "0x1p4"`},
		{10, `loggedIn: must be true or false, got "yes"`},
		{11, `at: must be an RFC 3339 instant with an offset, such as 2026-03-02T10:00:00Z, got "yesterday"`},
		{12, `at: must not be before 1970-01-01T00:00:00Z, got "0001-01-01T00:00:00Z"`},
		{13, ""},
	}
	if len(events) != len(want) {
		t.Fatal(len(events), events)
	}
	for i, e := range events {
		got := ""
		if e.Err != nil {
			got = e.Err.Error()
		}
		if e.Line != want[i].line || got != want[i].error {
			t.Errorf("%d: line %d %q, want line %d %q", i, e.Line, got, want[i].line, want[i].error)
		}
	}
	first, last := events[0].Input, events[9].Input
	if first.Seconds != nil || first.LoggedIn != nil || first.Session != nil || *events[1].Input.Event != "ja\nzz" ||
		*last.Seconds != 30 || *last.LoggedIn || *last.Event != "null" {
		t.Errorf("%+v\n%+v", first, last)
	}
}

func TestLongRows(t *testing.T) {
	t.Parallel()
	row := func(n int) string { return "e" + strings.Repeat(" ", n-1) + ",x\r\n" }
	most := maxLine + len("\r\n") - len(row(1))
	events, err := decode(strings.NewReader("id,action\n"+row(most+1)+row(most+2)+row(1)), CSV, anything)
	if err != nil || len(events) != 3 {
		t.Fatal(len(events), err)
	}
	for i, e := range events {
		if long := strings.Contains(fmt.Sprint(e.Err), "longer than 1048576 bytes"); long != (i == 1) {
			t.Error(i, e.Err)
		}
	}
}

// TestCSVThatCannotBeCut: what takes other rows with it is an error of the whole.
func TestCSVThatCannotBeCut(t *testing.T) {
	t.Parallel()
	const header, row = "id,action,event,at\n", "e,click,jazz,2026-03-02T10:00:00Z\n"
	for name, c := range map[string]struct {
		text, says string
		code       analytics.Code
		events     int
	}{
		"rows that end with CR":     {strings.ReplaceAll(header+row+row, "\n", "\r"), "must end with LF or CR LF", analytics.CodeInvalid, 0},
		"a quote in the header":     {`"id,action` + "\n" + row + row, "a quote in line 1 that is not closed", analytics.CodeInvalid, 0},
		"a quote in a row":          {header + row + `"` + row + row, "a quote in line 3 that is not closed", analytics.CodeInvalid, 1},
		"a quote up to another":     {header + row + `"` + row + row + `"e",click,jazz,2026-03-02T10:00:00Z` + "\n" + row, "a quote in line 3 that is not closed", analytics.CodeInvalid, 1},
		"a quote up to a bare one":  {header + row + `e,"click,jazz,2026-03-02T10:00:00Z` + "\n" + row + `c,click",ja"zz,2026-03-02T10:00:00Z` + "\n" + row, "a quote in line 3 that is not closed", analytics.CodeInvalid, 1},
		"a long row with a quote":   {header + row + `e,cl"ick,` + strings.Repeat("x", 2*maxLine) + "\n" + row, "after line 2 has more than 1048576 bytes", analytics.CodeTooLarge, 1},
		"a quote and many rows":     {header + row + `"` + strings.Repeat(row, 100_000), "after line 2 has more than 1048576 bytes", analytics.CodeTooLarge, 1},
		"a longer row than allowed": {header + row + row + strings.Repeat("x", 2*maxLine), "after line 3 has more than 1048576 bytes", analytics.CodeTooLarge, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := NewDecoder(strings.NewReader(c.text), CSV)
			events, err := d.Next(1000)
			if c.events > 0 {
				if len(events) != c.events || err != nil {
					t.Fatal(events, err)
				}
				events, err = d.Next(1000)
			}
			var typed *analytics.Error
			if !errors.As(err, &typed) || typed.Code != c.code || !strings.Contains(err.Error(), c.says) || len(events) > 0 {
				t.Error(events, err)
			}
		})
	}
}

func TestNextGivesBatchesWithLines(t *testing.T) {
	t.Parallel()
	d := NewDecoder(iotest.OneByteReader(strings.NewReader("\n"+click(1)+"\n\n"+click(2)+"\r\nx\n"+click(3))), NDJSON)
	var lines []int
	for {
		batch, err := d.Next(3)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(batch) > 3 {
			t.Fatal(batch, err)
		}
		for _, e := range batch {
			lines = append(lines, e.Line)
		}
	}
	if !reflect.DeepEqual(lines, []int{2, 4, 5, 6}) || d.Format().Place(4) != "line 4" || JSON.Place(2) != "element 2" {
		t.Error(lines)
	}
	if _, err := d.Next(1); !errors.Is(err, io.EOF) {
		t.Error("not at the end for good:", err)
	}
}

func TestNextGivesWhatCameBeforeAFailure(t *testing.T) {
	t.Parallel()
	failed := errors.New("disk on fire")
	for format, text := range map[Format]string{NDJSON: clicks(3), JSON: "[" + click(0) + "," + click(1) + "," + click(2) + ",", CSV: "id\n1\n2\n3\n"} {
		d := NewDecoder(io.MultiReader(strings.NewReader(text), iotest.ErrReader(failed)), format)
		if batch, err := d.Next(10); len(batch) != 3 || err != nil {
			t.Error(format, batch, err)
		}
		for range 2 {
			if batch, err := d.Next(10); len(batch) != 0 || !errors.Is(err, failed) {
				t.Error(format, batch, err)
			}
		}
	}
}

func TestLongLines(t *testing.T) {
	t.Parallel()
	pad := func(n int) string { return `{"id":"e","x":"` + strings.Repeat("x", n) + `"}` + "\n" }
	most := maxLine + len("\n") - len(pad(0))
	lines := click(1) + "\n" + pad(readSize) + pad(most) + pad(most+1) + click(2)
	for format, text := range map[Format]string{NDJSON: lines, JSON: array(lines)} {
		events, err := decode(strings.NewReader(text), format, anything)
		if err != nil || len(events) != 5 {
			t.Fatal(format, len(events), err)
		}
		for i, e := range events {
			if (e.Err != nil) != (i == 3) || e.Line != i+1 {
				t.Error(format, i, e.Line, e.Err)
			}
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Format{
		"":                              NDJSON,
		"\n \n":                         NDJSON,
		click(1):                        NDJSON,
		"\n\ufeff":                      CSV,
		"\ufeff\r\n" + click(1):         NDJSON,
		" \n[" + click(1) + "]":         JSON,
		"id,at\n1,2\n":                  CSV,
		"\ufeff\"id\",at\n1,2\n":        CSV,
		strings.Repeat(" ", 3*readSize): NDJSON,
	} {
		for _, zipped := range []bool{false, true} {
			r := io.Reader(strings.NewReader(text))
			if zipped {
				r = bytes.NewReader(zip(t, text).Bytes())
			}
			d, err := Open(r)
			if err != nil || d.Format() != want {
				t.Errorf("%.20q: %v %v", text, d, err)
				continue
			}
			if _, err = d.Next(1); err != nil && !errors.Is(err, io.EOF) && text != "\n\ufeff" {
				t.Errorf("%.20q: %v", text, err)
			}
		}
	}
	if _, err := Open(strings.NewReader("\x1f\x8bnot gzip")); err == nil {
		t.Error("no error for broken gzip")
	}
}
