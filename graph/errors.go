package graph

import (
	"context"
	"errors"
	"log/slog"

	"github.com/99designs/gqlgen/graphql"
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
			return shown // the document's or the variables' fault, found by gqlgen
		}
		public := Public(err)
		if public.Code == analytics.CodeInternal || public.Code == analytics.CodeUnavailable {
			logFailure(ctx, log, public)
		}
		out := &gqlerror.Error{Message: public.Error(), Path: graphql.GetPath(ctx), Extensions: map[string]any{"code": string(public.Code)}}
		if shown != nil {
			out.Path, out.Locations = shown.Path, shown.Locations
		}
		if public.Field != "" {
			out.Extensions["field"] = public.Field
		}
		return out
	}
}

func logFailure(ctx context.Context, log *slog.Logger, public *analytics.Error) {
	if errors.Is(public.Err, context.Canceled) {
		return // the client left
	}
	log.ErrorContext(ctx, "request failed", "code", public.Code, "error", public.Err, "path", graphql.GetPath(ctx).String())
}
