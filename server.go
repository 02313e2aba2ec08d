// Command footfall is the GraphQL analytics gateway. Package main reads the
// configuration, wires the packages together and runs commands; nothing else
// knows them all.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"
	"github.com/redis/go-redis/v9"

	"footfall/admit"
	"footfall/analytics"
	"footfall/auth"
	"footfall/documents"
	"footfall/edge"
	"footfall/graph"
	"footfall/ingest"
	"footfall/internal/telemetry"
	"footfall/live"
	"footfall/loaders"
	"footfall/rest"
	"footfall/store"
	"footfall/store/cache"
	"footfall/web"
)

// drainTime is how long requests in flight may take to finish after a signal.
const drainTime = 30 * time.Second

// compactorRest is how many times as long as it worked the compactor rests.
const compactorRest = 10

type serveCmd struct {
	Database database    `embed:""`
	ReadURL  string      `name:"database-read-url" env:"DATABASE_READ_URL" help:"A streaming replica to read from. What changed in the last 10 s is read from the primary, and so is all else while the replica is away or more than 9 s behind."`
	Redis    redisServer `embed:""`
	TLS      encryption  `embed:""`
	serving
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	g, err := openGateway(ctx, store.Options{URL: c.Database.URL, ReadURL: c.ReadURL}, c.Redis, c.serving, log)
	if err != nil {
		return err
	}
	defer g.close()
	if err = g.checkSchema(ctx); err != nil {
		return err
	}
	listener, err := c.listen(ctx)
	if err != nil {
		return err
	}
	encrypted, scheme, err := c.TLS.listener(listener, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	_, _ = fmt.Fprintf(std.err, "footfall: serving on %s://%s\n", scheme, listener.Addr())
	defer spareCollections()()
	return g.serve(ctx, encrypted, web.Config{})
}

func (s *serving) listen(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("--listen (LISTEN) must be an address that is free, such as 127.0.0.1:8081, got %q: %w", s.Listen, err)
	}
	return listener, nil
}

// spareCollections keeps a small heap from being collected many times a second, unless
// the operator said how often: memory that is reserved and never touched counts as
// live, so it stays out of the resident size and lets garbage grow by as much.
func spareCollections() (end func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	reserve := make([]byte, 24<<20)
	return func() { runtime.KeepAlive(reserve) }
}

// gateway is everything a running Footfall consists of.
type gateway struct {
	store   *store.Store
	cache   *cache.Cache
	writer  *ingest.Writer
	auth    *auth.Authenticator
	edge    *edge.Cache
	live    *live.Hub
	streams *graph.Streams
	reads   *admit.Gate
	boards  *admit.Gate // leaderboards of very many partners
	writes  *admit.Gate
	metrics *telemetry.Metrics
	log     *slog.Logger
	serving serving
	drain   drain
	closers []func()

	timeouts timeouts // with clients

	documents graph.Documents // that requests may name
	fitted    atomic.Bool     // the schema has matched this binary
	outages   outageLog       // of the database
}

// aloneEdgeTTL is how long whole answers are kept without Redis. Nobody tells a
// gateway then what other processes write, and what its answers are made of may
// be 900 ms old already: this is the rest of the promised second.
const aloneEdgeTTL = 100 * time.Millisecond

func openGateway(ctx context.Context, db store.Options, redis redisServer, s serving, log *slog.Logger) (*gateway, error) {
	if redis.URL == "" {
		s.EdgeCacheTTL = min(s.EdgeCacheTTL, aloneEdgeTTL)
	}
	g := &gateway{log: log, serving: s, timeouts: usualTimeouts, metrics: telemetry.NewMetrics(), streams: graph.NewStreams()}
	g.timeouts.answer = max(g.timeouts.answer, g.timeouts.request+s.Timeout+time.Minute)
	if err := g.open(ctx, db, redis); err != nil {
		g.close()
		return nil, err
	}
	g.registerMetrics()
	g.registerLive()
	g.registerAdmission()
	return g, nil
}

