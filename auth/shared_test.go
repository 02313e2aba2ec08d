package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"footfall/analytics"
	"footfall/auth"
	"footfall/internal/await"
	"footfall/internal/storetest"
	"footfall/internal/testlog"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// inRedis is a common count over an empty Redis.
func inRedis(t testing.TB) auth.Shared {
	t.Helper()
	o, err := redis.ParseURL(storetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(o)
	t.Cleanup(func() { _ = client.Close() })
	return auth.InRedis(client)
}

// gateways are authenticators with one limit, that count together.
func gateways(n int, o auth.Options) []*auth.Authenticator {
	out := make([]*auth.Authenticator, n)
	for i := range out {
		out[i] = auth.New(o)
	}
	return out
}

// However many gateways there are, together they let a minute's limit through at
// once, and what comes back while they do.
func TestAllowTogether(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{5, 60, 500, 6000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			all := gateways(3, auth.Options{RateLimit: limit, Shared: inRedis(t), SharedTimeout: time.Minute})
			p := &auth.Principal{ID: "key:1"}
			began := time.Now()
			var passed atomic.Int64
			var running sync.WaitGroup
			for _, a := range all {
				for range 4 {
					running.Go(func() {
						for range limit {
							if _, err := a.Allow(p, auth.AnyUse); err == nil {
								passed.Add(1)
							} else if code(err) != analytics.CodeRateLimited {
								t.Error(err)
							}
						}
					})
				}
			}
			running.Wait()
			back := int64(time.Since(began)*time.Duration(limit)/time.Minute) + 1
			// What gateways have taken and not spent is lost, at most a lease of each.
			least := int64(limit - len(all)*max(0, limit/100-1))
			if n := passed.Load(); n < least || n > int64(limit)+back {
				t.Errorf("%d passed a limit of %d, of which %d came back; want %d at least", n, limit, back, least)
			}
		})
	}
}

func TestHeadersOfSharedLimit(t *testing.T) {
	t.Parallel()
	all := gateways(2, auth.Options{RateLimit: 10, Shared: inRedis(t), SharedTimeout: time.Minute})
	p := &auth.Principal{ID: "key:1"}
	for i := range 10 {
		limit, err := all[i%2].Allow(p, auth.AnyUse)
		if err != nil || limit.Remaining != 9-i || limit.Limit != 10 || limit.ResetAfter > time.Duration(i+1)*6*time.Second {
			t.Fatalf("request %d: %+v, %v", i, limit, err)
		}
	}
	for _, a := range all {
		limit, err := a.Allow(p, auth.AnyUse)
		if code(err) != analytics.CodeRateLimited || limit.RetryAfter <= 0 || limit.RetryAfter > 6*time.Second {
			t.Errorf("%+v, %v", limit, err)
		}
		h := http.Header{}
		limit.SetHeaders(h)
		if h.Get("RateLimit-Policy") != `"default";q=10;w=60` || h.Get("Retry-After") == "" || h.Get("RateLimit") == "" {
			t.Errorf("%v", h)
		}
	}
}

// counting is a common count that says what it was asked, and may hang or fail.
type counting struct {
	auth.Shared
	calls   atomic.Int64
	permits atomic.Int64
	hang    atomic.Bool
}

func (c *counting) Take(ctx context.Context, key string, perMinute, n int) (auth.Grant, error) {
	c.calls.Add(1)
	if c.hang.Load() {
		<-ctx.Done()
		return auth.Grant{}, ctx.Err()
	}
	g, err := c.Shared.Take(ctx, key, perMinute, n)
	c.permits.Add(int64(g.Permits))
	return g, err
}

// A busy key asks for a hundredth of its limit at a time, a quiet one for what it
// needs.
func TestLeases(t *testing.T) {
	t.Parallel()
	shared := &counting{Shared: inRedis(t)}
	a := auth.New(auth.Options{RateLimit: 100_000, Shared: shared, SharedTimeout: time.Minute})
	p := &auth.Principal{ID: "key:1"}
	for range 20_000 {
		if _, err := a.Allow(p, auth.AnyUse); err != nil {
			t.Fatal(err)
		}
	}
	if n := shared.calls.Load(); n > 200 {
		t.Errorf("%d questions for 20,000 requests", n)
	}
	if over := shared.permits.Load() - 20_000; over < 0 || over > 3000 {
		t.Errorf("%d permits more than were spent", over)
	}
	quiet := &counting{Shared: inRedis(t)}
	clock := atomic.Pointer[time.Time]{}
	clock.Store(&start)
	a = auth.New(auth.Options{RateLimit: 100_000, Shared: quiet, SharedTimeout: time.Minute, Now: func() time.Time { return *clock.Load() }})
	for range 10 {
		if _, err := a.Allow(p, auth.AnyUse); err != nil {
			t.Fatal(err)
		}
		later := clock.Load().Add(2 * time.Second)
		clock.Store(&later)
	}
	if n := quiet.permits.Load(); n != 10 {
		t.Errorf("%d permits for 10 requests, 2 s apart", n)
	}
}

