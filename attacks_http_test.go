package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Pages of the origins that are named may ask, with the key that they send. Others
// are told nothing that their browser would let them read.
func TestOriginsAreNamed(t *testing.T) {
	t.Parallel()
	const ours, theirs = "https://dashboard.example.com", "https://evil.example"
	// What our pages need, Apollo Client adds, and tracers do; as browsers write it, sorted.
	const headers = "apollographql-client-name,apollographql-client-version,authorization,baggage,content-type,prefer,sentry-trace,traceparent,tracestate,x-footfall-cost,x-request-id,x-requested-with"
	b := setup(t, func(c *settings) { c.serving.CORSOrigins = []string{ours} })
	closed := setup(t)
	ask := func(b *bundle, method, origin string) answer {
		h := http.Header{"Origin": {origin}}
		if method == http.MethodOptions {
			h["Access-Control-Request-Method"], h["Access-Control-Request-Headers"] = []string{"POST"}, []string{headers}
			return b.as("").do(method, "/graphql", "", h)
		}
		h["Content-Type"] = []string{"application/json"}
		return b.do(method, "/graphql", `{"query":"{ __typename }"}`, h)
	}
	const allowed = "Access-Control-Allow-Origin"
	preflight := ask(b, http.MethodOptions, ours)
	equal(t, "preflight", preflight.status, http.StatusNoContent)
	equal(t, "its origin", preflight.header.Get(allowed), ours)
	equal(t, "its headers", preflight.header.Get("Access-Control-Allow-Headers"), headers)
	equal(t, "credentials of the browser", preflight.header.Get("Access-Control-Allow-Credentials"), "")
	got := ask(b, http.MethodPost, ours)
	equal(t, "asked", got.status, http.StatusOK)
	equal(t, "its origin", got.header.Get(allowed), ours)
	for _, name := range []string{"Content-Disposition", "ETag", "Retry-After", "WWW-Authenticate"} {
		if exposed := strings.ToLower(got.header.Get("Access-Control-Expose-Headers")); !strings.Contains(exposed, strings.ToLower(name)) {
			t.Errorf("%s is not among what pages may read: %s", name, exposed)
		}
	}
	if vary := strings.Join(got.header.Values("Vary"), ", "); !strings.Contains(vary, "Origin") || !strings.Contains(vary, "Authorization") {
		t.Errorf("Vary is %s", vary)
	}
	for name, a := range map[string]answer{
		"another's preflight": ask(b, http.MethodOptions, theirs), "another": ask(b, http.MethodPost, theirs),
		"a longer name": ask(b, http.MethodPost, ours+".evil.example"), "no TLS": ask(b, http.MethodOptions, "http://dashboard.example.com"), "null": ask(b, http.MethodPost, "null"),
		"a preflight where none is named": ask(closed, http.MethodOptions, ours), "one where none is named": ask(closed, http.MethodPost, ours),
	} {
		for header := range a.header {
			if strings.HasPrefix(header, "Access-Control-") {
				t.Errorf("%s gets %s: %s", name, header, a.header.Get(header))
			}
		}
	}
	for _, wrong := range []string{"*", "dashboard.example.com", "https://a.example/", "https://*.example", "null", "ftp://a.example", "https://u@a.example"} {
		if isOrigin(wrong) {
			t.Errorf("%s is taken for an origin", wrong)
		}
	}
}

// What every answer says to browsers, and what every page does.
func TestBrowsersAreToldLittle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/", "/docs", "/docs/openapi", "/playground", "/leaderboard", "/campaigns", "/campaigns/x", "/partner-stats/x?token=y"} {
		h := b.do(http.MethodGet, path, "", nil).header
		for _, must := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action '"} {
			if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, must) || strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "http:") {
				t.Errorf("the policy of %s is %q", path, policy)
			}
		}
		equal(t, path, h.Get("Cross-Origin-Opener-Policy")+" "+h.Get("Cross-Origin-Resource-Policy"), "same-origin same-origin")
	}
	for _, path := range []string{"/", "/nope", "/graphql", "/v1/events", "/healthz", "/metrics", "/openapi.json", "/api/partner-stats/x?token=y", "/v1/analytics/engagement/partners", "/v2/x/campaign/stats"} {
		h := b.do(http.MethodGet, path, "", nil).header
		equal(t, path, h.Get("X-Content-Type-Options")+" "+h.Get("Referrer-Policy"), "nosniff no-referrer")
		for _, never := range []string{"Server", "X-Powered-By", "Set-Cookie", "Access-Control-Allow-Origin", "Strict-Transport-Security"} {
			if h.Get(never) != "" {
				t.Errorf("%s says %s: %s", path, never, h.Get(never))
			}
		}
	}
}

