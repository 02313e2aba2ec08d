package main

import (
	"log/slog"
	"time"

	"github.com/alecthomas/kong"
)

// cli is every command, flag and environment variable there is: the one place
// they are declared, and what the documentation test reads.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Serve GraphQL, the REST contracts and event ingest."`
	Demo        demoCmd        `cmd:"" help:"Serve sample data from a private Postgres and Redis."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to this version."`
	Load        loadCmd        `cmd:"" help:"Load events from files: NDJSON, a JSON array or CSV, gzipped or not. Names the first ${named} rejected events, counts the others by their code, and exits with 1 when there are any."`
	Tenants     tenantsCmd     `cmd:"" help:"Create and list tenants."`
	Keys        keysCmd        `cmd:"" help:"Create, list and revoke API keys."`
	Activations activationsCmd `cmd:"" help:"Create, list, revoke and delete activations, and say how far their orders got."`
	Compact     compactCmd     `cmd:"" help:"Merge cells now. serve does it in the background too; where one is at it already, it is left to that."`
	Rebuild     rebuildCmd     `cmd:"" help:"Recompute a tenant's cells, sessions and audiences from its events."`
	Verify      verifyCmd      `cmd:"" help:"Compare every cell with the events behind it. Exits with 1 on any difference."`
	Prune       pruneCmd       `cmd:"" help:"Drop events from before a month. Counts stay; only ranges that begin or end inside an older quarter-hour are refused. Exits with 1, and has done nothing, while another prune is at work."`
	Forget      forgetCmd      `cmd:"" help:"Forget a visitor: erase what leads from the name to the events."`
	Audit       auditCmd       `cmd:"" help:"List administrative acts, a JSON object a line, latest first."`
	Schema      schemaCmd      `cmd:"" help:"Print the GraphQL schema: SDL, with every description."`

	Version  kong.VersionFlag `help:"Print the version."`
	LogLevel logLevel         `env:"LOG_LEVEL" default:"info" help:"Least level logged: debug, info, warn or error."`
}

// logLevel is the least level that is logged.
type logLevel struct{ slog.Level }

// database is what every command needs that works on one of its operator's.
type database struct {
	URL string `name:"database-url" env:"DATABASE_URL" required:"" placeholder:"$DATABASE_URL" help:"Postgres, such as postgres://user:password@host/footfall."`
}

// redisServer is the cache's second level.
type redisServer struct {
	URL string `name:"redis-url" env:"REDIS_URL" help:"Redis, such as redis://:password@host:6379/0. Without it each gateway caches on its own, for a second at most."`
}

// serving is what serve and demo share.
type serving struct {
	Listen       string        `env:"LISTEN" default:"127.0.0.1:8080" help:"Address to listen on."`
	EdgeCacheTTL time.Duration `name:"edge-cache-ttl" env:"EDGE_CACHE_TTL" default:"1s" help:"How long whole answers are kept for identical reads, 100 ms at most without Redis; 0 turns it off."`
	rates
	limits
	admission
	Timeout      time.Duration `env:"REQUEST_TIMEOUT" default:"10s" help:"Longest time one operation may take."`
	MaxStale     time.Duration `env:"MAX_STALE" default:"5m" help:"How old an answer may be that is served, and how long a checked key still opens, while Postgres is away; 0 is not at all."`
	Documents    string        `env:"DOCUMENTS" placeholder:"FILE|DIR" help:"Trusted GraphQL documents: a manifest of Apollo's or Relay's, or a folder of them."`
	CORSOrigins  []string      `name:"cors-origins" env:"CORS_ORIGINS" help:"Origins whose pages may ask, separated by commas, such as https://dashboard.example.com; none by default."`
	DrainDelay   time.Duration `env:"DRAIN_DELAY" default:"3s" help:"How long requests are still taken after a signal to end, while /readyz says 503, so that proxies look elsewhere."`
	CompactEvery time.Duration `env:"COMPACT_EVERY" default:"1m" help:"Pause between two runs of the compactor; 0 turns it off."`
	Retention    int           `env:"RETENTION" default:"0" placeholder:"MONTHS" help:"How many whole months of events are kept beside the current one, 2 at least; 0 keeps all."`
}

// rates are what one key, token or address may send a minute.
type rates struct {
	RateLimit            int      `env:"RATE_LIMIT" default:"6000" help:"Requests a minute per key or token, unless the key has a limit of its own; 0 turns it and the next one off."`
	LeaderboardRateLimit int      `env:"LEADERBOARD_RATE_LIMIT" default:"500" help:"Of them, requests a minute for the leaderboard's REST path; 0 is no limit beside the other."`
	FailureRateLimit     int      `env:"FAILURE_RATE_LIMIT" default:"600" help:"Refused requests a minute per client address, of IPv6 a /64; 0 turns it off."`
	TrustedProxies       []string `env:"TRUSTED_PROXIES" placeholder:"ADDRESS|CIDR" help:"Proxies whose X-Forwarded-For is believed, separated by commas."`
}

// admission bounds what a gateway does at once.
type admission struct {
	ReadsAtOnce int           `env:"READS_AT_ONCE" default:"0" help:"Reads of Postgres at once; 0 is five eighths of the connections."`
	ReadsQueued int           `env:"READS_QUEUED" default:"1000" help:"Reads that wait for their turn at most; what comes beyond is answered 503."`
	QueueTime   time.Duration `env:"QUEUE_TIME" default:"1s" help:"How long a read waits for its turn at most; a tenth of it while a long queue does not end."`
}

// limits are a GraphQL operation's.
type limits struct {
	CostLimit      int64  `env:"COST_LIMIT" default:"100000" help:"Largest estimated cost of one GraphQL operation; 0 turns it off."`
	CostBudget     int    `env:"COST_BUDGET" default:"1000000" help:"What the GraphQL operations of one key or token may cost a minute, unless the key has a budget of its own; 0 turns it off."`
	CostMode       string `env:"COST_MODE" default:"enforce" enum:"enforce,measure" help:"enforce, or measure: compute, report and count, but refuse nothing by cost, depth, aliases and root fields."`
	DepthLimit     int    `env:"DEPTH_LIMIT" default:"15" help:"Deepest nesting of fields in one GraphQL operation; 0 turns it off."`
	AliasLimit     int    `env:"ALIAS_LIMIT" default:"100" help:"Most aliases in one GraphQL operation; 0 turns it off."`
	RootFieldLimit int    `env:"ROOT_FIELD_LIMIT" default:"50" help:"Most root fields in one GraphQL operation; 0 turns it off."`
}
