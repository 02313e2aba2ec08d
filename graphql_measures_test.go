package main

import (
	"fmt"
	"testing"

	"footfall/graph/generated"
)

// A measure asked for alone, under another name, in a fragment or as a point of a
// series, is what it is among all the others: what it needs is read.
func TestEachMeasureAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.populate()
	for i := range 5 {
		at := fmt.Sprintf("2026-03-0%dT10:00:00Z", i+1)
		b.record(
			click(fmt.Sprint("c", i), "click", "jazz", fmt.Sprint("s", i%3), at), click(fmt.Sprint("o", i), "outbound_click", "jazz", fmt.Sprint("s", i%2), at),
			click(fmt.Sprint("y", i), "calendar_sync", "jazz", "s9", at), view(fmt.Sprint("v", i), uuidOf(1), fmt.Sprint("u", i%2), at),
			view(fmt.Sprint("x", i), uuidOf(1), fmt.Sprint("u", i%2), at[:14]+"07:00Z"), watch(fmt.Sprint("w", i), "live", fmt.Sprint("u", i), i > 2, at, 3600*20),
			react(fmt.Sprint("l", i), "like", "live", fmt.Sprint("u", i%2), at), react(fmt.Sprint("h", i), "chat", "live", fmt.Sprint("u", i%3), at),
			react(fmt.Sprint("p", i), "product_click", "live", "u0", at), react(fmt.Sprint("b", i), "banner_click", "live", "u0", at),
		)
	}
	const dates = `range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }`
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for name, c := range map[string]struct{ subject, measures, series string }{
		"ActivationMetrics": {`activation(activationId: "act")`, `metrics`, `timeSeries(interval: MONTH)`},
		"PartnerEngagement": {fmt.Sprintf(`partner(uuid: %q)`, uuidOf(1)), `engagement(` + dates + `)`, `timeSeries(interval: MONTH, ` + dates + `)`},
		"CampaignMetrics":   {`campaign(campaignKey: "live")`, `metrics`, `timeSeries(interval: MONTH)`},
	} {
		field := "metrics"
		if name == "PartnerEngagement" {
			field = "engagement"
		}
		var measures []string
		all := ""
		for _, f := range schema.Types[name].Fields {
			if schema.Types[f.Type.Name()].IsLeafType() && f.Name != "asOf" && f.Name != "__typename" {
				measures = append(measures, f.Name)
				all += f.Name + " "
			}
		}
		whole := at(b.ask(fmt.Sprintf(`{ of: %s { measures: %s { %s } } }`, c.subject, c.measures, all)), "of.measures")
		for _, m := range measures {
			want := encoded(at(whole, m))
			if want == "0" || want == "null" {
				t.Errorf("%s.%s is %s: it proves nothing", name, m, want)
			}
			got := b.ask(fmt.Sprintf(`{ of: %s { measures: %s { %s } } }`, c.subject, c.measures, m))
			equal(t, m+" alone", encoded(at(got, "of.measures."+m)), want)
			got = b.ask(fmt.Sprintf(`{ of: %s { measures: %s { ... { ...part } } } } fragment part on %s { it: %s }`, c.subject, c.measures, name, m))
			equal(t, m+" in a fragment", encoded(at(got, "of.measures.it")), want)
			got = b.ask(fmt.Sprintf(`query($yes: Boolean!) { of: %s { s: %s { p: points { it: %s { it: %s @include(if: $yes) } } } } }`, c.subject, c.series, field, m), map[string]any{"yes": true})
			equal(t, m+" in a series", encoded(at(got, "of.s.p.0.it.it")), want)
		}
	}
}
