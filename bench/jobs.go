package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"footfall/bench/contenders"
	"footfall/bench/load"
)

// States of a row that are the gateway's.
const (
	stateCold   = "cold"   // Cache-Control: no-cache on every request: Postgres each time
	stateRedis  = "redis"  // a fresh process each pass, each request once: measures come from Redis
	stateCached = "cached" // measures remembered in process; the edge cache is off
	stateEdge   = "edge"   // whole answers remembered, for a second
)

// Ways to ask the gateway.
const (
	viaPOST = "POST"
	viaGET  = "GET"
	viaAPQ  = "APQ" // a GET with the document's hash
	viaREST = "REST"
)

// job is one thing that users ask for.
type job struct {
	name      string
	questions []contenders.Question
	shows     string // what every answer must hold
	ways      []way  // what contenders say is compared with the first
	rivals    []string
}

// way is one way to ask, and the states in which it is measured.
type way struct {
	via     string
	text    string // the GraphQL document
	request func(q contenders.Question) load.Request
	states  []string
}

// asking is what a job's requests are made of.
type asking struct {
	*data
	text      string // the GraphQL document
	variables func(q contenders.Question) object
	rest      func(q contenders.Question) load.Request
}

func (a asking) ways(via string, states ...string) way {
	w := way{via: via, text: a.text, states: states, request: a.rest}
	switch via {
	case viaPOST:
		w.request = func(q contenders.Question) load.Request { return graphQL(a.ReadKey, a.text, a.variables(q)) }
	case viaGET:
		w.request = func(q contenders.Question) load.Request {
			return getGraphQL(a.ReadKey, url.Values{"query": {a.text}}, a.variables(q))
		}
	case viaAPQ:
		w.request = func(q contenders.Question) load.Request {
			return getGraphQL(a.ReadKey, url.Values{"extensions": {persisted(a.text)}}, a.variables(q))
		}
	}
	return w
}

// jobs lists what is measured, over sample data.
func jobs(d *data) []job {
	dice := rand.New(rand.NewPCG(7, 7))
	stats := asking{d, queryText("activation"), activationVariables, d.partnerStats}
	ranged := asking{d, queryText("activation_range"), rangedVariables, nil}
	board := asking{d, queryText("leaderboard"), boardVariables, d.leaderboard}
	shows := asking{d, queryText("campaigns"), campaignVariables, d.campaigns}
	lists := asking{d, queryText("activations"), d.listVariables, nil}
	days := asking{d, queryText("series"), seriesVariables, nil}
	parts := asking{d, queryText("breakdown"), activationVariables, nil}
	const clicks, sessions, viewers = `"clickCount":`, `"totalSessions":`, `"totalViewers":`
	const cells, events, bare = contenders.Cells, contenders.Events, contenders.Bare
	odd := d.End().Add(-31*time.Hour - 17*time.Minute - 23*time.Second)
	month := time.Date(d.End().Year(), d.End().Month(), 1, 0, 0, 0, 0, time.UTC)
	one := func(q contenders.Question) []contenders.Question { return []contenders.Question{q} }
	between := func(from, to time.Time) []contenders.Question {
		return one(contenders.Question{Job: "J2", From: from.UTC(), To: to.UTC()})
	}
	return []job{
		{"J1", d.someActivations(), clicks, []way{
			stats.ways(viaPOST, stateCold, stateCached), stats.ways(viaGET, stateCached), stats.ways(viaAPQ, stateCached),
			stats.ways(viaREST, stateCold, stateCached),
		}, []string{bare, cells, events}},
		{"J1 ranges", d.ranges(dice), clicks, []way{ranged.ways(viaPOST, stateRedis)}, []string{contenders.Redis}},
		{"J1hot", one(d.busiest()), clicks, []way{
			stats.ways(viaPOST, stateCold, stateEdge), stats.ways(viaGET, stateEdge), stats.ways(viaAPQ, stateEdge), stats.ways(viaREST, stateEdge),
		}, []string{cells, events}},
		{"J2 90d", between(d.dates()), sessions, []way{
			board.ways(viaPOST, stateCold, stateCached, stateEdge), board.ways(viaREST, stateEdge),
		}, []string{cells, events}},
		{"J2 90d odd", between(odd.AddDate(0, 0, -90), odd), sessions, []way{board.ways(viaPOST, stateCold, stateCached)}, []string{cells, events}},
		{"J2 12m", between(month.AddDate(-1, 0, 0), month), sessions, []way{board.ways(viaPOST, stateCold, stateCached)}, []string{cells, events}},
		{"J2 12m odd", between(odd.AddDate(-1, 0, 0), odd), sessions, []way{board.ways(viaPOST, stateCold, stateCached, stateEdge)}, []string{cells, events}},
		{"J3", d.weeks(), viewers, []way{
			shows.ways(viaPOST, stateCold, stateCached), shows.ways(viaREST, stateCold, stateCached),
		}, []string{cells, events}},
		{"J3hot", d.weeks()[:1], viewers, []way{shows.ways(viaPOST, stateEdge), shows.ways(viaREST, stateEdge)}, nil},
		{"J4", d.lists(dice), clicks, []way{lists.ways(viaPOST, stateCold, stateCached)}, []string{bare, cells, events}},
		{"J4same", d.lists(dice)[:1], clicks, []way{
			lists.ways(viaPOST, stateEdge), lists.ways(viaGET, stateEdge), lists.ways(viaAPQ, stateEdge),
		}, nil},
		{"J5", d.series(dice), sessions, []way{days.ways(viaPOST, stateCold, stateCached)}, []string{cells, events}},
		{"J6", d.someActivations(), clicks, []way{parts.ways(viaPOST, stateCold, stateCached)}, nil},
	}
}

// graphQL is a query as front ends send it.
func graphQL(key, query string, variables object) load.Request {
	body, err := json.Marshal(object{"query": query, "variables": variables})
	if err != nil {
		panic(err) // strings and times
	}
	return load.Request{Method: http.MethodPost, Target: "/graphql", Body: string(body), Header: http.Header{
		"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
	}}
}

func getGraphQL(key string, values url.Values, variables object) load.Request {
	text, err := json.Marshal(variables)
	if err != nil {
		panic(err) // strings and times
	}
	values.Set("variables", string(text))
	return get("/graphql?"+values.Encode(), key)
}

// get is a request with a key, "" for none.
func get(target, key string) load.Request {
	r := load.Request{Method: http.MethodGet, Target: target, Header: http.Header{"Accept": {"application/json"}}}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return r
}

// persisted names a document by its hash, as Apollo's clients do.
func persisted(text string) string {
	sum := sha256.Sum256([]byte(text))
	return `{"persistedQuery":{"version":1,"sha256Hash":"` + hex.EncodeToString(sum[:]) + `"}}`
}

// registering is the request that a client sends once, when its hash is unknown.
func registering(text string, r load.Request) load.Request {
	r.Target += "&" + url.Values{"query": {text}}.Encode()
	return r
}

func mapped[T, R any](in []T, f func(T) R) []R {
	out := make([]R, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
