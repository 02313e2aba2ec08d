package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDocumentHasItsParts(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", documentFile)
	if err := errors.Join(faultTable.Check(path), soakTable.Check(path)); err != nil {
		t.Error(err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	f := &fault{name: "Redis killed", gateways: 2}
	good, failed := &row{fault: f, lasted: 10 * time.Second}, &row{fault: f, lasted: time.Second, problems: []string{"a|b"}}
	for range 100 {
		s := &seen{tally: good.tally}
		s.note("GraphQL", verdict{whole, ""}, time.Second)
		good.tally = s.take()
	}
	table := markdown([]*row{good, failed, {fault: f, skipped: "no room"}})
	for _, want := range []string{
		"| Redis killed | 2 | 10 | 100 | 0 | 0 | 0 | 1.0 s | 0.0 s | nothing | throughout |", "| **a/b** |", "| not here: no room |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

// A row says what its fault does not allow.
func TestOnlyWhatIsAllowedPasses(t *testing.T) {
	t.Parallel()
	for o, strict := range map[outcome]bool{whole: true, stale: false, unavailable: false, refused: false, wrong: false} {
		for _, f := range []*fault{{}, {allows: []outcome{stale, unavailable, refused}}} {
			var s seen
			s.note("GraphQL", verdict{o, "why"}, 0)
			r := &row{fault: f, tally: s.take()}
			r.judge()
			if want := strict || o != wrong && f.allows != nil; r.failed() == want {
				t.Errorf("outcome %d, allowed %v: problems %q", o, f.allows, r.problems)
			}
		}
	}
}

func TestListAndOptions(t *testing.T) {
	t.Parallel()
	list := func(args ...string) string {
		var out bytes.Buffer
		if code := run(context.Background(), append(args, "-list"), &out, io.Discard); code != 0 {
			t.Errorf("%v exits with %d", args, code)
		}
		return out.String()
	}
	all := list()
	for _, want := range []string{"Redis", "Postgres", "gateway"} {
		if got := list("-run", "^"+want); !strings.Contains(got, want) || !strings.Contains(all, got[:strings.IndexByte(got, '\n')]) {
			t.Errorf("-run ^%s lists %q", want, got)
		}
	}
	if short := list("-short"); short == "" || len(short) >= len(all) {
		t.Errorf("-short lists %q of %q", short, all)
	}
	for _, args := range [][]string{{"-run", "("}, {"-write", "-short"}, {"-readers", "0"}, {"-share", "2"}, {"x"}} {
		if code := run(context.Background(), args, io.Discard, io.Discard); code != 2 {
			t.Errorf("%v exits with %d", args, code)
		}
	}
}

func TestPlotIsXML(t *testing.T) {
	t.Parallel()
	p := plot{title: "T", unit: "ms", series: []series{{"p99", []point{{0, 3}, {1, 12}, {7.5, 0}}}, {"none", nil}}}
	for d := xml.NewDecoder(strings.NewReader(p.svg())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(p.svg(), `points="56.0,`) {
		t.Error(p.svg())
	}
}