// What tenants store reaches no header, no markup and no spreadsheet as it is.
func TestStoredTextIsOnlyText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const evil = `=cmd|' /C calc'!A0"><script>alert(1)</script>` + "\r\nSet-Cookie: a=b\r\n\r\n"
	made := b.ask(`mutation($x: String!) { createActivation(input: { activationId: "act", eventKey: $x, eventName: $x, tier: $x, startAt: "2026-03-01T00:00:00Z", endAt: "2026-04-01T00:00:00Z", status: ACTIVATED }) { token } }`,
		map[string]any{"x": strings.TrimSpace(strings.NewReplacer("\r", "", "\n", " ").Replace(evil))})
	token := at(made, "createActivation.token").(string)
	b.upsertPartners(1, `name: "@SUM(1)<img src=x onerror=alert(1)>", partnerType: REFERRAL`)
	csv := b.do(http.MethodGet, "/api/partner-stats/act?format=csv&token="+token, "", nil)
	report := b.do(http.MethodGet, "/partner-stats/act?token="+token, "", nil)
	page := b.do(http.MethodPost, "/graphql", `{"query":"{ partnerLeaderboard { nodes { name } } }"}`, http.Header{"Content-Type": {"application/json"}, "Accept": {"text/csv"}})
	for name, a := range map[string]answer{"the REST file": csv, "the report": report, "the file of GraphQL": page} {
		equal(t, name, a.status, http.StatusOK)
		if a.header.Get("Set-Cookie") != "" || strings.Contains(a.header.Get("Content-Disposition"), "<") || strings.Count(a.header.Get("Content-Disposition"), `"`) > 2 {
			t.Errorf("%s has the headers %v", name, a.header)
		}
	}
	for line := range strings.Lines(csv.body + page.body) {
		for cell := range strings.SplitSeq(line, ",") {
			if first := strings.TrimLeft(cell, `"`); first != "" && strings.ContainsAny(first[:1], "=+@-") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	if !strings.Contains(csv.body, "'=cmd") || !strings.Contains(page.body, "'@SUM") {
		t.Errorf("the cells are not there:\n%s\n%s", csv.body, page.body)
	}
	if strings.Contains(report.body, "<script>alert") || !strings.Contains(report.body, "&lt;script&gt;alert") {
		t.Error("the report does not escape a name")
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key, by a serial number.
func selfSigned(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	ok(t, err)
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	ok(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	ok(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}), 0o600))
	ok(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	ok(t, os.Chtimes(cert, time.Time{}, time.Unix(1_700_000_000+serial, 0)))
	return cert, key
}

// With a certificate there is HTTP/2 over TLS 1.2 or later and nothing else, and a
// renewed certificate is taken at once.
func TestTLS(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1)
	s := serveOver(t, o.database, "--tls-cert", cert, "--tls-key", key)
	address, encrypted := strings.CutPrefix(s.base, "https://")
	equal(t, "encrypted", encrypted, true)
	dial := func(c *tls.Config) (*tls.Conn, error) {
		c.InsecureSkipVerify = true
		return tls.Dial("tcp", address, c)
	}
	get := func(protocols *http.Protocols) (proto string, serial int64, header http.Header) {
		transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		defer transport.CloseIdleConnections()
		response, err := (&http.Client{Transport: transport}).Get(s.base + "/healthz")
		ok(t, err)
		_, _ = io.Copy(io.Discard, response.Body)
		ok(t, response.Body.Close())
		equal(t, "status", response.StatusCode, http.StatusOK)
		return response.Proto, response.TLS.PeerCertificates[0].SerialNumber.Int64(), response.Header
	}
	var two, one http.Protocols
	two.SetHTTP2(true)
	one.SetHTTP1(true)
	proto, serial, header := get(&two)
	equal(t, "protocol", proto, "HTTP/2.0")
	equal(t, "certificate", serial, 1)
	equal(t, "HSTS", header.Get("Strict-Transport-Security"), "max-age=31536000")
	proto, _, _ = get(&one)
	equal(t, "protocol", proto, "HTTP/1.1")
	if conn, err := dial(&tls.Config{MaxVersion: tls.VersionTLS11}); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	equal(t, "plain HTTP", strings.HasPrefix((&bundle{t: t, base: "http://" + address}).wire("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.0 400"), true)

	selfSigned(t, dir, 2)
	_, serial, _ = get(&two)
	equal(t, "renewed certificate", serial, 2)
	ok(t, os.WriteFile(cert, []byte("half of it"), 0o600))
	_, serial, _ = get(&two)
	equal(t, "certificate while it is written", serial, 2)

	o.run("serve", "--listen", "127.0.0.1:0", "--tls-cert", key).fails(1, "TLS_CERT and TLS_KEY belong together")
	o.run("serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key).fails(1, "TLS_CERT, TLS_KEY")
	o.run("serve", "--listen", "127.0.0.1:0", "--cors-origins", "*").fails(2, "--cors-origins (CORS_ORIGINS) must be origins")
	o.run("serve", "--listen", "127.0.0.1:0", "--trusted-proxies", "10.0.0.0/8, proxy").fails(2, "--trusted-proxies (TRUSTED_PROXIES) must be addresses or networks", `"proxy"`)
}
