package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
)

// question is one kind of read about one noun.
type question struct {
	kind           string
	method, target string
	body           string
	key            string // "" where the target holds a token
	figures        func(body []byte) ([]figure, error)
}

// figure is a number of an answer and the tally that it is.
type figure struct {
	tally string
	value int64
}

// object is variables of a GraphQL operation.
type object = map[string]any

// questions are all that is asked of a tenant.
func (t *tenant) questions() []question {
	var all []question
	for i := range t.pages {
		all = append(all, t.asksActivation(i, http.MethodPost), t.asksActivation(i, http.MethodGet), t.asksSeries(i), t.asksBreakdown(i), t.asksReport(i))
	}
	for i := range t.partners {
		all = append(all, t.asksPartner(i))
	}
	for i := range t.campaigns {
		all = append(all, t.asksCampaign(i))
	}
	return append(all, t.asksLeaderboard(), t.asksBoard(), t.asksCampaigns())
}

// graphQL is a question of the executor, whose data are given to figures.
func (t *tenant) graphQL(kind, method, query string, variables object, figures func(data []byte) ([]figure, error)) question {
	body, err := json.Marshal(object{"query": query, "variables": variables})
	if err != nil {
		panic(err) // the variables are ours
	}
	q := question{kind: "GraphQL " + kind, method: method, target: "/graphql", body: string(body), key: t.key}
	if method == http.MethodGet {
		text, _ := json.Marshal(variables)
		q.kind, q.body = q.kind+" by GET", ""
		q.target += "?" + url.Values{"query": {query}, "variables": {string(text)}}.Encode()
	}
	q.figures = func(body []byte) ([]figure, error) {
		data, err := dataOf(body)
		if err != nil {
			return nil, err
		}
		return figures(data)
	}
	return q
}

// dataOf are the data of a GraphQL answer without errors.
func dataOf(body []byte) (json.RawMessage, error) {
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Errors != nil {
		return nil, graphQLErrors(answer.Errors)
	}
	return answer.Data, nil
}

// pageFigures are an activation's measures, as GraphQL and REST both name them.
type pageFigures struct {
	ClickCount, OutboundClickCount, CalendarSyncCount                                                  int64
	UniqueSessionCount, UniqueViewSessionCount, UniqueOutboundSessionCount, UniqueCalendarSessionCount int64
	OutboundSessionRate, CalendarSessionRate, OutboundInteractionRate, CalendarInteractionRate         *float64
}

const pageMeasures = `clickCount outboundClickCount calendarSyncCount uniqueSessionCount uniqueViewSessionCount
	uniqueOutboundSessionCount uniqueCalendarSessionCount outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate`

func (t *tenant) pageFigures(page int, m pageFigures) ([]figure, error) {
	of := func(what string, value int64) figure { return figure{t.tally("page", page, what), value} }
	for _, r := range []struct {
		name    string
		got     *float64
		of, all int64
	}{
		{"outboundSessionRate", m.OutboundSessionRate, m.UniqueOutboundSessionCount, m.UniqueViewSessionCount},
		{"calendarSessionRate", m.CalendarSessionRate, m.UniqueCalendarSessionCount, m.UniqueViewSessionCount},
		{"outboundInteractionRate", m.OutboundInteractionRate, m.UniqueOutboundSessionCount, m.UniqueSessionCount},
		{"calendarInteractionRate", m.CalendarInteractionRate, m.UniqueCalendarSessionCount, m.UniqueSessionCount},
	} {
		if r.all > 0 && (r.got == nil || math.Abs(*r.got-math.Round(1000*float64(r.of)/float64(r.all))/10) > 1e-9) {
			return nil, fmt.Errorf("%s is not %d of %d", r.name, r.of, r.all)
		}
	}
	return []figure{
		of("click", m.ClickCount), of("outbound_click", m.OutboundClickCount), of("calendar_sync", m.CalendarSyncCount),
		of("sessions", m.UniqueSessionCount), of("click sessions", m.UniqueViewSessionCount),
		of("outbound_click sessions", m.UniqueOutboundSessionCount), of("calendar_sync sessions", m.UniqueCalendarSessionCount),
	}, nil
}

func (t *tenant) asksActivation(page int, method string) question {
	const query = `query ($id: String!) { activation(activationId: $id) { metrics { ` + pageMeasures + ` } } }`
	return t.graphQL("activation", method, query, object{"id": t.activation(page)}, func(data []byte) ([]figure, error) {
		var d struct{ Activation struct{ Metrics pageFigures } }
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		return t.pageFigures(page, d.Activation.Metrics)
	})
}

