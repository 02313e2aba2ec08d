package chart

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wellFormed fails when the figure is no XML, or draws at no place.
func wellFormed(t interface {
	Errorf(format string, args ...any)
}, figure template.HTML) {
	d := xml.NewDecoder(strings.NewReader(string(figure)))
	d.Entity = xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%v in:\n%s", err, figure)
			return
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range element.Attr {
			switch a.Name.Local {
			case "style":
				t.Errorf("an inline style, which no policy lets through: %s", a.Value)
			case "x", "y", "width", "height", "cx", "cy", "d", "x1", "x2", "y1", "y2":
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s=%q", a.Name.Local, a.Value)
				}
				if share, is := strings.CutSuffix(a.Value, "%"); is {
					if f, err := strconv.ParseFloat(share, 64); err != nil || f < 0 || f > 100.005 {
						t.Errorf("%s=%q of %s is out of the plot", a.Name.Local, a.Value, element.Name.Local)
					}
				}
			}
		}
	}
}

func genValue() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(0, 2000), func(n int64) float64 { return float64(n) }),
		rapid.Map(rapid.Int64Range(0, 1<<53-1), func(n int64) float64 { return float64(n) }),
		rapid.SampledFrom([]float64{None, math.Inf(1), 0, 1, -5, math.MaxFloat64}),
	)
}

func TestAnyFigureIsWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(genValue(), 0, 40).Draw(t, "values")
		label := strings.ToValidUTF8(rapid.String().Draw(t, "label"), "")
		label = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]`).ReplaceAllString(label, "") // XML has none
		bars, points := []Bar{}, []Point{}
		for _, v := range values {
			bars = append(bars, Bar{Label: label, Tick: label, Value: v, Note: label})
			points = append(points, Point{Label: label, Tick: label, Value: v, Behind: v, Partial: v == 1})
		}
		for _, figure := range []template.HTML{
			Line{ID: "a", Title: label, Values: label, Steps: label, Name: label, Behind: label, Points: points}.HTML(),
			Bars{ID: "a", Title: label, Values: label, Bars: bars}.HTML(),
			Columns{ID: "a", Title: label, Values: label, Steps: label, Bars: bars}.HTML(),
			Funnel{ID: "a", Title: label, Stages: bars}.HTML(),
		} {
			wellFormed(t, figure)
		}
	})
}

func TestScale(t *testing.T) {
	t.Parallel()
	for most, want := range map[float64][]float64{
		0: {0, 1}, 1: {0, 1}, 2: {0, 1, 2}, 3: {0, 1, 2, 3}, 5: {0, 2, 4, 6}, 9: {0, 5, 10}, 155: {0, 50, 100, 150, 200}, 1250: {0, 500, 1000, 1500},
		math.Inf(1): {0, 1}, None: {0, 1},
	} {
		if got := newScale(most).ticks(); !equal(got, want) {
			t.Errorf("up to %v: %v, want %v", most, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		most := float64(rapid.Int64Range(0, 1<<53-1).Draw(t, "most"))
		ticks := newScale(most).ticks()
		last := ticks[len(ticks)-1]
		if len(ticks) < 2 || len(ticks) > mostSteps+1 || last < most || last > max(2*most, 1) || ticks[1] != math.Round(ticks[1]) {
			t.Errorf("up to %v: %v", most, ticks)
		}
		digits := strings.TrimRight(strconv.FormatFloat(ticks[1], 'f', -1, 64), "0")
		if digits != "1" && digits != "2" && digits != "5" {
			t.Errorf("up to %v: steps of %v", most, ticks[1])
		}
	})
}

func equal(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 12: "12", 999: "999", 1000: "1,000", 1234567: "1,234,567", 34.4: "34.4", -3.1: "−3.1", -1250: "−1,250", math.Inf(-1): "–",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	for want, c := range map[string]struct{ v, most float64 }{
		"9,999": {9999, 9999}, "10k": {10_000, 10_000}, "8k": {8000, 12_000}, "0": {0, 12_000}, "0.5M": {500_000, 2_500_000}, "2.5M": {2_500_000, 2_500_000}, "9,000T": {9e15, 9e15},
	} {
		if got := short(c.v, c.most); got != want {
			t.Errorf("%v of %v: %q, want %q", c.v, c.most, got, want)
		}
	}
}

func TestLabelsAreEscaped(t *testing.T) {
	t.Parallel()
	const evil = `</title><script>alert(1)</script>"'&`
	for _, figure := range []template.HTML{
		Line{ID: "a", Title: evil, Values: evil, Steps: evil, Name: evil, Behind: evil, Points: []Point{{evil, evil, 1, 1, evil, true}}}.HTML(),
		Bars{ID: "a", Title: evil, Bars: []Bar{{Label: evil, Value: 1, Note: evil}}}.HTML(),
		Columns{ID: "a", Title: evil, Bars: []Bar{{Label: evil, Tick: evil, Value: 1}}}.HTML(),
		Funnel{ID: "a", Title: evil, Stages: []Bar{{Label: evil, Value: 1}}}.HTML(),
	} {
		if strings.Contains(string(figure), "<script") || strings.Count(string(figure), "</title>") > 5 {
			t.Errorf("a label ran out of its place:\n%s", figure)
		}
	}
}

func TestLineHasNoLineWhereNothingIsKnown(t *testing.T) {
	t.Parallel()
	l := Line{Points: []Point{{Value: 1}, {Value: 2}, {Value: None}, {Value: 4}}}
	if got := l.path(newScale(4), Point.value, false); strings.Count(got, "M") != 2 || strings.Count(got, "L") != 1 {
		t.Errorf("the path is %s", got)
	}
	if marks := l.marks(newScale(4)); !marks[3].Dot || marks[2].Y != "" {
		t.Errorf("the marks are %+v", marks)
	}
	if got := (Line{}).Summary(); got != "There is nothing to show." {
		t.Error(got)
	}
}

func TestTableHasEveryValue(t *testing.T) {
	t.Parallel()
	l := Line{Name: "Views", Behind: "Before", Steps: "Day", Points: []Point{{Label: "Monday", Value: 1250, Behind: None}, {Label: "Tuesday", Value: 3, Behind: 1250, Partial: true}}}
	figure := string(l.HTML())
	for _, want := range []string{
		`<th scope="row">Monday</th><td class="number">1,250</td><td class="number">–</td>`,
		`<th scope="row">Tuesday</th><td class="number">3 (in part)</td><td class="number">1,250</td>`,
		"Views: 3 (in part)\nBefore: 1,250", `role="img"`, "Highest: Monday, 1,250.",
	} {
		if !strings.Contains(figure, want) {
			t.Errorf("the figure lacks %s:\n%s", want, figure)
		}
	}
}
