package analytics_test

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// The documented example of contracts.md, section 1.
func TestActivationRates(t *testing.T) {
	t.Parallel()
	var totals analytics.Totals
	totals.Of[analytics.Click] = analytics.Total{Events: 1250, Sessions: 867}
	totals.Of[analytics.OutboundClick] = analytics.Total{Events: 342, Sessions: 298}
	totals.Of[analytics.CalendarSync] = analytics.Total{Events: 158, Sessions: 142}
	totals.Sessions = 892
	m := totals.ActivationMetrics(analytics.Measured{})
	same(t, "counts", [7]int64{m.ClickCount, m.OutboundClickCount, m.CalendarSyncCount, m.UniqueSessionCount,
		m.UniqueViewSessionCount, m.UniqueOutboundSessionCount, m.UniqueCalendarSessionCount}, [7]int64{1250, 342, 158, 892, 867, 298, 142})
	for name, c := range map[string]struct {
		rate func() (float64, bool)
		want float64
	}{
		"outboundSessionRate":     {m.OutboundSessionRate, 34.4},
		"calendarSessionRate":     {m.CalendarSessionRate, 16.4},
		"outboundInteractionRate": {m.OutboundInteractionRate, 33.4},
		"calendarInteractionRate": {m.CalendarInteractionRate, 15.9},
		"outboundClicksPerView":   {m.OutboundClicksPerView, 342.0 / 1250},
		"calendarSyncsPerView":    {m.CalendarSyncsPerView, 158.0 / 1250},
	} {
		if got, defined := c.rate(); got != c.want || !defined {
			t.Errorf("%s: got %v (%v), want %v", name, got, defined, c.want)
		}
	}
	none := &analytics.ActivationMetrics{UniqueOutboundSessionCount: 5}
	for name, rate := range map[string]func() (float64, bool){
		"outboundSessionRate": none.OutboundSessionRate, "calendarSessionRate": none.CalendarSessionRate,
		"outboundInteractionRate": none.OutboundInteractionRate, "calendarInteractionRate": none.CalendarInteractionRate,
		"outboundClicksPerView": none.OutboundClicksPerView, "calendarSyncsPerView": none.CalendarSyncsPerView,
	} {
		if got, defined := rate(); got != 0 || defined {
			t.Errorf("%s without a denominator: got %v (%v)", name, got, defined)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		part, whole int64
		want        float64
	}{
		{0, 1, 0}, {1, 1, 100}, {1, 3, 33.3}, {2, 3, 66.7}, {1, 2000, 0.1}, {1, 2001, 0}, {3, 2000, 0.2}, {1, 800, 0.1}, {1, 400, 0.3},
		{3, 2, 150}, {267, 200, 133.5}, {1, 1 << 53, 0}, {1<<53 - 1, 1<<53 - 1, 100},
	} {
		if got, defined := analytics.Percent(c.part, c.whole); got != c.want || !defined {
			t.Errorf("%d of %d: got %v (%v), want %v", c.part, c.whole, got, defined, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.OneOf(rapid.Int64Range(1, 3000), rapid.Int64Range(1, 1<<40)).Draw(t, "whole")
		part := rapid.Int64Range(0, whole+whole/3).Draw(t, "part")
		// 1000 × part ÷ whole, a half going up, in exact arithmetic.
		tenths := new(big.Int).Mul(big.NewInt(part), big.NewInt(2000))
		tenths.Add(tenths, big.NewInt(whole)).Div(tenths, big.NewInt(2*whole))
		got, _ := analytics.Percent(part, whole)
		same(t, "percent", got, float64(tenths.Int64())/10)
	})
}

// The documented example of contracts.md, section 3: 15 s × 123,456 viewers.
func TestCampaignMetrics(t *testing.T) {
	t.Parallel()
	var totals analytics.Totals
	totals.Of[analytics.Watch] = analytics.Total{Events: 9, Micros: 1_851_840 * second, Visitors: 123_456}
	totals.Of[analytics.WatchLogin] = analytics.Total{Starts: 3, Visitors: 7}
	totals.Of[analytics.Like] = analytics.Total{Events: 10, Visitors: 4}
	totals.Of[analytics.Chat] = analytics.Total{Events: 5, Visitors: 5}
	totals.Of[analytics.ProductClick] = analytics.Total{Events: 2, Visitors: 1}
	totals.Of[analytics.BannerClick] = analytics.Total{Events: 6, Visitors: 2}
	totals.Peak, totals.PeakAt = 77, utc2026.UnixMicro()
	m := totals.CampaignMetrics(analytics.Measured{})
	same(t, "counts", []int64{m.TotalViewers, m.TotalLoginViewers, m.NewLoginViewers, m.PeakConcurrentViewers, m.TotalViewingTime(),
		m.Likes, m.LikeViewers, m.Chats, m.ChatViewers, m.ProductClicks, m.ProductClickViewers, m.BannerClicks},
		[]int64{123_456, 7, 3, 77, 1_851_840, 10, 4, 5, 5, 2, 1, 6})
	same(t, "instant of the peak", *m.PeakAt, utc2026)
	for name, c := range map[string]struct {
		mean func() (float64, bool)
		want float64
	}{
		"averageViewingTime": {m.AverageViewingTime, 15}, "averageLikes": {m.AverageLikes, 2.5},
		"averageChats": {m.AverageChats, 1}, "averageProductClicks": {m.AverageProductClicks, 2},
	} {
		if got, defined := c.mean(); got != c.want || !defined {
			t.Errorf("%s: got %v (%v), want %v", name, got, defined, c.want)
		}
	}
	nothing := (&analytics.Totals{}).CampaignMetrics(analytics.Measured{})
	if _, defined := nothing.AverageViewingTime(); defined || nothing.PeakAt != nil {
		t.Errorf("a campaign without viewers has an average or a peak: %+v", nothing)
	}
	for micros, want := range map[int64]int64{0: 0, 499_999: 0, 500_000: 1, 1_499_999: 1, 1_500_000: 2} {
		same(t, "rounded seconds", (&analytics.CampaignMetrics{WatchedMicros: micros}).TotalViewingTime(), want)
	}
}

func TestPartnerEngagementMetrics(t *testing.T) {
	t.Parallel()
	var totals analytics.Totals
	totals.Of[analytics.PageView] = analytics.Total{Events: 12, Starts: 4, Micros: 90 * second, Visitors: 3}
	e := totals.PartnerEngagement(analytics.Measured{})
	same(t, "counts", []int64{e.UniqueUsers, e.TotalSessions, e.TotalPageViews, e.SessionMicros}, []int64{3, 4, 12, 90 * second})
	if got, defined := e.AvgSessionDurationSeconds(); got != 22.5 || !defined {
		t.Errorf("average session: got %v (%v), want 22.5", got, defined)
	}
	if got, defined := (&analytics.PartnerEngagement{TotalPageViews: 1}).AvgSessionDurationSeconds(); got != 0 || defined {
		t.Errorf("no session: got %v (%v)", got, defined)
	}
}

func TestMeasuredRange(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	m := analytics.Measured{Window: analytics.CurrentMonth.Resolve(paris, utc(t, "2026-03-15T00:00:00Z"))}
	r := m.Range()
	same(t, "in the zone's clock", r.Start.Format(time.RFC3339)+" "+r.End.Format(time.RFC3339), "2026-03-01T00:00:00+01:00 2026-04-01T00:00:00+02:00")
	same(t, "zone", r.TimeZone, paris)
}
