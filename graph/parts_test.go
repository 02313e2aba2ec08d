package graph

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"footfall/auth"
)

// prepared is an executor whose operation has its responses already.
type prepared struct {
	graphql.GraphExecutor
	responses []*graphql.Response
}

func (e *prepared) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return func(context.Context) (next *graphql.Response) {
		if len(e.responses) > 0 {
			next, e.responses = e.responses[0], e.responses[1:]
		}
		return next
	}, graphql.WithOperationContext(ctx, op)
}

// Parts that were sent take no memory: all together may be longer than what a principal may hold.
func TestPartsAreHeldUntilTheyAreSent(t *testing.T) {
	t.Parallel()
	const parts, size = 8, 2 * maxReserved
	exec := &prepared{}
	for i := range parts {
		more := i < parts-1
		exec.responses = append(exec.responses, &graphql.Response{Data: []byte(`{"a":"` + strings.Repeat("x", size) + `"}`), HasNext: &more})
	}
	server := &transport{timeout: time.Minute, log: slog.New(slog.DiscardHandler), bodies: newBodies(2*size, size*3/2)}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r = r.WithContext(auth.WithPrincipal(r.Context(), &auth.Principal{ID: "key"}))
	server.deliver(w, r, exec, &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: ast.Query}}, mediaParts)
	if said := w.Body.String(); len(said) < parts*size || strings.Contains(said, "errors") {
		t.Errorf("%d of %d bytes: … %s", len(said), parts*size, said[max(0, len(said)-300):])
	}
	if n := server.bodies.Taken(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}
