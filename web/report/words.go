package report

import (
	"html/template"
	"strings"
	"time"
)

const (
	dayLayout     = "2 January 2006"
	instantLayout = "2 January 2006, 15:04"
)

// span writes a range of instants as people do: by its days where it holds
// whole ones, both inclusive.
func span(r Range, zone *time.Location) string {
	if !r.Start.Before(r.End) {
		return r.Start.In(zone).Format(instantLayout)
	}
	first, last, end := r.Start.In(zone), r.End.Add(-time.Microsecond).In(zone), r.End.In(zone)
	if !midnight(first) || !midnight(end.Add(time.Second)) && !midnight(end) {
		return first.Format(instantLayout) + " – " + end.Round(time.Minute).Format(instantLayout)
	}
	from, to := first.Format(dayLayout), last.Format(dayLayout)
	switch {
	case from == to:
		return to
	case first.Year() != last.Year():
	case first.Month() == last.Month():
		from = first.Format("2")
	default:
		from = first.Format("2 January")
	}
	return from + " – " + to
}

// midnight reports whether the minute is a day's first.
func midnight(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 }

// prose is text in which `this` is code.
func prose(text string) template.HTML {
	var b strings.Builder
	parts := strings.Split(text, "`")
	for i, part := range parts {
		code := i%2 == 1 && i < len(parts)-1
		if code {
			b.WriteString("<code>")
		} else if i%2 == 1 {
			b.WriteByte('`')
		}
		b.WriteString(template.HTMLEscapeString(part))
		if code {
			b.WriteString("</code>")
		}
	}
	return template.HTML(b.String()) //nolint:gosec // its parts are escaped
}
