package graph

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
)

// Metrics reads the schema's definitions of its measures.
func Metrics() (analytics.Metrics, error) {
	return metricsOf(schema)
}

// metricsOf reads the @metric of every field, by type, in the schema's order.
func metricsOf(schema *ast.Schema) (analytics.Metrics, error) {
	var all analytics.Metrics
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		of := schema.Types[name]
		fields := map[string]*analytics.MetricDefinition{}
		for _, f := range of.Fields {
			if directive := f.Directives.ForName("metric"); directive != nil {
				d := definition(directive.ArgumentMap(nil))
				d.Type, d.Name, d.Description = of.Name, f.Name, f.Description
				fields[f.Name] = d
				all = append(all, d)
			}
		}
		for _, d := range fields {
			if err := checkMetric(d, fields); err != nil {
				return nil, fmt.Errorf("graph: @metric of %s.%s: %w", d.Type, d.Name, err)
			}
		}
	}
	return all, nil
}

func definition(arguments map[string]any) *analytics.MetricDefinition {
	d := &analytics.MetricDefinition{
		Actions: []string{}, Numerator: text(arguments["numerator"]), Denominator: text(arguments["denominator"]), Rest: text(arguments["rest"]),
	}
	d.Definition, _ = arguments["definition"].(string)
	d.Additive, _ = arguments["additive"].(bool)
	unit, _ := arguments["unit"].(string)
	d.Unit = analytics.MetricUnit(unit)
	if name := text(arguments["aggregate"]); name != nil {
		aggregate := analytics.MetricAggregate(*name)
		d.Aggregate = &aggregate
	}
	actions, _ := arguments["actions"].([]any)
	for _, a := range actions {
		d.Actions = append(d.Actions, fmt.Sprint(a))
	}
	scale, _ := arguments["scale"].(int64)
	d.Scale = int(scale)
	if decimals, ok := arguments["rounding"].(int64); ok {
		n := int(decimals)
		d.Rounding = &n
	}
	return d
}

func text(v any) *string {
	if s, ok := v.(string); ok {
		return &s
	}
	return nil
}

// checkMetric refuses a definition that nobody could compute.
func checkMetric(d *analytics.MetricDefinition, beside map[string]*analytics.MetricDefinition) error {
	if d.Aggregate != nil {
		if d.Numerator != nil || d.Denominator != nil || len(d.Actions) == 0 {
			return errors.New("an aggregate is of actions, and no ratio")
		}
		return nil
	}
	if d.Numerator == nil || d.Denominator == nil || len(d.Actions) > 0 {
		return errors.New("there must be an aggregate of actions, or a numerator and a denominator")
	}
	for _, part := range []string{*d.Numerator, *d.Denominator} {
		if m := beside[part]; m == nil || m.Aggregate == nil {
			return fmt.Errorf("%s is no aggregate of this type", part)
		}
	}
	return nil
}
