// Command metricdoc writes docs/metrics.md from the schema's @metric directives;
// go generate runs it. It must not say anything that the schema does not.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/graph"
	"footfall/graph/generated"
)

const head = `<!-- Written by go generate from the schema's @metric directives: change those. -->

# Metrics

What every number means. The same table answers the query ` + "`metricDefinitions`" + `, and the tests recompute every metric from it.

An event counts where ` + "`start <= at < end`" + `. A metric **adds up** when the values of disjoint ranges add up to that of both together, before
rounding; others must be asked for the whole range. A ratio is of its two metrics before they are rounded, and null where its denominator
is 0. Rounding is half away from zero, to so many decimals. The [REST paths](rest.md) print 0 for null, and some fewer decimals.

`

func main() {
	text, err := page()
	if err == nil {
		err = os.WriteFile("docs/metrics.md", []byte(text), 0o644) //nolint:gosec // documentation is for everyone
	}
	if err != nil {
		log.Fatal(err)
	}
}

// page is docs/metrics.md.
func page() (string, error) {
	metrics, err := graph.Metrics()
	if err != nil {
		return "", err
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	var b strings.Builder
	b.WriteString(head)
	last := ""
	for _, d := range metrics {
		if d.Type != last {
			section(&b, schema.Types[d.Type])
			last = d.Type
		}
		row(&b, code(d.Name), d.Definition, strings.ToLower(string(d.Unit)), yes(d.Additive), code(d.Formula()), decimals(d), rest(d))
	}
	b.WriteString("\n## Aggregates\n\n")
	row(&b, "aggregate", "of the events of the range whose actions it names")
	row(&b, "---", "---")
	for _, v := range schema.Types["MetricAggregate"].EnumValues {
		row(&b, code(v.Name), v.Description)
	}
	return b.String(), nil
}

func section(b *strings.Builder, of *ast.Definition) {
	if !strings.HasSuffix(b.String(), "\n\n") {
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "## `%s`\n\n%s\n\n", of.Name, of.Description)
	row(b, "metric", "definition", "unit", "adds up", "formula", "rounding", "REST")
	row(b, "---", "---", "---", "---", "---", "---", "---")
}

func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString(strings.TrimRight("| "+strings.Join(strings.Fields(strings.ReplaceAll(c, "|", `\|`)), " "), " ") + " ")
	}
	b.WriteString("|\n")
}

func code(s string) string { return "`" + s + "`" }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func decimals(d *analytics.MetricDefinition) string {
	if d.Rounding == nil {
		return ""
	}
	return strconv.Itoa(*d.Rounding)
}

func rest(d *analytics.MetricDefinition) string {
	if d.Rest == nil {
		return ""
	}
	return code(*d.Rest)
}
