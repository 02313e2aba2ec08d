package analytics

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

// enum is what the GraphQL enums share: their wire value is their name.
type enum interface{ ~string }

func unmarshalEnum[E enum](dst *E, v any, known []E) error {
	s, ok := v.(string)
	if !ok || !slices.Contains(known, E(s)) {
		names := make([]string, len(known))
		for i, k := range known {
			names[i] = string(k)
		}
		return Invalidf("", "must be one of %s, got %s", strings.Join(names, ", "), Show(v))
	}
	*dst = E(s)
	return nil
}

func marshalEnum[E enum](w io.Writer, v E) { _, _ = io.WriteString(w, strconv.Quote(string(v))) }

// Period names a range relative to today.
type Period string

// The documented periods (contracts.md, section 2).
const (
	CurrentYear    Period = "CURRENT_YEAR"
	LastYear       Period = "LAST_YEAR"
	CurrentQuarter Period = "CURRENT_QUARTER"
	LastQuarter    Period = "LAST_QUARTER"
	CurrentMonth   Period = "CURRENT_MONTH"
	LastMonth      Period = "LAST_MONTH"
	Last30Days     Period = "LAST_30_DAYS"
	Last90Days     Period = "LAST_90_DAYS"
	Last6Months    Period = "LAST_6_MONTHS"
	Last12Months   Period = "LAST_12_MONTHS"
)

// Periods lists every Period.
var Periods = []Period{CurrentYear, LastYear, CurrentQuarter, LastQuarter, CurrentMonth, LastMonth,
	Last30Days, Last90Days, Last6Months, Last12Months}

// MarshalGQL writes the enum.
func (p Period) MarshalGQL(w io.Writer) { marshalEnum(w, p) }

// UnmarshalGQL reads the enum.
func (p *Period) UnmarshalGQL(v any) error { return unmarshalEnum(p, v, Periods) }

// Interval is the calendar bucket of a time series.
type Interval string

// The intervals; weeks start on the day that a Calendar says.
const (
	IntervalQuarterHour Interval = "QUARTER_HOUR"
	IntervalHour        Interval = "HOUR"
	IntervalDay         Interval = "DAY"
	IntervalWeek        Interval = "WEEK"
	IntervalMonth       Interval = "MONTH"
)

// MarshalGQL writes the enum.
func (i Interval) MarshalGQL(w io.Writer) { marshalEnum(w, i) }

// UnmarshalGQL reads the enum.
func (i *Interval) UnmarshalGQL(v any) error {
	return unmarshalEnum(i, v, []Interval{IntervalQuarterHour, IntervalHour, IntervalDay, IntervalWeek, IntervalMonth})
}

// Comparison says which earlier range a measure is compared with.
type Comparison string

// The comparisons.
const (
	PreviousPeriod Comparison = "PREVIOUS_PERIOD"
	PreviousYear   Comparison = "PREVIOUS_YEAR"
	SameElapsed    Comparison = "SAME_ELAPSED"
	WeekdayMatched Comparison = "WEEKDAY_MATCHED"
)

// MarshalGQL writes the enum.
func (c Comparison) MarshalGQL(w io.Writer) { marshalEnum(w, c) }

// UnmarshalGQL reads the enum.
func (c *Comparison) UnmarshalGQL(v any) error {
	return unmarshalEnum(c, v, []Comparison{PreviousPeriod, PreviousYear, SameElapsed, WeekdayMatched})
}

// Weekday is the day that weeks start on.
type Weekday string

// Weekdays lists every Weekday, from Monday on.
var Weekdays = []Weekday{"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"}

// MarshalGQL writes the enum.
func (d Weekday) MarshalGQL(w io.Writer) { marshalEnum(w, d) }

// UnmarshalGQL reads the enum.
func (d *Weekday) UnmarshalGQL(v any) error { return unmarshalEnum(d, v, Weekdays) }

// PartnerType is the kind of partnership.
type PartnerType string

// The partner types; on REST in lower case.
const (
	Referral    PartnerType = "REFERRAL"
	Reseller    PartnerType = "RESELLER"
	Distributor PartnerType = "DISTRIBUTOR"
)

// PartnerTypes lists every PartnerType.
var PartnerTypes = []PartnerType{Referral, Reseller, Distributor}

// MarshalGQL writes the enum.
func (p PartnerType) MarshalGQL(w io.Writer) { marshalEnum(w, p) }

// UnmarshalGQL reads the enum.
func (p *PartnerType) UnmarshalGQL(v any) error { return unmarshalEnum(p, v, PartnerTypes) }

// LeadDirection says which way a referral partner's leads flow.
type LeadDirection string

// The lead directions; on REST in lower case.
const (
	LeadsReceived LeadDirection = "RECEIVED"
	LeadsSent     LeadDirection = "SENT"
	LeadsAll      LeadDirection = "ALL"
)

