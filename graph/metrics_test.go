package graph

import (
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"

	"footfall/analytics"
	"footfall/graph/generated"
)

// measured are the types whose fields are measures, and how each reads totals.
var measured = map[string]func(*analytics.Totals) any{
	"ActivationMetrics": func(t *analytics.Totals) any { return t.ActivationMetrics(analytics.Measured{}) },
	"PartnerEngagement": func(t *analytics.Totals) any { return t.PartnerEngagement(analytics.Measured{}) },
	"CampaignMetrics":   func(t *analytics.Totals) any { return t.CampaignMetrics(analytics.Measured{}) },
}

// Every measure is defined, and nothing else is.
func TestEveryMeasureIsDefined(t *testing.T) {
	t.Parallel()
	metrics, err := Metrics()
	if err != nil {
		t.Fatal(err)
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	measures := 0
	for name := range measured {
		for _, f := range schema.Types[name].Fields {
			if !schema.Types[f.Type.Name()].IsLeafType() || f.Name == "asOf" || f.Name == "__typename" {
				continue
			}
			measures++
			i := slices.IndexFunc(metrics, func(d *analytics.MetricDefinition) bool { return d.Type == name && d.Name == f.Name })
			if i < 0 {
				t.Errorf("%s.%s has no @metric", name, f.Name)
				continue
			}
			d := metrics[i]
			if d.Definition == "" || d.Definition == d.Description || !slices.Contains(analytics.MetricUnits, d.Unit) ||
				d.Aggregate != nil && !slices.Contains(analytics.MetricAggregates, *d.Aggregate) || d.Scale < 1 {
				t.Errorf("%s.%s is defined as %+v", name, f.Name, *d)
			}
			for _, a := range d.Actions {
				if !slices.Contains(actionNames(), a) {
					t.Errorf("%s.%s is of the unknown action %s", name, f.Name, a)
				}
			}
		}
	}
	if measures != len(metrics) || measures < 30 {
		t.Errorf("%d measures, %d definitions", measures, len(metrics))
	}
}

func actionNames() (names []string) {
	for _, kind := range []analytics.Kind{analytics.KindEvent, analytics.KindPartner, analytics.KindCampaign} {
		for _, a := range kind.Actions() {
			names = append(names, a.String())
		}
	}
	return names
}

func TestADefinitionThatNobodyCouldComputeIsRefused(t *testing.T) {
	t.Parallel()
	const head = `directive @metric(aggregate: String, actions: [String!], numerator: String, denominator: String, scale: Int! = 1) on FIELD_DEFINITION
		type Query { a: Int } type M { n: Int @metric(aggregate: "EVENTS", actions: ["click"]) r: Int @metric(numerator: "n", denominator: "n") m: Int @metric(`
	for arguments, fine := range map[string]bool{
		`aggregate: "EVENTS", actions: ["click"]`:                   true,
		`numerator: "n", denominator: "n"`:                          true,
		`actions: ["click"]`:                                        false,
		`aggregate: "EVENTS"`:                                       false,
		`aggregate: "EVENTS", actions: ["click"], numerator: "n"`:   false,
		`numerator: "n"`:                                            false,
		`denominator: "n"`:                                          false,
		`numerator: "n", denominator: "x"`:                          false,
		`numerator: "r", denominator: "n"`:                          false,
		`numerator: "n", denominator: "n", actions: ["click"]`:      false,
		`numerator: "n", denominator: "n", aggregate: "EVENTS"`:     false,
		`aggregate: "EVENTS", actions: [], scale: 1`:                false,
		`aggregate: "EVENTS", actions: ["click"], denominator: "n"`: false,
	} {
		schema, err := gqlparser.LoadSchema(&ast.Source{Input: head + arguments + `) }`})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := metricsOf(schema); (err == nil) != fine || err != nil && !strings.Contains(err.Error(), "M.m") {
			t.Errorf("%s: %v", arguments, err)
		}
	}
}

// aggregateOf reads an aggregate from totals: exactly, in seconds where it is time.
func aggregateOf(t *analytics.Totals, d *analytics.MetricDefinition) *big.Rat {
	sum := func(of func(analytics.Total) int64) *big.Rat {
		n := int64(0)
		for a, total := range t.Of {
			if slices.Contains(d.Actions, analytics.Action(a).String()) {
				n += of(total)
			}
		}
		return big.NewRat(n, 1)
	}
	switch *d.Aggregate {
	case "EVENTS":
		return sum(func(t analytics.Total) int64 { return t.Events })
	case "DISTINCT_SESSIONS":
		if len(d.Actions) > 1 {
			return big.NewRat(t.Sessions, 1)
		}
		return sum(func(t analytics.Total) int64 { return t.Sessions })
	case "DISTINCT_VISITORS":
		return sum(func(t analytics.Total) int64 { return t.Visitors })
	case "DISTINCT_LOGIN_VISITORS":
		return big.NewRat(t.Of[analytics.WatchLogin].Visitors, 1)
	case "FIRST_LOGINS":
		return big.NewRat(t.Of[analytics.WatchLogin].Starts, 1)
	case "SESSIONS":
		return sum(func(t analytics.Total) int64 { return t.Starts })
	case "SESSION_SECONDS", "WATCHED_SECONDS":
		return new(big.Rat).Quo(sum(func(t analytics.Total) int64 { return t.Micros }), big.NewRat(1e6, 1))
	case "PEAK_VIEWERS":
		return big.NewRat(t.Peak, 1)
	case "PEAK_INSTANT":
		if t.Peak == 0 {
			return nil
		}
		return big.NewRat(t.PeakAt, 1)
	}
	panic("unknown aggregate " + *d.Aggregate)
}

// byDefinition computes a measure from its definition alone; nil for null.
func byDefinition(t *analytics.Totals, d *analytics.MetricDefinition, beside analytics.Metrics) *big.Rat {
	named := func(name string) *big.Rat {
		i := slices.IndexFunc(beside, func(o *analytics.MetricDefinition) bool { return o.Type == d.Type && o.Name == name })
		return aggregateOf(t, beside[i])
	}
	var value *big.Rat
	if d.Aggregate != nil {
		value = aggregateOf(t, d)
	} else if below := named(*d.Denominator); below.Sign() != 0 {
		value = new(big.Rat).Quo(named(*d.Numerator), below)
		value.Mul(value, big.NewRat(int64(d.Scale), 1))
	}
	if value == nil || d.Rounding == nil {
		return value
	}
	rounded, _ := new(big.Rat).SetString(value.FloatString(*d.Rounding)) // half away from zero
	return rounded
}

// answered is a measure as GraphQL answers it: the field or method of its name;
// false for null.
func answered(of any, name string) (float64, bool) {
	v := reflect.ValueOf(of)
	name = strings.ToUpper(name[:1]) + name[1:]
	if f := v.Elem().FieldByName(name); f.IsValid() {
		if at, instant := f.Interface().(*time.Time); instant {
			if at == nil {
				return 0, false
			}
			return float64(at.UnixMicro()), true
		}
		return float64(f.Int()), true
	}
	out := v.MethodByName(name).Call(nil)
	value := out[0]
	if len(out) == 2 && !out[1].Bool() {
		return 0, false
	}
	if value.CanInt() {
		return float64(value.Int()), true
	}
	return value.Float(), true
}

// Whatever was counted, every measure is what its definition says, recomputed
// from the table alone.
func TestMeasuresAreAsDefined(t *testing.T) {
	t.Parallel()
	metrics, err := Metrics()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, 1e4), rapid.Int64Range(0, 1e9))
		var totals analytics.Totals
		for i := range totals.Of {
			totals.Of[i] = analytics.Total{
				Events: n.Draw(t, "events"), Starts: n.Draw(t, "starts"), Micros: n.Draw(t, "micros"),
				Sessions: n.Draw(t, "sessions"), Visitors: n.Draw(t, "visitors"),
			}
		}
		totals.Sessions, totals.Peak, totals.PeakAt = n.Draw(t, "all sessions"), n.Draw(t, "peak"), n.Draw(t, "peak at")
		for _, d := range metrics {
			got, ok := answered(measured[d.Type](&totals), d.Name)
			want := byDefinition(&totals, d, metrics)
			if ok != (want != nil) {
				t.Fatalf("%s.%s is null: %v, by its definition: %v", d.Type, d.Name, !ok, want == nil)
			}
			if want == nil {
				continue
			}
			if w, _ := want.Float64(); math.Abs(got-w) > 1e-12*math.Abs(w) {
				t.Fatalf("%s.%s is %v, by its definition %v", d.Type, d.Name, got, w)
			}
		}
	})
}
