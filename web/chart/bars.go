package chart

import (
	"html/template"
	"math"
	"strings"
)

// Bar is one of a chart of Bars, Columns or a Funnel.
type Bar struct {
	Label string
	Tick  string // on the axis, of Columns
	Value float64
	Note  string // behind the value, such as its share of all
	Rest  bool   // stands for all others
}

func (b Bar) text() string { return strings.TrimSuffix(Number(b.Value)+" "+b.Note, " ") }

func largest(bars []Bar) float64 {
	most := 0.0
	for _, b := range bars {
		if known(b.Value) {
			most = max(most, b.Value)
		}
	}
	return most
}

// Bars lie below each other, each with its label and value above it.
type Bars struct {
	ID     string // unique on the page
	Title  string
	Values string // what is counted
	Groups string // what the bars are
	Bars   []Bar
}

const barStep = 38.0

type bar struct {
	Label, Text, Full string
	TextY, Y, Width   string
	Rest              bool
}

// HTML is the figure.
func (b Bars) HTML() template.HTML {
	most := max(largest(b.Bars), 1)
	bars := make([]bar, len(b.Bars))
	for i, of := range b.Bars {
		y := float64(i) * barStep
		bars[i] = bar{
			Label: clip(of.Label), Text: of.text(), Full: of.Label + ": " + of.text(),
			TextY: pixels(y + 14), Y: pixels(y + 20), Width: percent(scale{1, most}.share(of.Value)), Rest: of.Rest,
		}
	}
	return render("bars", struct {
		Bars
		Drawn  []bar
		Height string
	}{b, bars, pixels(max(float64(len(bars))*barStep-4, 1))})
}

// Summary is the chart in one sentence.
func (b Bars) Summary() string {
	parts := make([]string, len(b.Bars))
	for i, of := range b.Bars {
		parts[i] = of.Label + " " + of.text()
	}
	return b.Values + ": " + strings.Join(parts, "; ") + "."
}

// Columns stand side by side, such as the hours of a day.
type Columns struct {
	ID     string // unique on the page
	Title  string
	Values string // what is counted, the title of the axis upwards
	Steps  string // the title of the axis along the columns
	Bars   []Bar
}

type column struct {
	X, Width, Center string
	Y, Height        string
	Text             string
}

// HTML is the figure.
func (c Columns) HTML() template.HTML {
	s, n := newScale(largest(c.Bars)), len(c.Bars)
	columns, ticks := make([]column, n), make([]string, n)
	for i, b := range c.Bars {
		y, left := s.y(b.Value), float64(i)/float64(n)
		columns[i] = column{
			X: percent(left + 0.14/float64(n)), Width: percent(0.72 / float64(n)), Center: percent(center(i, n)),
			Y: pixels(y), Height: pixels(math.Max(base-y, 0)), Text: b.Label + "\n" + c.Values + ": " + b.text(),
		}
		ticks[i] = b.Tick
	}
	return render("columns", struct {
		Columns
		Frame frame
		Drawn []column
	}{c, newFrame(s, ticks, c.Values, c.Steps), columns})
}

// Summary is the chart in one sentence.
func (c Columns) Summary() string {
	return summary(c.Values, len(c.Bars), func(i int) (string, float64) { return c.Bars[i].Label, c.Bars[i].Value })
}

// Heads are the titles of the table's columns.
func (c Columns) Heads() []string { return []string{c.Steps, c.Values} }

// Rows are the chart as a table.
func (c Columns) Rows() [][]string {
	var out [][]string
	for _, b := range c.Bars {
		out = append(out, []string{b.Label, b.text()})
	}
	return out
}

// Funnel is a sequence of stages, each usually smaller than the one before.
type Funnel struct {
	ID     string // unique on the page
	Title  string
	Stages []Bar
}

const stageStep, stageBar = 76.0, 28.0

type stage struct {
	bar
	Height string
	Flow   string // the path from this bar to the next, over a width of 1000
}

// HTML is the figure.
func (f Funnel) HTML() template.HTML {
	s := scale{1, max(largest(f.Stages), 1)}
	stages := make([]stage, len(f.Stages))
	for i, of := range f.Stages {
		y := float64(i) * stageStep
		stages[i] = stage{bar: bar{
			Label: clip(of.Label), Text: of.text(), Full: of.Label + ": " + of.text(),
			TextY: pixels(y + 15), Y: pixels(y + 22), Width: percent(s.share(of.Value)),
		}, Height: pixels(stageBar)}
		if i+1 < len(f.Stages) {
			from, to := pixels(s.share(of.Value)*1000), pixels(s.share(f.Stages[i+1].Value)*1000)
			stages[i].Flow = "M0 " + pixels(y+22+stageBar) + "H" + from + "L" + to + " " + pixels(y+22+stageStep) + "H0Z"
		}
	}
	return render("funnel", struct {
		Funnel
		Drawn  []stage
		Height string
	}{f, stages, pixels(max(float64(len(stages))*stageStep-stageStep+22+stageBar, 1))})
}

// Summary is the chart in one sentence.
func (f Funnel) Summary() string {
	parts := make([]string, len(f.Stages))
	for i, of := range f.Stages {
		parts[i] = of.Label + ": " + of.text()
	}
	return strings.Join(parts, "; ") + "."
}
