package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

func (t *tenant) asksLeaderboard() question {
	const query = `query ($first: Date!, $last: Date!) { partnerLeaderboard(first: 100, range: { dates: { startDate: $first, endDate: $last } }) {
		edges { node { name } engagement { totalSessions totalPageViews uniqueUsers } } } }`
	first, last := t.rangeOf()
	return t.graphQL("leaderboard", http.MethodPost, query, object{"first": first, "last": last}, func(data []byte) ([]figure, error) {
		var d struct {
			PartnerLeaderboard struct {
				Edges []struct {
					Node       struct{ Name string }
					Engagement visits
				}
			}
		}
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		rows := make([]boardRow, len(d.PartnerLeaderboard.Edges))
		for i, e := range d.PartnerLeaderboard.Edges {
			rows[i] = boardRow{e.Node.Name, e.Engagement}
		}
		return t.boardFigures(rows)
	})
}

func (t *tenant) asksBoard() question {
	first, last := t.rangeOf()
	q := question{kind: "REST leaderboard", method: http.MethodGet, key: t.key}
	q.target = "/v1/analytics/engagement/partners?" + url.Values{"start_date": {first}, "end_date": {last}, "limit": {"100"}}.Encode()
	q.figures = func(body []byte) ([]figure, error) {
		var d []struct {
			Name     string `json:"name"`
			Users    int64  `json:"unique_users"`
			Sessions int64  `json:"total_sessions"`
			Views    int64  `json:"total_page_views"`
		}
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		rows := make([]boardRow, len(d))
		for i, r := range d {
			rows[i] = boardRow{r.Name, visits{r.Sessions, r.Views, r.Users}}
		}
		return t.boardFigures(rows)
	}
	return q
}

// boardRow is a partner's row of a leaderboard.
type boardRow struct {
	name string
	visits
}

// boardFigures checks the order of a leaderboard, and that it has everyone.
func (t *tenant) boardFigures(rows []boardRow) (out []figure, err error) {
	if len(rows) != t.partners {
		return nil, fmt.Errorf("%d of %d partners", len(rows), t.partners)
	}
	for i, r := range rows {
		if i > 0 && r.TotalSessions > rows[i-1].TotalSessions {
			return nil, errors.New("the leaderboard is not in order")
		}
		var partner int
		if _, err := fmt.Sscanf(r.name, "Partner %d", &partner); err != nil {
			return nil, fmt.Errorf("partner %q: %w", r.name, err)
		}
		out = append(out, t.visitFigures(partner, r.visits)...)
	}
	return out, nil
}

// shows are a campaign's measures, as GraphQL and REST both name them.
type shows struct {
	CampaignKey                                                            string
	TotalViewers, TotalViewingTime, Likes, LikeViewers, Chats, ChatViewers int64
}

const showMeasures = `totalViewers totalViewingTime likes likeViewers chats chatViewers`

func (t *tenant) showFigures(s shows) ([]figure, error) {
	var i int
	if _, err := fmt.Sscanf(s.CampaignKey, "campaign-%d", &i); err != nil {
		return nil, fmt.Errorf("campaign %q: %w", s.CampaignKey, err)
	}
	of := func(what string, value int64) figure { return figure{t.tally("campaign", i, what), value} }
	return []figure{
		of("viewers", s.TotalViewers), of("seconds", s.TotalViewingTime), of("like", s.Likes), of("like viewers", s.LikeViewers),
		of("chat", s.Chats), of("chat viewers", s.ChatViewers),
	}, nil
}

func (t *tenant) asksCampaign(campaign int) question {
	const query = `query ($key: String!) { campaign(campaignKey: $key) { metrics { ` + showMeasures + ` } } }`
	return t.graphQL("campaign", http.MethodPost, query, object{"key": campaignKey(campaign)}, func(data []byte) ([]figure, error) {
		var d struct{ Campaign struct{ Metrics shows } }
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		d.Campaign.Metrics.CampaignKey = campaignKey(campaign)
		return t.showFigures(d.Campaign.Metrics)
	})
}

func (t *tenant) asksCampaigns() question {
	q := question{kind: "REST campaigns", method: http.MethodGet, key: t.key}
	q.target = "/v2/" + t.accessKey + "/campaign/stats?" +
		url.Values{"from": {t.first.Format(time.RFC3339)}, "to": {t.first.AddDate(0, 0, 1).Format(time.RFC3339)}}.Encode()
	q.figures = func(body []byte) (out []figure, err error) {
		var d struct{ Results []shows }
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		if len(d.Results) != t.campaigns {
			return nil, fmt.Errorf("%d of %d campaigns", len(d.Results), t.campaigns)
		}
		for _, s := range d.Results {
			figures, err := t.showFigures(s)
			if err != nil {
				return nil, err
			}
			out = append(out, figures...)
		}
		return out, nil
	}
	return q
}