// open makes the parts, each of what is there already.
func (g *gateway) open(ctx context.Context, db store.Options, redis redisServer) error {
	proxies, err := auth.ParseProxies(g.serving.TrustedProxies)
	if err != nil {
		return fmt.Errorf("TRUSTED_PROXIES %w", err)
	}
	if err = g.openStore(ctx, db, redis.URL != ""); err != nil {
		return err
	}
	client, err := g.openRedis(redis)
	if err != nil {
		return err
	}
	if err = g.openDocuments(ctx, client); err != nil {
		return err
	}
	g.reads, g.writes, g.boards = g.gates(g.serving.admission)
	g.openCaches(client)
	g.writer = ingest.New(ingest.Options{Store: g.store, Gate: g.writes, Publisher: g.cache, Log: g.log, OnCommit: g.countCommits()})
	g.closers = append(g.closers, g.writer.Close)
	g.auth = g.authenticator(client, proxies)
	return nil
}

func (g *gateway) openStore(ctx context.Context, db store.Options, hearsOfChanges bool) (err error) {
	if db.ReadURL != "" && !hearsOfChanges {
		g.log.WarnContext(ctx, "DATABASE_READ_URL is of no use without REDIS_URL: nobody could tell what changed lately")
		db.ReadURL = ""
	}
	db.OnReplica = g.replicaChanged
	if g.store, err = store.Open(ctx, db); err == nil {
		g.closers = append(g.closers, g.store.Close)
	}
	return err
}

// openRedis is nil where there is none.
func (g *gateway) openRedis(server redisServer) (redis.UniversalClient, error) {
	if server.URL == "" {
		return nil, nil
	}
	client, err := cache.OpenRedis(server.URL)
	if err == nil {
		g.closers = append(g.closers, func() { _ = client.Close() })
	}
	return client, err
}

// openDocuments finds those that requests may name.
func (g *gateway) openDocuments(ctx context.Context, client redis.UniversalClient) (err error) {
	g.documents.Count = g.metrics.Counter("footfall_documents_total", "GraphQL operations, by what became of their documents.", "outcome",
		"trusted", "unrestricted", "untrusted", "refused", "unknown")
	if client != nil {
		g.documents.Registered = documents.NewRegistered(cache.NewDocuments(client, g.log))
	}
	if g.serving.Documents == "" {
		return nil
	}
	if g.documents.Trusted, err = graph.LoadDocuments(kong.ExpandPath(g.serving.Documents)); err != nil {
		return fmt.Errorf("trusted documents: %w", err)
	}
	g.log.InfoContext(ctx, "trusted documents are loaded", "count", g.documents.Trusted.Len())
	return nil
}

// openCaches makes all that remembers answers.
func (g *gateway) openCaches(client redis.UniversalClient) {
	g.cache = cache.New(cache.Options{
		Next: admit.Reads(g.store, g.reads), Outbox: g.store, Incarnation: g.store.Incarnation, Redis: client,
		Log: g.log, MaxStale: g.serving.MaxStale, OnChange: g.changed,
	})
	g.edge = edge.New(g.serving.EdgeCacheTTL, time.Now)
	g.edge.EnabledWhile(g.cache.Informed)
	g.live = live.New(live.Options{
		Source: g.cache, Log: g.log,
		Informed: func() bool { return client != nil && g.cache.Informed() }, // without Redis, of other processes never
	})
	g.closers = append(g.closers, g.live.Close)
}

func (g *gateway) authenticator(client redis.UniversalClient, proxies auth.Proxies) *auth.Authenticator {
	s := &g.serving
	o := auth.Options{
		Directory: g.store, Log: g.log, StaleFor: s.MaxStale, Proxies: proxies,
		RateLimit: s.RateLimit, LeaderboardLimit: s.LeaderboardRateLimit, FailureLimit: s.FailureRateLimit, Budget: s.CostBudget,
	}
	if client != nil {
		o.Shared = auth.InRedis(client)
	}
	return auth.New(o)
}

// changed tells those who keep answers that something of the tenant is another.
func (g *gateway) changed(tenant int64, topics map[analytics.Topic]bool) {
	g.edge.Forget(tenant)
	if topics == nil || topics[analytics.TopicActivations] {
		g.auth.LinksChanged()
	}
	g.live.Changed(tenant, topics)
}

// replicaChanged says whether the replica is read from.
func (g *gateway) replicaChanged(usable bool, why error) {
	if usable {
		g.log.Info("the replica (DATABASE_READ_URL) is used again")
		return
	}
	g.log.Warn("the replica (DATABASE_READ_URL) is not used, the primary is read instead", "error", why)
}