// While Redis hangs the first request waits for it, a moment; the others are
// counted here, by what they have done so far, and the rest is as it was once
// Redis is back.
func TestAllowWithoutRedis(t *testing.T) {
	t.Parallel()
	var log testlog.Log
	shared := &counting{Shared: inRedis(t)}
	clock := atomic.Pointer[time.Time]{}
	clock.Store(&start)
	a := auth.New(auth.Options{
		RateLimit: 60, Shared: shared, SharedTimeout: 10 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Now: func() time.Time { return *clock.Load() },
	})
	shared.hang.Store(true)
	p := &auth.Principal{ID: "key:1"}
	passed := 0
	for range 1000 {
		if _, err := a.Allow(p, auth.AnyUse); err == nil {
			passed++
		}
	}
	if passed != 60 {
		t.Errorf("%d passed a limit of 60", passed)
	}
	if n := shared.calls.Load(); n != 1 {
		t.Errorf("%d questions while Redis hangs", n)
	}
	if n := a.SharedFailures(); n != 1 {
		t.Errorf("%d failures", n)
	}
	shared.hang.Store(false)
	await.Until(t, "it is asked again, beside the requests", func() bool {
		later := clock.Load().Add(2 * time.Second)
		clock.Store(&later)
		_, _ = a.Allow(p, auth.AnyUse)
		return shared.permits.Load() > 0
	})
	if text := log.String(); !strings.Contains(text, "out of reach") {
		t.Errorf("the log says %q", text)
	}
}

func TestLimitsOfKeysAndUses(t *testing.T) {
	t.Parallel()
	a := auth.New(auth.Options{RateLimit: 100, LeaderboardLimit: 10, Now: func() time.Time { return start }})
	three, none := 3, 0
	for _, c := range []struct {
		name   string
		limit  *int
		use    auth.Use
		passes int // of 200
		policy string
	}{
		{"any", nil, auth.AnyUse, 100, "default"},
		{"leaderboard", nil, auth.LeaderboardUse, 10, "leaderboard"},
		{"own", &three, auth.AnyUse, 3, "default"},
		{"own, leaderboard", &three, auth.LeaderboardUse, 3, "default"},
		{"none", &none, auth.AnyUse, 200, ""},
		{"none, leaderboard", &none, auth.LeaderboardUse, 200, ""},
	} {
		p := &auth.Principal{ID: c.name, RateLimit: c.limit}
		passed := 0
		var last auth.Limit
		for range 200 {
			limit, err := a.Allow(p, c.use)
			if err == nil {
				passed++
			}
			last = limit
		}
		if passed != c.passes || last.Policy != c.policy || (last.RetryAfter > 0) != (passed < 200) {
			t.Errorf("%s: %d passed, want %d; %+v", c.name, passed, c.passes, last)
		}
	}
	lower := auth.New(auth.Options{RateLimit: 5, LeaderboardLimit: 500, Now: func() time.Time { return start }})
	p := &auth.Principal{ID: "key:1"}
	for range 5 {
		if _, err := lower.Allow(p, auth.LeaderboardUse); err != nil {
			t.Fatal(err)
		}
	}
	if limit, err := lower.Allow(p, auth.LeaderboardUse); err == nil || limit.Policy != "default" {
		t.Errorf("the leaderboard passes the limit of all: %+v, %v", limit, err)
	}
}

