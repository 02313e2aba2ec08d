package analytics_test

import (
	"math"
	"testing"

	"footfall/analytics"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	is := func(what string, d *analytics.Difference, absolute, percent float64) {
		t.Helper()
		for _, v := range []struct {
			got  *float64
			want float64
		}{{d.Absolute, absolute}, {d.Percent, percent}} {
			if (v.got == nil) != math.IsNaN(v.want) || v.got != nil && (*v.got != v.want || math.Signbit(*v.got) != (v.want < 0)) {
				t.Errorf("%s: got %v, want %v", what, v.got, v.want)
			}
		}
	}
	clicks := func(now, before int64) *analytics.Difference {
		c := analytics.ActivationMetricsChange{Now: &analytics.ActivationMetrics{ClickCount: now}, Before: &analytics.ActivationMetrics{ClickCount: before}}
		return c.ClickCount()
	}
	is("up", clicks(5, 3), 2, 66.7)
	is("down", clicks(0, 3), -3, -100)
	is("even", clicks(3, 3), 0, 0)
	is("from nothing", clicks(3, 0), 3, none)
	is("nothing from nothing", clicks(0, 0), 0, none)
	is("half away from zero", clicks(2001, 2000), 1, 0.1) // 0.05
	is("down by half", clicks(1999, 2000), -1, -0.1)
	is("never −0", clicks(9999, 10000), -1, 0)
	is("as exact as it gets", clicks(analytics.MaxSafeInt, 0), analytics.MaxSafeInt, none)
	is("one less of many", clicks(analytics.MaxSafeInt-1, analytics.MaxSafeInt), -1, 0)

	rate := func(now, before [2]int64) *analytics.Difference {
		c := analytics.ActivationMetricsChange{
			Now:    &analytics.ActivationMetrics{UniqueOutboundSessionCount: now[0], UniqueViewSessionCount: now[1]},
			Before: &analytics.ActivationMetrics{UniqueOutboundSessionCount: before[0], UniqueViewSessionCount: before[1]},
		}
		return c.OutboundSessionRate()
	}
	is("in points", rate([2]int64{298, 867}, [2]int64{142, 867}), 18, 109.8) // 34.4 − 16.4
	is("no rate now", rate([2]int64{1, 0}, [2]int64{1, 2}), none, none)
	is("no rate before", rate([2]int64{1, 2}, [2]int64{0, 0}), none, none)
	is("rates' half away from zero", rate([2]int64{21, 32}, [2]int64{22, 32}), -3.2, -4.7) // 65.6 − 68.8
	ratio := func(now, before [2]int64) *analytics.Difference {
		c := analytics.ActivationMetricsChange{
			Now:    &analytics.ActivationMetrics{CalendarSyncCount: now[0], ClickCount: now[1]},
			Before: &analytics.ActivationMetrics{CalendarSyncCount: before[0], ClickCount: before[1]},
		}
		return c.CalendarSyncsPerView()
	}
	is("decimals as they are written", ratio([2]int64{21, 32}, [2]int64{7, 10}), -0.04375, -6.3) // 6.25
	is("no change of a ratio", ratio([2]int64{1, 3}, [2]int64{2, 6}), 0, 0)
	is("a rate of 0 before", rate([2]int64{1, 2}, [2]int64{0, 2}), 50, none)
}
