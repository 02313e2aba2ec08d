package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"footfall/bench/contenders"

	"footfall/internal/machine"
)

func found() *report {
	r := &report{
		Machine: machine.Machine{Cores: 2, System: "linux/amd64", Go: "1.26", Postgres: "15.1", Redis: true, Date: "2026-03-01"},
		Options: settings{Events: 5_000_000, Loaded: 54321, Passes: 3, Seconds: 3, Warm: 1},
		Rows: []row{
			{Job: "J1", Via: viaREST, Connections: 1, State: contenders.Ceiling, Rate: 23456.7, Spread: .034, P50: .0412, P99: 1.234, Ratio: 1, Bytes: 612},
			{Job: "J1", Via: viaREST, Connections: 16, State: stateCold, Gateway: true, Rate: 98.76, P50: 12.34, P99: 123.4, Ratio: .0042, Statements: 2, Bytes: 612},
		},
		Ingest: &ingested{Events: 65432, P50: 61.2, P99: 80, Copied: 130000, OfCopy: .5, Slowing: []slowedRow{{"J1", stateCold, 1, 1.6}}},
		Growth: []grown{{"J1", 1, 1.2, 1.2}},
	}
	r.judge()
	return r
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := found().print(&out, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2026-03-01 · 2 cores · linux/amd64 · Go 1.26 · Postgres 15.1 · 3 × 5,000,000 events, loaded at 54,321 events/s · medians of 3 passes of 3 s",
		"job  via   who       req/s  spread  p50 ms  p99 ms  of ceiling  SQL/req  bytes\n",
		"J1   REST  ceiling  23,457     3 %   0.041    1.23       1.000             612\n",
		"J1   REST  gateway, cold   98.8     0 %    12.3     123       0.004     2.00    612\n",
		"  65,432     0 %    61.2    80.0      130,000     0.50\n",
		"ingest, of a bare COPY of the same rows  ≥ 0.4 (0.6)  0.5      yes\n",
		"reads while events come in: p50, times   ≤ 1.5        1.6      no\n",
		"growth: latency with 10 × the events     ≤ 1.3        1.2      yes\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestPrintJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var back report
	if err := found().print(&out, true); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back.Rows) != 2 || !reflect.DeepEqual(back.Rows[1], found().Rows[1]) {
		t.Errorf("%v %+v", err, back)
	}
}

func TestRewriteDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	page := "# Title\n\n" + tables.Begin + "old\n" + tables.End + "\n\nEnd.\n"
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	table := found().markdown()
	for range 2 { // as often as one likes
		if err := tables.Rewrite(path, table); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# Title\n\n" + tables.Begin + "\n" + table + "\n" + tables.End + "\n\nEnd.\n"; string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	for _, want := range []string{"### 1 connection\n", "### 16 connections\n", "| J1 | REST | gateway, cold | 98.8 |", "### Ingest\n", "### Targets\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

func TestDocumentKeepsItsMarks(t *testing.T) {
	t.Parallel()
	if err := tables.Check(filepath.Join("..", documentFile)); err != nil {
		t.Error(err)
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{0: "0", 7: "7", 7.25: "7.2", 99.96: "100.0", 999.6: "1,000", 1234567: "1,234,567"} {
		if got := thousands(f); got != want {
			t.Errorf("%g is %s, want %s", f, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-c", "1, 64", "-seconds", ".5", "-run", "^J1 "}, io.Discard)
	if err != nil || len(o.levels) != 2 || o.levels[1] != 64 || o.length != time.Second/2 || o.passes != 3 {
		t.Errorf("%+v %v", o, err)
	}
	for _, args := range [][]string{{"-c", "0"}, {"-c", ""}, {"-passes", "0"}, {"-seconds", "0"}, {"-run", "("}, {"now"}, {"-nope"}, {"-events", "10"}, {"-write", "-run", "J1"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
