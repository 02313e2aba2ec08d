package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// job is one thing that users ask for.
type job struct {
	name, via string
	requests  []request // one, or many to draw from at random
	shows     string    // what every answer must hold
}

// fixed reports whether the job is one request over and over: only then does
// the edge cache of whole answers apply.
func (j job) fixed() bool { return len(j.requests) == 1 }

func (j job) title() string { return j.name + " " + j.via }

const (
	viaGraphQL = "GraphQL"
	viaREST    = "REST"
)

const activationQuery = `query ActivationStats($id: String!) {
  activation(activationId: $id) {
    activationId eventKey eventName tier startAt endAt
    metrics {
      clickCount outboundClickCount calendarSyncCount
      uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
      outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate
      asOf
    }
  }
}`

const activationsQuery = `query Activations($tier: String!) {
  activations(first: 50, filter: { tiers: [$tier] }) {
    nodes {
      activationId eventName
      metrics {
        clickCount outboundClickCount calendarSyncCount
        uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
        outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate
        outboundClicksPerView calendarSyncsPerView
      }
    }
  }
}`

const leaderboardQuery = `query Leaderboard($period: Period!) {
  partnerLeaderboard(range: { period: $period }, first: 20) {
    edges {
      rank
      node { uuid name partnerType }
      engagement { uniqueUsers totalSessions totalPageViews avgSessionDurationSeconds }
    }
  }
}`

// jobs lists what is measured, over the nouns of the sample data.
func jobs(s demoState, n *nouns) []job {
	ask := func(query string, variables map[string]any) request { return graphQL(s.ReadKey, query, variables) }
	byID := func(l link) request { return ask(activationQuery, map[string]any{"id": l.ActivationID}) }
	week := func(from time.Time) request { return campaigns(s, from) }
	board := func(period string) []request {
		return []request{ask(leaderboardQuery, map[string]any{"period": period})}
	}
	const clicks, sessions, viewers = `"clickCount":`, `"totalSessions":`, `"totalViewers":`
	return []job{
		{"J1", viaGraphQL, mapped(n.links, byID), clicks},
		{"J1", viaREST, mapped(n.links, partnerStats), clicks},
		{"J1hot", viaGraphQL, []request{byID(n.busiest)}, clicks},
		{"J1hot", viaREST, []request{partnerStats(n.busiest)}, clicks},
		{"J2 90d", viaGraphQL, board("LAST_90_DAYS"), sessions},
		{"J2 12m", viaGraphQL, board("LAST_12_MONTHS"), sessions},
		{"J3", viaREST, mapped(n.weeks, week), viewers},
		{"J3hot", viaREST, []request{week(n.fullest)}, viewers},
		{"J4", viaGraphQL, []request{ask(activationsQuery, map[string]any{"tier": benchTier})}, clicks},
	}
}

func mapped[T, R any](in []T, f func(T) R) []R {
	out := make([]R, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// graphQL is a query as front ends send it.
func graphQL(key, query string, variables map[string]any) request {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // strings and times
	}
	return request{
		Method: http.MethodPost, Target: "/graphql", Body: string(body),
		Header: http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}, "Accept": {"application/json"}},
	}
}

// partnerStats is the link that a partner opens.
func partnerStats(l link) request {
	return request{
		Method: http.MethodGet, Header: http.Header{"Accept": {"application/json"}},
		Target: "/api/partner-stats/" + url.PathEscape(l.ActivationID) + "?token=" + url.QueryEscape(l.Token),
	}
}

// campaigns asks for the seven days from an instant on.
func campaigns(s demoState, from time.Time) request {
	span := url.Values{"from": {from.Format(time.RFC3339)}, "to": {from.Add(7 * 24 * time.Hour).Format(time.RFC3339)}}
	return request{
		Method: http.MethodGet, Target: "/v2/" + url.PathEscape(s.Tenant) + "/campaign/stats?" + span.Encode(),
		Header: http.Header{"Authorization": {"Bearer " + s.ReadKey}, "Accept": {"application/json"}},
	}
}
