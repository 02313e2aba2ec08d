package report

import (
	"html/template"
	"math"
	"time"

	"footfall/web/chart"
)

// view is a report as its template reads it.
type view struct{ Report }

// group is the measures of one action.
type group struct {
	Count  named
	Others []named
}

type named struct {
	Title string
	Measure
}

// Groups are the eleven measures of the contract.
func (v view) Groups() []group {
	of := func(name, title string) named { return named{title, v.Measures[name]} }
	return []group{
		{of("clickCount", "Views"), []named{
			of("uniqueViewSessionCount", "Sessions"),
			of("uniqueSessionCount", "Sessions of all actions"),
		}},
		{of("outboundClickCount", "Outbound clicks"), []named{
			of("uniqueOutboundSessionCount", "Sessions"),
			of("outboundSessionRate", "Of view sessions"),
			of("outboundInteractionRate", "Of all sessions"),
		}},
		{of("calendarSyncCount", "Calendar syncs"), []named{
			of("uniqueCalendarSessionCount", "Sessions"),
			of("calendarSessionRate", "Of view sessions"),
			of("calendarInteractionRate", "Of all sessions"),
		}},
	}
}

// Text is the value with its unit.
func (m Measure) Text() string {
	switch {
	case m.Value == nil:
		return "–"
	case m.Percent:
		return chart.Number(*m.Value) + " %"
	default:
		return chart.Number(*m.Value)
	}
}

// Missing reports whether there was nothing to divide by.
func (m Measure) Missing() bool { return m.Value == nil }

// Changed is the change in words, "" without one.
func (m Measure) Changed() string {
	c := m.Change
	switch {
	case c == nil || c.Absolute == nil:
		return ""
	case *c.Absolute == 0:
		return "unchanged"
	case m.Percent:
		return signed(*c.Absolute) + " points"
	case c.Percent == nil:
		return signed(*c.Absolute)
	default:
		return signed(*c.Percent) + " %"
	}
}

func signed(f float64) string {
	if f > 0 {
		return "+" + chart.Number(f)
	}
	return chart.Number(f)
}

// Funnel is the way from a view to an intent, by sessions.
func (v view) Funnel() template.HTML {
	f := chart.Funnel{ID: "funnel", Title: "Sessions from view to calendar"}
	for _, stage := range []struct{ title, count, rate string }{
		{"Viewed the event", "uniqueViewSessionCount", ""},
		{"Followed a link", "uniqueOutboundSessionCount", "outboundSessionRate"},
		{"Saved the date", "uniqueCalendarSessionCount", "calendarSessionRate"},
	} {
		b := chart.Bar{Label: stage.title}
		if value := v.Measures[stage.count].Value; value != nil {
			b.Value = *value
		}
		if rate := v.Measures[stage.rate]; rate.Value != nil {
			b.Note = "(" + rate.Text() + ")"
		}
		f.Stages = append(f.Stages, b)
	}
	return f.HTML()
}

// Empty reports whether nothing was counted.
func (v view) Empty() bool {
	for _, group := range v.Groups() {
		if count := group.Count.Value; count != nil && *count != 0 {
			return false
		}
	}
	return true
}

// State is where in its life the activation is.
func (v view) State() string {
	switch {
	case !v.Begun():
		return "starts soon"
	case !v.Over():
		return "running"
	default:
		return "completed"
	}
}

// Begun reports whether there is anything to count yet.
func (v view) Begun() bool { return !v.Read.Before(v.Window.Start) }

// Over reports whether there is nothing to come.
func (v view) Over() bool { return !v.Read.Before(v.Window.End) }

// WindowText is when the activation counts.
func (v view) WindowText() string { return span(v.Window, v.Zone) }

// CountedText is what was counted.
func (v view) CountedText() string { return span(v.Counted, v.Zone) }

// EarlierText is what changes are against.
func (v view) EarlierText() string { return span(*v.Earlier, v.Zone) }

// StartText is when the activation starts.
func (v view) StartText() string { return v.Window.Start.In(v.Zone).Format(instantLayout) }

// ReadText is when the numbers were read.
func (v view) ReadText() string { return v.Read.In(v.Zone).Format(instantLayout) }

// Narrowed reports whether less than the whole window is counted.
func (v view) Narrowed() bool { return v.Period != Whole }

// choice is an entry of a select.
type choice struct {
	Value, Label string
	Chosen       bool
}

// Periods are those that are shorter than the window, and the chosen one.
func (v view) Periods() []choice {
	days := int(math.Ceil(v.Window.End.Sub(v.Window.Start).Hours() / 24))
	var out []choice
	for _, p := range []Period{Whole, Last30, Last7} {
		if p.Days() < days || p == v.Period {
			out = append(out, choice{string(p), p.Name(), p == v.Period})
		}
	}
	return out
}

// Regions are the time zones to choose from.
func (v view) Regions() []region { return regions(v.Zone) }

// TooLong reports whether the hours of the day are left out for the length of
// the period.
func (v view) TooLong() bool {
	return v.Hours == nil && v.Counted.End.Sub(v.Counted.Start) > MostDays*24*time.Hour
}
