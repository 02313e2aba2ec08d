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
	"footfall/web/report"
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

var partnerStatsPatterns = []string{"/api/partner-stats/{activationId}"}

func (partnerStats) patterns() []string { return partnerStatsPatterns }

func (partnerStats) use() auth.Use { return auth.AnyUse }

func (partnerStats) headers(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
}

func (partnerStats) identify(ctx context.Context, a Authenticator, c *call) (*auth.Principal, error) {
	token := c.token()
	if token == "" {
		return nil, errNoToken
	}
	return a.OpenLink(ctx, c.request, c.request.PathValue("activationId"), token)
}

// token is the secret of an activation's link, "" without one.
func (c *call) token() string {
	token, _ := c.query().first("token")
	return strings.TrimSpace(token)
}

func (partnerStats) bind(_ *auth.Principal, c *call) (question, error) {
	q := question{Variables: map[string]any{"activationId": c.request.PathValue("activationId")}}
	if format, _ := c.query().first("format"); format == "csv" {
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

// refusal has the documented texts and nothing else.
func (partnerStats) refusal(_ *call, err error) *reply {
	f := faultOf(err)
	return refused(f.status, struct {
		Success bool   `json:"success"`
		Error   string `json:"error"`
	}{false, f.text})
}

// fault is why there are no stats of an activation to show, for programs and
// for people.
type fault struct {
	status int
	text   string
	page   report.Refusal
}

// faultOf follows from the check that failed.
func faultOf(err error) fault {
	code := graph.Public(err).Code
	switch {
	case errors.Is(err, errMethod):
		return fault{http.StatusMethodNotAllowed, "Method not allowed", report.NotReadable}
	case errors.Is(err, errNoToken):
		return fault{http.StatusBadRequest, "Token required", report.NoToken}
	case errors.Is(err, auth.ErrNoActivation):
		return fault{http.StatusNotFound, "Partner stats record not found", report.NoReport}
	case errors.Is(err, auth.ErrRevoked):
		return fault{http.StatusForbidden, "Partner stats link has been revoked", report.Revoked}
	case code == analytics.CodeForbidden:
		return fault{http.StatusForbidden, "Invalid partner stats token", report.WrongToken}
	case code == analytics.CodeConflict:
		return fault{http.StatusConflict, "Activation not fulfilled yet", report.NotFulfilled}
	case code == analytics.CodeGone:
		return fault{http.StatusGone, "Stats of this range are not kept any more", report.Gone}
	case code == analytics.CodeRateLimited:
		return fault{http.StatusTooManyRequests, "Too many requests", report.TooMany}
	case code == analytics.CodeUnavailable:
		return fault{http.StatusServiceUnavailable, "Stats service unavailable", report.Away}
	}
	return fault{http.StatusInternalServerError, "Internal server error", report.Broken}
}
