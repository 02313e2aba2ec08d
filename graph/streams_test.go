package graph

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"footfall/analytics"
	"footfall/auth"
	"footfall/internal/await"
	"footfall/loaders"
	"footfall/resolvers"
)

// station serves subscriptions whose values a test sends.
type station struct {
	resolvers.Live
	*Streams
	t       *testing.T
	url     string
	http    *http.Client
	values  chan *analytics.CampaignLive
	left    chan struct{} // one for each subscription that takes no more values
	revoked atomic.Bool
	away    atomic.Bool
	looks   atomic.Int64 // at credentials
	limit   atomic.Bool
}

func newStation(t *testing.T, change func(*Streams)) *station {
	t.Parallel()
	return startStation(t, change, (*httptest.Server).Start)
}

func startStation(t *testing.T, change func(*Streams), start func(*httptest.Server)) *station {
	t.Helper()
	s := &station{t: t, Streams: NewStreams(), values: make(chan *analytics.CampaignLive), left: make(chan struct{}, 1000)}
	change(s.Streams)
	handler, err := New(Options{
		Live: s, Streams: s.Streams, Auth: s, Log: slog.New(slog.DiscardHandler), Now: time.Now, Timeout: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ReadTimeout = time.Second // streams outlive it
	start(server)
	t.Cleanup(server.Close)
	s.url, s.http = server.URL+"/graphql", server.Client()
	return s
}

func (s *station) Authenticate(_ context.Context, r *http.Request) (*auth.Principal, error) {
	s.looks.Add(1)
	switch name := r.Header.Get("Authorization"); {
	case name == "":
		return nil, auth.ErrMissing
	case name == "Bearer away", s.away.Load():
		return nil, analytics.Unavailable(nil)
	case s.revoked.Load(), name != "Bearer key":
		return nil, auth.ErrInvalid
	}
	return &auth.Principal{ID: "key:1", Scopes: []analytics.Scope{analytics.ScopeRead}}, nil
}

func (s *station) Allow(*auth.Principal, auth.Use) (auth.Limit, error) {
	if s.limit.Load() {
		return auth.Limit{}, analytics.Errorf(analytics.CodeRateLimited, "too many")
	}
	return auth.Limit{}, nil
}

func (s *station) Campaign(ctx context.Context, _ loaders.Viewer, key string) (<-chan *analytics.CampaignLive, error) {
	if key == "panic" {
		panic("a secret")
	}
	values := make(chan *analytics.CampaignLive)
	go func() {
		defer func() { s.left <- struct{}{} }()
		for {
			select {
			case v, more := <-s.values:
				if !more {
					close(values)
					return
				}
				select {
				case values <- v:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return values, nil
}

const showLive = `subscription { campaignLive(campaignKey: \"c\") { viewersNow } }`

func live1(viewers int64) *analytics.CampaignLive {
	return &analytics.CampaignLive{At: time.Now(), ViewersNow: viewers, Metrics: &analytics.CampaignMetrics{}}
}

func request(query string) string { return `{"query":"` + query + `"}` }

// events posts a query and returns the lines of the answer.
func (s *station) events(query string) (lines func() string, leave func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(request(query)))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer key"}}
	response, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cancel(); _ = response.Body.Close() })
	scanner := bufio.NewScanner(response.Body)
	return func() string {
		if !scanner.Scan() {
			return "end"
		}
		return scanner.Text()
	}, cancel
}

func (s *station) want(lines func() string, want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := lines(); got != w {
			s.t.Fatalf("got %q, want %q", got, w)
		}
	}
}

// A stream outlives the deadlines of operations and of the server.
func TestEventsAreSentAsTheyCome(t *testing.T) {
	s := newStation(t, func(o *Streams) { o.keepAlive = 40 * time.Millisecond })
	lines, leave := s.events(showLive)
	for i := range int64(3) {
		for range 10 {
			s.want(lines, ":", "")
		}
		go func() { s.values <- live1(i) }()
		line := lines()
		for ; line != "event: next"; line = lines() {
			if line != ":" && line != "" {
				t.Fatal(line)
			}
		}
		s.want(lines, fmt.Sprintf(`data: {"data":{"campaignLive":{"viewersNow":%d}}}`, i), "")
	}
	leave()
	await.Value(t, "the subscription's end", s.left)
}

func TestEventsEndWithComplete(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	lines, _ := s.events(showLive)
	s.want(lines, ":", "")
	close(s.values)
	s.want(lines, "event: complete", "data:", "", "end")
}

func TestStreamsShowSignsOfLife(t *testing.T) {
	s := newStation(t, func(o *Streams) { o.keepAlive = 20 * time.Millisecond })
	lines, _ := s.events(showLive)
	s.want(lines, ":", "", ":", "", ":", "")
}

// A stream that is quiet for longer than a write may take goes on, over HTTP/2 too.
func TestQuietStreamsGoOn(t *testing.T) {
	t.Parallel()
	s := startStation(t, func(o *Streams) { o.keepAlive, o.writeTimeout = 600*time.Millisecond, 300*time.Millisecond }, func(server *httptest.Server) {
		server.EnableHTTP2 = true
		server.StartTLS()
	})
	lines, leave := s.events(showLive)
	s.want(lines, ":", "", ":", "", ":", "")
	leave()
	await.Value(t, "the subscription's end", s.left)
}

func TestStreamsAreBounded(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	s.open["key:1"] = maxPrincipalStreams
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(request(showLive)))
	r.RequestURI = ""
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer key"}}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
		t.Errorf("events: %s, with %v", response.Status, response.Header)
	}
	c := s.dial()
	c.send(`{"type":"connection_init","payload":{"key":"key"}}`)
	c.closed(int(ws.StatusTryAgainLater))
	delete(s.open, "key:1")
}

