// Package graph owns the GraphQL server: the schema's executor, its limits and
// directives, the errors' public form, and GraphQL over HTTP. It must not know
// where answers come from, nor the REST contracts that run on the same executor.
package graph

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
	"footfall/graph/cost"
	"footfall/graph/generated"
	"footfall/graph/plain"
	"footfall/loaders"
	"footfall/resolvers"
)

// schema is what the generated code was made of: it is parsed once, with the program's start.
var schema = generated.NewExecutableSchema(generated.Config{}).Schema()

// Options configure New.
type Options struct {
	Source  loaders.Source
	Room    *loaders.Room // nil bounds nothing
	Writer  resolvers.Writer
	Live    resolvers.Live
	Streams *Streams // nil for a register of its own
	Auth    Authenticator
	Edge    *edge.Cache // nil for none
	Log     *slog.Logger
	Now     func() time.Time
	Timeout time.Duration // of one operation
	// Enter may refuse a tenant's request that is not answered from Edge, before
	// anything is done for it; nil refuses none.
	Enter func(tenant int64) error
	// Freshness starts watching the reads of one operation; the function it
	// returns says how fresh those so far were.
	Freshness func(context.Context) (context.Context, func() analytics.Freshness)
	// Documents may be named instead of sent.
	Documents Documents
	Limits    Limits                  // of one operation that is not a REST contract's
	fields    graphql.FieldMiddleware // nil for writePlainly
	bodies    *bodies                 // nil for one of the usual size
}

func (o Options) withDefaults() Options {
	if o.Enter == nil {
		o.Enter = func(int64) error { return nil }
	}
	if o.Streams == nil {
		o.Streams = NewStreams()
	}
	if o.Freshness == nil {
		unknown := func() analytics.Freshness { return analytics.Freshness{MaxAge: analytics.AnyAge} }
		o.Freshness = func(ctx context.Context) (context.Context, func() analytics.Freshness) { return ctx, unknown }
	}
	if o.bodies == nil {
		o.bodies = newBodies(maxBodies, maxPrincipalBodies)
	}
	return o
}

// New makes the server that GraphQL and the REST contracts share. Add REST
// transports before serving: GraphQL takes what they leave.
func New(o Options, rest ...graphql.Transport) (*handler.Server, error) {
	o = o.withDefaults()
	metrics, err := Metrics()
	if err != nil {
		return nil, err
	}
	executable := generated.NewExecutableSchema(generated.Config{
		Resolvers:  &resolvers.Resolver{Writer: o.Writer, Live: o.Live, Metrics: metrics},
		Directives: generated.DirectiveRoot{Requires: requires},
	})
	if err := checkRoots(schema); err != nil {
		return nil, err
	}
	model, err := cost.New(schema, listSizes, frames)
	if err != nil {
		return nil, err
	}
	srv := handler.New(executable)
	for _, t := range rest {
		srv.AddTransport(t)
	}
	streams := streaming{auth: o.Auth, bodies: o.bodies, streams: o.Streams, log: o.Log}
	srv.AddTransport(&websocket{streams})
	srv.AddTransport(&sse{streams})
	srv.AddTransport(&transport{auth: o.Auth, bodies: o.bodies, log: o.Log, edge: o.Edge, enter: o.Enter, timeout: o.Timeout})
	parsed := newQueryCache(o.Documents.Trusted)
	srv.SetQueryCache(parsed)
	srv.SetParserTokenLimit(maxTokens)
	srv.SetErrorPresenter(presenter(o.Log))
	srv.SetRecoverFunc(func(_ context.Context, v any) error { return analytics.Panicked(v) })
	srv.Use(introspectionStage{})
	srv.Use(selectionStage{parsed})
	srv.Use(variableStage{})
	srv.Use(&costs{Limits: o.Limits, model: model, planner: func() *loaders.Planner { return loaders.NewPlanner(o.Source, o.Now()) }})
	srv.Use(newDocumentStage(o.Documents, o.Log)) // last: it keeps what the limits let pass
	srv.AroundOperations(operation(o, parsed))
	if o.fields == nil {
		o.fields = writePlainly
	}
	srv.AroundFields(o.fields)
	return srv, nil
}

// loaders are those of a viewer who asks now.
func (o *Options) loaders(source loaders.Source, viewer loaders.Viewer) *loaders.Loaders {
	return loaders.New(loaders.Options{Source: source, Viewer: viewer, Now: o.Now(), Room: o.Room, Crowd: crowd{}})
}

// operation gives every operation its loaders and its deadline, and says of a
// query's answer whether it may be kept and how fresh it is.
func operation(o Options, parsed queryCache) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		p := auth.From(ctx)
		if p == nil {
			return graphql.OneShot(failed(auth.ErrMissing))
		}
		viewer := loaders.Viewer{Tenant: p.Tenant, ActivationID: p.ActivationID}
		if isSubscription(ctx) {
			return subscription(ctx, o, viewer, next)
		}
		load := o.loaders(planned(ctx, o.Source), viewer)
		ctx = loaders.With(ctx, load)
		ctx, freshness := o.Freshness(ctx)
		op := graphql.GetOperationContext(ctx)
		document := op.Doc
		prepareDefers(ctx, op)
		ctx = plain.WithPlans(ctx, parsed.plans(op, document))
		ctx, cancel := bound(ctx, op, o.Timeout)
		respond := next(ctx)
		return func(ctx context.Context) (response *graphql.Response) {
			defer cancel()
			defer runtime.KeepAlive(document) // gqlgen remembers selections by their address
			defer func() {
				if !hasNext(response) {
					load.Close()
				}
			}()
			if response = respond(ctx); response != nil {
				tellFreshness(ctx, op.Operation.Operation, response, freshness())
				response = o.bodies.heldIn(ctx, response)
			}
			return response
		}
	}
}

// bound gives an operation its deadline. One in parts has it from the transport
// instead, which ends its reads: gqlgen waits for ever for a deferred fragment
// whose context is over.
func bound(ctx context.Context, op *graphql.OperationContext, timeout time.Duration) (context.Context, context.CancelFunc) {
	if inParts(ctx, op) {
		return context.WithoutCancel(ctx), func() {}
	}
	return context.WithTimeout(ctx, timeout)
}
