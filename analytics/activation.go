package analytics

import (
	"cmp"
	"math"
	"regexp"
	"time"
)

// Activation is a window on an event page that a partner paid for. Two may
// share one event.
type Activation struct {
	ActivationID   string
	EventKey       string
	EventName      string
	Tier           string
	Status         ActivationStatus
	StartAt, EndAt time.Time
	Subject        int64 // the event key's
}

// IsNode marks the noun as a Relay node.
func (Activation) IsNode() {}

// ID is the Relay id.
func (a Activation) ID() string { return EncodeID("Activation", a.ActivationID) }

// Window is when the activation counts.
func (a Activation) Window() Range { return Range{a.StartAt, a.EndAt} }

// CreateActivationInput is what an activation is made from.
type CreateActivationInput struct {
	ActivationID *string
	EventKey     string
	EventName    string
	Tier         string
	StartAt      time.Time
	EndAt        time.Time
	Status       *ActivationStatus
}

var activationIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Activation checks the input; id is used when the client gave none.
func (in CreateActivationInput) Activation(id string) (Activation, error) {
	if in.ActivationID != nil {
		id = *in.ActivationID
	}
	status := Activated
	if in.Status != nil {
		status = *in.Status
	}
	a := Activation{
		ActivationID: id, EventKey: in.EventKey, EventName: in.EventName, Tier: in.Tier, Status: status,
		StartAt: in.StartAt.UTC().Truncate(time.Microsecond), EndAt: in.EndAt.UTC().Truncate(time.Microsecond),
	}
	if !activationIDPattern.MatchString(id) {
		return a, Invalidf("activationId", "must be 1 to 64 letters, digits, - or _, got %s", Quote(id))
	}
	if err := text("eventKey", a.EventKey, 1, 256); err != nil {
		return a, err
	}
	if err := text("eventName", a.EventName, 1, 512); err != nil {
		return a, err
	}
	if err := text("tier", a.Tier, 1, 64); err != nil {
		return a, err
	}
	if !a.StartAt.Before(a.EndAt) {
		return a, Invalidf("endAt", "must come after startAt (%s), got %s", a.StartAt.Format(time.RFC3339Nano), a.EndAt.Format(time.RFC3339Nano))
	}
	if a.StartAt.Before(MinInstant) {
		return a, a.Window().Validate("startAt")
	}
	return a, a.Window().Validate("endAt")
}

// ActivationFilter narrows a list of activations: OR within a field, AND
// across. Nil fields do not narrow.
type ActivationFilter struct {
	EventKeys []string
	Tiers     []string
	Statuses  []ActivationStatus
	ActiveAt  *time.Time
}

// Check refuses lists that are too long.
func (f *ActivationFilter) Check() error {
	return cmp.Or(CheckNamed("filter.eventKeys", f.EventKeys), CheckNamed("filter.tiers", f.Tiers), CheckNamed("filter.statuses", f.Statuses))
}

// Percent is 100 × part ÷ whole, rounded half away from zero to one decimal;
// false without a denominator. It is not clamped at 100.
func Percent(part, whole int64) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return math.Round(1000*float64(part)/float64(whole))/10 + 0, true // + 0: never −0
}

// ActivationMetrics are an activation's measures over a range (contracts.md,
// section 1).
type ActivationMetrics struct {
	Measured
	ClickCount                 int64
	OutboundClickCount         int64
	CalendarSyncCount          int64
	UniqueSessionCount         int64 // over all three actions
	UniqueViewSessionCount     int64
	UniqueOutboundSessionCount int64
	UniqueCalendarSessionCount int64
}

// ActivationMetrics reads the totals of an event key.
func (t *Totals) ActivationMetrics(m Measured) *ActivationMetrics {
	return &ActivationMetrics{
		Measured:                   m,
		ClickCount:                 t.Of[Click].Events,
		OutboundClickCount:         t.Of[OutboundClick].Events,
		CalendarSyncCount:          t.Of[CalendarSync].Events,
		UniqueSessionCount:         t.Sessions,
		UniqueViewSessionCount:     t.Of[Click].Sessions,
		UniqueOutboundSessionCount: t.Of[OutboundClick].Sessions,
		UniqueCalendarSessionCount: t.Of[CalendarSync].Sessions,
	}
}

// OutboundSessionRate is the percentage of viewing sessions that followed a
// link out.
func (m *ActivationMetrics) OutboundSessionRate() (float64, bool) {
	return Percent(m.UniqueOutboundSessionCount, m.UniqueViewSessionCount)
}

// CalendarSessionRate is the percentage of viewing sessions that synced the
// event to a calendar.
func (m *ActivationMetrics) CalendarSessionRate() (float64, bool) {
	return Percent(m.UniqueCalendarSessionCount, m.UniqueViewSessionCount)
}

// OutboundInteractionRate is the percentage of all sessions that followed a
// link out.
func (m *ActivationMetrics) OutboundInteractionRate() (float64, bool) {
	return Percent(m.UniqueOutboundSessionCount, m.UniqueSessionCount)
}

// CalendarInteractionRate is the percentage of all sessions that synced the
// event to a calendar.
func (m *ActivationMetrics) CalendarInteractionRate() (float64, bool) {
	return Percent(m.UniqueCalendarSessionCount, m.UniqueSessionCount)
}

// OutboundClicksPerView is outbound clicks ÷ views.
func (m *ActivationMetrics) OutboundClicksPerView() (float64, bool) {
	return ratio(m.OutboundClickCount, m.ClickCount)
}

// CalendarSyncsPerView is calendar syncs ÷ views.
func (m *ActivationMetrics) CalendarSyncsPerView() (float64, bool) {
	return ratio(m.CalendarSyncCount, m.ClickCount)
}

// microsPerSecond makes a ratio of microseconds one of seconds, rounded once.
const microsPerSecond = 1_000_000

func ratio(part, whole int64) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}
