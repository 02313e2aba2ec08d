package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

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

// Authenticator finds who asks, and counts requests against their limit.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error)
	Allow(p *auth.Principal) (auth.Limit, error)
}

// transport is GraphQL over HTTP: POST with JSON, GET for queries
// (https://graphql.github.io/graphql-over-http/draft/).
type transport struct {
	auth Authenticator
	edge *edge.Cache
}

// Supports takes everything: what the REST contracts leave is GraphQL.
func (t *transport) Supports(*http.Request) bool { return true }

// Do answers one request.
func (t *transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", "Accept, Authorization")
	media, ok := negotiate(r.Header.Values("Accept"))
	if !ok {
		refuse(w, mediaJSON, http.StatusNotAcceptable, analytics.Invalidf("Accept", "must allow %s or %s", mediaResponse, mediaJSON))
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD, POST")
		refuse(w, media, http.StatusMethodNotAllowed, analytics.Invalidf("method", "must be GET or POST, got %.20q", r.Method))
		return
	}
	ctx := edge.Wanted(r)
	p, err := t.auth.Authenticate(ctx, r)
	if err != nil {
		if Public(err).Code == analytics.CodeUnauthenticated {
			h.Set("WWW-Authenticate", `Bearer realm="footfall"`)
		}
		refuse(w, media, 0, err)
		return
	}
	limit, err := t.auth.Allow(p)
	limit.SetHeaders(h)
	if err != nil {
		refuse(w, media, 0, err)
		return
	}
	params, raw, status, err := t.read(w, r)
	if err != nil {
		refuse(w, media, status, err)
		return
	}
	key := edge.Key{Tenant: p.Tenant.ID, Principal: p.ID, Request: sha256.Sum256(append([]byte(r.Method+"\x00"+media+"\x00"), raw...))}
	t.edge.Serve(w, r.WithContext(auth.WithPrincipal(ctx, p)), key, func(w http.ResponseWriter, r *http.Request) {
		run(w, r, exec, params, media)
	})
}

// read gets the operation from the body or the query string. raw is what it
// was read from.
func (t *transport) read(w http.ResponseWriter, r *http.Request) (params *graphql.RawParams, raw []byte, status int, err error) {
	if r.Method == http.MethodPost {
		return readBody(w, r)
	}
	if len(r.URL.RawQuery) > maxURL {
		return nil, nil, http.StatusRequestURITooLong, analytics.Invalidf("query string", "must be at most %d bytes long", maxURL)
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, 0, analytics.Invalidf("query string", "cannot be read")
	}
	params = &graphql.RawParams{Query: q.Get("query"), OperationName: q.Get("operationName"), Headers: r.Header}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := q.Get(name); text != "" && decode([]byte(text), into) != nil {
			return nil, nil, 0, analytics.Invalidf(name, "must be a JSON object")
		}
	}
	return params, []byte(r.URL.RawQuery), 0, requireQuery(params)
}

func readBody(w http.ResponseWriter, r *http.Request) (params *graphql.RawParams, raw []byte, status int, err error) {
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || contentType != mediaJSON {
		return nil, nil, http.StatusUnsupportedMediaType, analytics.Invalidf("Content-Type", "must be %s", mediaJSON)
	}
	tooLarge := analytics.Errorf(analytics.CodeTooLarge, "the body must be at most %d bytes long", maxBody)
	if r.ContentLength > maxBody {
		return nil, nil, 0, tooLarge
	}
	raw, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return nil, nil, 0, tooLarge
	}
	if err != nil {
		return nil, nil, 0, analytics.Invalidf("body", "could not be read to its end")
	}
	var body struct {
		Query         *string        `json:"query"`
		OperationName *string        `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	if err = decode(raw, &body); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) && wrongType.Field != "" {
			return nil, nil, 0, analytics.Invalidf(wrongType.Field, "must not be a JSON %s", wrongType.Value)
		}
		return nil, nil, 0, analytics.Invalidf("body", "must be a JSON object with a query")
	}
	params = &graphql.RawParams{Headers: r.Header, Variables: body.Variables, Extensions: body.Extensions}
	if body.Query != nil {
		params.Query = *body.Query
	}
	if body.OperationName != nil {
		params.OperationName = *body.OperationName
	}
	return params, raw, 0, requireQuery(params)
}

func requireQuery(params *graphql.RawParams) error {
	if params.Query == "" && params.Extensions["persistedQuery"] == nil {
		return analytics.Invalidf("query", "is required")
	}
	return nil
}

// decode reads one JSON value and nothing after it, numbers unrounded.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("trailing data")
	}
	return nil
}

// run executes an operation and writes its answer.
func run(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor, params *graphql.RawParams, media string) {
	ctx := r.Context()
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	op, errs := exec.CreateOperationContext(ctx, params)
	if errs != nil {
		status := http.StatusOK // a well-formed request that names an impossible operation
		if media == mediaResponse {
			status = http.StatusBadRequest
		}
		response := exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		for _, e := range response.Errors {
			if e.Extensions["code"] == nil {
				errcode.Set(e, string(analytics.CodeInvalid))
			}
		}
		write(w, media, status, response)
		return
	}
	if r.Method != http.MethodPost && op.Operation.Operation != ast.Query {
		w.Header().Set("Allow", "POST")
		refuse(w, media, http.StatusMethodNotAllowed, analytics.Invalidf("method", "must be POST for a %s", op.Operation.Operation))
		return
	}
	respond, ctx := exec.DispatchOperation(ctx, op)
	response := respond(ctx)
	if response == nil { // gqlgen gave up with the context
		refuse(w, media, 0, context.DeadlineExceeded)
		return
	}
	write(w, media, executedStatus(w, media, response), response)
}

// executedStatus is 200 unless nothing at all could be answered because a
// service we need is away, which proxies and clients should hear.
func executedStatus(w http.ResponseWriter, media string, response *graphql.Response) int {
	nothing := len(response.Data) == 0 || string(response.Data) == "null"
	if !nothing || media != mediaResponse {
		return http.StatusOK
	}
	for _, e := range response.Errors {
		if e.Extensions["code"] == string(analytics.CodeUnavailable) {
			w.Header().Set("Retry-After", "1")
			return http.StatusServiceUnavailable
		}
	}
	return http.StatusOK
}

// refuse answers a request that was not executed; status 0 is the error's own.
func refuse(w http.ResponseWriter, media string, status int, err error) {
	public := Public(err)
	if status == 0 {
		status = public.Code.Status()
	}
	if public.Code == analytics.CodeUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "1")
	}
	write(w, media, status, &graphql.Response{Errors: gqlerror.List{
		{Message: public.Error(), Extensions: map[string]any{"code": string(public.Code)}},
	}})
}

// write sends a response; one without data never ran, and says so by having no
// such entry.
func write(w http.ResponseWriter, media string, status int, response *graphql.Response) {
	body, err := json.Marshal(struct {
		Errors     gqlerror.List   `json:"errors,omitempty"`
		Data       json.RawMessage `json:"data,omitempty"`
		Extensions map[string]any  `json:"extensions,omitempty"`
	}{response.Errors, response.Data, response.Extensions})
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}`)
	}
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
