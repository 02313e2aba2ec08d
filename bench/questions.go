package main

import (
	"embed"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"footfall/bench/contenders"
	"footfall/bench/load"
	"footfall/bench/sample"
)

//go:embed documents/*.graphql
var documents embed.FS

func queryText(name string) string {
	text, err := documents.ReadFile("documents/" + name + ".graphql")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// How many questions the jobs draw from.
const (
	statsAsked  = 200
	rangesAsked = 10_000
	rangesOf    = 50 // activations: what is known of each is asked anew every five seconds
	listsAsked  = 50
	listLength  = 50
	weeksAsked  = 16
	seriesAsked = 16
)

// seriesZone is not the tenant's.
const seriesZone = "Asia/Kolkata"

func mustLoad(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic("bench: " + err.Error())
	}
	return loc
}

func (d *data) someActivations() []contenders.Question {
	return mapped(d.Links[:statsAsked], func(l link) contenders.Question { return contenders.Question{Job: "J1", IDs: []string{l.ActivationID}} })
}

// busiest asks for the activation with the most traffic.
func (d *data) busiest() contenders.Question {
	most := slices.MaxFunc(d.Links, func(a, b link) int { return d.pages[a.ActivationID].Compare(d.pages[b.ActivationID]) })
	return contenders.Question{Job: "J1", IDs: []string{most.ActivationID}}
}

// ranges asks for parts of activations' windows, cut at any second.
func (d *data) ranges(dice *rand.Rand) []contenders.Question {
	out := make([]contenders.Question, rangesAsked)
	for i := range out {
		n := dice.IntN(rangesOf)
		p := d.Pages[n]
		length := int64(p.EndAt.Sub(p.StartAt) / time.Second)
		from := dice.Int64N(length / 2)
		to := from + 1 + dice.Int64N(length-from)
		at := func(seconds int64) time.Time { return p.StartAt.Add(time.Duration(seconds) * time.Second) }
		out[i] = contenders.Question{Job: "J1", IDs: []string{d.Links[n].ActivationID}, From: at(from), To: at(to)}
	}
	return out
}

// dates are the ninety days up to the day before yesterday, on the tenant's calendar.
func (d *data) dates() (from, to time.Time) {
	y, m, day := d.End().AddDate(0, 0, -2).Date()
	zone := mustLoad(sample.TimeZone)
	return time.Date(y, m, day-89, 0, 0, 0, 0, zone), time.Date(y, m, day+1, 0, 0, 0, 0, zone)
}

// weeks are some of the sample's, spread evenly; the first has most campaigns.
func (d *data) weeks() []contenders.Question {
	var out []contenders.Question
	count := func(from time.Time) (n int) {
		for _, c := range d.Campaigns {
			if at := c.StartedAt.Truncate(time.Hour); !at.Before(from) && at.Before(from.AddDate(0, 0, 7)) {
				n++
			}
		}
		return n
	}
	for i := range weeksAsked {
		from := d.Start().AddDate(0, 0, 7+i*(380/weeksAsked))
		if count(from) > 0 {
			out = append(out, contenders.Question{Job: "J3", From: from, To: from.AddDate(0, 0, 7)})
		}
	}
	slices.SortStableFunc(out, func(a, b contenders.Question) int { return count(b.From) - count(a.From) })
	return out
}

// lists asks for fifty activations, others each time.
func (d *data) lists(dice *rand.Rand) []contenders.Question {
	out := make([]contenders.Question, listsAsked)
	for i := range out {
		out[i].Job = "J4"
		for _, n := range dice.Perm(len(d.Links))[:listLength] {
			out[i].IDs = append(out[i].IDs, d.Links[n].ActivationID)
		}
	}
	return out
}

// series asks for ninety days of partners by day, in a zone that is not the tenant's.
func (d *data) series(dice *rand.Rand) []contenders.Question {
	y, m, day := d.End().AddDate(0, 0, -2).Date()
	zone := mustLoad(seriesZone)
	from, to := time.Date(y, m, day-89, 0, 0, 0, 0, zone), time.Date(y, m, day+1, 0, 0, 0, 0, zone)
	out := make([]contenders.Question, seriesAsked)
	for i, n := range dice.Perm(len(d.Partners))[:seriesAsked] {
		out[i] = contenders.Question{Job: "J5", Partner: d.Partners[n].UUID, From: from, To: to, Zone: seriesZone}
	}
	return out
}

func activationVariables(q contenders.Question) object { return object{"id": q.IDs[0]} }

func rangedVariables(q contenders.Question) object {
	return object{"id": q.IDs[0], "start": q.From, "end": q.To}
}

func boardVariables(q contenders.Question) object { return object{"start": q.From, "end": q.To} }

func campaignVariables(q contenders.Question) object { return object{"start": q.From, "end": q.To} }

// listVariables names activations by their events: each has one of its own.
func (d *data) listVariables(q contenders.Question) object {
	return object{"events": mapped(q.IDs, func(id string) string { return d.pages[id].Key })}
}

func seriesVariables(q contenders.Question) object {
	dates := func(from, to time.Time) object {
		return object{"startDate": from.Format(time.DateOnly), "endDate": to.AddDate(0, 0, -1).Format(time.DateOnly)}
	}
	return object{
		"partner": q.Partner, "zone": q.Zone, "now": dates(q.From, q.To), "before": dates(q.From.AddDate(0, 0, -90), q.From),
	}
}

// partnerStats is the link that a partner opens.
func (d *data) partnerStats(q contenders.Question) load.Request {
	i := slices.IndexFunc(d.Links, func(l link) bool { return l.ActivationID == q.IDs[0] })
	return get("/api/partner-stats/"+url.PathEscape(q.IDs[0])+"?token="+url.QueryEscape(d.Links[i].Token), "")
}

// leaderboard asks for dates of the tenant's calendar.
func (d *data) leaderboard(q contenders.Question) load.Request {
	zone := mustLoad(sample.TimeZone)
	values := url.Values{
		"start_date": {q.From.In(zone).Format(time.DateOnly)}, "end_date": {q.To.In(zone).AddDate(0, 0, -1).Format(time.DateOnly)}, "limit": {"20"},
	}
	return get("/v1/analytics/engagement/partners?"+values.Encode(), d.ReadKey)
}

func (d *data) campaigns(q contenders.Question) load.Request {
	values := url.Values{"from": {q.From.Format(time.RFC3339)}, "to": {q.To.Format(time.RFC3339)}}
	return get("/v2/"+tenant+"/campaign/stats?"+values.Encode(), d.ReadKey)
}

// past leaves out the activations whose windows are not over.
func (d *data) past(j job) []contenders.Question {
	return slices.DeleteFunc(slices.Clone(j.questions), func(q contenders.Question) bool {
		return q.IDs != nil && d.pages[q.IDs[0]].EndAt.After(d.Until.Add(-48*time.Hour))
	})
}
