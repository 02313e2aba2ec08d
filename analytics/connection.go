package analytics

import "time"

// PageInfo is where a page of a list lies (Relay).
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

// Whole reports whether the page is all of its list.
func (p *PageInfo) Whole() bool { return !p.HasNextPage && !p.HasPreviousPage }

// ActivationConnection is a page of the activations that pass the filter.
type ActivationConnection struct {
	Filter   ActivationFilter
	Edges    []*ActivationEdge
	Nodes    []*Activation
	PageInfo *PageInfo
}

// ActivationEdge is an activation in a list.
type ActivationEdge struct {
	Cursor string
	Node   *Activation
}

// CampaignConnection is a page of the campaigns that pass the filter.
type CampaignConnection struct {
	Filter   CampaignFilter
	Edges    []*CampaignEdge
	Nodes    []*Campaign
	PageInfo *PageInfo
}

// CampaignEdge is a campaign in a list.
type CampaignEdge struct {
	Cursor string
	Node   *Campaign
}

// PartnerLeaderboardConnection is a page of a leaderboard.
type PartnerLeaderboardConnection struct {
	Edges      []*PartnerLeaderboardEdge
	Nodes      []*Partner
	PageInfo   *PageInfo
	TotalCount int
	Range      *ResolvedRange
}

// PartnerLeaderboardEdge is a partner's place on a leaderboard, from rank 1.
type PartnerLeaderboardEdge struct {
	Cursor     string
	Rank       int
	Node       *Partner
	Engagement *PartnerEngagement
}

// ActivationTimeSeries is an activation's measures by calendar bucket.
type ActivationTimeSeries struct {
	Interval Interval
	TimeZone TimeZone
	Points   []*ActivationPoint
}

// ActivationPoint is one calendar bucket of a time series.
type ActivationPoint struct {
	Start, End time.Time
	Partial    bool
	Metrics    *ActivationMetrics
}

// PartnerTimeSeries is a partner's measures by calendar bucket.
type PartnerTimeSeries struct {
	Interval Interval
	TimeZone TimeZone
	Points   []*PartnerPoint
}

// PartnerPoint is one calendar bucket of a time series.
type PartnerPoint struct {
	Start, End time.Time
	Partial    bool
	Engagement *PartnerEngagement
}

// CampaignTimeSeries is a campaign's measures by calendar bucket.
type CampaignTimeSeries struct {
	Interval Interval
	TimeZone TimeZone
	Points   []*CampaignPoint
}

// CampaignPoint is one calendar bucket of a time series.
type CampaignPoint struct {
	Start, End time.Time
	Partial    bool
	Metrics    *CampaignMetrics
}

// CreateActivationPayload is a new activation and the token of its link.
type CreateActivationPayload struct {
	Activation *Activation
	Token      string
}

// SetActivationStatusPayload is the activation as it is now.
type SetActivationStatusPayload struct{ Activation *Activation }

// DeleteActivationPayload names the activation that was deleted.
type DeleteActivationPayload struct{ ActivationID string }

// DeletedActivationID is the global id that the activation had.
func (p DeleteActivationPayload) DeletedActivationID() string {
	return Activation{ActivationID: p.ActivationID}.ID()
}

// UpsertPartnersPayload is the partners as they are now.
type UpsertPartnersPayload struct{ Partners []*Partner }

// UpsertCampaignsPayload is the campaigns as they are now.
type UpsertCampaignsPayload struct{ Campaigns []*Campaign }