// Who guesses is slowed by address, and nobody else behind it who is known.
func TestFailuresOfAnAddress(t *testing.T) {
	t.Parallel()
	shared := inRedis(t)
	for name, change := range map[string]func(*auth.Options){"alone": func(*auth.Options) {}, "together": func(o *auth.Options) { o.Shared = shared }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(o *auth.Options) { o.FailureLimit = 10; o.SharedTimeout = time.Minute; change(o) })
			from := func(address, secret string) (*auth.Principal, error) {
				r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
				r.RemoteAddr = address
				if secret != "" {
					r.Header.Set("Authorization", "Bearer "+secret)
				}
				return b.Authenticate(t.Context(), r)
			}
			if _, err := from("[2001:db8::1]:1", b.read); err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				_, err := from(fmt.Sprintf("[2001:db8::%d]:%d", i+1, i+1), fmt.Sprint("guess", i))
				h := http.Header{}
				auth.SetHeaders(h, err)
				if !errors.Is(err, auth.ErrInvalid) || h.Get("RateLimit-Policy") != `"address";q=10;w=60` {
					t.Fatalf("guess %d: %v, %v", i, err, h)
				}
			}
			_, err := from("[2001:db8::77]:1", "the one too many")
			h := http.Header{}
			auth.SetHeaders(h, err)
			if code(err) != analytics.CodeRateLimited || h.Get("Retry-After") == "" {
				t.Errorf("%v, %v", err, h)
			}
			asked := b.dir.asked()
			if _, err := from("[2001:db8::78]:1", "another"); code(err) != analytics.CodeRateLimited {
				t.Error(err)
			}
			if _, err := from("[2001:db8::78]:1", ""); code(err) != analytics.CodeRateLimited {
				t.Error(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = "[2001:db8::79]:1"
			if _, err := b.OpenLink(t.Context(), r, "act_none", "x"); code(err) != analytics.CodeRateLimited {
				t.Error(err)
			}
			if n := b.dir.asked(); n != asked {
				t.Errorf("the directory was asked %d times for one who guesses", n-asked)
			}
			if _, err := from("[2001:db8::80]:1", b.read); err != nil {
				t.Errorf("a known key behind the same address: %v", err)
			}
			if _, err := from("[2001:db8:0:1::1]:1", "guess"); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("another address: %v", err)
			}
		})
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies, err := auth.ParseProxies([]string{"10.0.0.0/8", "192.0.2.7", "::ffff:192.0.2.8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proxies auth.Proxies
		peer    string
		header  []string
		want    string
	}{
		{nil, "198.51.100.1:99", []string{"203.0.113.9"}, "198.51.100.1"},
		{proxies, "198.51.100.1:99", []string{"203.0.113.9"}, "198.51.100.1"},
		{proxies, "10.1.2.3:99", []string{"203.0.113.9"}, "203.0.113.9"},
		{proxies, "10.1.2.3:99", []string{"1.1.1.1, 203.0.113.9 , 10.9.9.9"}, "203.0.113.9"},
		{proxies, "10.1.2.3:99", []string{"1.1.1.1", "203.0.113.9", "192.0.2.7"}, "203.0.113.9"},
		{proxies, "192.0.2.8:99", []string{"203.0.113.9"}, "203.0.113.9"},
		{proxies, "10.1.2.3:99", nil, "10.1.2.3"},
		{proxies, "10.1.2.3:99", []string{"nonsense"}, "10.1.2.3"},
		{proxies, "10.1.2.3:99", []string{"203.0.113.9, nonsense, 10.9.9.9"}, "10.9.9.9"},
		{proxies, "10.1.2.3:99", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{proxies, "[fd00::1]:99", []string{"[2001:db8:1:2:3::4]:4711"}, "2001:db8:1:2::/64"},
		{proxies, "[::ffff:10.0.0.1]:99", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{proxies, "10.1.2.3:99", []string{"10.4.4.4, 10.5.5.5"}, "10.4.4.4"},
		{nil, "[fe80::1%eth0]:99", nil, "fe80::/64"},
		{nil, "@", nil, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.header
		if got := c.proxies.Counted(r); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.peer, c.header, got, c.want)
		}
	}
	for _, bad := range []string{"", "10.0.0.0/33", "example.org", "10.0.0.1:80", "::ffff:10.0.0.0/104"} {
		if p, err := auth.ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
}

// Counting together takes no memory where permits are here.
func TestAllowAllocatesNothing(t *testing.T) {
	a := auth.New(auth.Options{RateLimit: 1_000_000_000, LeaderboardLimit: 1_000_000_000, Shared: inRedis(t), SharedTimeout: time.Minute})
	p := &auth.Principal{ID: "key:1"}
	allow := func() { _, _ = a.Allow(p, auth.LeaderboardUse) }
	for range 100_000 { // until leases are as large as they get
		allow()
	}
	if n := testing.AllocsPerRun(20_000, allow); n > 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkAllow(b *testing.B) {
	a := auth.New(auth.Options{RateLimit: 1_000_000_000, Shared: inRedis(b)})
	p := &auth.Principal{ID: "key:1"}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = a.Allow(p, auth.AnyUse)
	}
}

func BenchmarkAllowAlone(b *testing.B) {
	a := auth.New(auth.Options{RateLimit: 1_000_000_000})
	p := &auth.Principal{ID: "key:1"}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = a.Allow(p, auth.AnyUse)
	}
}
