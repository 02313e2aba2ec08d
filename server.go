// Command footfall is the GraphQL analytics gateway. Package main reads the
// configuration, wires the packages together and runs commands; nothing else
// knows them all.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/alecthomas/kong"

	"footfall/admit"
	"footfall/analytics"
	"footfall/auth"
	"footfall/documents"
	"footfall/edge"
	"footfall/graph"
	"footfall/ingest"
	"footfall/internal/telemetry"
	"footfall/live"
	"footfall/rest"
	"footfall/store"
	"footfall/store/cache"
	"footfall/web"
)

// drainTime is how long requests in flight may take to finish after a signal.
const drainTime = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are a command's: results on out, everything else on err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the whole program; tests call it as a user would.
func run(ctx context.Context, arguments []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("footfall"),
		kong.Description("A GraphQL analytics gateway: exact unique counts over any range in any time zone."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exit = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the struct tags are wrong
	}
	parsed, err := parser.Parse(arguments)
	if exit >= 0 { // --help was printed
		return exit
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "footfall:", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(telemetry.NewLog(errOut, c.LogLevel), streams{in, out, errOut})
	var status exitStatus
	switch {
	case errors.As(err, &status):
		return int(status)
	case err != nil && ctx.Err() != nil:
		_, _ = fmt.Fprintln(errOut, "footfall: interrupted")
		return 130
	case err != nil:
		_, _ = fmt.Fprintln(errOut, "footfall:", explain(err))
		return 1
	}
	return 0
}

// exitStatus ends the program with a status and no further word.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// explain is an error with its cause: on the command line the reader is the
// operator.
func explain(err error) string {
	var domain *analytics.Error
	if errors.As(err, &domain) && domain.Err != nil {
		return fmt.Sprintf("%v: %v", err, domain.Err)
	}
	return err.Error()
}

type serveCmd struct {
	Database database    `embed:""`
	Redis    redisServer `embed:""`
	serving
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, log *slog.Logger, std streams) error {
	g, err := openGateway(ctx, c.Database, c.Redis, c.serving, log)
	if err != nil {
		return err
	}
	defer g.close()
	if err = g.checkSchema(ctx); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(std.err, "footfall: serving on http://%s\n", listener.Addr())
	defer spareCollections()()
	return g.serve(ctx, listener, web.Config{})
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
	writes  *admit.Gate
	metrics *telemetry.Metrics
	log     *slog.Logger
	serving serving
	closers []func()

	documents graph.Documents // that requests may name
}

// aloneEdgeTTL is how long whole answers are kept without Redis. Nobody tells a
// gateway then what other processes write, and what its answers are made of may
// be 900 ms old already: this is the rest of the promised second.
const aloneEdgeTTL = 100 * time.Millisecond

func openGateway(ctx context.Context, db database, redis redisServer, s serving, log *slog.Logger) (*gateway, error) {
	if redis.URL == "" {
		s.EdgeCacheTTL = min(s.EdgeCacheTTL, aloneEdgeTTL)
	}
	if s.MaxStale == 0 {
		s.MaxStale = -1 // none at all, which 0 is not to the packages
	}
	g := &gateway{log: log, serving: s, metrics: telemetry.NewMetrics(), edge: edge.New(s.EdgeCacheTTL, time.Now), streams: graph.NewStreams()}
	var err error
	if s.Documents != "" {
		if g.documents.Trusted, err = graph.LoadDocuments(s.Documents); err != nil {
			return nil, fmt.Errorf("trusted documents: %w", err)
		}
		log.InfoContext(ctx, "trusted documents are loaded", "count", g.documents.Trusted.Len())
	}
	g.documents.Count = g.metrics.Counter("footfall_documents_total", "GraphQL operations, by what became of their documents.", "outcome")
	if g.store, err = store.Open(ctx, store.Options{URL: db.URL, ReadURL: db.ReadURL}); err != nil {
		return nil, err
	}
	g.closers = append(g.closers, g.store.Close)
	proxies, err := auth.ParseProxies(s.TrustedProxies)
	if err != nil {
		g.close()
		return nil, fmt.Errorf("trusted proxies %w", err)
	}
	access := auth.Options{
		Directory: g.store, Log: log, StaleFor: s.MaxStale, Proxies: proxies,
		RateLimit: s.RateLimit, LeaderboardLimit: s.LeaderboardRateLimit, FailureLimit: s.FailureRateLimit, Budget: s.CostBudget,
	}
	g.admission(s.admission)
	options := cache.Options{Next: admit.Reads(g.store, g.reads), Outbox: g.store, Log: log, MaxStale: s.MaxStale, OnChange: g.changed}
	if redis.URL != "" {
		client, err := cache.OpenRedis(redis.URL)
		if err != nil {
			g.close()
			return nil, err
		}
		g.closers = append(g.closers, func() { _ = client.Close() })
		options.Redis, access.Shared = client, auth.InRedis(client)
		g.documents.Registered = documents.NewRegistered(cache.NewDocuments(client, log))
	}
	g.cache = cache.New(options)
	g.edge.While(g.cache.Informed)
	g.live = live.New(live.Options{
		Source: g.cache, Log: log,
		Informed: func() bool { return redis.URL != "" && g.cache.Informed() }, // without Redis, of other processes never
	})
	g.closers = append(g.closers, g.live.Close)
	g.writer = ingest.New(ingest.Options{Store: g.store, Admit: g.commits, Publisher: g.cache, Log: log, OnCommit: g.countCommits()})
	g.closers = append(g.closers, func() { _ = g.writer.Close() })
	g.auth = auth.New(access)
	return g, nil
}

// changed tells those who keep answers that something of the tenant is another.
func (g *gateway) changed(tenant int64, topics map[analytics.Topic]bool) {
	g.edge.Forget(tenant)
	g.live.Changed(tenant, topics)
}

// close ends everything in reverse order of opening.
func (g *gateway) close() {
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i]()
	}
	g.closers = nil
}

