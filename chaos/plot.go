package main

import (
	"fmt"
	"math"
	"strings"
)

// plot is lines over minutes, as a picture that stands alone.
type plot struct {
	title, unit string
	series      []series
}

type series struct {
	name   string
	points []point
}

type point struct{ minute, value float64 }

// Where the picture's parts lie.
const (
	plotWidth, plotHeight                  = 720.0, 260.0
	plotLeft, plotRight, plotTop, plotBase = 56.0, 704.0, 44.0, 220.0
	plotSteps                              = 4
)

var inks = []string{"#1d6fb8", "#b8541d"}

// round is the smallest of 1, 2, 2.5 and 5 times a power of ten that is no
// smaller than v.
func round(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 2.5, 5} {
		if step*power >= v {
			return step * power
		}
	}
	return 10 * power
}

func (p plot) svg() string {
	last, most := 0.0, 0.0
	for _, s := range p.series {
		for _, at := range s.points {
			last, most = max(last, at.minute), max(most, at.value)
		}
	}
	across, up := round(last/plotSteps), round(most/plotSteps)
	x := func(minute float64) float64 { return plotLeft + (plotRight-plotLeft)*minute/max(last, across) }
	y := func(value float64) float64 { return plotBase - (plotBase-plotTop)*value/(up*plotSteps) }
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" font-family="sans-serif" font-size="12" fill="#555">`+"\n", plotWidth, plotHeight)
	_, _ = fmt.Fprintf(&b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", p.title)
	for i := range plotSteps + 1 {
		v := up * float64(i)
		_, _ = fmt.Fprintf(&b, `<path d="M%g %.1fH%g" stroke="#ddd"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`+"\n", plotLeft, y(v), plotRight, plotLeft-8, y(v)+4, v)
	}
	for m := 0.0; m <= last; m += across {
		_, _ = fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x(m), plotBase+18, m)
	}
	_, _ = fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="end">minutes</text><text x="8" y="18">%s</text>`+"\n", plotRight, plotBase+34, p.unit)
	for i, s := range p.series {
		line := make([]string, len(s.points))
		for j, at := range s.points {
			line[j] = fmt.Sprintf("%.1f,%.1f", x(at.minute), y(at.value))
		}
		_, _ = fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/><text x="%g" y="18" fill="%s" text-anchor="end">%s</text>`+"\n",
			inks[i], strings.Join(line, " "), plotRight-160*float64(i), inks[i], s.name)
	}
	return b.String() + "</svg>\n"
}