// close ends everything in reverse order of opening.
func (g *gateway) close() {
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i]()
	}
	g.closers = nil
}

// checkSchema refuses a database that has another version of the schema, or does not
// let us in. One that is away now may come back: /readyz says so meanwhile.
func (g *gateway) checkSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = g.store.CheckReplica(ctx) // which tells replicaChanged
	schema, err := g.store.Schema(ctx)
	if store.Refusal(err) != "" {
		return err
	}
	if err != nil {
		g.outages.note(ctx, g.log, err)
		return nil
	}
	if schema.Err() == nil && !g.store.Bound() {
		g.log.WarnContext(ctx, store.Unbound)
	}
	return g.fits(schema)
}

// fits is why the schema is not one to serve with. A gateway that has served with
// its own goes on when a newer version migrates the database: migrations leave the
// previous version working, so that gateways can be replaced one by one.
func (g *gateway) fits(schema store.Schema) error {
	err := schema.Err()
	if err == nil {
		g.fitted.Store(true)
	}
	if schema.Newer() && schema.Pending == 0 && g.fitted.Load() {
		return nil
	}
	return err
}

// serve answers requests until ctx ends, says so for a while, then lets those in
// flight finish.
func (g *gateway) serve(ctx context.Context, listener net.Listener, pages web.Config) error {
	handler, err := g.handler(pages)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	known, cancelKnown := context.WithTimeout(ctx, time.Second)
	_ = g.store.Ping(known) // so that the caches know which database it is, if it is there
	cancelKnown()
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { g.cache.Run(background) })
	if g.serving.CompactEvery > 0 {
		running.Go(func() { g.store.RunCompactor(background, g.serving.CompactEvery, compactorRest, g.log) })
	}
	if g.serving.Retention > 0 {
		running.Go(func() { g.store.RunPruner(analytics.WithActor(background, "retention"), g.serving.Retention, g.log) })
	}
	server := httpServer(g.drain.handler(handler), g.timeouts, g.log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
		return err
	case <-ctx.Done():
	}
	if err = g.drain.announce(g.serving.DrainDelay, failed); err != nil {
		return err
	}
	drain, cancel := context.WithTimeout(background, drainTime)
	defer cancel()
	var streams sync.WaitGroup
	streams.Go(func() { g.streams.Close(drain) }) // Shutdown waits for some, and does not know the others
	defer streams.Wait()
	if err = server.Shutdown(drain); errors.Is(err, context.DeadlineExceeded) {
		g.log.Warn("requests still in flight were cut off", "after", drainTime.String())
		err = server.Close()
	}
	return err
}

// graphServer is the executor that GraphQL and the REST contracts share.
func (g *gateway) graphServer() (http.Handler, error) {
	return graph.New(graph.Options{
		Source: g.cache, Room: loaders.NewRoom(g.boards), Writer: g.writer, Live: g.live, Streams: g.streams, Auth: sheddingAuth{g.auth, g.reads}, Edge: g.edge, Documents: g.documents,
		Log: g.log, Now: time.Now, Timeout: g.serving.Timeout,
		Limits: g.limits(), Enter: g.reads.Enter,
		Freshness: func(ctx context.Context) (context.Context, func() analytics.Freshness) {
			ctx, recorder := cache.WithRecorder(ctx)
			return ctx, recorder.Freshness
		},
	}, rest.Transports(rest.Options{Auth: sheddingAuth{g.auth, g.reads}, Edge: g.edge, Log: g.log, Now: time.Now, Enter: g.reads.Enter})...)
}

// limits are the GraphQL operations', and count what they do.
func (g *gateway) limits() graph.Limits {
	l := g.serving.limits
	refused := g.metrics.Counter("footfall_graphql_over_limit_total", "Operations over a limit, refused unless costs are only measured, by limit.", "limit",
		"depth", "aliases", "rootFields", "cost", "budget")
	return graph.Limits{
		Cost: l.CostLimit, Depth: l.DepthLimit, Aliases: l.AliasLimit, RootFields: l.RootFieldLimit,
		Measure: l.CostMode == "measure", Charge: g.auth.Charge,
		Estimated: g.metrics.Histogram("footfall_graphql_cost", "Estimated cost of operations.", []float64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}),
		Refused:   func(limit string) { refused(limit, 1) },
	}
}
