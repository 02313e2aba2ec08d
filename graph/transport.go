package graph

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
)

// maxBody bounds a request's body, maxURL its query string: events in bulk have
// a path of their own.
const (
	maxBody = 8 << 20
	maxURL  = 64 << 10
)

// maxReserved bounds the memory that a body gets before any of it has come, and that an
// answer takes without being counted.
const maxReserved = 64 << 10

// Authenticator finds who asks, and counts requests against their limit.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error)
	Allow(p *auth.Principal, use auth.Use) (auth.Limit, error)
}

// transport is GraphQL over HTTP: POST with JSON, GET for queries
// (https://graphql.github.io/graphql-over-http/draft/).
type transport struct {
	auth    Authenticator
	bodies  *bodies
	log     *slog.Logger
	edge    *edge.Cache
	enter   func(tenant int64) error
	timeout time.Duration
}

// vary names what answers depend on besides the request itself.
const vary = "Accept, Authorization, " + headerCost + ", " + headerDryRun

// Supports takes everything: what the REST contracts leave is GraphQL.
func (t *transport) Supports(*http.Request) bool { return true }

// Do answers one request.
func (t *transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", vary)
	accepted := acceptanceOf(r.Header["Accept"])
	media, also := accepted.media, accepted.also
	if r.Header.Get(headerDryRun) == "1" { // a plan is told in JSON, all of it
		also = forms{}
	}
	if !accepted.ok {
		refuse(w, mediaJSON, http.StatusNotAcceptable, analytics.Invalidf("Accept", "must allow %s or %s", mediaResponse, mediaJSON))
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD, POST")
		refuse(w, media, http.StatusMethodNotAllowed, analytics.Invalidf("method", "must be GET or POST, got %s", analytics.Quote(r.Method)))
		return
	}
	ctx := edge.WithCacheControl(r)
	p, raw, held, ok := t.bodies.admit(ctx, w, r, t.auth, media)
	defer held.release()
	if !ok {
		return
	}
	key := edge.Key{Tenant: p.Tenant.ID, Principal: p.ID, Request: fingerprint(r, media, also, raw)}
	t.edge.Serve(w, edge.WithContext(ctx, r), key, func(w http.ResponseWriter, r *http.Request) {
		if err := t.enter(p.Tenant.ID); err != nil {
			refuse(w, media, 0, err)
			return
		}
		r = r.WithContext(auth.WithPrincipal(withForms(r.Context(), also), p))
		params, status, err := parse(r, raw)
		if err != nil {
			refuse(w, media, unreadStatus(media, status), err)
			return
		}
		t.run(w, r, exec, params, media)
	})
}

// fingerprint is a hash of all that an answer depends on, besides who asks.
func fingerprint(r *http.Request, media string, also forms, raw []byte) [32]byte {
	const usual = 1024 // bytes of a request that take no memory of their own
	text := make([]byte, 0, usual)
	for _, part := range []string{r.Method, "\x00", media, also.key(), "\x00", costAsked(r.Header)} {
		text = append(text, part...)
	}
	return sha256.Sum256(append(text, raw...))
}

// admit finds who asks, counts the request against their limit and reads it, which
// holds memory until it is released. It answers those it turns away itself.
func (b *bodies) admit(ctx context.Context, w http.ResponseWriter, r *http.Request, who Authenticator, media string) (p *auth.Principal, raw []byte, held *heldBody, ok bool) {
	status, err := checkRequest(r)
	if err == nil {
		p, err = who.Authenticate(ctx, r)
	}
	if err == nil {
		var limit auth.Limit
		limit, err = who.Allow(p, auth.AnyUse)
		limit.SetHeaders(w.Header())
	}
	if err == nil {
		raw, held, status, err = b.readRaw(w, r, p.ID)
	}
	if err != nil {
		auth.SetHeaders(w.Header(), err)
		refuse(w, media, status, err)
	}
	return p, raw, held, err == nil
}

// checkRequest looks at what the headers alone tell. The status is 0 where the
// error's own will do.
func checkRequest(r *http.Request) (status int, err error) {
	if r.Method == http.MethodPost {
		if !isJSON(r.Header.Get("Content-Type")) {
			return http.StatusUnsupportedMediaType, analytics.Invalidf("Content-Type", "must be %s, in UTF-8", mediaJSON)
		}
		if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
			return http.StatusUnsupportedMediaType, analytics.Invalidf("Content-Encoding", "must be absent")
		}
	}
	return 0, checkForgery(r)
}

