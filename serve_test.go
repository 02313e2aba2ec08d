package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/internal/await"
	"footfall/internal/storetest"
	"footfall/internal/testlog"
	"footfall/store"
	"footfall/web"
)

// server is footfall serve, as a user runs it. Its bundle knows no gateway:
// all that one can do is ask.
type server struct {
	*bundle
	log  *testlog.Log // standard error
	code chan int     // what it exited with, once
}

// serveOver runs footfall serve over a database until the test ends.
func serveOver(t testing.TB, database string, more ...string) *server {
	t.Helper()
	s := &server{&bundle{t: t, client: &http.Client{Transport: &http.Transport{}}}, &testlog.Log{}, make(chan int, 1)}
	s.conf.database = database
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	s.stop = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		arguments := append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--database-url", database}, more...)
		s.code <- run(ctx, arguments, strings.NewReader(""), io.Discard, s.log)
	}()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		cancel()
		<-done
	})
	await.Until(t, "serving", func() bool {
		found := regexp.MustCompile(`serving on (https?://\S+)`).FindStringSubmatch(s.log.String())
		if found != nil {
			s.base = found[1]
		}
		return found != nil || len(s.code) > 0
	})
	if s.base == "" {
		t.Fatalf("serve exited with %d: %s", <-s.code, s.log)
	}
	return s
}

// by is the server asked with a key of a new tenant, acme.
func (s *server) by(key string) *server { s.key = key; return s }

// acme creates a tenant and returns a key that may do everything.
func (o operator) acme() string {
	o.t.Helper()
	o.tenant("acme")
	return strings.TrimSpace(o.run("keys", "create", "--tenant", "acme", "--scopes", "analytics:read,events:write,admin").good())
}

// isProblem checks an error outside GraphQL and the contracts (RFC 9457).
func isProblem(t testing.TB, what string, a answer, status int, detail string) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	err := json.Unmarshal([]byte(a.body), &p)
	if err != nil || a.status != status || p.Status != status || p.Title == "" || !strings.Contains(p.Detail, detail) ||
		a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s gives %d %v %s, want a problem %d that says %q", what, a.status, a.header, a.body, status, detail)
	}
}

func TestServePlainPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nobody := b.as("")
	for _, path := range []string{"/healthz", "/readyz"} {
		a := nobody.do(http.MethodGet, path, "", nil)
		if a.status != http.StatusOK || a.body != `{"status":"ok"}`+"\n" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s gives %d %v %q", path, a.status, a.header, a.body)
		}
	}
	if a := nobody.do(http.MethodGet, "/nope", "", http.Header{"Accept": {"text/html,application/xhtml+xml,*/*;q=0.8"}}); a.status != http.StatusNotFound ||
		!strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "nothing at this address") || a.header.Get("Content-Security-Policy") == "" {
		t.Errorf("/nope in a browser: %d %v %s", a.status, a.header, a.body)
	}
	for _, path := range []string{"/index.html", "/nope", "/graphql/x", "/v1", "/v1/events/x", "/api/partner-stats", "/v2/acme/campaign", "/healthz/x", "/%2e%2e/etc/passwd"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			a := nobody.do(method, path, "", nil)
			isProblem(t, method+" "+path, a, http.StatusNotFound, "nothing at this path")
		}
	}
	api := nobody.do(http.MethodGet, "/openapi.json", "", nil)
	var document struct {
		OpenAPI string
		Paths   map[string]any
	}
	ok(t, json.Unmarshal([]byte(api.body), &document))
	if api.status != http.StatusOK || !strings.HasPrefix(document.OpenAPI, "3.") || len(document.Paths) < 3 {
		t.Errorf("/openapi.json gives %d %.100s", api.status, api.body)
	}
	want := http.StatusOK
	if !web.Built() {
		want = http.StatusNotImplemented // and a word that says what is missing
	}
	for _, path := range []string{"/playground", "/leaderboard", "/campaigns", "/campaigns/jazz"} {
		equal(t, path, nobody.do(http.MethodGet, path, "", nil).status, want)
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		equal(t, "HEAD "+path, nobody.do(http.MethodHead, path, "", nil).status, http.StatusOK)
		a := nobody.do(http.MethodPost, path, "", nil)
		isProblem(t, "POST "+path, a, http.StatusMethodNotAllowed, "GET or HEAD")
		equal(t, "Allow", a.header.Get("Allow"), "GET, HEAD")
	}
	for _, path := range []string{"/", "/docs", "/docs/metrics", "/config.json"} {
		equal(t, path, nobody.do(http.MethodGet, path, "", nil).status, http.StatusOK)
		equal(t, "DELETE "+path, nobody.do(http.MethodDelete, path, "", nil).status, http.StatusMethodNotAllowed)
	}
	for _, path := range []string{"/api//partner-stats/act_1?token=tok_x", "/api/x/../partner-stats/act_1?token=tok_x"} {
		a := nobody.do(http.MethodGet, path, "", nil)
		isProblem(t, path, a, http.StatusNotFound, "nothing at this path")
		if strings.Contains(fmt.Sprint(a.header)+a.body, "tok_x") {
			t.Errorf("%s repeats its token", path)
		}
	}

	// What happened is counted, by route and not by path, and names nobody.
	b.record(click("1", "click", "jazz", "s", "2026-03-05T00:00:00Z"), click("2", "click", "jazz", "s", "2026-03-05T00:00:00Z"))
	b.ask(`{ activations { nodes { id } } }`)
	_ = nobody.do(http.MethodGet, "/api/partner-stats/act_1?token=tok_x", "", nil)
	metrics := nobody.do(http.MethodGet, "/metrics", "", nil)
	equal(t, "/metrics", metrics.status, http.StatusOK)
	for _, line := range []string{
		`footfall_http_requests_total{route="/graphql",status="200"} 1`, `footfall_http_requests_total{route="/v1/events",status="200"} 1`,
		`footfall_http_requests_total{route="/healthz",status="200"} 2`, `footfall_http_requests_total{route="/healthz",status="405"} 1`, `footfall_http_requests_total{route="none",status="404"} 30`,
		`footfall_events_total{outcome="accepted"} 2`, `footfall_http_requests_in_flight 1`, `footfall_edge_hits_total 0`,
		`footfall_http_request_seconds_count{route="/graphql"} 1`, `route="/api/partner-stats/{activationId}",status="404"} 1`,
	} {
		if !strings.Contains(metrics.body, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	for _, name := range []string{"footfall_postgres_statements_total ", `footfall_cache_total{kind="miss"} `, "go_goroutines "} {
		if !strings.Contains(metrics.body, "\n"+name) {
			t.Errorf("/metrics lacks %s", name)
		}
	}
	for _, secret := range []string{b.key, "tok_x", "act_1", "acme", "jazz"} {
		if strings.Contains(metrics.body, secret) {
			t.Errorf("/metrics names %s", secret)
		}
	}
	for _, path := range []string{"/healthz", "/nope", "/graphql", "/openapi.json", "/metrics", "/v1/events", "/playground", "/api/partner-stats/x", "/", "/docs", "/partner-stats/x"} {
		equal(t, path+" is not sniffed", nobody.do(http.MethodGet, path, "", nil).header.Get("X-Content-Type-Options"), "nosniff")
	}
}

func TestServeIsNotReadyWithoutItsSchema(t *testing.T) {
	t.Parallel()
	const name = "serve_unmigrated"
	address, err := storetest.Server(t).NewDatabase(t.Context(), name)
	ok(t, err)
	t.Cleanup(func() { ok(t, storetest.Server(t).DropDatabase(context.Background(), name)) })
	b := start(t, settings{database: address, redis: "none", log: slog.New(slog.DiscardHandler)})
	isProblem(t, "/readyz", b.do(http.MethodGet, "/readyz", "", nil), http.StatusServiceUnavailable, "schema")
	equal(t, "/healthz", b.do(http.MethodGet, "/healthz", "", nil).status, http.StatusOK)
	ok(t, migrate(t.Context(), address))
	equal(t, "/readyz once migrated", b.do(http.MethodGet, "/readyz", "", nil).status, http.StatusOK)
}

// Requests in flight when the signal comes finish, and what they acknowledge is
// stored. No new ones are taken.
func TestServeFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	s := serveOver(t, o.database).by(o.acme())
	s.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")

	// A query that waits for a lock, and events whose end has not been sent.
	conn, err := pgx.Connect(t.Context(), o.database)
	ok(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE cells IN ACCESS EXCLUSIVE MODE")
	ok(t, err)
	asked := make(chan answer, 1)
	go func() {
		a, err := s.graphql(t.Context(), `{ activation(activationId: "act") { metrics { clickCount } } }`, nil, fresh)
		if err != nil {
			a.body = err.Error()
		}
		asked <- a
	}()
	body, rest := io.Pipe()
	sent := make(chan answer, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/v1/events", body)
		if err != nil {
			sent <- answer{body: err.Error()}
			return
		}
		r.Header = http.Header{"Content-Type": {"application/x-ndjson"}, "Authorization": {"Bearer " + s.key}}
		response, err := s.client.Do(r)
		if err != nil {
			sent <- answer{body: err.Error()}
			return
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		sent <- answer{status: response.StatusCode, body: string(text)}
	}()
	_, err = io.WriteString(rest, click("1", "click", "jazz", "s", "2026-03-05T00:00:00Z")+"\n")
	ok(t, err)
	await.Until(t, "both are in flight", func() bool {
		return strings.Contains(s.do(http.MethodGet, "/metrics", "", nil).body, "footfall_http_requests_in_flight 3\n") // with this one
	})
	s.stop()
	address := strings.TrimPrefix(s.base, "http://")
	await.Until(t, "no new connections", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	if len(asked)+len(sent)+len(s.code) > 0 {
		t.Error("something ended before it could")
	}
	_, err = io.WriteString(rest, click("2", "click", "jazz", "s", "2026-03-05T00:00:00Z")+"\n")
	ok(t, err)
	_, err = conn.Exec(t.Context(), "COMMIT")
	ok(t, err)
	got := <-asked
	equal(t, "the query's answer", number(got.data, "activation.metrics.clickCount"), 0)
	equal(t, "the query's status", got.status, http.StatusOK)
	ok(t, rest.Close())
	events := <-sent
	equal(t, "the events' status", events.status, http.StatusOK)
	equal(t, "the verdicts", strings.TrimSpace(events.body), `{"accepted":2,"duplicates":0,"rejected":[]}`)
	equal(t, "the exit code", <-s.code, 0)
	s.code <- 0
	var stored int
	ok(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&stored))
	equal(t, "events stored", stored, 2)
	o.run("verify").good()
}

// Without Redis nobody could tell what a replica may answer, so it is not opened.
func TestReplicaTakesRedis(t *testing.T) {
	t.Parallel()
	const nowhere = "postgres://nobody@127.0.0.1:1/none"
	for redis, used := range map[string]bool{"": false, storetest.Redis(t): true} {
		g, err := openGateway(t.Context(), store.Options{URL: nowhere, ReadURL: nowhere}, redisServer{URL: redis}, serving{Timeout: time.Second}, slog.New(slog.DiscardHandler))
		ok(t, err)
		t.Cleanup(g.close)
		equal(t, "the replica is used", g.store.ReplicaUsed(), used)
	}
}

// Whatever a client sends, its secrets are not in the log, at any level.
func TestServeLogsNoSecrets(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	s := serveOver(t, o.database, "--redis-url", storetest.Redis(t), "--log-level", "debug").by(o.acme())
	token := s.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	const marker = "s3cr3t-m4rker"
	secrets := []string{s.key, token, s.key[8:24], token[8:24], marker, url.QueryEscape(marker), base64.StdEncoding.EncodeToString([]byte(marker)), "%73", "hidden/"}
	nobody := s.as("")
	send := func(method, path, body string, header http.Header) {
		t.Helper()
		for _, b := range []*bundle{s.bundle, nobody, s.as("ff_" + marker), s.as(marker)} {
			h := http.Header{"Cookie": {"session=" + marker}, "Referer": {"https://hidden/" + marker}, "User-Agent": {marker}, "X-Forwarded-For": {marker}}
			maps.Copy(h, header)
			_ = b.do(method, path, body, h)
		}
	}
	everything := func() {
		t.Helper()
		jsonBody := http.Header{"Content-Type": {"application/json"}}
		for _, query := range []string{
			`{ activation(activationId: \"` + marker + `\") { metrics { clickCount } } }`, `{ activation(activationId: \"act\") { metrics { clickCount uniqueSessionCount } } }`,
			`{ ` + strings.ReplaceAll(marker, "-", "_") + ` }`, `query($x: Int = \"` + marker + `\") { activations(first: $x) { nodes { id } } }`, `{ \"` + marker,
			`mutation { createActivation(input: { eventKey: \"` + marker + `\\u0000\", eventName: \"x\", tier: \"y\", startAt: \"` + marker + `\", endAt: \"2026-01-01T00:00:00Z\" }) { token } }`,
			`{ activation(activationId: \"` + marker + `\\u0000\") { id } }`, `{ campaigns(after: \"` + marker + `\") { nodes { id } } }`,
		} {
			send(http.MethodPost, "/graphql", `{"query":"`+query+`","variables":{"x":"`+marker+`"}}`, jsonBody)
			send(http.MethodGet, "/graphql?query="+url.QueryEscape(strings.ReplaceAll(query, `\"`, `"`))+"&token="+marker, "", nil)
		}
		send(http.MethodPost, "/graphql", marker, jsonBody)
		send(http.MethodPost, "/graphql?token="+marker, `{"query": {"`+marker+`": 1}}`, jsonBody)
		send(http.MethodGet, "/graphql", "", http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(marker))}})
		send(http.MethodGet, "/graphql?variables="+marker+"&query=%73", "", http.Header{"Authorization": {"Bearer " + s.key, "Bearer " + marker}, "Accept": {marker}})
		for _, path := range []string{
			"/api/partner-stats/act?token=" + token, "/api/partner-stats/act?token=" + marker, "/api/partner-stats/act?token=" + token + "&from=" + marker, "/api/partner-stats/act?token=" + token + ";x=" + marker,
			"/v1/analytics/engagement/partners?period=" + marker, "/v2/acme/campaign/stats?from=" + marker, "/v2/acme/campaign/stats?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&x=" + marker,
			"/nope?token=" + marker, "/?" + marker, "/playground?headers=" + marker, "/healthz?" + marker, "/metrics?" + marker, "/graphql?%zz" + marker, "/graphql/?" + marker + ";" + token,
		} {
			send(http.MethodGet, path, "", nil)
			send(http.MethodPost, path, marker, nil)
		}
		for media, text := range map[string]string{
			"application/x-ndjson": click(marker, "click", marker, marker, "2026-03-05T00:00:00Z") + "\n{\"id\":\"" + marker + "\"}\n" + marker + "\n" + click(marker, "click", "x\\u0000"+marker, marker, marker),
			"application/json":     `[{"id":"` + marker + `"}, "` + marker + `"`, "text/csv": "id,action," + marker + "\n" + marker + ",\"" + marker, marker: marker,
		} {
			send(http.MethodPost, "/v1/events?key="+marker, text, http.Header{"Content-Type": {media}})
			send(http.MethodPost, "/v1/events", text, http.Header{"Content-Type": {media}, "Content-Encoding": {"gzip"}})
		}
		for _, raw := range []string{
			"GET /" + marker, "GET /?token=" + marker + " HTTP/1.1\r\nHost: x\r\nbad header " + marker + "\r\n\r\n", marker + "\r\n\r\n",
			"POST /v1/events?key=" + marker + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: Bearer " + s.key + "\r\nContent-Type: text/csv\r\n\r\n" + marker,
			"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer " + s.key + "\r\nContent-Type: application/json\r\n\r\n" + marker + "\r\n",
		} {
			s.sendRaw(raw)
		}
	}
	everything()
	s.exec(`INSERT INTO cells (tenant_id, subject_id, bucket, action, level, events, starts, micros, sessions)
		SELECT tenant_id, subject_id, '2026-03-01', 1, 2, 1, 0, 0, '\xff00ff' FROM activations`)
	refused(t, s.post(`{ activation(activationId: "act") { metrics { uniqueSessionCount } } }`, nil, fresh), "INTERNAL")
	everything()
	conn, err := pgx.Connect(t.Context(), o.database)
	ok(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `ALTER TABLE cells RENAME TO lost; ALTER TABLE activations RENAME TO lost_too; ALTER TABLE events ADD CONSTRAINT never CHECK (false) NOT VALID`)
	ok(t, err)
	refused(t, s.post(`{ activation(activationId: "act") { id } }`, nil, fresh), "INTERNAL")
	everything()

	s.stop()
	equal(t, "exit code", <-s.code, 0)
	s.code <- 0
	log := s.log.String()
	for _, w := range []string{`"route":"/graphql"`, `"route":"/v1/events"`, `"route":"/api/partner-stats/{activationId}"`, `"msg":"request failed"`, `"status":404`, `"level":"DEBUG"`, `"level":"ERROR"`} {
		if !strings.Contains(log, w) {
			t.Errorf("the log lacks %s: the test shows nothing", w)
		}
	}
	for line := range strings.Lines(log) {
		for _, secret := range secrets {
			if strings.Contains(strings.ToLower(line), strings.ToLower(secret)) {
				t.Errorf("%s is in the log: %s", secret, line)
			}
		}
	}
}

