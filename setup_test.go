package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/localdb"
	"footfall/internal/storetest"
	"footfall/store"
	"footfall/web"
)

func TestMain(m *testing.M) {
	storetest.Prepare(migrate)
	storetest.Main(m)
}

func migrate(ctx context.Context, url string) error {
	s, err := store.Open(ctx, store.Options{URL: url})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(ctx)
	return err
}

// bundle is a gateway that serves, over a database with one tenant and its keys.
type bundle struct {
	*gateway
	t       testing.TB
	base    string // http://host:port
	conf    settings
	tenant  analytics.Tenant
	key     string // may do everything
	stop    context.CancelFunc
	stopped chan error // what serve returned, once
	client  *http.Client
}

// settings are what gateways differ in.
type settings struct {
	database, redis string
	zone            string // the tenant's
	serving         serving
	timeouts        timeouts // usual when zero
	log             *slog.Logger
}

// setup starts a gateway with a tenant over a database of the test's own, with
// Redis, without the answers at the edge and without the compactor. change tells
// how it differs.
func setup(t testing.TB, change ...func(*settings)) *bundle {
	t.Helper()
	conf := settings{
		zone: "UTC", log: slog.New(slog.DiscardHandler),
		serving: serving{Timeout: 30 * time.Second, MaxStale: 5 * time.Minute, admission: admission{ReadsQueued: 100_000, QueueTime: time.Minute}, limits: limits{CostLimit: 100_000, DepthLimit: 15, AliasLimit: 100, RootFieldLimit: 50}},
	}
	for _, c := range change {
		c(&conf)
	}
	if conf.database == "" {
		conf.database = storetest.Database(t)
	}
	if conf.redis == "" {
		conf.redis = storetest.Redis(t)
	}
	b := start(t, conf)
	b.tenant = b.newTenant("acme", conf.zone)
	b.key = b.newKey(b.tenant, analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin)
	return b
}

// withoutRedis leaves level 1 alone.
func withoutRedis(c *settings) { c.redis = "none" }

// withoutLimits lets any GraphQL operation run.
func withoutLimits(c *settings) { c.serving.limits = limits{} }

// withEdge keeps whole answers as long as a gateway does by default.
func withEdge(c *settings) { c.serving.EdgeCacheTTL = time.Second }

// privately gives the gateway servers that the test may break.
func privately(t testing.TB, servers *localdb.Server) func(*settings) {
	t.Helper()
	ok(t, migrate(t.Context(), servers.DatabaseURL()))
	return func(c *settings) { c.database, c.redis = servers.DatabaseURL(), servers.RedisURL() }
}

// another starts a second gateway over the same Postgres and Redis, for the same
// tenant.
func (b *bundle) another(change ...func(*settings)) *bundle {
	b.t.Helper()
	conf := b.conf
	for _, c := range change {
		c(&conf)
	}
	other := start(b.t, conf)
	other.tenant, other.key = b.tenant, b.key
	return other
}

func start(t testing.TB, conf settings) *bundle {
	t.Helper()
	b := &bundle{t: t, conf: conf, stopped: make(chan error, 1)}
	redis := conf.redis
	if redis == "none" {
		redis = ""
	}
	var err error
	b.gateway, err = openGateway(t.Context(), store.Options{URL: conf.database}, redisServer{URL: redis}, conf.serving, conf.log)
	ok(t, err)
	if conf.timeouts != (timeouts{}) {
		b.timeouts = conf.timeouts
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	b.base = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	b.stop = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.stopped <- b.serve(ctx, listener, web.Config{})
	}()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	b.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		<-done
		b.close()
	})
	return b
}

func (b *bundle) newTenant(accessKey, zone string) analytics.Tenant {
	b.t.Helper()
	z, err := analytics.ParseTimeZone(zone)
	ok(b.t, err)
	tenant, err := b.store.CreateTenant(b.t.Context(), analytics.Tenant{AccessKey: accessKey, Name: accessKey, Zone: z})
	ok(b.t, err)
	return tenant
}

func (b *bundle) newKey(tenant analytics.Tenant, scopes ...analytics.Scope) string {
	b.t.Helper()
	_, secret, err := createKey(b.t.Context(), b.store, tenant, analytics.APIKey{Name: "test", Scopes: scopes})
	ok(b.t, err)
	return secret
}

