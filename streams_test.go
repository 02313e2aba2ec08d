package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"
)

// said is a message of a stream: next, error or complete, of one operation.
type said struct {
	kind, id string
	payload  any
}

// stream is an operation that goes on.
type stream struct {
	t      testing.TB
	said   chan said // closed at the end
	status int       // of HTTP, or the code that a WebSocket was closed with
	cancel context.CancelFunc
}

// next is the stream's next message, which must be of the kind.
func (s *stream) next(kind string) any {
	s.t.Helper()
	select {
	case m, open := <-s.said:
		if !open {
			s.t.Fatalf("the stream ended (%d), want %s", s.status, kind)
		}
		if m.kind != kind {
			s.t.Fatalf("got %s %s, want %s", m.kind, encoded(m.payload), kind)
		}
		return m.payload
	case <-time.After(30 * time.Second):
		s.t.Fatalf("nothing, want %s", kind)
	}
	return nil
}

// until reads values until one has the number at the path.
func (s *stream) until(path string, want int64) {
	s.t.Helper()
	for {
		if got := number(s.next("next"), path); got == want {
			return
		}
	}
}

func (s *stream) ended() {
	s.t.Helper()
	select {
	case m, open := <-s.said:
		if open {
			s.t.Fatalf("got %s %s, want the end", m.kind, encoded(m.payload))
		}
	case <-time.After(30 * time.Second):
		s.t.Fatal("it does not end")
	}
}

// events opens a stream of server-sent events.
func (b *bundle) events(method, query string) *stream {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	b.t.Cleanup(cancel)
	target, body := b.base+"/graphql", ""
	if method == http.MethodGet {
		target += "?query=" + url.QueryEscape(query)
	} else {
		body = encoded(map[string]any{"query": query})
	}
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	ok(b.t, err)
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + b.key}}
	response, err := b.client.Do(r)
	ok(b.t, err)
	s := &stream{t: b.t, said: make(chan said), status: response.StatusCode, cancel: cancel}
	go func() {
		defer close(s.said)
		defer func() { _ = response.Body.Close() }()
		var m said
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ":")
			switch value = strings.TrimSpace(value); {
			case name == "event":
				m.kind = value
			case name == "data" && value != "":
				_ = json.Unmarshal([]byte(value), &m.payload)
			case name == "" && m.kind != "":
				select {
				case s.said <- m:
				case <-ctx.Done():
					return
				}
				m = said{}
			}
		}
	}()
	return s
}

// socket opens a WebSocket and subscribes to the queries, with their places as
// ids.
func (b *bundle) socket(queries ...string) *stream {
	b.t.Helper()
	return b.socketWith(nil, queries...)
}

func (b *bundle) socketWith(header http.Header, queries ...string) *stream {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	conn, _, err := ws.Dial(ctx, b.base+"/graphql", &ws.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	ok(b.t, err)
	b.t.Cleanup(func() { cancel(); _ = conn.CloseNow() })
	send := func(m map[string]any) { ok(b.t, conn.Write(ctx, ws.MessageText, []byte(encoded(m)))) }
	send(map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + b.key}})
	for i, query := range queries {
		send(map[string]any{"type": "subscribe", "id": fmt.Sprint(i), "payload": map[string]any{"query": query}})
	}
	s := &stream{t: b.t, said: make(chan said), cancel: cancel}
	go func() {
		defer close(s.said)
		for {
			_, data, err := conn.Read(ctx)
			if err != nil {
				s.status = int(ws.CloseStatus(err))
				return
			}
			var m struct {
				ID, Type string
				Payload  any
			}
			_ = json.Unmarshal(data, &m)
			if m.Type == "connection_ack" {
				continue
			}
			select {
			case s.said <- said{m.Type, m.ID, m.Payload}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return s
}

// ways are the transports of subscriptions.
func (b *bundle) ways() map[string]func(query string) *stream {
	return map[string]func(query string) *stream{
		"events by POST": func(query string) *stream { return b.events(http.MethodPost, query) },
		"events by GET":  func(query string) *stream { return b.events(http.MethodGet, query) },
		"WebSocket":      func(query string) *stream { return b.socket(query) },
	}
}
