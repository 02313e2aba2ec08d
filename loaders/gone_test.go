package loaders_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// mute is a Source whose answers say nothing but why.
type mute struct {
	loaders.Source
	answer analytics.Answer
}

func (m *mute) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	return slices.Repeat([]analytics.Answer{m.answer}, len(queries)), nil
}

// What cannot be said is an error, never a zero, whoever asks.
func TestWhatCannotBeSaidIsAnError(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	zone, err := analytics.ParseTimeZone("UTC")
	if err != nil {
		t.Fatal(err)
	}
	window := analytics.WindowOf(analytics.Range{Start: now.Add(-time.Hour), End: now}, zone)
	activation := &analytics.Activation{Subject: 1, StartAt: now.AddDate(0, 0, -1), EndAt: now}
	partner, campaign := &analytics.Partner{Subject: 2}, &analytics.Campaign{Subject: 3}
	for code, answer := range map[analytics.Code]analytics.Answer{
		analytics.CodeConflict: {Lost: analytics.DimensionPath},
		analytics.CodeGone:     {Gone: analytics.Gone{At: now, EventsFrom: now}},
	} {
		answer.Totals = []*analytics.Totals{analytics.Nothing}
		l := loaders.New(loaders.Options{Source: &mute{answer: answer}, Viewer: loaders.Viewer{Tenant: analytics.Tenant{ID: 7, Zone: zone}}, Now: now})
		for name, ask := range map[string]func() error{
			"an activation's measures": func() error {
				_, err := l.ActivationMetrics(t.Context(), []*analytics.Activation{activation}, loaders.Ask{})
				return err
			},
			"those before": func() error {
				m := &analytics.ActivationMetrics{Measured: analytics.Measured{Noun: activation, Asked: window, Window: window}}
				_, err := l.PreviousActivationMetrics(t.Context(), m, analytics.PreviousPeriod, 0)
				return err
			},
			"a change of a partner's": func() error {
				m := &analytics.PartnerEngagement{Measured: analytics.Measured{Noun: partner, Asked: window, Window: window}}
				_, err := l.PartnerEngagementChange(t.Context(), m, analytics.PreviousPeriod, 0)
				return err
			},
			"a campaign's audience": func() error {
				_, err := l.CampaignCurve(t.Context(), campaign, 10, nil)
				return err
			},
		} {
			if err := ask(); analytics.CodeOf(err) != code {
				t.Errorf("%s: %v, want %s", name, err, code)
			}
		}
	}
}
