// Package report owns the page that a partner opens from an e-mail: what one
// activation brought, for people. It gets numbers and their definitions and
// writes HTML that needs no script. It must not know where numbers come from,
// nor who may see them.
package report

import (
	_ "embed"
	"html/template"
	"time"

	"footfall/web/page"
)

// Report is what the page says.
type Report struct {
	Event, Tier string
	Window      Range // when the activation counts
	Counted     Range // what of it was counted
	Zone        *time.Location
	Read        time.Time // when it was counted
	Stale       bool      // whether newer numbers could not be had
	Period      Period
	Token       string // of the link; the form keeps it
	CSV         string // the address of the numbers as a file

	Measures map[string]Measure // by the names of the schema
	Earlier  *Range             // what their changes are against

	Interval Interval
	Series   []Point // views
	Before   []Point // the same of the period before, nil for the whole window
	Hours    []Point // views by the hour, nil where there are too many
	Ahead    int64   // views dated later than the series goes
	Sources  []Source
	Others   int64 // views of sources that are not listed
}

// Range is a half-open span of instants.
type Range struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Measure is a number with what it means.
type Measure struct {
	Value      *float64 // nil for a ratio without a denominator
	Percent    bool
	Definition string // in the schema's words
	Change     *Change
}

// Change is how far a measure is from its earlier value.
type Change struct {
	Absolute *float64 `json:"absolute"`
	Percent  *float64 `json:"percent"`
}

// Point is one step of a series.
type Point struct {
	Start   time.Time
	Partial bool // the step was cut off, or is not over
	Views   int64
}

// Source is where views came from; Name is nil where they did not say.
type Source struct {
	Name  *string
	Views int64
}

// Period is how much of the window is counted.
type Period string

// The periods.
const (
	Whole  Period = "whole"
	Last7  Period = "last_7_days"
	Last30 Period = "last_30_days"
)

// Days is how many days the period has, 0 for the whole window.
func (p Period) Days() int { return map[Period]int{Last7: 7, Last30: 30}[p] }

// Name is what people call the period.
func (p Period) Name() string {
	return map[Period]string{Whole: "Whole period", Last7: "Last 7 days", Last30: "Last 30 days"}[p]
}

// ParsePeriod reads a period's name; "" is the whole window.
func ParsePeriod(text string) (Period, bool) {
	switch p := Period(text); p {
	case "":
		return Whole, true
	case Whole, Last7, Last30:
		return p, true
	}
	return "", false
}

//go:embed report.html
var templateText string

var templates = template.Must(template.New("report").Funcs(template.FuncMap{"prose": prose}).Parse(templateText))

// Page is the report as a page.
func (r Report) Page() page.Page {
	p := outside(r.Event, page.Fragment(templates, "report", view{r}))
	p.Meta = append(p.Meta, page.Meta{Name: "time-zone", Content: r.Zone.String()})
	p.Scripts = []string{"report.js"}
	return p
}

// outside is a page for somebody who holds a link alone: nothing leads on from
// it, and no crawler keeps it.
func outside(title string, body template.HTML) page.Page {
	return page.Page{
		Title: title, Outside: true, Styles: []string{"chart.css", "report.css"},
		Meta: []page.Meta{{Name: "robots", Content: "noindex"}},
		Body: body,
	}
}