// LeadDirections lists every LeadDirection.
var LeadDirections = []LeadDirection{LeadsReceived, LeadsSent, LeadsAll}

// MarshalGQL writes the enum.
func (l LeadDirection) MarshalGQL(w io.Writer) { marshalEnum(w, l) }

// UnmarshalGQL reads the enum.
func (l *LeadDirection) UnmarshalGQL(v any) error { return unmarshalEnum(l, v, LeadDirections) }

// ActivationStatus is how far an activation's order got.
type ActivationStatus string

// The statuses; only an activated one is reported to its partner.
const (
	Pending    ActivationStatus = "PENDING"
	Processing ActivationStatus = "PROCESSING"
	Activated  ActivationStatus = "ACTIVATED"
	Dismissed  ActivationStatus = "DISMISSED"
)

// ActivationStatuses lists every ActivationStatus.
var ActivationStatuses = []ActivationStatus{Pending, Processing, Activated, Dismissed}

// MarshalGQL writes the enum.
func (s ActivationStatus) MarshalGQL(w io.Writer) { marshalEnum(w, s) }

// UnmarshalGQL reads the enum.
func (s *ActivationStatus) UnmarshalGQL(v any) error { return unmarshalEnum(s, v, ActivationStatuses) }

// CampaignStatus follows from a campaign's start and end.
type CampaignStatus string

// The statuses of a campaign.
const (
	Ready CampaignStatus = "READY"
	OnAir CampaignStatus = "ONAIR"
	Ended CampaignStatus = "ENDED"
)

// MarshalGQL writes the enum.
func (s CampaignStatus) MarshalGQL(w io.Writer) { marshalEnum(w, s) }

// UnmarshalGQL reads the enum.
func (s *CampaignStatus) UnmarshalGQL(v any) error {
	return unmarshalEnum(s, v, []CampaignStatus{Ready, OnAir, Ended})
}

// PartnerOrderField is what a leaderboard is ordered by.
type PartnerOrderField string

// The fields a leaderboard may be ordered by.
const (
	ByTotalSessions      PartnerOrderField = "TOTAL_SESSIONS"
	ByTotalPageViews     PartnerOrderField = "TOTAL_PAGE_VIEWS"
	ByUniqueUsers        PartnerOrderField = "UNIQUE_USERS"
	ByAvgSessionDuration PartnerOrderField = "AVG_SESSION_DURATION"
	ByName               PartnerOrderField = "NAME"
)

// MarshalGQL writes the enum.
func (f PartnerOrderField) MarshalGQL(w io.Writer) { marshalEnum(w, f) }

// UnmarshalGQL reads the enum.
func (f *PartnerOrderField) UnmarshalGQL(v any) error {
	return unmarshalEnum(f, v, []PartnerOrderField{ByTotalSessions, ByTotalPageViews, ByUniqueUsers, ByAvgSessionDuration, ByName})
}

// OrderDirection is ascending or descending.
type OrderDirection string

// The directions.
const (
	Ascending  OrderDirection = "ASC"
	Descending OrderDirection = "DESC"
)

// MarshalGQL writes the enum.
func (d OrderDirection) MarshalGQL(w io.Writer) { marshalEnum(w, d) }

// UnmarshalGQL reads the enum.
func (d *OrderDirection) UnmarshalGQL(v any) error {
	return unmarshalEnum(d, v, []OrderDirection{Ascending, Descending})
}

// Scope is what an API key may do.
type Scope string

// The scopes, as GraphQL and as written on a key.
const (
	ScopeRead  Scope = "ANALYTICS_READ"
	ScopeWrite Scope = "EVENTS_WRITE"
	ScopeAdmin Scope = "ADMIN"
)

var scopeNames = map[string]Scope{"analytics:read": ScopeRead, "events:write": ScopeWrite, "admin": ScopeAdmin}

// ParseScope reads a scope as written on a key: analytics:read, events:write or admin.
func ParseScope(s string) (Scope, error) {
	if scope, ok := scopeNames[s]; ok {
		return scope, nil
	}
	return "", Invalidf("scopes", "must be among analytics:read, events:write, admin, got %s", Quote(s))
}

// Name is the scope as written on a key.
func (s Scope) Name() string {
	for name, scope := range scopeNames {
		if scope == s {
			return name
		}
	}
	return ""
}

// MarshalGQL writes the enum.
func (s Scope) MarshalGQL(w io.Writer) { marshalEnum(w, s) }

// UnmarshalGQL reads the enum.
func (s *Scope) UnmarshalGQL(v any) error {
	return unmarshalEnum(s, v, []Scope{ScopeRead, ScopeWrite, ScopeAdmin})
}
