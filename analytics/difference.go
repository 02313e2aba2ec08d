package analytics

import (
	"math/big"
	"strconv"
)

// Difference is how far a measure is from an earlier one, each as it is
// answered; nil where that cannot be said.
type Difference struct {
	Absolute, Percent *float64
}

// countDifference loses nothing: counts are below 2^53.
func countDifference(now, before int64) *Difference {
	absolute := float64(now - before)
	d := &Difference{Absolute: &absolute}
	if percent, ok := Percent(now-before, before); ok {
		d.Percent = &percent
	}
	return d
}

// decimalDifference is from before to now, where there are both, of the decimals
// that these are written as: that of 0.65625 and 0.7 is −0.04375.
func decimalDifference(now, before func() (float64, bool)) *Difference {
	a, isNow := now()
	b, wasBefore := before()
	if !isNow || !wasBefore {
		return &Difference{}
	}
	earlier := decimal(b)
	difference := new(big.Rat).Sub(decimal(a), earlier)
	absolute, _ := difference.Float64()
	d := &Difference{Absolute: &absolute}
	if earlier.Sign() != 0 {
		share := difference.Quo(difference, earlier)
		percent, _ := strconv.ParseFloat(share.Mul(share, big.NewRat(100, 1)).FloatString(1), 64) // halves away from zero
		percent += 0                                                                              // never −0
		d.Percent = &percent
	}
	return d
}

// decimal is the number that x is written as.
func decimal(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

// ActivationMetricsChange is how an activation's measures differ from those over
// an earlier range.
type ActivationMetricsChange struct {
	Now, Before *ActivationMetrics
}

// PreviousRange is the earlier range.
func (c *ActivationMetricsChange) PreviousRange() *ResolvedRange { return c.Before.Range() }

// ClickCount is the change of clickCount.
func (c *ActivationMetricsChange) ClickCount() *Difference {
	return countDifference(c.Now.ClickCount, c.Before.ClickCount)
}

// OutboundClickCount is the change of outboundClickCount.
func (c *ActivationMetricsChange) OutboundClickCount() *Difference {
	return countDifference(c.Now.OutboundClickCount, c.Before.OutboundClickCount)
}

// CalendarSyncCount is the change of calendarSyncCount.
func (c *ActivationMetricsChange) CalendarSyncCount() *Difference {
	return countDifference(c.Now.CalendarSyncCount, c.Before.CalendarSyncCount)
}

// UniqueSessionCount is the change of uniqueSessionCount.
func (c *ActivationMetricsChange) UniqueSessionCount() *Difference {
	return countDifference(c.Now.UniqueSessionCount, c.Before.UniqueSessionCount)
}

// UniqueViewSessionCount is the change of uniqueViewSessionCount.
func (c *ActivationMetricsChange) UniqueViewSessionCount() *Difference {
	return countDifference(c.Now.UniqueViewSessionCount, c.Before.UniqueViewSessionCount)
}

// UniqueOutboundSessionCount is the change of uniqueOutboundSessionCount.
func (c *ActivationMetricsChange) UniqueOutboundSessionCount() *Difference {
	return countDifference(c.Now.UniqueOutboundSessionCount, c.Before.UniqueOutboundSessionCount)
}

// UniqueCalendarSessionCount is the change of uniqueCalendarSessionCount.
func (c *ActivationMetricsChange) UniqueCalendarSessionCount() *Difference {
	return countDifference(c.Now.UniqueCalendarSessionCount, c.Before.UniqueCalendarSessionCount)
}

// OutboundSessionRate is the change of outboundSessionRate.
func (c *ActivationMetricsChange) OutboundSessionRate() *Difference {
	return decimalDifference(c.Now.OutboundSessionRate, c.Before.OutboundSessionRate)
}

// CalendarSessionRate is the change of calendarSessionRate.
func (c *ActivationMetricsChange) CalendarSessionRate() *Difference {
	return decimalDifference(c.Now.CalendarSessionRate, c.Before.CalendarSessionRate)
}

// OutboundInteractionRate is the change of outboundInteractionRate.
func (c *ActivationMetricsChange) OutboundInteractionRate() *Difference {
	return decimalDifference(c.Now.OutboundInteractionRate, c.Before.OutboundInteractionRate)
}

// CalendarInteractionRate is the change of calendarInteractionRate.
func (c *ActivationMetricsChange) CalendarInteractionRate() *Difference {
	return decimalDifference(c.Now.CalendarInteractionRate, c.Before.CalendarInteractionRate)
}

// OutboundClicksPerView is the change of outboundClicksPerView.
func (c *ActivationMetricsChange) OutboundClicksPerView() *Difference {
	return decimalDifference(c.Now.OutboundClicksPerView, c.Before.OutboundClicksPerView)
}

// CalendarSyncsPerView is the change of calendarSyncsPerView.
func (c *ActivationMetricsChange) CalendarSyncsPerView() *Difference {
	return decimalDifference(c.Now.CalendarSyncsPerView, c.Before.CalendarSyncsPerView)
}

// PartnerEngagementChange is how a partner's portal traffic differs from that over
// an earlier range.
type PartnerEngagementChange struct {
	Now, Before *PartnerEngagement
}

// PreviousRange is the earlier range.
func (c *PartnerEngagementChange) PreviousRange() *ResolvedRange { return c.Before.Range() }

// UniqueUsers is the change of uniqueUsers.
func (c *PartnerEngagementChange) UniqueUsers() *Difference {
	return countDifference(c.Now.UniqueUsers, c.Before.UniqueUsers)
}

// TotalSessions is the change of totalSessions.
func (c *PartnerEngagementChange) TotalSessions() *Difference {
	return countDifference(c.Now.TotalSessions, c.Before.TotalSessions)
}

// TotalPageViews is the change of totalPageViews.
func (c *PartnerEngagementChange) TotalPageViews() *Difference {
	return countDifference(c.Now.TotalPageViews, c.Before.TotalPageViews)
}

// TotalSessionSeconds is the change of totalSessionSeconds.
func (c *PartnerEngagementChange) TotalSessionSeconds() *Difference {
	seconds := func(e *PartnerEngagement) func() (float64, bool) {
		return func() (float64, bool) { return e.TotalSessionSeconds(), true }
	}
	return decimalDifference(seconds(c.Now), seconds(c.Before))
}

// AvgSessionDurationSeconds is the change of avgSessionDurationSeconds.
func (c *PartnerEngagementChange) AvgSessionDurationSeconds() *Difference {
	return decimalDifference(c.Now.AvgSessionDurationSeconds, c.Before.AvgSessionDurationSeconds)
}
