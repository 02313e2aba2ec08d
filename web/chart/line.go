package chart

import (
	"cmp"
	"html/template"
	"strings"
)

// Line is a series over equal steps of time, with another behind it.
type Line struct {
	ID     string // unique on the page
	Title  string
	Values string // what is counted, the title of the axis upwards
	Steps  string // the title of the axis along the steps
	Name   string // of the series
	Behind string // of the one behind it, "" when there is none
	Points []Point
}

// Point is one step of a Line.
type Point struct {
	Label         string  // in full
	Tick          string  // on the axis
	Value, Behind float64 // None where there is nothing
	Before        string  // which step lies behind, where the series' name does not say
	Partial       bool    // the value is of a part of the step
}

// Heights of the charts with axes: the plot lies between top and base.
const (
	top, base, height = 30.0, 220.0, 270.0
	fewDots           = 62 // more would touch each other
)

func (s scale) y(v float64) float64 { return base - s.share(v)*(base-top) }

// HTML is the figure.
func (l Line) HTML() template.HTML {
	most := 0.0
	for _, p := range l.Points {
		for _, v := range []float64{p.Value, p.Behind} {
			if known(v) {
				most = max(most, v)
			}
		}
	}
	s := newScale(most)
	return render("line", struct {
		Line
		Frame  frame
		Area   string
		Stroke string
		Rear   string
		Marks  []mark
	}{
		l, l.frame(s), l.path(s, Point.value, true), l.path(s, Point.value, false), l.path(s, Point.behind, false), l.marks(s),
	})
}

func (p Point) value() float64  { return p.Value }
func (p Point) behind() float64 { return p.Behind }

// center is where step i of n lies, as a share of the width.
func center(i, n int) float64 { return (float64(i) + 0.5) / float64(n) }

// path joins the points that have a value, over a width of 1000. An area goes
// down to the axis.
func (l Line) path(s scale, of func(Point) float64, area bool) string {
	var b strings.Builder
	open := ""
	end := func() {
		if open != "" && area {
			b.WriteString("V" + pixels(base) + "H" + open + "Z")
		}
		open = ""
	}
	for i, p := range l.Points {
		v := of(p)
		if !known(v) {
			end()
			continue
		}
		x, command := pixels(center(i, len(l.Points))*1000), "L"
		if open == "" {
			open, command = x, "M"
		}
		b.WriteString(command + x + " " + pixels(s.y(v)))
	}
	end()
	return b.String()
}

// mark is what a step shows: a dot, and a place to point at.
type mark struct {
	X, Width, Center string
	Y, Rear          string // "" without a value
	Dot, Hollow      bool
	Text             string // Lines of the hover text
}

func (l Line) marks(s scale) []mark {
	n := len(l.Points)
	out := make([]mark, n)
	for i, p := range l.Points {
		m := mark{X: percent(float64(i) / float64(n)), Width: percent(1 / float64(n)), Center: percent(center(i, n)), Hollow: p.Partial}
		lines := []string{p.Label}
		if known(p.Value) {
			m.Y = pixels(s.y(p.Value))
			m.Dot = n <= fewDots || p.Partial || l.alone(i)
			lines = append(lines, l.Name+": "+Number(p.Value)+p.remark())
		}
		if known(p.Behind) {
			m.Rear = pixels(s.y(p.Behind))
			lines = append(lines, cmp.Or(p.Before, l.Behind)+": "+Number(p.Behind))
		}
		m.Text = strings.Join(lines, "\n")
		out[i] = m
	}
	return out
}

func (p Point) remark() string {
	if p.Partial {
		return " (in part)"
	}
	return ""
}

// alone reports whether no line leads to step i.
func (l Line) alone(i int) bool {
	has := func(i int) bool { return i >= 0 && i < len(l.Points) && known(l.Points[i].Value) }
	return !has(i-1) && !has(i+1)
}

// Summary is the chart in one sentence.
func (l Line) Summary() string {
	return summary(l.Values, len(l.Points), func(i int) (string, float64) { return l.Points[i].Label, l.Points[i].Value })
}

// Rows are the chart as a table.
func (l Line) Rows() [][]string {
	var out [][]string
	for _, p := range l.Points {
		row := []string{p.Label, Number(p.Value) + p.remark()}
		if l.Behind != "" {
			row = append(row, Number(p.Behind))
		}
		out = append(out, row)
	}
	return out
}

// Heads are the titles of the table's columns.
func (l Line) Heads() []string {
	heads := []string{l.Steps, l.Name}
	if l.Behind != "" {
		heads = append(heads, l.Behind)
	}
	return heads
}

func (l Line) frame(s scale) frame {
	ticks := make([]string, len(l.Points))
	for i, p := range l.Points {
		ticks[i] = p.Tick
	}
	return newFrame(s, ticks, l.Values, l.Steps)
}
