package graph

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"footfall/analytics"
	"footfall/internal/await"
)

// client is a WebSocket that a test drives by hand.
type client struct {
	t    *testing.T
	conn *ws.Conn
}

func (s *station) dial(protocols ...string) *client {
	s.t.Helper()
	if protocols == nil {
		protocols = []string{"graphql-transport-ws"}
	}
	conn, _, err := ws.Dial(s.t.Context(), s.url, &ws.DialOptions{Subprotocols: protocols, HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{s.t, conn}
}

func (c *client) send(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), ws.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

// read is the next message, for which it waits as long as a slow machine needs.
func (c *client) read() ([]byte, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	_, got, err := c.conn.Read(ctx)
	return got, err
}

func (c *client) want(text string) {
	c.t.Helper()
	got, err := c.read()
	if err != nil || string(got) != text {
		c.t.Fatalf("got %s %v, want %s", got, err, text)
	}
}

func (c *client) closed(code int) {
	c.t.Helper()
	got, err := c.read()
	if int(ws.CloseStatus(err)) != code {
		c.t.Errorf("got %s %v, want close code %d", got, err, code)
	}
}

func (s *station) ready() *client {
	c := s.dial()
	c.send(`{"type":"connection_init","payload":{"authorization":"Bearer key"}}`)
	c.want(`{"type":"connection_ack"}`)
	return c
}

func subscribe(id, query string) string {
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, request(query))
}

// Who has not said who it is may not send much.
func TestStrangersSayLittle(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	c := s.dial()
	c.send(`{"type":"connection_init","payload":{"key":"` + strings.Repeat("x", maxIntroduced) + `"}}`)
	c.closed(int(ws.StatusMessageTooBig))
	c = s.ready()
	c.send(`{"type":"ping","payload":{"any":"` + strings.Repeat("x", 100<<10) + `"}}`)
	c.want(`{"type":"pong"}`)
}

func TestWebSocketOperations(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	c := s.ready()
	c.send(`{"type":"ping","payload":{"any":1}}`)
	c.want(`{"type":"pong"}`)
	c.send(`{"type":"pong"}`)
	c.send(subscribe("a", showLive))
	s.values <- live1(1)
	c.want(`{"id":"a","type":"next","payload":{"data":{"campaignLive":{"viewersNow":1}}}}`)
	c.send(`{"id":"a","type":"complete"}`)
	await.Value(t, "the subscription's end", s.left)
	c.send(subscribe("a", showLive)) // the id is free again
	s.values <- live1(2)
	c.want(`{"id":"a","type":"next","payload":{"data":{"campaignLive":{"viewersNow":2}}}}`)
	close(s.values)
	c.want(`{"id":"a","type":"complete"}`)
	c.send(subscribe("b", `{ nothing }`))
	c.want(`{"id":"b","type":"error","payload":[{"message":"Cannot query field \"nothing\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`)
	c.send(subscribe("b", `subscription { campaignLive(campaignKey: \"panic\") { at } }`))
	c.want(`{"id":"b","type":"error","payload":[{"message":"internal error","path":["campaignLive"],"locations":[{"line":1,"column":16}],"extensions":{"code":"INTERNAL"}}]}`)
	c.send(`{"id":"c","type":"subscribe","payload":{"query":7}}`)
	c.want(`{"id":"c","type":"error","payload":[{"message":"query: must be a JSON string","extensions":{"code":"BAD_USER_INPUT","field":"query"}}]}`)
	s.limit.Store(true)
	c.send(subscribe("d", showLive))
	c.want(`{"id":"d","type":"error","payload":[{"message":"too many","extensions":{"code":"RATE_LIMITED","retryAfter":1}}]}`)
}

func TestWebSocketOperationsAreBounded(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	c := s.ready()
	for i := range maxOperations + 1 {
		c.send(subscribe(fmt.Sprint(i), showLive))
	}
	c.want(`{"id":"100","type":"error","payload":[{"message":"at most 100 operations of a connection at a time","extensions":{"code":"RATE_LIMITED","retryAfter":1}}]}`)
	_ = c.conn.CloseNow()
	for range maxOperations {
		await.Value(t, "a subscription's end", s.left)
	}
}

// What operations were asked with takes memory as long as they last, of which a
// principal has its share.
func TestWebSocketOperationsAreHeld(t *testing.T) {
	t.Parallel()
	const fit, size = 3, 30 << 10
	s := &station{t: t, Streams: NewStreams(), values: make(chan *analytics.CampaignLive), left: make(chan struct{}, fit)}
	handler, err := New(Options{
		Live: s, Streams: s.Streams, Auth: s, Log: slog.New(slog.DiscardHandler), Now: time.Now, Timeout: time.Second, bodies: newBodies(1<<20, (fit+1)*size),
	})
	ok(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.url = server.URL + "/graphql"
	c := s.ready()
	long := showLive + strings.Repeat(" ", size)
	for id := range fit {
		c.send(subscribe(strconv.Itoa(id), long))
	}
	c.send(subscribe("more", long))
	c.want(`{"id":"more","type":"error","payload":[{"message":"at most 67108864 bytes of a key's or token's requests and answers at a time","extensions":{"code":"RATE_LIMITED","retryAfter":1}}]}`)
	c.send(subscribe("answer", everything))
	c.want(`{"id":"answer","type":"error","payload":[{"message":"at most 67108864 bytes of a key's or token's requests and answers at a time","extensions":{"code":"RATE_LIMITED","retryAfter":1}}]}`)
	_ = c.conn.CloseNow()
	for range fit {
		await.Value(t, "a subscription's end", s.left)
	}
}

func TestWebSocketCloseCodes(t *testing.T) {
	s := newStation(t, func(o *Streams) { o.initTimeout = time.Second })
	const ack = `{"type":"connection_ack"}`
	good := `{"type":"connection_init","payload":{"key":"key"}}`
	for name, c := range map[string]struct {
		send []string
		ack  bool
		code int
	}{
		"nothing":                  {nil, false, 4408},
		"no JSON":                  {[]string{`{"type":`}, false, 4400},
		"unknown type":             {[]string{`{"type":"start"}`}, false, 4400},
		"payload of another shape": {[]string{`{"type":"connection_init","payload":[1]}`}, false, 4400},
		"no credential":            {[]string{`{"type":"connection_init"}`}, false, 4401},
		"wrong credential":         {[]string{`{"type":"connection_init","payload":{"key":"other"}}`}, false, 4401},
		"not to be told now":       {[]string{`{"type":"connection_init","payload":{"key":"away"}}`}, false, 1013},
		"too early":                {[]string{subscribe("a", showLive)}, false, 4401},
		"twice":                    {[]string{good, good}, true, 4429},
		"no text":                  {[]string{"{\"type\":\"ping\",\"payload\":{\"a\":\"\xff\"}}"}, false, 1007},
		"no id":                    {[]string{good, `{"type":"subscribe","payload":{"query":"{x}"}}`}, true, 4400},
		"an id taken":              {[]string{good, subscribe("a", showLive), subscribe("a", showLive)}, true, 4409},
		"too large":                {[]string{good, `{"type":"ping","payload":"` + strings.Repeat("x", maxReceived) + `"}`}, true, 1009},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := s.dial()
			client.t = t
			for _, text := range c.send {
				client.send(text)
			}
			if c.ack {
				client.want(ack)
			}
			client.closed(c.code)
		})
	}
}

// A header that a proxy added opens nothing to another site's page.
func TestWebSocketForgery(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	for origin, code := range map[string]int{"": 0, s.url: 0, "https://elsewhere.example": 4401, "null": 4401} {
		header := http.Header{"Authorization": {"Bearer key"}}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, _, err := ws.Dial(t.Context(), s.url, &ws.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header})
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t, conn}
		c.send(`{"type":"connection_init"}`)
		if code == 0 {
			c.want(`{"type":"connection_ack"}`)
		} else {
			c.closed(code)
		}
		_ = conn.CloseNow()
	}
}

func TestWebSocketWantsItsProtocol(t *testing.T) {
	s := newStation(t, func(*Streams) {})
	s.dial("graphql-ws").closed(4406)
}