// as is the same gateway with another credential.
func (b *bundle) as(key string) *bundle {
	other := *b
	other.key = key
	return &other
}

// in is the same gateway for a subtest.
func (b *bundle) in(t testing.TB) *bundle {
	other := *b
	other.t = t
	return &other
}

// answer is what came back.
type answer struct {
	status     int
	header     http.Header
	body       string
	data       any
	errors     []problemOf
	extensions map[string]any
}

type problemOf struct {
	Message    string
	Path       []any
	Extensions map[string]any
}

func (p problemOf) code() string { code, _ := p.Extensions["code"].(string); return code }

// fresh asks for an answer that sees every acknowledged write.
var fresh = http.Header{"Cache-Control": {"no-cache"}}

// do sends a request with the bundle's key.
func (b *bundle) do(method, path, body string, header http.Header) answer {
	b.t.Helper()
	a, err := b.send(b.t.Context(), method, path, body, header)
	ok(b.t, err)
	return a
}

func (b *bundle) send(ctx context.Context, method, path, body string, header http.Header) (a answer, err error) {
	r, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	if b.key != "" {
		r.Header.Set("Authorization", "Bearer "+b.key)
	}
	maps.Copy(r.Header, header)
	response, err := b.client.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	a = answer{status: response.StatusCode, header: response.Header, body: string(text)}
	return a, err
}

// post sends a GraphQL operation. Header may be nil.
func (b *bundle) post(query string, variables map[string]any, header http.Header) answer {
	b.t.Helper()
	a, err := b.graphql(b.t.Context(), query, variables, header)
	ok(b.t, err)
	return a
}

func (b *bundle) graphql(ctx context.Context, query string, variables map[string]any, header http.Header) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return answer{}, err
	}
	h := http.Header{"Content-Type": {"application/json"}}
	maps.Copy(h, header)
	a, err := b.send(ctx, http.MethodPost, "/graphql", string(body), h)
	if err != nil {
		return a, err
	}
	var response struct {
		Data       any
		Errors     []problemOf
		Extensions map[string]any
	}
	if err = json.Unmarshal([]byte(a.body), &response); err != nil {
		return a, fmt.Errorf("%d %s: %w", a.status, a.body, err)
	}
	a.data, a.errors, a.extensions = response.Data, response.Errors, response.Extensions
	return a, nil
}

// ask answers a query that must go well, past all caches.
func (b *bundle) ask(query string, variables ...map[string]any) any {
	b.t.Helper()
	var v map[string]any
	if len(variables) > 0 {
		v = variables[0]
	}
	a := b.post(query, v, fresh)
	if a.status != http.StatusOK || len(a.errors) > 0 {
		b.t.Fatalf("%s\ngave %d %s", query, a.status, a.body)
	}
	return a.data
}

// record records events, NDJSON, all of which must be accepted.
func (b *bundle) record(lines ...string) {
	b.t.Helper()
	a := b.do(http.MethodPost, "/v1/events", strings.Join(lines, "\n"), http.Header{"Content-Type": {"application/x-ndjson"}})
	equal(b.t, "verdicts", strings.TrimSpace(a.body), fmt.Sprintf(`{"accepted":%d,"duplicates":0,"rejected":[]}`, len(lines)))
}

// exec changes the database behind the gateway's back.
func (b *bundle) exec(sql string, args ...any) {
	b.t.Helper()
	conn, err := pgx.Connect(b.t.Context(), b.conf.database)
	ok(b.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	tag, err := conn.Exec(b.t.Context(), sql, args...)
	ok(b.t, err)
	if tag.RowsAffected() == 0 {
		b.t.Fatalf("%s: no row", sql)
	}
}

// at follows a path such as "activations.nodes.0.eventKey" into an answer.
func at(v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch here := v.(type) {
		case map[string]any:
			v = here[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(here) {
				return nil
			}
			v = here[i]
		default:
			return nil
		}
	}
	return v
}

// number is the number at a path, −1 when there is none.
func number(v any, path string) int64 {
	n, ok := at(v, path).(float64)
	if !ok {
		return -1
	}
	return int64(n)
}

// matches compares an answer with JSON.
func matches(t testing.TB, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got\n  %s\nwant\n  %s", encoded(got), encoded(wanted))
	}
}

func encoded(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSpace(b.String())
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func instantOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}
