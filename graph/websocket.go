package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	ws "github.com/coder/websocket"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
	"footfall/auth"
)

const (
	subprotocol   = "graphql-transport-ws"
	maxReceived   = 1 << 20 // bytes that a client sends at once
	maxIntroduced = 8 << 10 // the same before it has said who it is
	maxOperations = 100     // of a connection at a time
	maxID         = 256     // bytes of an operation's id
)

// The close codes of the protocol, beside the standard ones.
const (
	closeBadRequest    ws.StatusCode = 4400
	closeUnauthorized  ws.StatusCode = 4401
	closeSubprotocol   ws.StatusCode = 4406
	closeInitTimeout   ws.StatusCode = 4408
	closeDuplicate     ws.StatusCode = 4409
	closeTooManyInits  ws.StatusCode = 4429
	closeInternal      ws.StatusCode = 4500
	closeReasonInvalid               = "Invalid message"
)

// websocket is GraphQL over WebSocket, by
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md: operations of
// any kind, many on one connection.
type websocket struct{ streaming }

// Supports takes requests for a WebSocket.
func (t *websocket) Supports(r *http.Request) bool {
	return slices.ContainsFunc(r.Header.Values("Upgrade"), func(v string) bool { return strings.EqualFold(strings.TrimSpace(v), "websocket") })
}

// Do serves one connection. Any page may open one, with the key that it sends
// itself: what a browser or a proxy adds to another site's request counts for
// nothing.
func (t *websocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	conn, err := ws.Accept(w, r, &ws.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return // it was answered
	}
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close(closeSubprotocol, "Subprotocol not acceptable")
		return
	}
	conn.SetReadLimit(maxIntroduced)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context())) // which ends with the upgrade or not, nobody says
	defer cancel()
	s := &socket{websocket: t, conn: conn, ctx: ctx, exec: exec, from: r, elsewhere: fromElsewhere(r), active: map[string]*active{}}
	defer s.close()
	s.serve()
}

// message is one of the protocol's.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// serve reads messages until the connection ends.
func (s *socket) serve() {
	late := time.AfterFunc(s.streams.initTimeout, func() { _ = s.conn.Close(closeInitTimeout, "Connection initialisation timeout") })
	defer late.Stop()
	for {
		kind, data, err := s.conn.Read(s.ctx)
		if err != nil {
			return
		}
		if kind == ws.MessageText && !utf8.Valid(data) {
			_ = s.conn.Close(ws.StatusInvalidFramePayloadData, "Text must be UTF-8")
			return
		}
		var m message
		if kind != ws.MessageText || decode(data, &m) != nil {
			_ = s.conn.Close(closeBadRequest, closeReasonInvalid)
			return
		}
		if m.Type == "connection_init" {
			late.Stop()
		}
		if code, reason := s.handle(m); code != 0 {
			_ = s.conn.Close(code, reason)
			return
		}
	}
}

// handle does what a message says; a code other than 0 ends the connection.
func (s *socket) handle(m message) (code ws.StatusCode, reason string) {
	switch m.Type {
	case "connection_init":
		return s.init(m.Payload)
	case "ping":
		s.send(message{Type: "pong"})
	case "pong":
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		s.stop(m.ID)
	default:
		return closeBadRequest, closeReasonInvalid
	}
	return 0, ""
}

// init finds out who is there: from the payload, where pages must put it, or else
// from the request's header.
func (s *socket) init(payload json.RawMessage) (ws.StatusCode, string) {
	if s.credential != nil {
		return closeTooManyInits, "Too many initialisation requests"
	}
	authorization, ok := authorizationOf(payload)
	if !ok {
		return closeBadRequest, "Invalid connection_init payload"
	}
	if authorization == nil && !s.elsewhere {
		authorization = s.from.Header.Values("Authorization")
	}
	s.credential = credentials(s.from, authorization)
	p, err := s.auth.Authenticate(s.ctx, s.credential)
	if err == nil {
		_, err = s.auth.Allow(p, auth.AnyUse)
	}
	if err == nil {
		s.leave, err = s.streams.enter(p)
	}
	if err != nil {
		return refusal(err)
	}
	s.admit(p)
	s.send(message{Type: "connection_ack"})
	go s.attend()
	return 0, ""
}

// refusal is how a connection ends that cannot be had. Clients come back after
// a while, unless they showed the wrong credential.
func refusal(err error) (ws.StatusCode, string) {
	switch public := Public(err); public.Code {
	case analytics.CodeUnauthenticated:
		return closeUnauthorized, "Unauthorized"
	case analytics.CodeInternal:
		return closeInternal, "Internal error"
	default:
		return ws.StatusTryAgainLater, clip(public.Error())
	}
}

// clip keeps a reason within what a close frame holds.
func clip(reason string) string {
	const most = 123
	return strings.ToValidUTF8(analytics.Clip(reason, most), "")
}

// authorizationOf is the Authorization header that a connection_init stands
// for: its own, under that name in any case, or a bare key. It is nil when there
// is none, and not ok when the payload cannot be read.
func authorizationOf(payload json.RawMessage) (header []string, ok bool) {
	if len(payload) == 0 || string(payload) == "null" {
		return nil, true
	}
	var fields map[string]any
	if decode(payload, &fields) != nil {
		return nil, false
	}
	for name, value := range fields {
		text, isText := value.(string)
		switch {
		case strings.EqualFold(name, "authorization") && isText:
			header = append(header, text)
		case name == "key" && isText:
			header = append(header, "Bearer "+text)
		}
	}
	return header, true
}