// isJSON reports whether a content type is JSON, in UTF-8.
func isJSON(contentType string) bool {
	if contentType == mediaJSON {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	return err == nil && media == mediaJSON && (params["charset"] == "" || strings.EqualFold(params["charset"], "utf-8"))
}

// readRaw gets the bytes that hold the operation: the body or the query string,
// each within its bound. The status is 0 where the error's own will do.
func (b *bodies) readRaw(w http.ResponseWriter, r *http.Request, principal string) (raw []byte, held *heldBody, status int, err error) {
	if r.Method != http.MethodPost {
		if len(r.URL.RawQuery) > maxURL {
			return nil, nil, http.StatusRequestURITooLong, analytics.Invalidf("query string", "must be at most %d bytes long", maxURL)
		}
		return []byte(r.URL.RawQuery), nil, 0, nil
	}
	tooLarge := analytics.Errorf(analytics.CodeTooLarge, "the body must be at most %d bytes long", maxBody)
	if r.ContentLength > maxBody {
		return nil, nil, 0, tooLarge
	}
	if r.ContentLength >= 0 && r.ContentLength <= maxReserved { // net/http gives no more than that
		raw = make([]byte, r.ContentLength)
		if _, err = io.ReadFull(r.Body, raw); err != nil {
			return nil, nil, 0, analytics.Invalidf("body", "could not be read to its end")
		}
		return raw, nil, 0, nil
	}
	held = &heldBody{of: b, principal: principal}
	raw, err = io.ReadAll(heldReader{http.MaxBytesReader(w, r.Body, maxBody), held})
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		err = tooLarge
	case err != nil && !errors.Is(err, errBodies) && !errors.Is(err, errPrincipalBodies):
		err = analytics.Invalidf("body", "could not be read to its end")
	}
	return raw, held, 0, err
}

// run executes an operation and writes its answer.
func (t *transport) run(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams, media string) {
	ctx := r.Context()
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		waitForBudget(w.Header(), op)
		response := dispatchErrors(ctx, exec, op, errs)
		status := impossibleStatus(media, response.Errors)
		if wanted(ctx).csv { // a file that came with 200 is whole
			status = impossibleStatus(mediaResponse, response.Errors)
		}
		write(w, media, status, response)
		return
	}
	if op.Operation.Operation == ast.Subscription {
		refuse(w, media, http.StatusNotAcceptable, analytics.Invalidf("Accept", "must prefer %s to JSON for a subscription", mediaEvents))
		return
	}
	if r.Method != http.MethodPost && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", "POST")
		refuse(w, media, http.StatusMethodNotAllowed, analytics.Invalidf("method", "must be POST for a %s", op.Operation.Operation))
		return
	}
	if inParts(ctx, op) {
		t.deliver(w, r, exec, op, media)
		return
	}
	t.answerWhole(ctx, w, exec, op, media)
}

// answerWhole executes an operation and writes its answer in one piece.
func (t *transport) answerWhole(ctx context.Context, w http.ResponseWriter, exec graphql.GraphExecutor, op *graphql.OperationContext, media string) {
	table, err := tableOf(wanted(ctx), op)
	if err != nil {
		refuse(w, media, 0, err)
		return
	}
	respond, ctx := exec.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // gqlgen gave up with the context
		refuse(w, media, 0, context.DeadlineExceeded)
		return
	}
	held, err := t.bodies.holdAnswer(ctx, response)
	if err != nil {
		refuse(w, media, 0, err)
		return
	}
	defer held.release()
	switch {
	case table == nil:
		offer(w.Header(), media, op.Operation.Operation, response)
		write(w, media, executedStatus(w, media, response), response)
	case len(response.Errors) > 0:
		write(w, media, failedStatus(response), response)
	default:
		list, err := table.rowsIn(response.Data)
		if err != nil {
			response.Errors = failed(err).Errors
			write(w, media, failedStatus(response), response)
			return
		}
		offer(w.Header(), mediaCSV, op.Operation.Operation, response)
		table.write(w, response, list)
	}
}

// refuse answers a request that was not executed; status 0 is the error's own.
func refuse(w http.ResponseWriter, media string, status int, err error) {
	if status == 0 {
		status = Public(err).Code.Status()
	}
	write(w, media, status, failed(err))
}

// write sends a response.
func write(w http.ResponseWriter, media string, status int, response *graphql.Response) {
	parts := encode(response)
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(size))
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", cmp.Or(w.Header().Get("Retry-After"), "1"))
	}
	w.WriteHeader(status)
	for _, part := range parts {
		_, _ = w.Write(part)
	}
}

// encode makes JSON of a response; one without data never ran, and says so by
// having no such entry. The data is compact JSON already and is a part of its own,
// uncopied: it may be long.
func encode(response *graphql.Response) [][]byte {
	var body bytes.Buffer // all but the data, which follows its first cut bytes
	cut := 0
	entry := func(name string, value []byte) {
		separator := byte(',')
		if body.Len() == 0 {
			separator = '{'
		}
		body.WriteByte(separator)
		body.WriteString(strconv.Quote(name))
		body.WriteByte(':')
		body.Write(value)
	}
	marshal := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil { // an extension that is no JSON
			text = []byte("null")
		}
		entry(name, text)
	}
	if len(response.Errors) > 0 {
		marshal("errors", response.Errors)
	}
	if len(response.Data) > 0 {
		entry("data", nil)
		cut = body.Len()
	}
	if len(response.Extensions) > 0 {
		marshal("extensions", response.Extensions)
	}
	body.WriteByte('}')
	return [][]byte{body.Next(cut), response.Data, body.Bytes()}
}
