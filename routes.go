package main

//go:generate go tool gqlgen generate
//go:generate go run ./internal/metricdoc

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"footfall/admit"
	"footfall/analytics"
	"footfall/auth"
	"footfall/ingest"
	"footfall/internal/problem"
	"footfall/live"
	"footfall/rest"
	"footfall/store"
	"footfall/store/cache"
	"footfall/web"
	"footfall/web/manual"
	"footfall/web/page"
)

// route is one URL that is served.
type route struct {
	pattern string
	handler http.Handler
}

// handler serves every URL there is.
func (g *gateway) handler(pages web.Config) (http.Handler, error) {
	routes, err := g.routes(pages)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.pattern, g.metrics.Watch(r.pattern, g.log, r.handler))
	}
	unknown := g.metrics.Watch("none", g.log, http.HandlerFunc(notFound))
	mux.Handle("/", unknown)
	mux.Handle(strings.TrimSuffix(page.AssetPrefix, "/"), unknown) // or ServeMux would redirect it
	return secure(admit.WithPreferWait(withCORS(mux, g.serving.CORSOrigins)), unknown), nil
}

// routes lists what is served; the documentation test reads it too.
func (g *gateway) routes(pages web.Config) ([]route, error) {
	executor, err := g.graphServer()
	if err != nil {
		return nil, err
	}
	documentation := manual.Handler(rest.Description())
	if !web.Built() {
		g.log.Warn(web.NotBuilt)
	}
	routes := []route{
		{"/{$}", pages.Start()},
		{"/graphql", executor},
		{"/playground", web.Playground.Handler()},
		{"/leaderboard", web.Leaderboard.Handler()},
		{"/campaigns", web.Campaigns.Handler()},
		{"/campaigns/{campaignKey}", web.Campaigns.Handler()},
		{"/docs", documentation},
		{"/docs/{page...}", documentation},
		{"/config.json", pages.Handler()},
		{page.AssetPrefix, web.Assets()},
		{"/v1/events", g.writer.Handler(g.admitEvents)},
		{"/openapi.json", rest.OpenAPI()},
		{"/healthz", problem.ReadOnly(http.HandlerFunc(healthy))},
		{"/readyz", problem.ReadOnly(http.HandlerFunc(g.ready))},
		{"/metrics", problem.ReadOnly(g.metrics.Handler())},
	}
	for _, pattern := range rest.Routes() {
		routes = append(routes, route{pattern, executor})
	}
	return routes, nil
}

// admitEvents is the tenant whose events a request may record.
func (g *gateway) admitEvents(w http.ResponseWriter, r *http.Request) (int64, error) {
	p, err := g.auth.Authenticate(r.Context(), r)
	if err != nil {
		auth.SetHeaders(w.Header(), err)
		return 0, err
	}
	limit, err := g.auth.Allow(p, auth.AnyUse)
	limit.SetHeaders(w.Header())
	if err == nil {
		err = p.Require(analytics.ScopeWrite)
	}
	return p.Tenant.ID, err
}

// Values of headers, made once.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	oneYear    = []string{"max-age=31536000"}
	closing    = []string{"close"}
)

// secure sets the security headers of every answer. A path that is not clean is unknown:
// ServeMux would redirect, and put a token into the Location.
func secure(h, unknown http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header() // names as net/http would write them
		header["X-Content-Type-Options"], header["Referrer-Policy"] = nosniff, noReferrer
		if r.TLS != nil {
			header["Strict-Transport-Security"] = oneYear
		}
		if r.TransferEncoding != nil { // a Content-Length beside it is gone by now: RFC 9112, 6.1
			header["Connection"] = closing
		}
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && (clean == "/" || clean+"/" != r.URL.Path) {
			unknown.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "private, no-store") // the path may be a mistyped link, with its token
	if web.WantsPage(r) {
		web.Unknown.Write(w, http.StatusNotFound)
		return
	}
	problem.Write(w, problem.Details{Status: http.StatusNotFound, Detail: "there is nothing at this path"})
}

// healthy says that the process runs.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"ok"}` + "\n"))
}

