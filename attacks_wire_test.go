package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/internal/await"
)

// dial opens a connection that a test writes to as it likes.
func (b *bundle) dial() *net.TCPConn {
	b.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(b.t.Context(), "tcp", strings.TrimPrefix(b.base, "http://"))
	ok(b.t, err)
	b.t.Cleanup(func() { _ = conn.Close() })
	ok(b.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	return conn.(*net.TCPConn)
}

// wire sends bytes and returns all that comes until the gateway closes.
func (b *bundle) wire(text string) string {
	b.t.Helper()
	conn := b.dial()
	_, err := io.WriteString(conn, text)
	ok(b.t, err)
	answered, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		b.t.Errorf("the connection is not closed: %v after %q", err, answered)
	}
	return string(answered)
}

// What two servers in a row could cut differently is refused or answered once, and
// the connection ends: what follows is never taken for a request.
func TestRequestsAreNotSmuggled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const next = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b.key + "\r\nContent-Type: application/x-ndjson\r\n" + headers + "\r\n" + body
	}
	for name, c := range map[string]struct{ text, status string }{
		"both lengths":              {post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+next), "200"},
		"both lengths, other order": {post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"+next), "200"},
		"two Content-Lengths":       {post("Content-Length: 0\r\nContent-Length: 40\r\n", next), "400"},
		"a list of Content-Lengths": {post("Content-Length: 0, 40\r\n", next), "400"},
		"a signed Content-Length":   {post("Content-Length: +0\r\n", next), "400"},
		"a hex Content-Length":      {post("Content-Length: 0x10\r\n", next), "400"},
		"a negative Content-Length": {post("Content-Length: -1\r\n", next), "400"},
		"blank before the colon":    {post("Content-Length : 0\r\n", next), "400"},
		"blank before chunked":      {post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+next), "400"},
		"another coding":            {post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+next), "501"},
		"two codings":               {post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"+next), "501"},
		"two Transfer-Encodings":    {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"+next), "501"},
		"NUL in a value":            {post("X: a\x00b\r\n", next), "400"},
		"CR in a value":             {post("X: a\rContent-Length: 0\r\n", next), "400"},
		"no host":                   {"GET /healthz HTTP/1.1\r\n\r\n" + next, "400"},
		"two hosts":                 {"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + next, "400"},
		"a chunk longer than said":  {post("Transfer-Encoding: chunked\r\n", "1\r\n\n\n\r\n0\r\n\r\n"+next), "400"},
		"a chunk of a bad length":   {post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n0\r\n\r\n"+next), "400"},
		"a line end that is none":   {post("Transfer-Encoding: chunked\r\n", "0;a=\n\r\n\r\n"+next), "400"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.in(t).wire(c.text)
			if n := strings.Count(got, "HTTP/1.1 "); n != 1 || !strings.HasPrefix(got, "HTTP/1.1 "+c.status) {
				t.Errorf("%d answers, want one of %s:\n%s", n, c.status, got)
			}
		})
	}
}

// Who sends slowly, or does not read, is cut off.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) {
		c.timeouts = timeouts{headers: 300 * time.Millisecond, request: 600 * time.Millisecond, answer: time.Second, idle: 300 * time.Millisecond}
	})
	const headers = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nAuthorization: Bearer "
	for name, c := range map[string]struct{ first, drip string }{
		"no request":      {"", ""},
		"half a header":   {"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A", ""},
		"endless headers": {"GET /healthz HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n"},
		"half a body":     {headers + b.key + "\r\n\r\n{", ""},
		"an endless body": {headers + b.key + "\r\n\r\n{", " "},
		"endless chunks":  {strings.Replace(headers, "Content-Length: 1000", "Transfer-Encoding: chunked", 1) + b.key + "\r\n\r\n", "1\r\n \r\n"},
		"idle after one":  {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := b.in(t).dial()
			_, err := io.WriteString(conn, c.first)
			ok(t, err)
			if c.drip != "" {
				go func() { // until the gateway has enough
					for err := error(nil); err == nil; _, err = io.WriteString(conn, c.drip) {
						time.Sleep(20 * time.Millisecond) // as slow as it likes
					}
				}()
			}
			_, err = io.Copy(io.Discard, conn)
			if err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("it is not cut off: %v", err)
			}
		})
	}
	t.Run("does not read", func(t *testing.T) {
		t.Parallel()
		conn := b.in(t).dial()
		ok(t, conn.SetReadBuffer(4096))
		go func() {
			_, _ = io.WriteString(conn, strings.Repeat("GET /docs/design HTTP/1.1\r\nHost: x\r\n\r\n", 500))
		}()
		// held is whether there is another answer on its way, as soon as the gateway says
		// so: now and then it takes who asks for slow.
		held := func(is bool) func() bool {
			return func() bool {
				a, err := b.send(t.Context(), http.MethodGet, "/metrics", "", nil)
				return err == nil && strings.Contains(a.body, "\nfootfall_http_requests_in_flight 1\n") != is
			}
		}
		await.Until(t, "an answer that nobody reads", held(true))
		await.Until(t, "it is let go", held(false))
	})
}

