package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// report is what a run found.
type report struct {
	Machine machine     `json:"machine"`
	Options settings    `json:"settings"`
	Rows    []row       `json:"rows"`
	Ingest  []ingestRow `json:"ingest"`
}

// settings are the options that figures depend on.
type settings struct {
	Scale   float64 `json:"scale"`
	Passes  int     `json:"passes"`
	Seconds float64 `json:"seconds"`
	Warm    float64 `json:"warmSeconds"`
}

func describeOptions(o options) settings {
	return settings{Scale: o.scale, Passes: o.passes, Seconds: o.length.Seconds(), Warm: o.warm.Seconds()}
}

// print writes the report for people, or for machines.
func (r *report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	text := r.summary() + "\n"
	if len(r.Rows) > 0 {
		text += "\n" + r.jobTable().aligned()
	}
	if len(r.Ingest) > 0 {
		text += "\n" + r.ingestTable().aligned()
	}
	_, err := io.WriteString(out, text)
	return err
}

// markdown is what docs/benchmarks.md keeps: a table for each number of
// connections.
func (r *report) markdown() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s\n", r.summary())
	for _, level := range r.levels() {
		part := report{}
		for _, row := range r.Rows {
			if row.Connections == level {
				part.Rows = append(part.Rows, row)
			}
		}
		_, _ = fmt.Fprintf(&b, "\n### %s\n\n%s", plural(level, "connection"), part.jobTable().without("c").markdown())
	}
	if len(r.Ingest) > 0 {
		_, _ = fmt.Fprintf(&b, "\n### Ingest\n\n%s", r.ingestTable().markdown())
	}
	return b.String()
}

func (r *report) levels() (out []int) {
	seen := map[int]bool{}
	for _, row := range r.Rows {
		if !seen[row.Connections] {
			seen[row.Connections] = true
			out = append(out, row.Connections)
		}
	}
	return out
}

// summary says what was measured on what.
func (r *report) summary() string {
	m, o := r.Machine, r.Options
	parts := []string{m.Date}
	if m.Revision != "" {
		parts = append(parts, "revision "+m.Revision)
	}
	parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%s, %s", plural(m.Cores, "core"), m.CPU), ", "))
	if m.Memory != "" {
		parts = append(parts, m.Memory)
	}
	parts = append(parts, m.System, "Go "+m.Go, "Postgres "+m.Postgres)
	if !m.Redis {
		parts = append(parts, "without Redis")
	}
	return strings.Join(append(parts,
		fmt.Sprintf("scale %g", o.Scale), fmt.Sprintf("medians of %s of %g s", plural(o.Passes, "pass", "passes"), o.Seconds),
		fmt.Sprintf("load average before: %.2f", m.Load)), " · ")
}

func (r *report) jobTable() table {
	t := table{columns: []column{
		{"job", false}, {"via", false}, {"c", true}, {"state", false}, {"req/s", true}, {"spread", true},
		{"p50 ms", true}, {"p99 ms", true}, {"of ceiling", true}, {"SQL/req", true}, {"bytes", true},
	}}
	for _, row := range r.Rows {
		statements := fmt.Sprintf("%.2f", row.Statements)
		if row.State == stateCeiling {
			statements = ""
		}
		t.rows = append(t.rows, []string{
			row.Job, row.Via, strconv.Itoa(row.Connections), row.State, thousands(row.Rate), percent(row.Spread),
			significant(row.P50), significant(row.P99), fmt.Sprintf("%.3f", row.Ratio), statements, thousands(float64(row.Bytes)),
		})
	}
	return t
}

func (r *report) ingestTable() table {
	t := table{columns: []column{{"ingest c", true}, {"events/s", true}, {"spread", true}, {"p50 ms", true}, {"p99 ms", true}, {"batches", true}}}
	for _, row := range r.Ingest {
		t.rows = append(t.rows, []string{
			strconv.Itoa(row.Connections), thousands(row.Events), percent(row.Spread),
			significant(row.P50), significant(row.P99), thousands(float64(row.Batches)),
		})
	}
	return t
}

// thousands writes a count with separators, small ones with a decimal.
func thousands(f float64) string {
	if f < 100 && f != math.Trunc(f) {
		return fmt.Sprintf("%.1f", f)
	}
	digits := fmt.Sprintf("%.0f", f)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// significant writes a time with three digits that count.
func significant(ms float64) string {
	switch {
	case ms >= 100:
		return fmt.Sprintf("%.0f", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f", ms)
	case ms >= 1:
		return fmt.Sprintf("%.2f", ms)
	default:
		return fmt.Sprintf("%.3f", ms)
	}
}

// plural is "1 word" or "2 words".
func plural(n int, word string, irregular ...string) string {
	switch {
	case n == 1:
		return "1 " + word
	case len(irregular) > 0:
		return fmt.Sprintf("%d %s", n, irregular[0])
	default:
		return fmt.Sprintf("%d %ss", n, word)
	}
}
