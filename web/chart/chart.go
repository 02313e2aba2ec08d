// Package chart draws small charts: figures of SVG with their numbers beside
// them in a table, for readers without a mouse. Widths are percentages and
// heights pixels, so a chart is as wide as its place and its texts never
// scale. Colours are the style sheet's (chart.css), by class. It must not know
// what is counted, nor of time zones: labels are given.
package chart

import (
	"bytes"
	_ "embed"
	"html/template"
	"math"
	"strconv"
	"strings"
)

//go:embed chart.html
var templateText string

var templates = template.Must(template.New("chart").Parse(templateText))

func render(name string, data any) template.HTML {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // a buffer takes everything, and the templates fit their data
	}
	return template.HTML(b.String()) //nolint:gosec // html/template has escaped it
}

// None is a value that is not there.
var None = math.NaN()

func known(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Number writes a value as people read it: 1,250 or 34.4.
func Number(v float64) string {
	if !known(v) {
		return "–"
	}
	text := strconv.FormatFloat(math.Abs(v), 'f', -1, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	var b strings.Builder
	if v < 0 {
		b.WriteString("−")
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// short is Number for the little room beside an axis, in the unit of its largest value:
// 8,000 or 8k, 1.5M.
func short(v, most float64) string {
	if most < 10_000 || v == 0 {
		return Number(v)
	}
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}} {
		if most >= unit.size {
			return Number(v/unit.size) + unit.name
		}
	}
	return Number(v/1000) + "k"
}

// percent is a share of the width, to a hundredth.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*10000)/100, 'f', -1, 64) + "%"
}

// pixels is a height, to a tenth.
func pixels(y float64) string {
	return strconv.FormatFloat(math.Round(y*10)/10, 'f', -1, 64)
}

// clip shortens a label to what fits beside a value on a phone.
func clip(label string) string {
	const most = 30
	runes := []rune(label)
	if len(runes) <= most {
		return label
	}
	return string(runes[:most-1]) + "…"
}
