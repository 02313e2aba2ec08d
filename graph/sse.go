package graph

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
)

const mediaEvents = "text/event-stream"

// sse is GraphQL over server-sent events, in "distinct connections mode" of
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: operations of
// any kind, by GET (but mutations) and POST.
type sse struct{ streaming }

// Supports takes requests that want events rather than JSON.
func (t *sse) Supports(r *http.Request) bool { return acceptanceOf(r.Header["Accept"]).events }

func (rs mediaRanges) events() bool {
	events := rs.named(mediaEvents)
	for _, json := range []string{mediaJSON, mediaResponse} {
		if weight, named := rs.weight(json); weight > events || weight == events && named {
			return false
		}
	}
	return events > 0
}

// Do answers one request, for as long as its operation goes on.
func (t *sse) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", vary)
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		h.Set("Allow", "GET, POST")
		refuse(w, mediaJSON, http.StatusMethodNotAllowed, analytics.Invalidf("method", "must be GET or POST, got %s", analytics.Quote(r.Method)))
		return
	}
	p, raw, held, ok := t.bodies.admit(r.Context(), w, r, t.auth, mediaJSON)
	defer held.release()
	if !ok {
		return
	}
	params, status, err := parse(r, raw)
	if err != nil {
		refuse(w, mediaJSON, unreadStatus(mediaJSON, status), err)
		return
	}
	leave, err := t.streams.enter(p)
	if err != nil {
		refuse(w, mediaJSON, 0, err)
		return
	}
	defer leave()
	ctx, cancel := context.WithCancel(auth.WithPrincipal(r.Context(), p))
	defer cancel()
	op, response, err := start(ctx, exec, params, func(ctx context.Context, op *graphql.OperationContext) (context.Context, error) {
		switch kind := op.Operation.Operation; {
		case kind == ast.Query:
			return edge.WithCacheControl(r.WithContext(ctx)), nil
		case kind == ast.Mutation && r.Method == http.MethodGet:
			return ctx, analytics.Invalidf("method", "must be POST for a mutation")
		}
		return ctx, nil
	})
	if err != nil {
		h.Set("Allow", "POST")
		refuse(w, mediaJSON, http.StatusMethodNotAllowed, err)
		return
	}
	events := openEvents(w, t.streams.writeTimeout)
	if response != nil {
		events.end(response)
		return
	}
	t.pump(ctx, r, op, events)
}

// said is a response as it is written, and what is held of it.
type said struct {
	text []byte
	held *heldBody
}

// pump writes what the operation says until it or the client has no more to say,
// or the credential opens nothing any longer. When the gateway closes, the
// stream breaks off without a last word: then clients come back.
func (t *sse) pump(ctx context.Context, r *http.Request, op *execution, events *events) {
	responses := make(chan said) // the next one is made when this one was written
	go func() {
		defer close(responses)
		for response := op.next(t.log); response != nil; response = op.next(t.log) {
			held, err := t.bodies.holdAnswer(op.ctx, response)
			if err != nil {
				response = failed(err)
			}
			select {
			case responses <- said{whole(response), held}:
			case <-ctx.Done():
				held.release()
				return
			}
			if err != nil {
				return
			}
		}
	}()
	keepAlive, recheck := time.NewTicker(t.streams.keepAlive), time.NewTicker(t.streams.recheck)
	defer keepAlive.Stop()
	defer recheck.Stop()
	credential := credentials(r, r.Header.Values("Authorization"))
	for err := events.comment(); err == nil; {
		select {
		case response, more := <-responses:
			if !more {
				_ = events.complete()
				return
			}
			err = events.next(response.text)
			response.held.release()
			keepAlive.Reset(t.streams.keepAlive)
		case <-keepAlive.C:
			err = events.comment()
		case <-recheck.C:
			if _, refused := t.auth.Authenticate(ctx, credential); ends(refused) && ctx.Err() == nil {
				events.end(failed(refused))
				return
			}
		case <-t.streams.closing:
			return
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) { // the client's own
				events.end(failed(context.DeadlineExceeded))
			}
			return
		}
	}
}

// events is a response of events. Each write has a deadline: who does not read
// is cut off.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	buffer  bytes.Buffer
}

func openEvents(w http.ResponseWriter, timeout time.Duration) *events {
	e := &events{w: w, control: http.NewResponseController(w), timeout: timeout}
	h := w.Header()
	h.Set("Content-Type", mediaEvents+"; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // proxies are to pass events on at once
	w.WriteHeader(http.StatusOK)
	return e
}

// comment is a sign of life.
func (e *events) comment() error { return e.write(":\n\n") }

func (e *events) next(response []byte) error {
	return e.write("event: next\ndata: ", string(response), "\n\n")
}

// complete has data, lest browsers ignore it.
func (e *events) complete() error { return e.write("event: complete\ndata:\n\n") }

// end says a last thing.
func (e *events) end(response *graphql.Response) {
	if e.next(whole(response)) == nil {
		_ = e.complete()
	}
}

func (e *events) write(parts ...string) error {
	_ = e.control.SetWriteDeadline(time.Now().Add(e.timeout))
	e.buffer.Reset()
	for _, part := range parts {
		e.buffer.WriteString(part)
	}
	if _, err := e.w.Write(e.buffer.Bytes()); err != nil {
		return err
	}
	if err := e.control.Flush(); err != nil {
		return err
	}
	_ = e.control.SetWriteDeadline(time.Time{}) // at which HTTP/2 ends a stream that has nothing to say
	return nil
}
