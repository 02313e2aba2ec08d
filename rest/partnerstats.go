package rest

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"strings"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph"
)

//go:embed queries/partner_stats.graphql
var partnerStatsDocument string

// partnerStats is GET /api/partner-stats/{activationId} (contracts.md, section 1).
type partnerStats struct{}

var (
	errNoToken     = analytics.Invalidf("token", "is required")
	errNotReported = analytics.Errorf(analytics.CodeConflict, "the activation is not activated")
)

// stats is the answer: the documented keys in the documented order.
type stats struct {
	ActivationID string       `json:"activationId"`
	EventKey     string       `json:"eventKey"`
	EventName    string       `json:"eventName"`
	Tier         string       `json:"tier"`
	Range        statsRange   `json:"range"`
	Metrics      statsMetrics `json:"metrics"`
}

type statsRange struct {
	StartAt string `json:"startAt"`
	EndAt   string `json:"endAt"`
}

// statsMetrics have the names of the document and of the schema alike. A rate
// is null in GraphQL, and leaves its 0 here, when it has no denominator.
type statsMetrics struct {
	ClickCount                 int64   `json:"clickCount"`
	OutboundClickCount         int64   `json:"outboundClickCount"`
	CalendarSyncCount          int64   `json:"calendarSyncCount"`
	UniqueSessionCount         int64   `json:"uniqueSessionCount"`
	UniqueViewSessionCount     int64   `json:"uniqueViewSessionCount"`
	UniqueOutboundSessionCount int64   `json:"uniqueOutboundSessionCount"`
	UniqueCalendarSessionCount int64   `json:"uniqueCalendarSessionCount"`
	OutboundSessionRate        float64 `json:"outboundSessionRate"`
	CalendarSessionRate        float64 `json:"calendarSessionRate"`
	OutboundInteractionRate    float64 `json:"outboundInteractionRate"`
	CalendarInteractionRate    float64 `json:"calendarInteractionRate"`
}

func (partnerStats) patterns() []string { return []string{"/api/partner-stats/{activationId}"} }

func (partnerStats) headers(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
}

func (partnerStats) identify(ctx context.Context, a Authenticator, c *call) (*auth.Principal, error) {
	token, _ := c.query.first("token")
	if token = strings.TrimSpace(token); token == "" {
		return nil, errNoToken
	}
	return a.OpenLink(ctx, c.path[0], token)
}

func (partnerStats) bind(_ *auth.Principal, c *call) (question, error) {
	q := question{Variables: map[string]any{"activationId": c.path[0]}}
	if format, _ := c.query.first("format"); format == "csv" {
		q.Form = format
	}
	return q, nil
}

func (partnerStats) answer(ctx context.Context, x *execution, q question) (*reply, error) {
	var data struct {
		Activation *struct {
			stats
			Status         analytics.ActivationStatus `json:"status"`
			StartAt, EndAt time.Time
		} `json:"activation"`
	}
	if err := x.run(ctx, partnerStatsDocument, q.Variables, &data); err != nil {
		return nil, err
	}
	a := data.Activation
	switch {
	case a == nil: // deleted since the link was opened
		return nil, auth.ErrNoActivation
	case a.Status != analytics.Activated:
		return nil, errNotReported
	}
	a.Range = statsRange{milliseconds(a.StartAt), milliseconds(a.EndAt)}
	if q.Form == "csv" {
		return a.csv()
	}
	body, err := encode(struct {
		Success bool  `json:"success"`
		Data    stats `json:"data"`
	}{true, a.stats})
	return &reply{contentType: mediaJSON, body: body}, err
}

// refusal has the documented texts and nothing else: which of them follows from
// the check that failed.
func (partnerStats) refusal(err error) (int, any) {
	status, text := http.StatusInternalServerError, "Internal server error"
	code := graph.Public(err).Code
	switch {
	case errors.Is(err, errMethod):
		status, text = http.StatusMethodNotAllowed, "Method not allowed"
	case errors.Is(err, errNoToken):
		status, text = http.StatusBadRequest, "Token required"
	case errors.Is(err, auth.ErrNoActivation):
		status, text = http.StatusNotFound, "Partner stats record not found"
	case errors.Is(err, auth.ErrRevoked):
		status, text = http.StatusForbidden, "Partner stats link has been revoked"
	case code == analytics.CodeForbidden:
		status, text = http.StatusForbidden, "Invalid partner stats token"
	case code == analytics.CodeConflict:
		status, text = http.StatusConflict, "Activation not fulfilled yet"
	case code == analytics.CodeRateLimited:
		status, text = http.StatusTooManyRequests, "Too many requests"
	case code == analytics.CodeUnavailable:
		status, text = http.StatusServiceUnavailable, "Stats service unavailable"
	}
	return status, struct {
		Success bool   `json:"success"`
		Error   string `json:"error"`
	}{false, text}
}
