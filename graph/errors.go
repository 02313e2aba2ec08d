package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"footfall/analytics"
)

// Public is what a client may read of an error: a domain error as it is, any
// other one as an internal error without its text.
func Public(err error) *analytics.Error {
	var domain *analytics.Error
	switch {
	case errors.As(err, &domain):
		return domain
	case errors.Is(err, context.DeadlineExceeded):
		return &analytics.Error{Code: analytics.CodeUnavailable, Message: "the request ran out of time, try again or ask for less", Err: err}
	default:
		return &analytics.Error{Code: analytics.CodeInternal, Message: "internal error", Err: err}
	}
}

// presenter dresses errors for GraphQL, and logs those that are not the
// client's doing.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var shown *gqlerror.Error
		if errors.As(err, &shown) && shown.Err == nil {
			presentFault(ctx, shown)
			return shown
		}
		public := Public(err)
		if public.Code == analytics.CodeInternal || public.Code == analytics.CodeUnavailable {
			logFailure(ctx, log, public)
		}
		out := &gqlerror.Error{Path: graphql.GetPath(ctx)}
		if shown != nil {
			out.Path, out.Locations = shown.Path, shown.Locations
		}
		if field, argument := cut(ctx, out.Path); argument != "" {
			out.Path = field
			public = &analytics.Error{Code: public.Code, Field: argument, Message: public.Message}
		}
		if len(out.Locations) == 0 {
			out.Locations = locationOf(graphql.GetFieldContext(ctx))
		}
		out.Message, out.Extensions = public.Error(), extensions(public)
		return out
	}
}

// presentFault dresses a fault of the document or of its variables, which gqlgen found.
func presentFault(ctx context.Context, shown *gqlerror.Error) {
	if len(shown.Path) > 1 && shown.Path[0] == ast.PathName("variable") && graphql.GetFieldContext(ctx) == nil {
		presentVariable(graphql.GetOperationContext(ctx).Operation, shown)
		return
	}
	shown.Message, _, _ = strings.Cut(shown.Message, " Did you mean ") // guesses would spell the schema out
}

// locationOf is where in the document a field stands, nil where that is not known.
func locationOf(fc *graphql.FieldContext) []gqlerror.Location {
	if fc == nil || fc.Field.Field == nil || fc.Field.Position == nil {
		return nil
	}
	return []gqlerror.Location{{Line: fc.Field.Position.Line, Column: fc.Field.Position.Column}}
}

// extensions are what programs read of an error. Streams have no header that says
// when to come back, so errors do; a second is what the header says too where
// nobody knows better.
func extensions(public *analytics.Error) map[string]any {
	e := map[string]any{"code": string(public.Code)}
	if public.Field != "" {
		e["field"] = public.Field
	}
	if public.Code == analytics.CodeRateLimited || public.Code == analytics.CodeUnavailable {
		e["retryAfter"] = max(1, public.RetryAfter)
	}
	return e
}

// cut parts the path of an argument that cannot be read, such as
// activation.metrics.range.dates.startDate, into the field's and the argument's;
// the latter is empty for any other path.
func cut(ctx context.Context, path ast.Path) (field ast.Path, argument string) {
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || len(path) <= len(fc.Path()) {
		return path, ""
	}
	n := len(fc.Path())
	return path[:n], path[n:].String()
}

func logFailure(ctx context.Context, log *slog.Logger, public *analytics.Error) {
	if errors.Is(public.Err, context.Canceled) || errors.Is(public, analytics.ErrOverloaded) {
		return // the client left, or is one of many that were turned away
	}
	log.ErrorContext(ctx, "request failed", "code", public.Code, "error", public.Err, "path", graphql.GetPath(ctx).String())
}
