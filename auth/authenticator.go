package auth

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"footfall/analytics"
)

// Directory knows the credentials, revoked and expired ones included, by the
// digests of their secrets. It answers analytics.CodeNotFound when there is
// none and analytics.CodeUnavailable when it cannot tell.
type Directory interface {
	APIKey(ctx context.Context, digest [32]byte) (analytics.APIKey, error)
	Link(ctx context.Context, activationID string) (analytics.Link, error)
	LinkByToken(ctx context.Context, digest [32]byte) (analytics.Link, error)
}

// Options configure New.
type Options struct {
	Directory Directory
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // discards

	RateLimit        int // requests a minute per key or token that has no limit of its own; 0 = off
	LeaderboardLimit int // of them, requests a minute for the leaderboard; 0 = as many
	FailureLimit     int // refused credentials a minute per client address, of IPv6 a /64; 0 = off
	Budget           int // cost a minute per key or token that has no budget of its own; 0 = off

	Proxies       Proxies       // whose X-Forwarded-For is believed
	Shared        Shared        // counts limits for all gateways; nil: each counts for itself
	SharedTimeout time.Duration // with Shared, default 50 ms

	StaleFor time.Duration // how long one holds that cannot be checked; 0 = not at all
}

const sharedTimeout = 50 * time.Millisecond

// Authenticator turns credentials into principals. It is safe for concurrent
// use.
type Authenticator struct {
	directory Directory
	now       func() time.Time
	memory    *memory
	proxies   Proxies
	reach     *reach // of Shared
	budgets   *budgets

	requests, leaderboard, failures *policy
}

// New makes an Authenticator.
func New(o Options) *Authenticator {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.SharedTimeout <= 0 {
		o.SharedTimeout = sharedTimeout
	}
	r := &reach{log: o.Log}
	return &Authenticator{
		directory: o.Directory, now: o.Now, proxies: o.Proxies, reach: r,
		memory: newMemory(o.Now, o.StaleFor), budgets: newBudgets(o.Budget, o.Now),
		requests:    newPolicy("default", "requests", o.RateLimit, o, r),
		leaderboard: newPolicy("leaderboard", "requests for the leaderboard", o.LeaderboardLimit, o, r),
		failures:    newPolicy("address", "refused requests of an address", o.FailureLimit, o, r),
	}
}

// Authenticate finds who sends r, from its Authorization header: Bearer or
// Api-Key, with an API key or an activation token. It answers ErrMissing,
// ErrMalformed, ErrInvalid or the directory's failure, and to an address that
// was refused too often analytics.CodeRateLimited.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (*Principal, error) {
	secret, err := bearer(r.Header)
	if err != nil {
		return nil, a.refused(r, err)
	}
	p, err := a.credential(ctx, r, secret)
	if err != nil {
		return nil, a.refused(r, err)
	}
	return p, nil
}

// credential finds whose secret this is: what starts with ff_ is an API key,
// anything else an activation token. It answers ErrInvalid or the directory's
// failure.
func (a *Authenticator) credential(ctx context.Context, r *http.Request, secret string) (*Principal, error) {
	if secret == "" || len(secret) > maxHeader {
		return nil, ErrInvalid
	}
	digest := Digest(secret)
	q, look := question{tokenKind, digest}, a.byToken(digest)
	if strings.HasPrefix(secret, keyMark) {
		q, look = question{keyKind, digest}, a.byKey(digest)
	}
	found, err := a.find(ctx, r, q, look)
	if err != nil {
		return nil, err
	}
	if found == nil || !same(found.digest, digest) || !found.active(a.now()) {
		return nil, ErrInvalid
	}
	return found.principal, nil
}

// OpenLink finds the principal limited to one activation that the token
// opens. It answers, in this order, ErrNoActivation, ErrWrongToken, ErrRevoked
// (contracts.md, section 1), or the directory's failure, and to an address that
// was refused too often analytics.CodeRateLimited.
func (a *Authenticator) OpenLink(ctx context.Context, r *http.Request, activationID, token string) (*Principal, error) {
	p, err := a.openLink(ctx, r, activationID, token)
	if err != nil {
		return nil, a.refused(r, err)
	}
	return p, nil
}

func (a *Authenticator) openLink(ctx context.Context, r *http.Request, activationID, token string) (*Principal, error) {
	if len(activationID) > maxHeader || !analytics.IsText(activationID) {
		return nil, ErrNoActivation // nor can Postgres be asked
	}
	found, err := a.find(ctx, r, question{activationKind, Digest(activationID)}, a.byActivation(activationID))
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, ErrNoActivation
	case !same(found.digest, Digest(token)):
		return nil, ErrWrongToken
	case !found.active(a.now()):
		return nil, ErrRevoked
	}
	return found.principal, nil
}

// LinksChanged has links looked up again that were remembered: activations were created
// or deleted, or may have been. It must be told before a writer hears that they were.
func (a *Authenticator) LinksChanged() { a.memory.linksChanged() }

// Use is what a request is for, where that has a limit of its own.
type Use uint8

// The uses there are.
const (
	AnyUse Use = iota
	LeaderboardUse
)

// Allow counts one request of p against its rate limit; over it, the error is
// analytics.CodeRateLimited and Limit says when to come back. A use's own limit
// counts beside it, unless the key has one of its own for all it does: then Limit
// is the one that has less left. Nobody is not counted but refused, with ErrMissing.
func (a *Authenticator) Allow(p *Principal, use Use) (Limit, error) {
	if p == nil {
		return Limit{}, ErrMissing
	}
	if p.RateLimit != nil {
		return a.requests.take(p.ID, *p.RateLimit)
	}
	if a.requests.usual <= 0 {
		return Limit{}, nil
	}
	var own Limit
	if use == LeaderboardUse {
		var err error
		if own, err = a.leaderboard.take(p.ID, a.leaderboard.usual); err != nil {
			return own, err
		}
	}
	limit, err := a.requests.take(p.ID, a.requests.usual)
	return tighter(limit, own), err
}

// SharedFailures is how often the gateways' common counts did not answer.
func (a *Authenticator) SharedFailures() int64 { return a.reach.failed.Load() }

func (a *Authenticator) byKey(digest [32]byte) lookup {
	return func(ctx context.Context) (*credential, error) {
		k, err := a.directory.APIKey(ctx, digest)
		if err != nil {
			return nil, err
		}
		p := &Principal{
			Tenant: k.Tenant, Scopes: k.Scopes, ID: "key:" + strconv.FormatInt(k.ID, 10), KeyPrefix: k.Prefix, Documents: k.Documents,
			Budget: k.Budget, RateLimit: k.RateLimit,
		}
		return &credential{principal: p, digest: digest, active: k.Active}, nil
	}
}

func (a *Authenticator) byToken(digest [32]byte) lookup {
	return func(ctx context.Context) (*credential, error) { return ofLink(a.directory.LinkByToken(ctx, digest)) }
}

func (a *Authenticator) byActivation(id string) lookup {
	return func(ctx context.Context) (*credential, error) { return ofLink(a.directory.Link(ctx, id)) }
}

func ofLink(l analytics.Link, err error) (*credential, error) {
	if err != nil {
		return nil, err
	}
	p := &Principal{Tenant: l.Tenant, ActivationID: l.ActivationID, ID: "link:" + l.ActivationID, Documents: analytics.DocumentsOff}
	return &credential{
		principal: p, digest: l.TokenDigest,
		active: func(time.Time) bool { return l.RevokedAt == nil },
	}, nil
}

func same(a, b [32]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
