package graph

import (
	"context"
	"errors"
	"io"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/analytics"
	"footfall/auth"
	"footfall/internal/quota"
)

// The bounds of the memory that long bodies take, on their way in and while they are
// worked on, and long answers on their way out: all together, and those of one principal.
const (
	maxBodies          = 256 << 20
	maxPrincipalBodies = maxBodies / 4
)

var (
	errBodies          = analytics.Unavailable(errors.New("graph: bodies and answers take all the memory that they may"))
	errPrincipalBodies = analytics.Errorf(analytics.CodeRateLimited, "at most %d bytes of a key's or token's requests and answers at a time", maxPrincipalBodies)
)

// bodies counts the bytes of bodies and answers by principal.
type bodies struct{ *quota.Quota[string] }

func newBodies(most, each int64) *bodies { return &bodies{quota.New[string](most, each)} }

// heldBody counts what is held of one body or answer.
type heldBody struct {
	of        *bodies
	principal string
	n         int64
}

func (h *heldBody) hold(n int) error {
	switch err := h.of.Take(h.principal, int64(n)); {
	case errors.Is(err, quota.ErrShareSpent):
		return errPrincipalBodies
	case err != nil:
		return errBodies
	}
	h.n += int64(n)
	return nil
}

// holdAnswer counts an answer until it is written: a client may take its time to read it.
// A short one is not counted, nor is what a mutation says, which would be lost.
func (b *bodies) holdAnswer(ctx context.Context, response *graphql.Response) (*heldBody, error) {
	held := &heldBody{of: b, principal: auth.From(ctx).ID}
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation {
		return held, nil
	}
	return held, held.holdLong(len(response.Data))
}

// holdNext counts n bytes in place of those that were held and are written.
func (h *heldBody) holdNext(n int) error {
	h.release()
	return h.holdLong(n)
}

// holdLong counts n bytes, unless they are few.
func (h *heldBody) holdLong(n int) error {
	if n <= maxReserved {
		return nil
	}
	return h.hold(n)
}

type heldKey struct{}

// HoldAnswers counts the long answers that run under the context it returns, until they
// are released: those of whoever makes something else of them.
func HoldAnswers(ctx context.Context) (_ context.Context, release func()) {
	held := &heldBody{}
	return context.WithValue(ctx, heldKey{}, held), held.release
}

// heldIn is the response, held for whoever asked for that, or why there is no room for it.
func (b *bodies) heldIn(ctx context.Context, response *graphql.Response) *graphql.Response {
	held, asked := ctx.Value(heldKey{}).(*heldBody)
	if !asked {
		return response
	}
	held.of, held.principal = b, auth.From(ctx).ID
	if err := held.holdLong(len(response.Data)); err != nil {
		return failed(err)
	}
	return response
}

// release frees what was held; of nil it is nothing.
func (h *heldBody) release() {
	if h != nil && h.n > 0 {
		h.of.Give(h.principal, h.n)
		h.n = 0
	}
}

// heldReader holds what is read, and fails where there is no room for more.
type heldReader struct {
	io.Reader
	held *heldBody
}

func (r heldReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if full := r.held.hold(n); full != nil {
		return n, full
	}
	return n, err
}
