package rest

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/web/page"
	"footfall/web/report"
)

var (
	//go:embed queries/partner_report_window.graphql
	partnerReportWindowDocument string
	//go:embed queries/partner_report.graphql
	partnerReportDocument string
)

// partnerReport is GET /partner-stats/{activationId}: the partner stats as a
// page. What opens the one opens the other, with the same statuses.
type partnerReport struct {
	partnerStats
	now func() time.Time
}

var partnerReportPatterns = []string{"/partner-stats/{activationId}"}

func (partnerReport) patterns() []string { return partnerReportPatterns }

func (c partnerReport) headers(h http.Header) {
	page.SetHeaders(h, page.Strict)
	h.Set("X-Robots-Tag", "noindex")
	c.partnerStats.headers(h)
}

// misread is a parameter that says nothing we know.
type misread struct{ field, value, want string }

func (m misread) Error() string { return m.field + ": " + m.want }

func (m misread) Unwrap() error { return analytics.Invalidf(m.field, "%s", m.want) }

func (partnerReport) bind(p *auth.Principal, c *call) (question, error) {
	q := question{Variables: map[string]any{"activationId": c.request.PathValue("activationId")}, token: c.token()}
	period, _ := c.query().first("period")
	known, ok := report.ParsePeriod(strings.TrimSpace(period))
	if !ok {
		return q, misread{"period", period, "It must be whole, last_7_days or last_30_days."}
	}
	zone, err := reportZone(p.Tenant, c.query())
	q.Form, q.Variables["zone"] = string(known), zone.String()
	return q, err
}

// reportZone is the zone that was chosen, or else the reader's, which a script tells
// and not all know, or else the tenant's.
func reportZone(t analytics.Tenant, q query) (analytics.TimeZone, error) {
	chosen, _ := q.first("tz")
	if chosen = strings.TrimSpace(chosen); chosen != "" {
		zone, err := analytics.ParseTimeZone(chosen)
		if err != nil {
			return zone, misread{"tz", chosen, "It must be a time zone such as Europe/Paris."}
		}
		return zone, nil
	}
	if local, given := q.first("local"); given {
		if zone, err := analytics.ParseTimeZone(local); err == nil {
			return zone, nil
		}
	}
	return t.Zone, nil
}

func (c partnerReport) answer(ctx context.Context, x *execution, q question) (*reply, error) {
	window, err := reportWindow(ctx, x, q.Variables["activationId"])
	if err != nil {
		return nil, err
	}
	zone, err := analytics.ParseTimeZone(q.Variables["zone"].(string))
	if err != nil {
		return nil, err
	}
	period := newReportPeriod(report.Period(q.Form), window, zone, c.now())
	var data reportData
	if err := x.run(ctx, partnerReportDocument, period.variables(q.Variables), &data); err != nil {
		return nil, err
	}
	if data.Activation == nil { // deleted this instant
		return nil, auth.ErrNoActivation
	}
	r, err := data.report(period)
	if err != nil {
		return nil, err
	}
	r.Stale, r.Token = x.fresh.Stale, q.token
	r.CSV = "/api/partner-stats/" + url.PathEscape(q.Variables["activationId"].(string)) + "?token=" + url.QueryEscape(q.token) + "&format=csv"
	return htmlReply(http.StatusOK, r.Page()), nil
}

// reportWindow is when the activation counts, of one that is reported.
func reportWindow(ctx context.Context, x *execution, id any) (analytics.Range, error) {
	var data struct {
		Activation *struct {
			Status         analytics.ActivationStatus
			StartAt, EndAt time.Time
		}
	}
	err := x.run(ctx, partnerReportWindowDocument, map[string]any{"activationId": id}, &data)
	a := data.Activation
	switch {
	case err != nil:
		return analytics.Range{}, err
	case a == nil: // deleted since the link was opened
		return analytics.Range{}, auth.ErrNoActivation
	case a.Status != analytics.Activated:
		return analytics.Range{}, errNotReported
	}
	return analytics.Range{Start: a.StartAt, End: a.EndAt}, nil
}

func (partnerReport) refusal(c *call, err error) *reply {
	var m misread
	if errors.As(err, &m) { // after the token was accepted
		return htmlReply(http.StatusBadRequest, report.Misread{Field: m.field, Value: m.value, Want: m.want, Token: c.token()}.Page())
	}
	f := faultOf(err)
	return htmlReply(f.status, f.page.Page())
}

func htmlReply(status int, p page.Page) *reply {
	return &reply{status: status, contentType: page.Media, body: p.Render()}
}