// checkSchema refuses a database that needs another version of the schema. One
// that is away now may come back: /readyz says so meanwhile.
func (g *gateway) checkSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	switch current, err := g.store.Migrated(ctx); {
	case err != nil:
		g.log.WarnContext(ctx, "the database does not answer yet", "error", err)
		return nil
	case !current:
		return errors.New("the database's schema is not this version's: run footfall migrate")
	}
	return nil
}

// serve answers requests until ctx ends, then lets those in flight finish.
func (g *gateway) serve(ctx context.Context, listener net.Listener, pages web.Config) error {
	handler, err := g.handler(pages)
	if err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { _ = g.cache.Run(background) })
	if g.serving.CompactEvery > 0 {
		running.Go(func() { g.store.RunCompactor(background, g.serving.CompactEvery, g.log) })
	}
	server := &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 128 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(background, drainTime)
	defer cancel()
	var streams sync.WaitGroup
	streams.Go(func() { g.streams.Close(drain) }) // Shutdown waits for some, and does not know the others
	defer streams.Wait()
	return server.Shutdown(drain)
}

// graphServer is the executor that GraphQL and the REST contracts share.
func (g *gateway) graphServer() (http.Handler, error) {
	return graph.New(graph.Options{
		Source: g.cache, Writer: g.writer, Live: g.live, Streams: g.streams, Auth: doorman{g.auth, g.reads}, Edge: g.edge, Documents: g.documents,
		Log: g.log, Now: time.Now, Timeout: g.serving.Timeout,
		Limits: g.limits(), Enter: g.reads.Enter,
		Freshness: func(ctx context.Context) (context.Context, func() analytics.Freshness) {
			ctx, recorder := cache.WithRecorder(ctx)
			return ctx, recorder.Freshness
		},
	}, rest.Transports(rest.Options{Auth: doorman{g.auth, g.reads}, Edge: g.edge, Log: g.log, Now: time.Now, Enter: g.reads.Enter})...)
}

// limits are the GraphQL operations', and count what they do.
func (g *gateway) limits() graph.Limits {
	l := g.serving.limits
	refused := g.metrics.Counter("footfall_graphql_over_limit_total", "Operations over a limit, refused unless costs are only measured, by limit.", "limit")
	return graph.Limits{
		Cost: l.CostLimit, Depth: l.DepthLimit, Aliases: l.AliasLimit, RootFields: l.RootFieldLimit,
		Measure: l.CostMode == "measure", Charge: g.auth.Charge,
		Estimated: g.metrics.Histogram("footfall_graphql_cost", "Estimated cost of operations.", []float64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}),
		Refused:   func(limit string) { refused(limit, 1) },
	}
}
