package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
	"footfall/auth"
)

// The bounds of streams.
const (
	maxStreams          = 20_000 // of a gateway
	maxPrincipalStreams = 2_000
)

// Streams are the connections that stay: WebSockets and server-sent events. One
// lasts as long as its credential opens something.
type Streams struct {
	keepAlive    time.Duration // between two signs of life
	recheck      time.Duration // between two looks at the credential
	writeTimeout time.Duration // after which a reader is given up
	initTimeout  time.Duration // for a WebSocket to say who it is

	mu      sync.Mutex
	open    map[string]int // by principal
	total   int
	closing chan struct{}
	closed  bool
	running sync.WaitGroup
}

// NewStreams makes a register without any.
func NewStreams() *Streams {
	return &Streams{
		keepAlive: 12 * time.Second, recheck: 2 * time.Second, writeTimeout: 10 * time.Second, initTimeout: 10 * time.Second,
		open: map[string]int{}, closing: make(chan struct{}),
	}
}

// enter counts a stream of the principal until leave is called.
func (s *Streams) enter(p *auth.Principal) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, analytics.Errorf(analytics.CodeUnavailable, "the gateway is closing, try again")
	case s.total >= maxStreams:
		return nil, analytics.Errorf(analytics.CodeUnavailable, "too many open streams, try again later")
	case s.open[p.ID] >= maxPrincipalStreams:
		return nil, analytics.Errorf(analytics.CodeRateLimited, "at most %d streams of a key or token at a time", maxPrincipalStreams)
	}
	s.total++
	s.open[p.ID]++
	s.running.Add(1)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.open[p.ID]--; s.open[p.ID] == 0 {
			delete(s.open, p.ID)
		}
		s.running.Done()
	}), nil
}

// Open is how many there are.
func (s *Streams) Open() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.total)
}

// Close ends all streams, takes no more, and waits until they are gone or ctx
// ends.
func (s *Streams) Close(ctx context.Context) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		s.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}

// streaming is what the transports of streams share.
type streaming struct {
	auth    Authenticator
	bodies  *bodies
	streams *Streams
	log     *slog.Logger
}

// execution is an operation that was accepted, on its way.
type execution struct {
	respond graphql.ResponseHandler
	ctx     context.Context //nolint:containedctx // respond wants it
}

// start begins an operation, or says in a response why it cannot be. accept may
// refuse it by its kind, and says what it runs under; nil takes all.
func start(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams, accept func(context.Context, *graphql.OperationContext) (context.Context, error)) (*execution, *graphql.Response, error) {
	ctx = graphql.StartOperationTrace(ctx)
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		return nil, dispatchErrors(ctx, exec, op, errs), nil
	}
	if accept != nil {
		var err error
		if ctx, err = accept(ctx, op); err != nil {
			return nil, nil, err
		}
	}
	respond, ctx := exec.DispatchOperation(ctx, op)
	return &execution{respond, ctx}, nil, nil
}

// dispatchErrors is the response to an operation that cannot be.
func dispatchErrors(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, errs gqlerror.List) *graphql.Response {
	response := exec.DispatchError(graphql.WithOperationContext(ctx, op), few(errs))
	for _, e := range response.Errors {
		shorten(e)
		if op != nil && op.Doc != nil && len(op.Doc.Operations) > 1 && op.Operation == nil && op.OperationName == "" {
			e.Message = "the document holds several operations: operationName must say which one"
		}
		e.Path = nil                                              // of an answer, which there is none of
		if strings.HasPrefix(e.Message, "exceeded token limit") { // the parser's words
			e.Extensions = map[string]any{"code": string(analytics.CodeTooExpensive), "bound": "tokens", "limit": maxTokens, "value": maxTokens + 1}
		}
		if e.Extensions["code"] == nil {
			errcode.Set(e, string(analytics.CodeInvalid))
		}
	}
	return response
}

// next is the next response, nil after the last.
func (e *execution) next(log *slog.Logger) (response *graphql.Response) {
	defer func() {
		if v := recover(); v != nil {
			response = panicked(e.ctx, log, v)
			e.respond = graphql.OneShot(nil)
		}
	}()
	return e.respond(e.ctx)
}

// panicked logs a panic, and is the response in its place.
func panicked(ctx context.Context, log *slog.Logger, v any) *graphql.Response {
	err := analytics.Panicked(v)
	log.ErrorContext(ctx, "panic in a stream", "error", err)
	return failed(err)
}

// ends reports whether a look at a stream's credential ends the stream. One that fails
// says nothing of the credential.
func ends(err error) bool { return err != nil && !analytics.IsUnavailable(err) }

// failed is a response that holds an error alone.
func failed(err error) *graphql.Response {
	return &graphql.Response{Errors: gqlerror.List{requestError(err)}}
}

// credentials is a request with the credential that a connection showed, from
// where that came.
func credentials(from *http.Request, authorization []string) *http.Request {
	return &http.Request{RemoteAddr: from.RemoteAddr, Header: http.Header{
		"Authorization": authorization, "X-Forwarded-For": from.Header["X-Forwarded-For"],
	}}
}

func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data, always ours
	}
	return text
}

// whole makes JSON of a response in one piece.
func whole(response *graphql.Response) []byte { return bytes.Join(encode(response), nil) }
