package rest

import (
	"context"
	_ "embed"
	"net/http"
	"strings"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph"
)

//go:embed queries/partner_engagement.graphql
var partnerEngagementDocument string

// leaderboard is GET /analytics/engagement/partners (contracts.md, section 2).
type leaderboard struct {
	now func() time.Time
}

// standing is one element of the answer: the documented keys in the documented
// order.
type standing struct {
	Name                      string  `json:"name"`
	LogoUUID                  *string `json:"logo_uuid"`
	PartnerType               string  `json:"partner_type"`
	UniqueUsers               int64   `json:"unique_users"`
	TotalSessions             int64   `json:"total_sessions"`
	TotalPageViews            int64   `json:"total_page_views"`
	AvgSessionDurationSeconds float64 `json:"avg_session_duration_seconds"`
}

var leaderboardPatterns = []string{"/analytics/engagement/partners", "/v1/analytics/engagement/partners"}

func (leaderboard) patterns() []string { return leaderboardPatterns }

func (leaderboard) use() auth.Use { return auth.LeaderboardUse }

func (leaderboard) headers(h http.Header) { keyHeaders(h) }

func (leaderboard) identify(ctx context.Context, a Authenticator, c *call) (*auth.Principal, error) {
	return a.Authenticate(ctx, c.request)
}

func (l leaderboard) bind(p *auth.Principal, c *call) (question, error) {
	if err := p.Require(analytics.ScopeRead); err != nil {
		return question{}, err
	}
	variables, err := leaderboardVariables(c.query(), p.Tenant.Zone, l.now())
	return question{Variables: variables}, err
}

func (leaderboard) answer(ctx context.Context, x *execution, q question) (*reply, error) {
	var data struct {
		PartnerLeaderboard struct {
			Edges []struct {
				Node struct {
					Name        string
					LogoUUID    *string
					PartnerType string
				}
				Engagement struct {
					UniqueUsers, TotalSessions, TotalPageViews int64
					AvgSessionDurationSeconds                  *float64
				}
			}
		}
	}
	if err := x.run(ctx, partnerEngagementDocument, q.Variables, &data); err != nil {
		return nil, err
	}
	out := make([]standing, len(data.PartnerLeaderboard.Edges))
	for i, e := range data.PartnerLeaderboard.Edges {
		out[i] = standing{
			e.Node.Name, e.Node.LogoUUID, strings.ToLower(e.Node.PartnerType),
			e.Engagement.UniqueUsers, e.Engagement.TotalSessions, e.Engagement.TotalPageViews,
			orZero(e.Engagement.AvgSessionDurationSeconds),
		}
	}
	body, err := encode(out)
	return &reply{contentType: mediaJSON, body: body, offered: true}, err
}

func (leaderboard) refusal(_ *call, err error) *reply {
	type problem struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	status, p := http.StatusInternalServerError, problem{"internal_error", "internal error"}
	public := graph.Public(err)
	if known, ok := keyRefusals[public.Code]; ok {
		status, p = known.status, problem{known.code, public.Error()}
	}
	if public.Code == analytics.CodeInvalid { // the document knows no 400
		status = http.StatusUnprocessableEntity
	}
	return refused(status, struct {
		Error problem `json:"error"`
	}{p})
}

// keyRefusals are the errors of the contracts that are opened with an API key;
// any other one is an internal error.
var keyRefusals = map[analytics.Code]struct {
	status int
	code   string
}{
	analytics.CodeMethod:          {http.StatusMethodNotAllowed, "method_not_allowed"},
	analytics.CodeUnauthenticated: {http.StatusUnauthorized, "unauthorized"},
	analytics.CodeForbidden:       {http.StatusForbidden, "forbidden"},
	analytics.CodeInvalid:         {http.StatusBadRequest, "validation_error"},
	analytics.CodeGone:            {http.StatusUnprocessableEntity, "validation_error"},
	analytics.CodeRateLimited:     {http.StatusTooManyRequests, "rate_limit_exceeded"},
	analytics.CodeUnavailable:     {http.StatusServiceUnavailable, "service_unavailable"},
}
