package analytics

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// MetricDefinition says how a measure is counted or computed: an aggregate of
// events, or a ratio of two measures of the same type.
type MetricDefinition struct {
	Type, Name  string // the GraphQL type and its field
	Description string
	Definition  string
	Unit        MetricUnit
	Additive    bool // the values of disjoint ranges add up

	Aggregate *MetricAggregate // nil for a ratio
	Actions   []string

	Numerator, Denominator *string // measures before they are rounded; nil for an aggregate
	Scale                  int

	Rounding *int    // decimals, half away from zero; nil for not at all
	Rest     *string // its name in the REST contract
}

// Metrics are the definitions of all measures, in the order of the schema.
type Metrics []*MetricDefinition

// Of is the metrics of one type; nil stands for all.
func (m Metrics) Of(name *string) (Metrics, error) {
	if name == nil {
		return m, nil
	}
	var of Metrics
	var types []string
	for _, d := range m {
		if d.Type == *name {
			of = append(of, d)
		}
		if !slices.Contains(types, d.Type) {
			types = append(types, d.Type)
		}
	}
	if of == nil {
		return nil, Invalidf("type", "must be one of %s, got %s", strings.Join(types, ", "), Quote(*name))
	}
	return of, nil
}

// Formula is the aggregate or the ratio in one line.
func (d *MetricDefinition) Formula() string {
	switch {
	case d.Aggregate != nil:
		return fmt.Sprintf("%s(%s)", *d.Aggregate, strings.Join(d.Actions, ", "))
	case d.Scale == 1:
		return fmt.Sprintf("%s ÷ %s", *d.Numerator, *d.Denominator)
	default:
		return fmt.Sprintf("%d × %s ÷ %s", d.Scale, *d.Numerator, *d.Denominator)
	}
}

// MetricUnit is what a measure is in.
type MetricUnit string

// MetricUnits lists every MetricUnit.
var MetricUnits = []MetricUnit{"COUNT", "SECONDS", "PERCENT", "RATIO", "INSTANT"}

// MarshalGQL writes the enum.
func (u MetricUnit) MarshalGQL(w io.Writer) { marshalEnum(w, u) }

// UnmarshalGQL reads the enum.
func (u *MetricUnit) UnmarshalGQL(v any) error { return unmarshalEnum(u, v, MetricUnits) }

// MetricAggregate is how a measure is counted from events; the schema describes
// each.
type MetricAggregate string

// MetricAggregates lists every MetricAggregate.
var MetricAggregates = []MetricAggregate{"EVENTS", "DISTINCT_SESSIONS", "DISTINCT_VISITORS", "DISTINCT_LOGIN_VISITORS",
	"FIRST_LOGINS", "SESSIONS", "SESSION_SECONDS", "WATCHED_SECONDS", "PEAK_VIEWERS", "PEAK_INSTANT"}

// MarshalGQL writes the enum.
func (a MetricAggregate) MarshalGQL(w io.Writer) { marshalEnum(w, a) }

// UnmarshalGQL reads the enum.
func (a *MetricAggregate) UnmarshalGQL(v any) error { return unmarshalEnum(a, v, MetricAggregates) }