// Bodies and headers are bounded, whatever they say of themselves.
func TestCompressionBombs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for range 300 { // 300 MiB
		_, err := z.Write(bytes.Repeat([]byte{' '}, 1<<20))
		ok(t, err)
	}
	ok(t, z.Close())
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	objects := strings.Repeat(`{"a":`, 1_000_000) + "1" + strings.Repeat("}", 1_000_000)
	ndjson := http.Header{"Content-Type": {"application/x-ndjson"}}
	strict := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/graphql-response+json"}}
	for name, c := range map[string]struct {
		path, body string
		header     http.Header
		status     int
	}{
		"a zip bomb":          {"/v1/events", zipped.String(), http.Header{"Content-Type": {"application/x-ndjson"}, "Content-Encoding": {"gzip"}}, 413},
		"zipped twice":        {"/v1/events", zipped.String(), http.Header{"Content-Type": {"application/x-ndjson"}, "Content-Encoding": {"gzip, gzip"}}, 415},
		"a zipped operation":  {"/graphql", zipped.String(), http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, 415},
		"nested events":       {"/v1/events", objects, ndjson, 400},
		"nested arrays":       {"/v1/events", nested(1_000_000), http.Header{"Content-Type": {"application/json"}}, 400},
		"a nested body":       {"/graphql", nested(2_000_000), http.Header{"Content-Type": {"application/json"}}, 400},
		"nested variables":    {"/graphql", `{"query":"{ __typename }","variables":{"a":` + nested(1_000_000) + `}}`, http.Header{"Content-Type": {"application/json"}}, 400},
		"nested extensions":   {"/graphql", `{"query":"{ __typename }","extensions":` + objects + `}`, http.Header{"Content-Type": {"application/json"}}, 400},
		"a nested document":   {"/graphql", `{"query":"` + strings.Repeat("{ a ", 100_000) + `"}`, strict, 400},
		"a nested value":      {"/graphql", `{"query":"{ campaigns(scheduled: ` + nested(100_000) + `) { nodes { id } } }"}`, strict, 400},
		"a long body":         {"/graphql", `{"query":"{ __typename }"` + strings.Repeat(" ", 9<<20) + `}`, http.Header{"Content-Type": {"application/json"}}, 413},
		"a long header":       {"/healthz", "", http.Header{"X": {strings.Repeat("x", 256<<10)}}, 431},
		"a long query string": {"/graphql?query=" + strings.Repeat("x", 100<<10), "", nil, 414},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := http.MethodPost
			if c.body == "" {
				method = http.MethodGet
			}
			a, err := b.in(t).send(t.Context(), method, c.path, c.body, c.header)
			if err != nil { // the answer came before all was sent, and the connection ended before it was read
				a, err = b.in(t).send(t.Context(), method, c.path, c.body, c.header)
			}
			ok(t, err)
			equal(t, "status", a.status, c.status)
			if len(a.body) > 4096 {
				t.Errorf("%d bytes are answered: %.200s…", len(a.body), a.body)
			}
		})
	}
}

// A path leads to what is served or to nothing, and never elsewhere.
func TestPathsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, target := range []string{
		"/../go.mod", "/docs/../../go.mod", "/docs/..%2f..%2fgo.mod", "/docs/%2e%2e/%2e%2e/go.mod", "/docs/....//go.mod", "/docs/%00", "/docs/design.md%00",
		"/assets/../web.go", "/assets/..%5c..%5cweb.go", "/assets/%252e%252e/web.go", "//evil.example/", "/%2f%2fevil.example", "/%5cevil.example", "/docs//evil.example",
		"/.git/config", "/.env", "/debug/pprof/", "/partner-stats/..%2f..%2fhealthz", "/campaigns/%0d%0aSet-Cookie:%20a=b", "/docs/%0d%0aLocation:%20x",
		"http://evil.example/healthz/../metrics", "//", "//?token=x", "/%2F?token=x", "/assets?token=x", "/healthz;/../metrics", "/v2/..%2f/campaign/stats",
	} {
		got := b.wire(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target))
		head, _, _ := strings.Cut(got, "\r\n\r\n")
		status := strings.Fields(head + " - -")[1]
		app := strings.HasPrefix(target, "/campaigns/") // the application's own router sees any key
		if status[0] != '4' && !app || status[0] == '5' && !strings.HasPrefix(status, "501") {
			t.Errorf("%s gives %s", target, head)
		}
		for _, never := range []string{"evil.example", "module footfall", "Set-Cookie", "Location"} {
			if strings.Contains(head, never) || strings.Contains(got, "module footfall") {
				t.Errorf("%s gives %s", target, got)
			}
		}
	}
}