func (t *tenant) asksReport(page int) question {
	q := question{kind: "REST partner stats", method: http.MethodGet, target: "/api/partner-stats/" + t.activation(page) + "?token=" + t.tokens[page]}
	q.figures = func(body []byte) ([]figure, error) {
		var d struct{ Data struct{ Metrics pageFigures } }
		if err := json.Unmarshal(body, &d); err != nil {
			return nil, err
		}
		return t.pageFigures(page, d.Data.Metrics)
	}
	return q
}

func (t *tenant) asksSeries(page int) question {
	const query = `query ($id: String!) { activation(activationId: $id) { timeSeries(interval: DAY) { points { start metrics { clickCount uniqueSessionCount } } } } }`
	return t.graphQL("time series", http.MethodPost, query, object{"id": t.activation(page)}, func(data []byte) (out []figure, err error) {
		var d struct {
			Activation struct {
				TimeSeries struct {
					Points []struct {
						Start   string
						Metrics pageFigures
					}
				}
			}
		}
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		if n := len(d.Activation.TimeSeries.Points); n != days+2 {
			return nil, fmt.Errorf("%d points of %d days", n, days+2)
		}
		for _, p := range d.Activation.TimeSeries.Points {
			day := p.Start[:len("2006-01-02")]
			out = append(out, figure{t.tally("page", page, day+" click"), p.Metrics.ClickCount},
				figure{t.tally("page", page, day+" sessions"), p.Metrics.UniqueSessionCount})
		}
		return out, nil
	})
}

func (t *tenant) asksBreakdown(page int) question {
	const query = `query ($id: String!) { activation(activationId: $id) { breakdown(by: [SOURCE]) { rows { values metrics { clickCount uniqueSessionCount } } } } }`
	return t.graphQL("breakdown", http.MethodPost, query, object{"id": t.activation(page)}, func(data []byte) (out []figure, err error) {
		var d struct {
			Activation struct {
				Breakdown struct {
					Rows []struct {
						Values  []string // null is ""
						Metrics pageFigures
					}
				}
			}
		}
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		found := map[string]pageFigures{}
		for _, r := range d.Activation.Breakdown.Rows {
			found[r.Values[0]] = r.Metrics
		}
		for _, s := range sources { // one that is missing had no events
			out = append(out, figure{t.tally("page", page, "source "+s+" click"), found[s].ClickCount},
				figure{t.tally("page", page, "source "+s+" sessions"), found[s].UniqueSessionCount})
		}
		return out, nil
	})
}

// rangeOf is the window, in the words of each API.
func (t *tenant) rangeOf() (first, last string) {
	return dayOf(t.from()), dayOf(t.until().AddDate(0, 0, -1))
}

func (t *tenant) asksPartner(partner int) question {
	const query = `query ($uuid: UUID!, $first: Date!, $last: Date!) { partner(uuid: $uuid) {
		engagement(range: { dates: { startDate: $first, endDate: $last } }) { totalSessions totalPageViews uniqueUsers }
		timeSeries(interval: DAY, range: { dates: { startDate: $first, endDate: $last } }) { points { start engagement { totalPageViews uniqueUsers } } } } }`
	first, last := t.rangeOf()
	return t.graphQL("partner", http.MethodPost, query, object{"uuid": partnerUUID(partner), "first": first, "last": last}, func(data []byte) ([]figure, error) {
		var d struct {
			Partner struct {
				Engagement visits
				TimeSeries struct {
					Points []struct {
						Start      string
						Engagement visits
					}
				}
			}
		}
		if err := json.Unmarshal(data, &d); err != nil {
			return nil, err
		}
		out := t.visitFigures(partner, d.Partner.Engagement)
		for _, p := range d.Partner.TimeSeries.Points {
			day := p.Start[:len("2006-01-02")]
			out = append(out, figure{t.tally("partner", partner, day+" views"), p.Engagement.TotalPageViews},
				figure{t.tally("partner", partner, day+" users"), p.Engagement.UniqueUsers})
		}
		return out, nil
	})
}

// visits are a partner's measures, as GraphQL names them and as REST does.
type visits struct {
	TotalSessions, TotalPageViews, UniqueUsers int64
}

func (t *tenant) visitFigures(partner int, v visits) []figure {
	return []figure{
		{t.tally("partner", partner, "sessions"), v.TotalSessions}, {t.tally("partner", partner, "views"), v.TotalPageViews},
		{t.tally("partner", partner, "users"), v.UniqueUsers},
	}
}
