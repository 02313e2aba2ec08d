package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"footfall/internal/document"
)

const documentFile = "docs/reliability.md"

// What of the document is ours to rewrite.
var (
	faultTable = document.Named("chaos", "make chaos ARGS=-write")
	soakTable  = document.Named("soak", "make soak ARGS=-write")
)

// report prints what became of the faults.
func report(out io.Writer, rows []*row) error {
	for _, r := range rows {
		if _, err := fmt.Fprintln(out, r.line()); err != nil {
			return err
		}
		for _, p := range r.problems {
			if _, err := fmt.Fprintln(out, "    "+p); err != nil {
				return err
			}
		}
	}
	return nil
}

// markdown is the table that the document keeps.
func markdown(rows []*row) string {
	var b strings.Builder
	b.WriteString("| fault | gateways | asked a second | answered | stale | 503 | refused | slowest read | slowest batch | wrong or lost | whole again |\n")
	b.WriteString("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, r := range rows {
		if r.skipped != "" {
			_, _ = fmt.Fprintf(&b, "| %s | %d | not here: %s | | | | | | | | |\n", r.name, r.gateways, r.skipped)
			continue
		}
		_, _ = fmt.Fprintf(&b, "| %s | %d | %.0f | %d | %d | %d | %d | %s | %s | %s | %s |\n", r.name, r.gateways,
			float64(r.total())/r.lasted.Seconds(), r.outcomes[whole], r.outcomes[stale], r.outcomes[unavailable], r.outcomes[refused],
			seconds(r.slowestRead), seconds(r.slowestWrite), r.losses(), r.whole())
	}
	return b.String()
}

// losses is what must be nothing.
func (r *row) losses() string {
	if r.failed() {
		return "**" + strings.ReplaceAll(strings.Join(r.problems, "; "), "|", "/") + "**"
	}
	return "nothing"
}

// whole is how long after the mending something was last not answered whole.
func (r *row) whole() string {
	if r.outcomes[whole] == r.total() {
		return "throughout"
	}
	return seconds(r.recovered)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// asked is how much was asked in all, and how much of it was not answered whole.
func asked(rows []*row) (all, part int) {
	for _, r := range rows {
		all, part = all+r.total(), part+r.total()-r.outcomes[whole]
	}
	return all, part
}

// summary is the run in a line.
func (c *course) summary(rows []*row) string {
	all, part := asked(rows)
	skipped := len(slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return r.skipped == "" }))
	return fmt.Sprintf("%s · load average before: %.2f · %d faults, %d left out · %d readers, each asking every %s, and %d writers, each with some %d events every %s · %d requests, %d of them not answered whole",
		c.machine, c.machine.Load, len(rows)-skipped, skipped, c.o.readers, c.o.readEvery, c.o.writers, c.o.batch, c.o.writeEvery, all, part)
}
