package rest

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/graph"
)

//go:embed queries/campaign_stats.graphql
var campaignStatsDocument string

// campaigns is GET /v2/{accessKey}/campaign/stats (contracts.md, section 3).
type campaigns struct{}

// campaign is one element of the answer: the documented keys in the documented
// order.
type campaign struct {
	CampaignID            string  `json:"campaignId"`
	CampaignKey           string  `json:"campaignKey"`
	AccessKey             string  `json:"accessKey"`
	Title                 string  `json:"title"`
	ScheduledAt           string  `json:"scheduledAt"`
	StartedAt             *string `json:"startedAt"`
	EndedAt               *string `json:"endedAt"`
	TotalViewers          int64   `json:"totalViewers"`
	TotalLoginViewers     int64   `json:"totalLoginViewers"`
	PeakConcurrentViewers int64   `json:"peakConcurrentViewers"`
	NewLoginViewers       int64   `json:"newLoginViewers"`
	AverageViewingTime    int64   `json:"averageViewingTime"`
	TotalViewingTime      int64   `json:"totalViewingTime"`
	Likes                 int64   `json:"likes"`
	LikeViewers           int64   `json:"likeViewers"`
	AverageLikes          int64   `json:"averageLikes"`
	Chats                 int64   `json:"chats"`
	ChatViewers           int64   `json:"chatViewers"`
	AverageChats          decimal `json:"averageChats"`
	ProductClicks         int64   `json:"productClicks"`
	ProductClickViewers   int64   `json:"productClickViewers"`
	AverageProductClicks  decimal `json:"averageProductClicks"`
	BannerClicks          int64   `json:"bannerClicks"`
}

// campaignNode is a campaign as the document asks for it.
type campaignNode struct {
	CampaignID, CampaignKey, AccessKey, Title string
	ScheduledAt                               time.Time
	StartedAt, EndedAt                        *time.Time
	Metrics                                   struct {
		TotalViewers, TotalLoginViewers, PeakConcurrentViewers, NewLoginViewers int64
		AverageViewingTime                                                      *float64
		TotalViewingTime                                                        int64
		Likes, LikeViewers                                                      int64
		AverageLikes                                                            *float64
		Chats, ChatViewers                                                      int64
		AverageChats                                                            *float64
		ProductClicks, ProductClickViewers                                      int64
		AverageProductClicks                                                    *float64
		BannerClicks                                                            int64
	}
}

var campaignPatterns = []string{"/v2/{accessKey}/campaign/stats"}

func (campaigns) patterns() []string { return campaignPatterns }

func (campaigns) use() auth.Use { return auth.AnyUse }

func (campaigns) headers(h http.Header) { keyHeaders(h) }

func (campaigns) identify(ctx context.Context, a Authenticator, c *call) (*auth.Principal, error) {
	return a.Authenticate(ctx, c.request)
}

// errNotOwner is the same whether or not there is such an access key.
var errNotOwner = analytics.Errorf(analytics.CodeForbidden, "the API key does not open this access key")

func (campaigns) bind(p *auth.Principal, c *call) (question, error) {
	if p.ActivationID != "" || p.Tenant.AccessKey != c.request.PathValue("accessKey") {
		return question{}, errNotOwner
	}
	if err := p.Require(analytics.ScopeRead); err != nil {
		return question{}, err
	}
	variables, err := campaignVariables(c.query())
	return question{Variables: variables}, err
}

// answer asks for page after page: no campaign is cut off.
func (campaigns) answer(ctx context.Context, x *execution, q question) (*reply, error) {
	results := []campaign{}
	for variables := q.Variables; ; {
		var data struct {
			Campaigns struct {
				Nodes    []campaignNode
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		if err := x.run(ctx, campaignStatsDocument, variables, &data); err != nil {
			return nil, err
		}
		for i := range data.Campaigns.Nodes {
			results = append(results, data.Campaigns.Nodes[i].reshape())
		}
		page := data.Campaigns.PageInfo
		if !page.HasNextPage {
			break
		}
		if page.EndCursor == variables["after"] || len(data.Campaigns.Nodes) == 0 {
			return nil, errors.New("rest: a page of campaigns does not move on")
		}
		variables = map[string]any{"scheduled": variables["scheduled"], "campaignKeys": variables["campaignKeys"], "after": page.EndCursor}
	}
	body, err := encode(struct {
		Results []campaign `json:"results"`
	}{results})
	return &reply{contentType: mediaJSON, body: body, offered: true}, err
}

func (n *campaignNode) reshape() campaign {
	m := &n.Metrics
	return campaign{
		CampaignID: n.CampaignID, CampaignKey: n.CampaignKey, AccessKey: n.AccessKey, Title: n.Title,
		ScheduledAt: seconds(n.ScheduledAt), StartedAt: secondsOrNull(n.StartedAt), EndedAt: secondsOrNull(n.EndedAt),
		TotalViewers: m.TotalViewers, TotalLoginViewers: m.TotalLoginViewers,
		PeakConcurrentViewers: m.PeakConcurrentViewers, NewLoginViewers: m.NewLoginViewers,
		AverageViewingTime: whole(m.AverageViewingTime), TotalViewingTime: m.TotalViewingTime,
		Likes: m.Likes, LikeViewers: m.LikeViewers, AverageLikes: whole(m.AverageLikes),
		Chats: m.Chats, ChatViewers: m.ChatViewers, AverageChats: decimal(orZero(m.AverageChats)),
		ProductClicks: m.ProductClicks, ProductClickViewers: m.ProductClickViewers,
		AverageProductClicks: decimal(orZero(m.AverageProductClicks)), BannerClicks: m.BannerClicks,
	}
}

func secondsOrNull(t *time.Time) *string {
	if t == nil {
		return nil
	}
	text := seconds(*t)
	return &text
}

func (campaigns) refusal(_ *call, err error) *reply {
	out := struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}{"internal_error", "internal error"}
	public := graph.Public(err)
	known, ok := keyRefusals[public.Code]
	if !ok {
		return refused(http.StatusInternalServerError, out)
	}
	out.Code, out.Message = known.code, public.Error()
	return refused(known.status, out)
}
