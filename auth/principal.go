package auth

import (
	"context"
	"slices"

	"footfall/analytics"
)

// Principal is who asks. Principals are shared between requests: read them,
// never write to them.
type Principal struct {
	Tenant analytics.Tenant
	Scopes []analytics.Scope

	// ActivationID is the only thing that the bearer of an activation token may
	// see; "" for an API key.
	ActivationID string

	// ID is stable and never secret: "key:12" or "link:act_x". It names the
	// principal in rate limits, cache keys and logs.
	ID string

	// KeyPrefix is what may be shown of an API key; "" for an activation token.
	KeyPrefix string

	// Documents says which GraphQL documents an API key may run. Those of an
	// activation token are not restricted.
	Documents analytics.DocumentMode

	// Budget is what operations may cost a minute, 0 without a limit; nil is what
	// the gateway gives everyone.
	Budget *int

	// RateLimit is how many requests it may send a minute, 0 without a limit; nil is
	// what the gateway gives everyone.
	RateLimit *int
}

// Has reports whether the principal carries the scope; no scope implies
// another. An activation token has none of the scopes: it has its activation.
// Nobody has nothing.
func (p *Principal) Has(scope analytics.Scope) bool {
	if p == nil || p.ActivationID != "" {
		return false
	}
	return slices.Contains(p.Scopes, scope)
}

// Require reports why the principal may not do what wants the scope: ErrMissing for
// nobody, else analytics.CodeForbidden.
func (p *Principal) Require(scope analytics.Scope) error {
	switch {
	case p == nil:
		return ErrMissing
	case p.Has(scope):
		return nil
	case p.ActivationID != "":
		return analytics.Errorf(analytics.CodeForbidden, "an activation's token opens that activation alone")
	}
	return analytics.Errorf(analytics.CodeForbidden, "the API key lacks the scope %s", scope.Name())
}

type principalKey struct{}

// WithPrincipal says that p asks under ctx, and acts.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(analytics.WithActor(ctx, p.ID), principalKey{}, p)
}

// From is who asks under ctx, nil when nobody does.
func From(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}
