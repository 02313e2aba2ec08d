package contenders

import (
	"encoding/json"

	"footfall/analytics"
)

// The answers have the gateway's names, so that their numbers can be compared.

type activation struct {
	noun    json.RawMessage
	Metrics activationMetrics
}

// MarshalJSON implements json.Marshaler: the noun with its metrics.
func (a activation) MarshalJSON() ([]byte, error) {
	metrics, err := json.Marshal(a.Metrics)
	return joinObject(a.noun, `"metrics":`, metrics), err
}

// joinObject adds a member to an object.
func joinObject(object []byte, name string, value []byte) []byte {
	out := append(object[:len(object)-1:len(object)-1], ',')
	return append(append(append(out, name...), value...), '}')
}

type activationMetrics struct {
	ClickCount                 int64    `json:"clickCount"`
	OutboundClickCount         int64    `json:"outboundClickCount"`
	CalendarSyncCount          int64    `json:"calendarSyncCount"`
	UniqueSessionCount         int64    `json:"uniqueSessionCount"`
	UniqueViewSessionCount     int64    `json:"uniqueViewSessionCount"`
	UniqueOutboundSessionCount int64    `json:"uniqueOutboundSessionCount"`
	UniqueCalendarSessionCount int64    `json:"uniqueCalendarSessionCount"`
	OutboundSessionRate        *float64 `json:"outboundSessionRate"`
	CalendarSessionRate        *float64 `json:"calendarSessionRate"`
	OutboundInteractionRate    *float64 `json:"outboundInteractionRate"`
	CalendarInteractionRate    *float64 `json:"calendarInteractionRate"`
}

// rate fills in what is derived from the counts.
func (m *activationMetrics) rate() {
	m.OutboundSessionRate = percent(m.UniqueOutboundSessionCount, m.UniqueViewSessionCount)
	m.CalendarSessionRate = percent(m.UniqueCalendarSessionCount, m.UniqueViewSessionCount)
	m.OutboundInteractionRate = percent(m.UniqueOutboundSessionCount, m.UniqueSessionCount)
	m.CalendarInteractionRate = percent(m.UniqueCalendarSessionCount, m.UniqueSessionCount)
}

func percent(part, whole int64) *float64 { return orNil(analytics.Percent(part, whole)) }

func ratio(part, whole int64) *float64 {
	return orNil(float64(part)/float64(max(whole, 1)), whole != 0)
}

func orNil(f float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &f
}

type standing struct {
	noun json.RawMessage
	engagement
}

// MarshalJSON implements json.Marshaler: the noun with its engagement.
func (s standing) MarshalJSON() ([]byte, error) {
	measures, err := json.Marshal(s.engagement)
	return joinObject(s.noun, `"engagement":`, measures), err
}

type engagement struct {
	UniqueUsers    int64    `json:"uniqueUsers"`
	TotalSessions  int64    `json:"totalSessions"`
	TotalPageViews int64    `json:"totalPageViews"`
	Average        *float64 `json:"avgSessionDurationSeconds"`
}

func (e *engagement) average(micros int64) {
	e.Average = orNil(float64(micros)/(1e6*float64(max(e.TotalSessions, 1))), e.TotalSessions != 0)
}

type campaign struct {
	noun    json.RawMessage
	metrics campaignMetrics
}

// MarshalJSON implements json.Marshaler: the noun with its metrics.
func (c campaign) MarshalJSON() ([]byte, error) {
	metrics, err := json.Marshal(c.metrics)
	return joinObject(c.noun, `"metrics":`, metrics), err
}

type campaignMetrics struct {
	TotalViewers          int64    `json:"totalViewers"`
	TotalLoginViewers     int64    `json:"totalLoginViewers"`
	PeakConcurrentViewers int64    `json:"peakConcurrentViewers"`
	NewLoginViewers       int64    `json:"newLoginViewers"`
	AverageViewingTime    *float64 `json:"averageViewingTime"`
	TotalViewingTime      int64    `json:"totalViewingTime"`
	Likes                 int64    `json:"likes"`
	LikeViewers           int64    `json:"likeViewers"`
	AverageLikes          *float64 `json:"averageLikes"`
	Chats                 int64    `json:"chats"`
	ChatViewers           int64    `json:"chatViewers"`
	AverageChats          *float64 `json:"averageChats"`
	ProductClicks         int64    `json:"productClicks"`
	ProductClickViewers   int64    `json:"productClickViewers"`
	AverageProductClicks  *float64 `json:"averageProductClicks"`
	BannerClicks          int64    `json:"bannerClicks"`
}

func (m *campaignMetrics) average(micros int64) {
	m.TotalViewingTime = (micros + 500_000) / 1_000_000
	if m.TotalViewers > 0 {
		m.AverageViewingTime = orNil(float64(micros)/(1e6*float64(m.TotalViewers)), true)
	}
	m.AverageLikes, m.AverageChats = ratio(m.Likes, m.LikeViewers), ratio(m.Chats, m.ChatViewers)
	m.AverageProductClicks = ratio(m.ProductClicks, m.ProductClickViewers)
}

// series is J5's answer: days, and the days before them.
type series struct {
	Now    []engagement `json:"now"`
	Before []engagement `json:"before"`
}
