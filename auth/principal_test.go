package auth_test

import (
	"context"
	"testing"

	"footfall/analytics"
	"footfall/auth"
)

func TestHas(t *testing.T) {
	t.Parallel()
	const read, write, admin = analytics.ScopeRead, analytics.ScopeWrite, analytics.ScopeAdmin
	for name, c := range map[string]struct {
		principal *auth.Principal
		has       []analytics.Scope
	}{
		"nobody":           {nil, nil},
		"no scopes":        {&auth.Principal{}, nil},
		"read":             {&auth.Principal{Scopes: []analytics.Scope{read}}, []analytics.Scope{read}},
		"read and write":   {&auth.Principal{Scopes: []analytics.Scope{write, read}}, []analytics.Scope{read, write}},
		"admin":            {&auth.Principal{Scopes: []analytics.Scope{admin}}, []analytics.Scope{admin}},
		"activation token": {&auth.Principal{ActivationID: "act_x"}, nil},
		"token and scopes": {&auth.Principal{ActivationID: "act_x", Scopes: []analytics.Scope{admin}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := map[analytics.Scope]bool{}
			for _, scope := range c.has {
				wanted[scope] = true
			}
			for _, scope := range []analytics.Scope{read, write, admin} {
				if c.principal.Has(scope) != wanted[scope] {
					t.Errorf("Has(%s) = %v", scope, !wanted[scope])
				}
			}
		})
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	if p := auth.From(context.Background()); p != nil {
		t.Errorf("somebody asks: %+v", p)
	}
	p := &auth.Principal{ID: "key:1"}
	ctx := auth.WithPrincipal(t.Context(), p)
	if auth.From(ctx) != p {
		t.Error("another principal came back")
	}
	if who := analytics.Actor(ctx); who != p.ID {
		t.Errorf("%q acts", who)
	}
}
