package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// fact is an event as it was recorded, at a whole second.
type fact struct {
	id, action, subject, session, visitor string
	at                                    int64 // Unix seconds
	seconds                               int64
	loggedIn                              bool
}

func (f fact) line(kind string) string {
	line := map[string]any{"id": f.id, "action": f.action, kind: f.subject, "at": time.Unix(f.at, 0).UTC().Format(time.RFC3339)}
	for name, value := range map[string]string{"session": f.session, "visitor": f.visitor} {
		if value != "" {
			line[name] = value
		}
	}
	if f.action == "watch" {
		line["seconds"], line["loggedIn"] = f.seconds, f.loggedIn
	}
	text, _ := json.Marshal(line)
	return string(text)
}

// definition is one of metricDefinitions.
type definition struct {
	Type, Name, Aggregate  string
	Actions                []string
	Numerator, Denominator string
	Scale                  float64
	Rounding               *int
	Additive               bool
	Rest                   string
}

// facts are everything recorded under a tenant, and compute every measure from
// its definition: naively, event by event and second by second.
type facts []fact

// of is the facts of a subject with one of the actions that happened in a range.
func (all facts) of(d definition, subject string, from, to int64) (in facts) {
	for _, f := range all {
		if f.subject == subject && slices.Contains(d.Actions, f.action) && f.at >= from && f.at < to {
			in = append(in, f)
		}
	}
	return in
}

// watched lists who watched in each second of a range.
func (all facts) watched(subject string, from, to int64, loggedIn bool) map[int64]map[string]bool {
	seconds := map[int64]map[string]bool{}
	for _, f := range all {
		if f.subject != subject || f.action != "watch" || loggedIn && !f.loggedIn {
			continue
		}
		for s := max(f.at, from); s < min(f.at+f.seconds, to); s++ {
			if seconds[s] == nil {
				seconds[s] = map[string]bool{}
			}
			seconds[s][f.visitor] = true
		}
	}
	return seconds
}

// visits are the first and the last second of each session at a subject.
func (all facts) visits(d definition, subject string) (visits [][2]int64) {
	views := map[string][]int64{}
	for _, f := range all.of(d, subject, math.MinInt64, math.MaxInt64) {
		views[f.visitor+" "+f.session] = append(views[f.visitor+" "+f.session], f.at)
	}
	for who, ats := range views {
		named := who[len(who)-1] != ' '
		slices.Sort(ats)
		for i, at := range ats {
			last := len(visits) - 1
			if i > 0 && (named || at-visits[last][1] < 30*60 && at-visits[last][0] < 4*60*60) {
				visits[last][1] = at
			} else {
				visits = append(visits, [2]int64{at, at})
			}
		}
	}
	return visits
}

func distinct(in facts, by func(fact) string) float64 {
	seen := map[string]bool{}
	for _, f := range in {
		if name := by(f); name != "" {
			seen[name] = true
		}
	}
	return float64(len(seen))
}

func (all facts) aggregate(d definition, subject string, from, to int64) (value float64, ok bool) {
	ok = true
	switch in := all.of(d, subject, from, to); d.Aggregate {
	case "EVENTS":
		value = float64(len(in))
	case "DISTINCT_SESSIONS":
		value = distinct(in, func(f fact) string { return f.session })
	case "DISTINCT_VISITORS", "DISTINCT_LOGIN_VISITORS":
		if d.Actions[0] != "watch" {
			return distinct(in, func(f fact) string { return f.visitor }), true
		}
		who := map[string]bool{}
		for _, viewers := range all.watched(subject, from, to, d.Aggregate == "DISTINCT_LOGIN_VISITORS") {
			for v := range viewers {
				who[v] = true
			}
		}
		value = float64(len(who))
	case "FIRST_LOGINS":
		first := map[string]fact{}
		for _, f := range all {
			if before, known := first[f.visitor]; f.loggedIn && (!known || f.at < before.at || f.at == before.at && f.id < before.id) {
				first[f.visitor] = f
			}
		}
		for _, f := range first {
			if slices.Contains(in, f) {
				value++
			}
		}
	case "SESSIONS", "SESSION_SECONDS":
		for _, v := range all.visits(d, subject) {
			if v[0] >= from && v[0] < to && d.Aggregate == "SESSIONS" {
				value++
			} else if v[0] >= from && v[0] < to {
				value += float64(v[1] - v[0])
			}
		}
	case "WATCHED_SECONDS", "PEAK_VIEWERS", "PEAK_INSTANT":
		peak, at, total := 0, int64(0), 0
		for s, viewers := range all.watched(subject, from, to, false) {
			total += len(viewers)
			if len(viewers) > peak || len(viewers) == peak && s < at {
				peak, at = len(viewers), s
			}
		}
		value, ok = map[string]float64{"WATCHED_SECONDS": float64(total), "PEAK_VIEWERS": float64(peak), "PEAK_INSTANT": float64(at)}[d.Aggregate],
			d.Aggregate != "PEAK_INSTANT" || peak > 0
	default:
		panic("unknown aggregate " + d.Aggregate)
	}
	return value, ok
}

