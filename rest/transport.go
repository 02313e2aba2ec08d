package rest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
	"footfall/graph"
)

// contract is what differs between the documented interfaces. Its methods are
// called in the order of the documents' checks.
type contract interface {
	patterns() []string
	// headers sets what every answer carries, errors too.
	headers(h http.Header)
	// use is what its requests are counted as.
	use() auth.Use
	// identify finds who asks.
	identify(ctx context.Context, a Authenticator, c *call) (*auth.Principal, error)
	// bind checks that the principal may ask this, and what it asks for.
	bind(p *auth.Principal, c *call) (question, error)
	// answer runs the contract's document and reshapes the result.
	answer(ctx context.Context, x *execution, q question) (*reply, error)
	// refusal is the answer that tells of an error, in the contract's own envelope.
	refusal(c *call, err error) *reply
}

// call is a request that matched a route.
type call struct {
	request *http.Request
	parsed  query // nil until it is wanted
}

func (c *call) query() query {
	if c.parsed == nil {
		c.parsed = parseQuery(c.request.URL.RawQuery)
	}
	return c.parsed
}

// question is what a call asks for.
type question struct {
	Form      string         // of the reply, where there are several
	Variables map[string]any // strings, integers, lists of strings, and objects of these
	token     string         // that opened the link, for a page that leads on: always the same one of a principal
}

// reply is an answer, apart from the headers that all of a contract's have.
type reply struct {
	status      int // 0 is 200
	contentType string
	disposition string // Content-Disposition, "" for none
	body        []byte
	offered     bool // whether the client may keep it
}

const mediaJSON = "application/json; charset=utf-8"

var errMethod = analytics.Errorf(analytics.CodeMethod, "the method must be GET or HEAD")

// transport answers the requests of one contract.
type transport struct {
	Options
	contract contract
}

// Supports decides by the route alone: a method that is not documented is
// refused in the contract's own envelope.
func (t *transport) Supports(r *http.Request) bool {
	return slices.Contains(t.contract.patterns(), r.Pattern)
}

// Do answers one request.
func (t *transport) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	if r.Method == http.MethodHead {
		w = bodiless{w}
	}
	t.contract.headers(w.Header())
	c := &call{request: r}
	defer t.catch(w, c)
	if err := t.serve(w, c, exec); err != nil {
		t.refuse(w, c, err)
	}
}

// serve answers, or says why not.
func (t *transport) serve(w http.ResponseWriter, c *call, exec graphql.GraphExecutor) error {
	r := c.request
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return errMethod
	}
	ctx := edge.WithCacheControl(r)
	p, err := t.contract.identify(ctx, t.Auth, c)
	if err != nil {
		return err
	}
	limit, err := t.Auth.Allow(p, t.contract.use())
	limit.SetHeaders(w.Header())
	if err != nil {
		return err
	}
	t.Edge.Serve(w, edge.WithContext(ctx, r), t.key(p, c), func(w http.ResponseWriter, r *http.Request) {
		if err := t.answer(auth.WithPrincipal(r.Context(), p), w, p, c, exec); err != nil {
			t.refuse(w, c, err)
		}
	})
	return nil
}

// key names the answer by all that it depends on, and no secret. GET and HEAD share.
func (t *transport) key(p *auth.Principal, c *call) edge.Key {
	const usual = 512 // bytes of a request that take no memory of their own
	text := append(make([]byte, 0, usual), c.request.URL.EscapedPath()...)
	text = append(append(text, '?'), c.request.URL.RawQuery...)
	return edge.Key{Tenant: p.Tenant.ID, Principal: p.ID, Request: sha256.Sum256(text)}
}

func (t *transport) answer(ctx context.Context, w http.ResponseWriter, p *auth.Principal, c *call, exec graphql.GraphExecutor) error {
	q, err := t.contract.bind(p, c)
	if err != nil {
		return err
	}
	if t.Enter != nil {
		if err = t.Enter(p.Tenant.ID); err != nil {
			return err
		}
	}
	ctx, release := graph.HoldAnswers(ctx)
	defer release()
	x := &execution{exec: exec}
	a, err := t.contract.answer(ctx, x, q)
	if err != nil {
		return err
	}
	h := w.Header()
	if a.offered || x.fresh.Stale {
		edge.Describe(h, x.fresh)
	}
	if a.offered {
		edge.SetValidator(h, edge.Validator([]byte(a.contentType), a.body))
	}
	if a.disposition != "" {
		h.Set("Content-Disposition", a.disposition)
	}
	a.write(w)
	return nil
}

// refuse answers with an error, and logs one that nobody logged yet.
func (t *transport) refuse(w http.ResponseWriter, c *call, err error) {
	r, public := c.request, graph.Public(err)
	ours := public.Code == analytics.CodeInternal || public.Code == analytics.CodeUnavailable
	if ours && public.Err != nil && !errors.Is(public.Err, context.Canceled) {
		t.Log.ErrorContext(r.Context(), "request failed", "code", public.Code, "error", public.Err, "url", r.URL.Path)
	}
	auth.SetHeaders(w.Header(), err)
	retry := public.Code == analytics.CodeUnavailable || public.Code == analytics.CodeRateLimited
	if retry && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "1")
	}
	t.contract.refusal(c, err).write(w)
}

// catch turns a panic into the contract's internal error.
func (t *transport) catch(w http.ResponseWriter, c *call) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		t.refuse(w, c, analytics.Panicked(v))
	}
}

// refused is a refusal whose body is JSON.
func refused(status int, body any) *reply {
	text, err := encode(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte("{}")
	}
	return &reply{status: status, contentType: mediaJSON, body: text}
}

func (a *reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(cmp.Or(a.status, http.StatusOK))
	_, _ = w.Write(a.body)
}

// keyHeaders are those of the contracts that are opened with an API key.
func keyHeaders(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", "Authorization")
}

// bodiless answers HEAD: the headers of the answer to GET alone.
type bodiless struct{ http.ResponseWriter }

func (b bodiless) Write(body []byte) (int, error) { return len(body), nil }

func (b bodiless) Unwrap() http.ResponseWriter { return b.ResponseWriter }