// ready says whether requests can be answered: Postgres is there, with the
// schema of this version, and the process stays. Redis need not be.
func (g *gateway) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if g.drain.going.Load() {
		unavailable(w, "the gateway is shutting down")
		return
	}
	schema, err := g.store.Schema(ctx)
	g.outages.note(ctx, g.log, err)
	switch {
	case store.Refusal(err) != "":
		unavailable(w, "Postgres refuses what the gateway asks: its log says why")
		return
	case err != nil:
		unavailable(w, "Postgres does not answer")
		return
	}
	if err = g.fits(schema); err != nil {
		problem.Write(w, problem.Details{Status: http.StatusServiceUnavailable, Detail: err.Error()})
		return
	}
	healthy(w, r)
}

// unavailable refuses for a reason that passes.
func unavailable(w http.ResponseWriter, detail string) {
	w.Header().Set("Retry-After", "1")
	problem.Write(w, problem.Details{Status: http.StatusServiceUnavailable, Detail: detail})
}

// registerMetrics adds what the packages count.
func (g *gateway) registerMetrics() {
	g.metrics.Gauge("footfall_build_info", "1; the labels say which build this is.", buildLabels(), func() int64 { return 1 })
	count := func(name, help string, read func() int64) { g.metrics.Count(name, help, nil, read) }
	count("footfall_edge_hits_total", "Whole answers served from memory.", g.edge.Hits)
	count("footfall_postgres_statements_total", "Statements sent to Postgres.", g.store.Statements)
	flag := func(name, help string, is func() bool) {
		g.metrics.Gauge(name, help, nil, func() int64 {
			if is() {
				return 1
			}
			return 0
		})
	}
	flag("footfall_row_security", "1 while row-level security stands behind the predicates, else 0.", g.store.Bound)
	flag("footfall_replica_used", "1 while reads may go to the replica, 0 while they do not and where there is none.", g.store.ReplicaUsed)
	flag("footfall_cache_informed", "1 while changes are heard of, so that memory answers without asking Redis, else 0; 1 without Redis too.", g.cache.Informed)
	count("footfall_rate_limit_redis_failures_total", "Questions about rate limits that Redis did not answer; meanwhile a gateway counts for itself.", g.auth.SharedFailures)
	for kind, read := range map[string]func(cache.Stats) int64{
		"hit_memory": func(s cache.Stats) int64 { return s.HitsMemory }, "hit_redis": func(s cache.Stats) int64 { return s.HitsRedis },
		"miss": func(s cache.Stats) int64 { return s.Misses }, "stale": func(s cache.Stats) int64 { return s.Stale },
		"redis_error": func(s cache.Stats) int64 { return s.RedisErrors }, "drained": func(s cache.Stats) int64 { return s.Drained },
		"corrupt": func(s cache.Stats) int64 { return s.Corrupt },
	} {
		g.metrics.Count("footfall_cache_total", "What the cache did, by kind.", map[string]string{"kind": kind},
			func() int64 { return read(g.cache.Stats()) })
	}
}

// registerLive adds what subscriptions hold and cost.
func (g *gateway) registerLive() {
	g.metrics.Gauge("footfall_streams", "WebSockets and streams of server-sent events that are open.", nil, g.streams.Open)
	g.metrics.Gauge("footfall_live_subscribers", "Subscriptions that go on.", nil, func() int64 { return g.live.Stats().Subscribers })
	g.metrics.Gauge("footfall_live_feeds", "Different queries among them.", nil, func() int64 { return g.live.Stats().Feeds })
	for kind, read := range map[string]func(live.Stats) int64{
		"computed": func(s live.Stats) int64 { return s.Computations }, "failed": func(s live.Stats) int64 { return s.Failed },
		"dropped": func(s live.Stats) int64 { return s.Dropped },
	} {
		g.metrics.Count("footfall_live_total", "What subscriptions took, by kind: computations, those that failed, slow subscribers dropped.",
			map[string]string{"kind": kind}, func() int64 { return read(g.live.Stats()) })
	}
}

// countCommits counts what ingest stores.
func (g *gateway) countCommits() func(ingest.Commit) {
	events := g.metrics.Counter("footfall_events_total", "Events handed to the store, by outcome.", "outcome",
		"accepted", "duplicate", "unknown", "too_old", "failed")
	return func(c ingest.Commit) {
		if c.Err != nil {
			events("failed", c.Events)
			return
		}
		events("accepted", c.Accepted)
		events("duplicate", c.Duplicates)
		events("unknown", c.Unknown)
		events("too_old", c.TooOld)
	}
}
