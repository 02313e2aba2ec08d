package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/live"
	"footfall/loaders"
)

// isSubscription reports whether the operation of ctx is one.
func isSubscription(ctx context.Context) bool {
	return graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription
}

// subscription gives each event loaders, a clock and a deadline of its own, from
// when it is there: a subscription outlives any request. One that ends early
// ends with an error.
func subscription(ctx context.Context, o Options, viewer loaders.Viewer, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	prepareDefers(ctx, op)
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	if n := len(fields); n != 1 {
		err := gqlerror.Errorf("a subscription must select exactly one field, got %d", n)
		errcode.Set(err, errcode.ValidationFailed)
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{err}})
	}
	// Where events belong: the executor does not say so in their errors' paths.
	root := &graphql.FieldContext{Object: "Subscription", Field: fields[0]}
	ctx, ending := live.WithEnding(loaders.With(ctx, o.loaders(o.Source, viewer)))
	respond := next(ctx)
	present := presenter(o.Log)
	ended := false
	return func(ctx context.Context) *graphql.Response {
		ctx, cancel := context.WithCancelCause(graphql.WithFieldContext(ctx, root))
		defer cancel(nil)
		ctx = loaders.WithLazy(ctx, func() *loaders.Loaders {
			timer := time.AfterFunc(o.Timeout, func() { cancel(context.DeadlineExceeded) })
			context.AfterFunc(ctx, func() { timer.Stop() })
			load := o.loaders(o.Source, viewer)
			context.AfterFunc(ctx, load.Close)
			return load
		})
		response := respond(ctx)
		if err := ending(); response == nil && err != nil && !ended {
			ended = true
			return &graphql.Response{Errors: gqlerror.List{present(ctx, err)}}
		}
		return response
	}
}
