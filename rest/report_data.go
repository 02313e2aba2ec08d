package rest

import (
	"encoding/json"
	"fmt"
	"time"

	"footfall/web/report"
)

// reportData is the shape of the document.
type reportData struct {
	Activation *struct {
		EventName, Tier string
		Metrics         reportMetrics
		Compared        *struct {
			Change reportChange
		}
		TimeSeries    reportSeries
		Before, Hours *reportSeries
		Ahead         *struct{ ClickCount int64 }
		Breakdown     struct {
			Rows []struct {
				Values  []*string
				Metrics struct{ ClickCount int64 }
			}
			Other *struct{ ClickCount int64 }
		}
	}
	MetricDefinitions []struct{ Name, Definition, Unit string }
}

// reportMetrics are measures by their names, with what they are of.
type reportMetrics struct {
	values map[string]*float64
	of     struct {
		Range report.Range
		AsOf  time.Time
	}
}

// UnmarshalJSON reads the measures by the names that the document asks for.
func (m *reportMetrics) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &m.of); err != nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	m.values = map[string]*float64{}
	for name, value := range fields {
		switch v := value.(type) {
		case float64:
			m.values[name] = &v
		case nil:
			m.values[name] = nil
		}
	}
	return nil
}

// reportChange is how far each measure is from an earlier range.
type reportChange struct {
	of      map[string]*report.Change
	earlier report.Range
}

// UnmarshalJSON reads the changes by the names of their measures.
func (c *reportChange) UnmarshalJSON(text []byte) error {
	var ranged struct{ PreviousRange report.Range }
	if err := json.Unmarshal(text, &ranged); err != nil {
		return err
	}
	c.earlier = ranged.PreviousRange
	return json.Unmarshal(text, &c.of) // of the range, too: it has neither field
}

type reportSeries struct {
	Points []struct {
		Start   time.Time
		Partial bool
		Metrics struct{ ClickCount int64 }
	}
}

func (s *reportSeries) points() []report.Point {
	if s == nil {
		return nil
	}
	out := make([]report.Point, len(s.Points))
	for i, p := range s.Points {
		out[i] = report.Point{Start: p.Start, Partial: p.Partial, Views: p.Metrics.ClickCount}
	}
	return out
}

// report is the page that the data fill.
func (d *reportData) report(p reportPeriod) (report.Report, error) {
	a := d.Activation
	r := report.Report{
		Event: a.EventName, Tier: a.Tier, Period: p.kind, Zone: p.zone.Location(),
		Window: report.Range(p.window), Counted: a.Metrics.of.Range, Read: a.Metrics.of.AsOf,
		Interval: report.IntervalOf(report.Range(p.drawn())),
		Series:   a.TimeSeries.points(), Before: a.Before.points(), Hours: a.Hours.points(),
		Measures: map[string]report.Measure{},
	}
	for _, m := range d.MetricDefinitions {
		if value, asked := a.Metrics.values[m.Name]; asked {
			r.Measures[m.Name] = report.Measure{Value: value, Percent: m.Unit == "PERCENT", Definition: m.Definition}
		}
	}
	if len(r.Measures) != len(a.Metrics.values) {
		return r, fmt.Errorf("rest: %d measures have %d definitions", len(a.Metrics.values), len(r.Measures))
	}
	if a.Compared != nil {
		r.Earlier = &a.Compared.Change.earlier
		for name, m := range r.Measures {
			m.Change = a.Compared.Change.of[name]
			r.Measures[name] = m
		}
	}
	if a.Ahead != nil {
		r.Ahead = a.Ahead.ClickCount
	}
	for _, row := range a.Breakdown.Rows {
		r.Sources = append(r.Sources, report.Source{Name: row.Values[0], Views: row.Metrics.ClickCount})
	}
	if other := a.Breakdown.Other; other != nil {
		r.Others = other.ClickCount
	}
	return r, nil
}
