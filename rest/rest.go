// Package rest owns the documented URLs, and the report that shows one of them
// to people: their routes, parameters, envelopes, headers and number formats,
// byte for byte (contracts.md). Each is a GraphQL answer in another dress: it
// binds typed parameters to the variables of its document in queries/, runs that
// on the executor that GraphQL runs on, and reshapes what comes back. It must never know where answers come from.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"footfall/auth"
	"footfall/edge"
)

// Authenticator finds who asks, and counts requests against their limit.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, error)
	OpenLink(ctx context.Context, r *http.Request, activationID, token string) (*auth.Principal, error)
	Allow(p *auth.Principal, use auth.Use) (auth.Limit, error)
}

// Options of Transports.
type Options struct {
	Auth Authenticator
	Edge *edge.Cache // nil for none
	Log  *slog.Logger
	Now  func() time.Time
	// Enter may refuse a tenant's request that is not answered from Edge, before
	// anything is done for it; nil refuses none.
	Enter func(tenant int64) error
}

// Transports makes one transport for each contract. Add them to the server
// before GraphQL's own, which takes everything.
func Transports(o Options) []graphql.Transport {
	var out []graphql.Transport
	for _, c := range contracts(o.Now) {
		out = append(out, &transport{Options: o, contract: c})
	}
	return out
}

func contracts(now func() time.Time) []contract {
	return []contract{partnerStats{}, partnerReport{now: now}, leaderboard{now}, campaigns{}}
}
