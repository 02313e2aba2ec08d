package auth

import (
	"context"
	"errors"
	"net/http"

	"footfall/analytics"
)

// find looks a credential up, for an address that has not been refused too
// often. What is known already it may show all the same: others may be behind
// the same address as who guesses.
func (a *Authenticator) find(ctx context.Context, r *http.Request, q question, look lookup) (*credential, error) {
	if a.failures.usual > 0 && !a.memory.knows(q) {
		if id := a.proxies.Counted(r); id != "" {
			if limit := a.failures.spent(id); limit.RetryAfter > 0 {
				return nil, &refusal{a.failures.over(limit), limit}
			}
		}
	}
	return a.memory.find(ctx, q, look)
}

// refusal is an error, and what is left of the limit that it counts against.
type refusal struct {
	error
	limit Limit
}

func (r *refusal) Unwrap() error { return r.error }

// refused counts a refusal against the limit of the client's address, and is the
// error to answer with. What failed for another reason is not counted.
func (a *Authenticator) refused(r *http.Request, err error) error {
	if _, before := errors.AsType[*refusal](err); before {
		return err
	}
	switch analytics.CodeOf(err) {
	case analytics.CodeUnauthenticated, analytics.CodeNotFound, analytics.CodeForbidden:
	default:
		return err
	}
	id := a.proxies.Counted(r)
	if id == "" || a.failures.usual <= 0 {
		return err
	}
	limit, over := a.failures.take(id, a.failures.usual)
	if over != nil {
		err = over
	}
	return &refusal{err, limit}
}

// SetHeaders says how to authenticate where err says that this is missing, and what
// is left of the limit that err counts against, if of any.
func SetHeaders(h http.Header, err error) {
	if analytics.CodeOf(err) == analytics.CodeUnauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="footfall"`)
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		r.limit.SetHeaders(h)
	}
}