// measure computes a measure; false for null.
func (all facts) measure(d definition, of map[string]definition, subject string, from, to int64) (float64, bool) {
	var value float64
	var ok bool
	if d.Aggregate != "" {
		value, ok = all.aggregate(d, subject, from, to)
	} else {
		above, _ := all.aggregate(of[d.Type+"."+d.Numerator], subject, from, to)
		below, _ := all.aggregate(of[d.Type+"."+d.Denominator], subject, from, to)
		value, ok = d.Scale*above/below, below != 0
	}
	if d.Rounding != nil {
		shift := math.Pow10(*d.Rounding)
		value = math.Round(value*shift) / shift
	}
	return value, ok
}

// definitions asks the gateway how everything is defined, by type and name.
func (b *bundle) definitions() map[string]definition {
	b.t.Helper()
	text := encoded(at(b.ask(`{ metricDefinitions { type name aggregate actions numerator denominator scale rounding additive rest } }`), "metricDefinitions"))
	var list []definition
	ok(b.t, json.Unmarshal([]byte(text), &list))
	of := map[string]definition{}
	for _, d := range list {
		of[d.Type+"."+d.Name] = d
	}
	return of
}

// selected are the measures of a type, as a selection.
func selected(of map[string]definition, typ string) (text string) {
	for _, d := range of {
		if d.Type == typ {
			text += " " + d.Name
		}
	}
	return text
}

// checkMeasures compares every measure answered with what its definition makes
// of the facts.
func checkMeasures(t *testing.T, got any, all facts, of map[string]definition, typ, subject string, from, to int64) {
	t.Helper()
	for _, d := range of {
		if d.Type != typ {
			continue
		}
		want, isNumber := all.measure(d, of, subject, from, to)
		value := at(got, d.Name)
		if text, instant := value.(string); instant {
			value = float64(instantOf(text).Unix())
		}
		number, numeric := value.(float64)
		if numeric != isNumber || isNumber && math.Abs(number-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s.%s of %s from %d to %d is %v, by its definition %v (null: %v)", typ, d.Name, subject, from, to, value, want, !isNumber)
		}
	}
}

