package graph

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	ws "github.com/coder/websocket"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
	"footfall/auth"
)

// socket is one WebSocket connection.
type socket struct {
	*websocket
	conn *ws.Conn
	ctx  context.Context //nolint:containedctx // the connection's life
	exec graphql.GraphExecutor
	from *http.Request // that opened it
	// elsewhere says that another site's page asks.
	elsewhere bool

	// Of the reader alone.
	credential *http.Request // shown; nil until then
	principal  *auth.Principal
	leave      func()

	mu     sync.Mutex
	active map[string]*active
}

// active is an operation that goes on.
type active struct{ cancel context.CancelFunc }

func (s *socket) admit(p *auth.Principal) {
	s.principal = p
	s.conn.SetReadLimit(maxReceived)
	s.ctx = auth.WithPrincipal(s.ctx, p)
}

func (s *socket) close() {
	_ = s.conn.CloseNow()
	if s.leave != nil {
		s.leave()
	}
}

// send writes a message. Who does not read is cut off.
func (s *socket) send(m message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.streams.writeTimeout)
	defer cancel()
	if s.conn.Write(ctx, ws.MessageText, mustJSON(m)) != nil {
		_ = s.conn.CloseNow()
	}
}

// attend keeps the connection alive, and ends it with the gateway or with what
// its credential opens.
func (s *socket) attend() {
	keepAlive, recheck := time.NewTicker(s.streams.keepAlive), time.NewTicker(s.streams.recheck)
	defer keepAlive.Stop()
	defer recheck.Stop()
	for {
		select {
		case <-keepAlive.C:
			if !s.alive() {
				_ = s.conn.CloseNow()
				return
			}
		case <-recheck.C:
			if _, err := s.auth.Authenticate(s.ctx, s.credential); ends(err) && s.ctx.Err() == nil {
				s.stopAll(err)
				code, reason := refusal(err)
				_ = s.conn.Close(code, reason)
				return
			}
		case <-s.streams.closing:
			_ = s.conn.Close(ws.StatusGoingAway, "Going away")
			return
		case <-s.ctx.Done():
			return
		}
	}
}

// alive reports whether the peer answers a ping.
func (s *socket) alive() bool {
	ctx, cancel := context.WithTimeout(s.ctx, s.streams.writeTimeout)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}

// subscribe starts an operation.
func (s *socket) subscribe(m message) (ws.StatusCode, string) {
	if s.principal == nil {
		return closeUnauthorized, "Unauthorized"
	}
	if m.ID == "" || len(m.ID) > maxID || len(m.Payload) == 0 {
		return closeBadRequest, closeReasonInvalid
	}
	params, _, err := parse(&http.Request{Method: http.MethodPost, Header: s.from.Header}, m.Payload) // as in a body
	ctx, cancel := context.WithCancel(s.ctx)
	a := &active{cancel}
	s.mu.Lock()
	taken, full := s.active[m.ID] != nil, len(s.active) >= maxOperations
	if !taken && !full {
		s.active[m.ID] = a
	}
	s.mu.Unlock()
	switch {
	case taken:
		cancel()
		return closeDuplicate, clip("Subscriber for " + strings.ToValidUTF8(m.ID, "") + " already exists")
	case full:
		cancel()
		s.sendErrors(m.ID, failed(analytics.Errorf(analytics.CodeRateLimited, "at most %d operations of a connection at a time", maxOperations)))
		return 0, ""
	}
	if err == nil {
		_, err = s.auth.Allow(s.principal, auth.AnyUse)
	}
	held := &heldBody{of: s.bodies, principal: s.principal.ID} // an operation keeps its text
	if err == nil {
		err = held.hold(len(m.Payload))
	}
	go func() {
		defer held.release()
		s.run(ctx, m.ID, a, params, err)
	}()
	return 0, ""
}

// run executes an operation and sends what it says; err is why it cannot be.
func (s *socket) run(ctx context.Context, id string, a *active, params *graphql.RawParams, err error) {
	defer a.cancel()
	defer func() {
		if v := recover(); v != nil {
			s.fail(id, a, panicked(ctx, s.log, v))
		}
	}()
	var op *execution
	var response *graphql.Response
	if err == nil {
		op, response, err = start(ctx, s.exec, params, nil)
	}
	if err != nil {
		response = failed(err)
	}
	if response != nil {
		s.fail(id, a, response)
		return
	}
	for response = op.next(s.log); response != nil; response = op.next(s.log) {
		if len(response.Data) == 0 && len(response.Errors) > 0 { // it never ran, or cannot go on
			s.fail(id, a, response)
			return
		}
		if err = s.next(ctx, id, op, response); err != nil {
			s.fail(id, a, failed(err))
			return
		}
	}
	if s.drop(id, a) {
		s.send(message{ID: id, Type: "complete"})
	}
}

// next sends what an operation says, unless the client ended it.
func (s *socket) next(ctx context.Context, id string, op *execution, response *graphql.Response) error {
	held, err := s.bodies.holdAnswer(op.ctx, response)
	if err != nil {
		return err
	}
	defer held.release()
	if ctx.Err() == nil {
		s.send(message{ID: id, Type: "next", Payload: whole(response)})
	}
	return nil
}

// fail ends an operation with the errors of a response, unless the client ended it
// before.
func (s *socket) fail(id string, a *active, response *graphql.Response) {
	if s.drop(id, a) {
		s.sendErrors(id, response)
	}
}

// sendErrors says of an operation that it ended, with the errors of a response.
func (s *socket) sendErrors(id string, response *graphql.Response) {
	s.send(message{ID: id, Type: "error", Payload: mustJSON(response.Errors)})
}

// drop forgets an operation; false when the client ended it before.
func (s *socket) drop(id string, a *active) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[id] != a {
		return false
	}
	delete(s.active, id)
	return true
}

// stop ends an operation that the client has enough of.
func (s *socket) stop(id string) {
	s.mu.Lock()
	a := s.active[id]
	delete(s.active, id)
	s.mu.Unlock()
	if a != nil {
		a.cancel()
	}
}

// stopAll ends every operation with an error.
func (s *socket) stopAll(err error) {
	s.mu.Lock()
	all := s.active
	s.active = map[string]*active{}
	s.mu.Unlock()
	for id, a := range all {
		a.cancel()
		s.sendErrors(id, failed(err))
	}
}