// sendRaw sends bytes that need not be HTTP, and waits for the server to answer
// or to hang up.
func (s *server) sendRaw(text string) {
	s.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
	ok(s.t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, text)
	ok(s.t, err)
	ok(s.t, conn.(*net.TCPConn).CloseWrite())
	if answered, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		_ = answered.Body.Close()
	}
}

// A gateway that is asked to end says so first and answers on, so that a proxy
// before it fails no request.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	database := storetest.Database(t)
	s := serveOver(t, database, "--drain-delay", "4s").by(operator{t, database}.acme())
	response, err := s.client.Get(s.base + "/readyz")
	ok(t, err)
	ok(t, response.Body.Close())
	equal(t, "/readyz", response.StatusCode, http.StatusOK)
	equal(t, "its connection ends", response.Close, false)
	var a answer
	s.stop()
	await.Until(t, "/readyz says that it goes", func() bool {
		a = s.do(http.MethodGet, "/readyz", "", nil)
		return a.status != http.StatusOK
	})
	isProblem(t, "/readyz", a, http.StatusServiceUnavailable, "shutting down")
	response, err = s.client.Get(s.base + "/healthz")
	ok(t, err)
	ok(t, response.Body.Close())
	equal(t, "what is asked meanwhile", response.StatusCode, http.StatusOK)
	equal(t, "its connection ends", response.Close, true)
	equal(t, "exit code", <-s.code, 0)
	s.code <- 0
}
