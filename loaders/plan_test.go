package loaders_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// nouns has nouns, and no measure may be asked of it.
type nouns struct{ loaders.Source }

func (nouns) Campaigns(_ context.Context, _ int64, keys []string) ([]*analytics.Campaign, error) {
	return make([]*analytics.Campaign, len(keys)), nil
}

func (nouns) ListActivations(context.Context, int64, analytics.ActivationFilter, analytics.Page) ([]*analytics.Activation, error) {
	return make([]*analytics.Activation, 7), nil
}

func (nouns) Extents(_ context.Context, _ int64, subjects []int64) ([]analytics.Range, error) {
	return make([]analytics.Range, len(subjects)), nil
}

func TestPlanner(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	within := func(kind analytics.Kind, want analytics.Want, start, end string) analytics.Query {
		return analytics.Query{Subject: 1, Kind: kind, Want: want, Ranges: []analytics.Range{{Start: at(start), End: at(end)}}}
	}
	always := analytics.Query{Subject: 1, Kind: analytics.KindCampaign, Ranges: []analytics.Range{analytics.Always}}
	peak, sliced := always, within(analytics.KindPartner, 0, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
	peak.Want = analytics.WantPeak
	sliced.By = &analytics.Breakdown{By: []analytics.Dimension{analytics.DimensionCountry}, First: 10}
	for _, c := range []struct {
		name    string
		queries []analytics.Query
		want    string
	}{
		{"a month", []analytics.Query{within(analytics.KindPartner, 0, "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")}, `{"of":"measures","keys":1,"ranges":1,"cells":1}`},
		{"a month by country", []analytics.Query{sliced}, `{"of":"measures","keys":1,"ranges":1,"cells":1,"facets":true}`},
		{"days and months, of three actions", []analytics.Query{within(analytics.KindEvent, analytics.WantUniques, "2026-01-30T00:00:00Z", "2026-03-03T00:00:00Z")},
			`{"of":"measures","keys":1,"ranges":1,"cells":15,"sets":true}`},
		{"within a quarter-hour", []analytics.Query{within(analytics.KindEvent, 0, "2026-01-30T00:01:00Z", "2026-01-30T00:02:00Z")},
			`{"of":"measures","keys":1,"ranges":1,"ends":1}`},
		{"nothing lies in the future", []analytics.Query{within(analytics.KindPartner, 0, "2026-03-10T00:00:00Z", "2026-03-31T00:00:00Z")}, `{"of":"measures","keys":1,"ranges":1,"cells":3}`},
		{"six actions from 1970 on", []analytics.Query{always}, `{"of":"measures","keys":1,"ranges":1,"cells":4050}`},
		{"and the days of who watched", []analytics.Query{peak}, `{"of":"measures","keys":1,"ranges":1,"cells":24575}`},
		{"two", []analytics.Query{sliced, within(analytics.KindPartner, 0, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")}, `{"of":"measures","keys":2,"ranges":2,"cells":2,"facets":true}`},
	} {
		p := loaders.NewPlanner(nouns{}, at("2026-03-11T12:00:00Z"))
		answers, err := p.Totals(t.Context(), 1, c.queries)
		if err != nil || len(answers) != len(c.queries) || len(answers[0].Totals) != 1 {
			t.Errorf("%s: answers %v, %v", c.name, answers, err)
		}
		if got, _ := json.Marshal(p.Plan()); string(got) != "["+c.want+"]" {
			t.Errorf("%s: plans %s, want %s", c.name, got, c.want)
		}
	}
	p := loaders.NewPlanner(nouns{}, time.Now())
	_, _ = p.Campaigns(t.Context(), 1, []string{"a", "b"})
	_, _ = p.Extents(t.Context(), 1, []int64{3})
	_, _ = p.ListActivations(t.Context(), 1, analytics.ActivationFilter{}, analytics.Page{})
	if got, _ := json.Marshal(p.Plan()); string(got) != `[{"of":"campaigns","keys":2},{"of":"extents","keys":1},{"of":"activations","keys":7}]` {
		t.Errorf("plans %s", got)
	}
	if got, _ := json.Marshal(loaders.NewPlanner(nouns{}, time.Now()).Plan()); string(got) != "[]" {
		t.Errorf("of nothing plans %s", got)
	}
}