// What the gateway answers is what metricDefinitions says: every measure,
// recomputed from the events recorded.
func TestMeasuresAreAsDefined(t *testing.T) {
	t.Parallel()
	b := setup(t)
	start := instantOf("2026-03-01T06:00:00Z").Unix()
	day := func(t int64) string { return time.Unix(t, 0).UTC().Format(time.RFC3339) }
	b.activate("busy", "busy", day(start), day(start+86400))
	b.activate("idle", "idle", day(start), day(start+86400))
	b.campaigns("busy", "idle", "other")
	b.upsertPartners(1, `name: "busy", partnerType: REFERRAL`, `name: "idle", partnerType: REFERRAL`)

	dice := rand.New(rand.NewPCG(3, 6))
	var all facts
	var lines []string
	some := func(n int, prefix string) string { return fmt.Sprint(prefix, dice.IntN(n)) }
	add := func(kind string, f fact) {
		f.id, f.at = fmt.Sprint(len(all)), start+dice.Int64N(8*3600)
		all = append(all, f)
		lines = append(lines, f.line(kind))
	}
	for i := range 60 {
		add("event", fact{action: []string{"click", "click", "outbound_click", "calendar_sync"}[dice.IntN(4)], subject: "busy", session: some(20, "s")})
		add("event", fact{action: "click", subject: "busy"})
		view := fact{action: "page_view", subject: uuidOf(1), visitor: some(4, "u")}
		if i%7 == 0 {
			view.session = some(2, "named")
		}
		add("partner", view)
		campaign := []string{"busy", "busy", "other"}[dice.IntN(3)]
		add("campaign", fact{action: "watch", subject: campaign, visitor: some(9, "u"), seconds: 1 + dice.Int64N(2400), loggedIn: dice.IntN(3) == 0})
		add("campaign", fact{action: []string{"like", "chat", "product_click", "banner_click"}[dice.IntN(4)], subject: campaign, visitor: some(9, "u")})
	}
	b.record(lines...)

	of := b.definitions()
	if len(of) < 30 {
		t.Fatalf("only %d definitions", len(of))
	}
	for _, r := range [][2]int64{{start, start + 86400}, {start, start + 4000}, {start + 4000, start + 17777}, {start + 20000, start + 20000}} {
		variables := map[string]any{"r": map[string]any{"instants": map[string]any{"start": day(r[0]), "end": day(r[1])}}}
		got := b.ask(fmt.Sprintf(`query($r: RangeInput!) {
			busy: activation(activationId: "busy") { metrics(range: $r) { %s } }
			idle: activation(activationId: "idle") { metrics(range: $r) { %[1]s } }
			partner(uuid: %q) { engagement(range: $r) { %s } }
			other: partner(uuid: %q) { engagement(range: $r) { %[3]s } }
		}`, selected(of, "ActivationMetrics"), uuidOf(1), selected(of, "PartnerEngagement"), uuidOf(2)), variables)
		checkMeasures(t, at(got, "busy.metrics"), all, of, "ActivationMetrics", "busy", r[0], r[1])
		checkMeasures(t, at(got, "idle.metrics"), all, of, "ActivationMetrics", "idle", r[0], r[1])
		checkMeasures(t, at(got, "partner.engagement"), all, of, "PartnerEngagement", uuidOf(1), r[0], r[1])
		checkMeasures(t, at(got, "other.engagement"), all, of, "PartnerEngagement", uuidOf(2), r[0], r[1])
	}
	for _, campaign := range []string{"busy", "idle", "other"} {
		got := b.ask(fmt.Sprintf(`{ campaign(campaignKey: %q) { metrics { %s } timeSeries(interval: HOUR) { points { start end metrics { %[2]s } } } } }`,
			campaign, selected(of, "CampaignMetrics")))
		checkMeasures(t, at(got, "campaign.metrics"), all, of, "CampaignMetrics", campaign, 0, math.MaxInt64)
		points, _ := at(got, "campaign.timeSeries.points").([]any)
		sums := map[string]float64{}
		for _, p := range points {
			checkMeasures(t, at(p, "metrics"), all, of, "CampaignMetrics", campaign,
				instantOf(at(p, "start").(string)).Unix(), instantOf(at(p, "end").(string)).Unix())
			for _, d := range of {
				if d.Type == "CampaignMetrics" && d.Additive {
					sums[d.Name] += at(p, "metrics."+d.Name).(float64)
				}
			}
		}
		for name, sum := range sums {
			equal(t, campaign+": the sum of "+name, sum, at(got, "campaign.metrics."+name).(float64))
		}
		if campaign == "busy" && len(points) < 5 {
			t.Errorf("only %d points", len(points))
		}
	}
}

func TestMetricDefinitions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	const all = `type name description definition unit additive aggregate actions numerator denominator scale rounding formula rest`
	got := b.as(token).ask(`{ metricDefinitions(type: "ActivationMetrics") { ` + all + ` } }`)
	matches(t, at(got, "metricDefinitions.0"), `{"type": "ActivationMetrics", "name": "clickCount", "description": "`+"`click`"+` events: the event page was opened.",
		"definition": "How many `+"`click`"+` events of the event key that happened in the range, narrowed to the activation's window. One sent twice counts once; one without a session counts.",
		"unit": "COUNT", "additive": true, "aggregate": "EVENTS", "actions": ["click"], "numerator": null, "denominator": null,
		"scale": 1, "rounding": null, "formula": "EVENTS(click)", "rest": "clickCount"}`)
	matches(t, at(got, "metricDefinitions.7"), `{"type": "ActivationMetrics", "name": "outboundSessionRate",
		"description": "100 × unique outbound sessions ÷ unique view sessions, one decimal; null without a view.",
		"definition": "How many sessions followed a link to the outside for every 100 that opened the event page. The former need not be among the latter: it can pass 100.",
		"unit": "PERCENT", "additive": false, "aggregate": null, "actions": [], "numerator": "uniqueOutboundSessionCount", "denominator": "uniqueViewSessionCount",
		"scale": 100, "rounding": 1, "formula": "100 × uniqueOutboundSessionCount ÷ uniqueViewSessionCount", "rest": "outboundSessionRate"}`)
	equal(t, "definitions of one type", len(at(got, "metricDefinitions").([]any)), 13)
	refused(t, b.post(`{ metricDefinitions(type: "Nothing") { name } }`, nil, nil), "BAD_USER_INPUT", "ActivationMetrics, CampaignMetrics, PartnerEngagement", "Nothing")

	// The names in the REST contracts are those that the contracts are described with.
	contracts := b.do(http.MethodGet, "/openapi.json", "", nil).body
	named := 0
	for _, d := range b.definitions() {
		if d.Rest != "" {
			named++
			if !strings.Contains(contracts, fmt.Sprintf("%q:", d.Rest)) {
				t.Errorf("%s.%s is no %s in any contract", d.Type, d.Name, d.Rest)
			}
		}
	}
	if named < 25 {
		t.Errorf("only %d measures are in a contract", named)
	}
}
