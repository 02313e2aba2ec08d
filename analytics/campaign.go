package analytics

import (
	"strconv"
	"time"
)

// CampaignFilter narrows a list of campaigns: OR within a field, AND across. Nil
// fields do not narrow.
type CampaignFilter struct {
	Scheduled *Range
	Keys      []string
}

// Campaign is a live broadcast with an audience.
type Campaign struct {
	Number      int64 // the campaign id
	CampaignKey string
	AccessKey   string // the tenant's
	Title       string
	ScheduledAt time.Time
	StartedAt   *time.Time
	EndedAt     *time.Time
	Subject     int64
}

// IsNode marks the noun as a Relay node.
func (Campaign) IsNode() {}

// ID is the Relay id.
func (c Campaign) ID() string { return EncodeID("Campaign", c.CampaignKey) }

// CampaignID is the campaign's number as clients see it.
func (c Campaign) CampaignID() string { return strconv.FormatInt(c.Number, 10) }

// Status follows from the start and the end.
func (c Campaign) Status() CampaignStatus {
	switch {
	case c.EndedAt != nil:
		return Ended
	case c.StartedAt != nil:
		return OnAir
	}
	return Ready
}

// AsOf is the campaign as it stands at t: what was announced for later has not
// happened. Of nil it is nil.
func (c *Campaign) AsOf(t time.Time) *Campaign {
	if c == nil || !later(c.StartedAt, t) && !later(c.EndedAt, t) {
		return c
	}
	stands := *c
	stands.EndedAt = nil // it is not before the start
	if later(c.StartedAt, t) {
		stands.StartedAt = nil
	}
	return &stands
}

func later(at *time.Time, t time.Time) bool { return at != nil && at.After(t) }

// CampaignInput creates or replaces a campaign.
type CampaignInput struct {
	CampaignKey string
	CampaignID  *string
	Title       string
	ScheduledAt time.Time
	StartedAt   *time.Time
	EndedAt     *time.Time
}

// Campaign checks the input; Number is 0 when the client gave no id.
func (in CampaignInput) Campaign() (Campaign, error) {
	c := Campaign{
		CampaignKey: in.CampaignKey, Title: in.Title, ScheduledAt: in.ScheduledAt.UTC().Truncate(time.Microsecond),
		StartedAt: utc(in.StartedAt), EndedAt: utc(in.EndedAt),
	}
	if err := text("campaignKey", c.CampaignKey, 1, 256); err != nil {
		return c, err
	}
	if err := text("title", c.Title, 1, 512); err != nil {
		return c, err
	}
	for _, f := range []struct {
		name string
		at   *time.Time
	}{{"scheduledAt", &c.ScheduledAt}, {"startedAt", c.StartedAt}, {"endedAt", c.EndedAt}} {
		if f.at != nil && !Always.Contains(*f.at) {
			return c, Invalidf(f.name, "must lie between the years 1900 and 2200, got %s", f.at.Format(time.RFC3339))
		}
	}
	if c.EndedAt != nil && (c.StartedAt == nil || c.EndedAt.Before(*c.StartedAt)) {
		return c, Invalidf("endedAt", "must come with a startedAt that is not after it")
	}
	if in.CampaignID != nil {
		n, err := strconv.ParseInt(*in.CampaignID, 10, 64)
		if err != nil || n < 1 || n > MaxSafeInt || strconv.FormatInt(n, 10) != *in.CampaignID {
			return c, Invalidf("campaignId", "must be a number from 1 to %d written as a string, got %s", int64(MaxSafeInt), Quote(*in.CampaignID))
		}
		c.Number = n
	}
	return c, nil
}

// MaxSafeInt is the largest integer that every JSON reader keeps exact.
const MaxSafeInt = 1<<53 - 1

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC().Truncate(time.Microsecond)
	return &u
}

// CampaignMetrics are a campaign's measures over its life, or over one bucket
// of a time series (contracts.md, section 3).
type CampaignMetrics struct {
	Measured
	TotalViewers          int64 // distinct viewers who watched
	TotalLoginViewers     int64 // distinct viewers who watched logged in
	NewLoginViewers       int64 // those whose first logged in view under the access key this is
	PeakConcurrentViewers int64
	PeakAt                *time.Time // the first instant of the peak; nil when nobody watched
	WatchedMicros         int64      // the viewers' merged intervals together
	Likes                 int64
	LikeViewers           int64
	Chats                 int64
	ChatViewers           int64
	ProductClicks         int64
	ProductClickViewers   int64
	BannerClicks          int64
}

// CampaignMetrics reads the totals of a campaign.
func (t *Totals) CampaignMetrics(m Measured) *CampaignMetrics {
	c := &CampaignMetrics{
		Measured:              m,
		TotalViewers:          t.Of[Watch].Visitors,
		TotalLoginViewers:     t.Of[WatchLogin].Visitors,
		NewLoginViewers:       t.Of[WatchLogin].Starts,
		PeakConcurrentViewers: t.Peak,
		WatchedMicros:         t.Of[Watch].Micros,
		Likes:                 t.Of[Like].Events,
		LikeViewers:           t.Of[Like].Visitors,
		Chats:                 t.Of[Chat].Events,
		ChatViewers:           t.Of[Chat].Visitors,
		ProductClicks:         t.Of[ProductClick].Events,
		ProductClickViewers:   t.Of[ProductClick].Visitors,
		BannerClicks:          t.Of[BannerClick].Events,
	}
	if t.Peak > 0 {
		at := time.UnixMicro(t.PeakAt).UTC()
		c.PeakAt = &at
	}
	return c
}

// TotalViewingTime is the time watched in seconds, rounded.
func (m *CampaignMetrics) TotalViewingTime() int64 { return (m.WatchedMicros + 500_000) / 1_000_000 }

// AverageViewingTime is seconds watched ÷ viewers.
func (m *CampaignMetrics) AverageViewingTime() (float64, bool) {
	return ratio(m.WatchedMicros, m.TotalViewers*microsPerSecond)
}

// AverageLikes is likes ÷ viewers who liked.
func (m *CampaignMetrics) AverageLikes() (float64, bool) { return ratio(m.Likes, m.LikeViewers) }

// AverageChats is chats ÷ viewers who chatted.
func (m *CampaignMetrics) AverageChats() (float64, bool) { return ratio(m.Chats, m.ChatViewers) }

// AverageProductClicks is product clicks ÷ viewers who clicked a product.
func (m *CampaignMetrics) AverageProductClicks() (float64, bool) {
	return ratio(m.ProductClicks, m.ProductClickViewers)
}