// Who stops reading is cut off, and its subscription ends.
func TestASlowReaderIsCutOff(t *testing.T) {
	s := newStation(t, func(o *Streams) { o.writeTimeout = 2 * time.Second })
	aliases := strings.Builder{}
	for i := range 1500 {
		fmt.Fprintf(&aliases, "alias%04d: viewersNow ", i)
	}
	query := `subscription { campaignLive(campaignKey: \"c\") { ` + aliases.String() + `} }`
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/graphql"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nAuthorization: Bearer key\r\nContent-Length: %d\r\n\r\n%s",
		len(request(query)), request(query))
	for sent := 0; ; sent++ { // until the buffers on the way are full
		select {
		case s.values <- live1(1):
			continue
		case <-s.left:
		case <-time.After(30 * time.Second):
			t.Fatal("it is still there")
		}
		if sent < 10 {
			t.Errorf("cut off after %d events", sent)
		}
		return
	}
}

func TestStreamsEndWithTheCredential(t *testing.T) {
	s := newStation(t, func(o *Streams) { o.recheck = 10 * time.Millisecond })
	lines, _ := s.events(showLive)
	c := s.ready()
	c.send(subscribe("a", showLive))
	c.send(`{"type":"ping"}`)
	c.want(`{"type":"pong"}`) // and so it has subscribed
	s.want(lines, ":", "")

	s.away.Store(true) // a look that fails says nothing of the credential
	n := s.looks.Load()
	await.Until(t, "each stream's credential is looked at", func() bool { return s.looks.Load() >= n+6 })
	c.send(`{"type":"ping"}`)
	c.want(`{"type":"pong"}`)
	s.away.Store(false)

	s.revoked.Store(true)
	s.want(lines, "event: next", `data: {"errors":[{"message":"the API key or token is unknown, expired or revoked","extensions":{"code":"UNAUTHENTICATED"}}]}`, "", "event: complete", "data:", "", "end")
	c.want(`{"id":"a","type":"error","payload":[{"message":"the API key or token is unknown, expired or revoked","extensions":{"code":"UNAUTHENTICATED"}}]}`)
	c.closed(4401)
}

func TestStreamsEndWithTheGateway(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	lines, _ := s.events(showLive)
	c := s.ready()
	s.want(lines, ":", "")
	closed := make(chan struct{})
	go func() { s.Close(context.WithoutCancel(t.Context())); close(closed) }()
	s.want(lines, "end") // without a last word: clients come back
	c.closed(int(ws.StatusGoingAway))
	await.Value(t, "all streams are closed", closed)
	if n := s.Open(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
	late := s.dial()
	late.send(`{"type":"connection_init","payload":{"key":"key"}}`)
	late.closed(int(ws.StatusTryAgainLater))
}
