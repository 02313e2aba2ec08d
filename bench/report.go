package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"footfall/internal/machine"
)

// report is what a run found.
type report struct {
	Machine machine.Machine `json:"machine"`
	Options settings        `json:"settings"`
	Rows    []row           `json:"rows"`

	Verdicts  []verdict  `json:"verdicts"`
	Footprint *footprint `json:"footprint,omitempty"`
	Growth    []grown    `json:"growth,omitempty"`
	Ingest    *ingested  `json:"ingest,omitempty"`

	Overload []overloaded `json:"overload,omitempty"`
}

// settings are the options that figures depend on.
type settings struct {
	Events  int     `json:"eventsPerKind"`
	Loaded  float64 `json:"loadedPerSecond"`
	Passes  int     `json:"passes"`
	Seconds float64 `json:"seconds"`
	Warm    float64 `json:"warmSeconds"`
}

func describeOptions(o options, d *data) settings {
	return settings{Events: d.Events, Loaded: float64(d.Total()) / d.LoadedIn, Passes: o.passes, Seconds: o.length.Seconds(), Warm: o.warm.Seconds()}
}

// print writes the report for people, or for machines.
func (r *report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	text := r.summary() + "\n"
	for _, t := range r.tables() {
		text += "\n" + t.title + "\n\n" + t.aligned()
	}
	_, err := io.WriteString(out, text)
	return err
}

// markdown is what docs/benchmarks.md keeps.
func (r *report) markdown() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s\n", r.summary())
	for _, t := range r.tables() {
		_, _ = fmt.Fprintf(&b, "\n### %s\n\n%s", t.title, t.markdown())
	}
	return b.String()
}

// titled is a table under a heading.
type titled struct {
	title string
	table
}

// tables are those that there is something to say in.
func (r *report) tables() (out []titled) {
	add := func(title string, t table) {
		if len(t.rows) > 0 {
			out = append(out, titled{title, t})
		}
	}
	add("Targets", r.verdictTable())
	for _, level := range levelsOf(r.Rows) {
		add(plural(level, "connection"), r.jobTable(level))
	}
	add("Ingest", r.ingestTable())
	add("Reads while events come in", r.slowingTable())
	add("Five times the load", r.overloadTable())
	add("Growth", r.growthTable())
	return out
}

// judge compares what was found with the targets.
func (r *report) judge() {
	r.Verdicts = append(verdicts(r.Rows), growthVerdict(r.Growth)...)
	if r.Ingest != nil {
		r.Verdicts = append(r.Verdicts, r.Ingest.verdicts()...)
	}
	if r.Footprint != nil {
		r.Verdicts = append(r.Verdicts, r.Footprint.verdicts()...)
	}
}

// summary says what was measured on what.
func (r *report) summary() string {
	m, o := r.Machine, r.Options
	return strings.Join([]string{
		m.String(),
		fmt.Sprintf("3 × %s events, loaded at %s events/s", thousands(float64(o.Events)), thousands(o.Loaded)), fmt.Sprintf("medians of %s of %g s", plural(o.Passes, "pass", "passes"), o.Seconds),
		fmt.Sprintf("load average before: %.2f", m.Load),
	}, " · ")
}

func (r *report) verdictTable() table {
	t := table{columns: []column{{"target", false}, {"asked", false}, {"reached", false}, {"met?", false}}}
	for _, v := range r.Verdicts {
		t.rows = append(t.rows, []string{v.What, v.Asked, v.Reached, v.Met})
	}
	return t
}

func (r *report) jobTable(level int) table {
	t := table{columns: []column{
		{"job", false}, {"via", false}, {"who", false}, {"req/s", true}, {"spread", true},
		{"p50 ms", true}, {"p99 ms", true}, {"of ceiling", true}, {"SQL/req", true}, {"bytes", true},
	}}
	for _, row := range r.Rows {
		if row.Connections != level {
			continue
		}
		who, statements := row.State, ""
		if row.Gateway {
			who, statements = "gateway, "+row.State, fmt.Sprintf("%.2f", row.Statements)
		}
		t.rows = append(t.rows, []string{
			row.Job, row.Via, who, thousands(row.Rate), percent(row.Spread),
			significant(row.P50), significant(row.P99), fmt.Sprintf("%.3f", row.Ratio), statements, thousands(float64(row.Bytes)),
		})
	}
	return t
}

func (r *report) ingestTable() table {
	t := table{columns: []column{{"events/s", true}, {"spread", true}, {"p50 ms", true}, {"p99 ms", true}, {"COPY rows/s", true}, {"of COPY", true}}}
	if i := r.Ingest; i != nil {
		t.rows = [][]string{{thousands(i.Events), percent(i.Spread), significant(i.P50), significant(i.P99), thousands(i.Copied), fmt.Sprintf("%.2f", i.OfCopy)}}
	}
	return t
}

func (r *report) slowingTable() table {
	t := table{columns: []column{{"job", false}, {"state", false}, {"p50 ms alone", true}, {"p50 ms meanwhile", true}, {"times", true}}}
	if r.Ingest != nil {
		for _, s := range r.Ingest.Slowing {
			t.rows = append(t.rows, []string{s.Job, s.State, significant(s.Alone), significant(s.Busy), multiple(s.Busy / s.Alone)})
		}
	}
	return t
}

func (r *report) growthTable() table {
	t := table{columns: []column{{"job", false}, {"p50 ms, a tenth", true}, {"p50 ms, all", true}, {"times", true}}}
	for _, g := range r.Growth {
		t.rows = append(t.rows, []string{g.Job, significant(g.Small), significant(g.Large), multiple(g.Ratio)})
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
