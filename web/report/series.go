package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"time"

	"footfall/web/chart"
)

// Interval is the step of a series, by the schema's name.
type Interval string

// The intervals.
const (
	Hour  Interval = "HOUR"
	Day   Interval = "DAY"
	Week  Interval = "WEEK"
	Month Interval = "MONTH"
)

// IntervalOf is the step that fits a range, so that neither chart nor query is
// too large.
func IntervalOf(r Range) Interval {
	const day = 24 * time.Hour
	switch length := r.End.Sub(r.Start); {
	case length <= 2*day+time.Hour: // a day may have 25 hours
		return Hour
	case length <= MostDays*day:
		return Day
	case length <= 3*366*day:
		return Week
	default:
		return Month
	}
}

// MostDays is how long a range may be that is shown by days, and added up by
// hours of the day.
const MostDays = 190

// step is how an interval is said and drawn.
type step struct {
	name          string
	label, tick   string // layouts
	prefix        string // of the label
	months, days  int    // how far back a whole window is compared
	lagged, title string
}

var steps = map[Interval]step{
	Hour:  {"hour", "Monday 2 January, 15:04", "15:04", "", 0, 1, "A day earlier", "Views by hour"},
	Day:   {"day", "Monday 2 January 2006", "2 Jan", "", 0, 7, "A week earlier", "Views by day"},
	Week:  {"week", "2 January 2006", "2 Jan 06", "Week of ", 0, 52 * 7, "52 weeks earlier", "Views by week"},
	Month: {"month", "January 2006", "Jan 06", "", 12, 0, "A year earlier", "Views by month"},
}

// bucket names the bucket that a local time is in, by the calendar and the clock.
func (i Interval) bucket(local time.Time) time.Time {
	year, month, day := local.Date()
	hour := 0
	switch i {
	case Hour:
		hour = local.Hour()
	case Week:
		day -= (int(local.Weekday()) + 6) % 7
	case Month:
		day = 1
	}
	return time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
}

// Line is the views over time.
func (v view) Line() template.HTML {
	s := steps[v.Interval]
	l := chart.Line{ID: "views", Title: s.title, Values: "Views", Steps: v.stepsTitle(s.name), Name: "Views", Points: make([]chart.Point, len(v.Series))}
	for i, p := range v.Series {
		at := p.Start.In(v.Zone)
		label := s.prefix + at.Format(s.label)
		if i > 0 && l.Points[i-1].Label == label { // clocks went back
			label += " again"
		}
		l.Points[i] = chart.Point{
			Label: label, Tick: at.Format(s.tick),
			Value: float64(p.Views), Behind: chart.None, Partial: p.Partial && (i < len(v.Series)-1 || !v.ended()),
		}
	}
	l.Behind = v.behind(l.Points, s)
	return l.HTML()
}

// ended reports whether the last day or hour is as good as whole: many windows
// end a moment before midnight.
func (v view) ended() bool {
	end := v.Window.End.Add(time.Second).In(v.Zone)
	return (v.Interval == Day || v.Interval == Hour) && v.Over() && midnight(end)
}

// behind fills in what lies behind the points, and says what it is.
func (v view) behind(points []chart.Point, s step) string {
	if v.Before != nil { // both end where a period ends, and may begin within one
		n := min(len(points), len(v.Before))
		for i := 1; i <= n; i++ {
			before, point := v.Before[len(v.Before)-i], &points[len(points)-i]
			point.Behind, point.Before = float64(before.Views), before.Start.In(v.Zone).Format(s.label)
		}
		if n == 0 {
			return ""
		}
		return "The days before, " + span(Range{v.Before[0].Start, v.Series[0].Start}, v.Zone)
	}
	known, found := map[time.Time]float64{}, false
	for i, p := range v.Series {
		bucket := v.Interval.bucket(p.Start.In(v.Zone))
		if behind, ok := known[bucket.AddDate(0, -s.months, -s.days)]; ok {
			points[i].Behind, found = behind, true
		}
		if _, twice := known[bucket]; !twice { // an hour that comes again
			known[bucket] = points[i].Value
		}
	}
	if !found {
		return ""
	}
	return s.lagged
}

func (v view) stepsTitle(name string) string {
	return fmt.Sprintf("By %s (%s)", name, v.Zone)
}

// AheadText says what the charts leave out: it would look as if nobody came until then.
func (v view) AheadText() string {
	if v.Ahead == 0 {
		return ""
	}
	verb := "views are"
	if v.Ahead == 1 {
		verb = "view is"
	}
	now := "today"
	if v.Interval == Hour {
		now = "this hour"
	}
	return chart.Number(float64(v.Ahead)) + " " + verb + " dated later than " + now + ": counted above, and not drawn."
}

// LineTitle is the heading above the line.
func (v view) LineTitle() string { return steps[v.Interval].title }

// ByHour is the views by hour of the day, "" where they are not known.
func (v view) ByHour() template.HTML {
	var sums [24]int64
	all := int64(0)
	for _, p := range v.Hours {
		sums[p.Start.In(v.Zone).Hour()] += p.Views
		all += p.Views
	}
	if all == 0 {
		return ""
	}
	c := chart.Columns{ID: "hours", Title: "Views by hour of the day", Values: "Views", Steps: v.stepsTitle("hour of the day"), Bars: make([]chart.Bar, 24)}
	for hour, sum := range sums {
		c.Bars[hour] = chart.Bar{
			Label: fmt.Sprintf("%02d:00 – %02d:59", hour, hour), Tick: fmt.Sprint(hour),
			Value: float64(sum), Note: "(" + share(sum, all) + ")",
		}
	}
	return c.HTML()
}

// mostSources is how many are shown.
const mostSources = 8

// BySource is the views by where they came from, "" where none said.
func (v view) BySource() template.HTML {
	all, said := v.Others, false
	for _, s := range v.Sources {
		all += s.Views
		said = said || s.Name != nil && s.Views > 0
	}
	if !said || all == 0 {
		return ""
	}
	b := chart.Bars{ID: "sources", Title: "Views by source", Values: "Views", Groups: "Source"}
	sources := slices.DeleteFunc(slices.Clone(v.Sources), func(s Source) bool { return s.Views == 0 })
	slices.SortStableFunc(sources, func(a, b Source) int { return cmp.Compare(b.Views, a.Views) })
	others, shown := v.Others, min(len(sources), mostSources)
	for _, s := range sources[shown:] {
		others += s.Views
	}
	for _, s := range sources[:shown] {
		label := "Not known"
		if s.Name != nil {
			label = *s.Name
		}
		b.Bars = append(b.Bars, chart.Bar{Label: label, Value: float64(s.Views), Note: "(" + share(s.Views, all) + ")", Rest: s.Name == nil})
	}
	if others > 0 {
		b.Bars = append(b.Bars, chart.Bar{Label: "All others", Value: float64(others), Note: "(" + share(others, all) + ")", Rest: true})
	}
	return b.HTML()
}

// share is a part of a whole in percent.
func share(part, whole int64) string { return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole)) }
