package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
)

// documented is the token of contracts.md, section 1, which is made by hand.
const documented = "tok_secure_token_here"

var (
	start   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errGone = analytics.Unavailable(errors.New("connection refused"))
	errNone = analytics.Errorf(analytics.CodeNotFound, "not found")
)

// directory is an auth.Directory in memory that counts what it is asked.
type directory struct {
	mu      sync.Mutex
	keys    map[[32]byte]analytics.APIKey
	links   map[string]analytics.Link
	failure error
	lookups int
	running atomic.Int32
	busiest atomic.Int32
	block   chan struct{} // when set, lookups end after it is closed
}

func (d *directory) enter() func() {
	n := d.running.Add(1)
	for m := d.busiest.Load(); n > m && !d.busiest.CompareAndSwap(m, n); m = d.busiest.Load() {
	}
	d.mu.Lock()
	d.lookups++
	block := d.block
	return func() {
		d.mu.Unlock()
		if block != nil {
			<-block
		}
		d.running.Add(-1)
	}
}

func (d *directory) APIKey(_ context.Context, digest [32]byte) (analytics.APIKey, error) {
	defer d.enter()()
	if k, ok := d.keys[digest]; ok && d.failure == nil {
		return k, nil
	}
	return analytics.APIKey{}, d.miss()
}

func (d *directory) Link(_ context.Context, activationID string) (analytics.Link, error) {
	defer d.enter()()
	if l, ok := d.links[activationID]; ok && d.failure == nil {
		return l, nil
	}
	return analytics.Link{}, d.miss()
}

func (d *directory) LinkByToken(_ context.Context, digest [32]byte) (analytics.Link, error) {
	defer d.enter()()
	for _, l := range d.links {
		if l.TokenDigest == digest && d.failure == nil {
			return l, nil
		}
	}
	return analytics.Link{}, d.miss()
}

func (d *directory) miss() error {
	if d.failure != nil {
		return d.failure
	}
	return errNone
}

// set changes the directory as another process would.
func (d *directory) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *directory) asked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lookups
}

type bundle struct {
	*auth.Authenticator
	dir   *directory
	clock *atomic.Pointer[time.Time]
	// keys by what they may: read, expiring (in a minute), expired, revoked
	read, expiring, expired, revoked string
	gone                             string // the token of the revoked link act_gone
}

// Credential authenticates a request with the secret.
func (b *bundle) Credential(ctx context.Context, secret string) (*auth.Principal, error) {
	return b.Authenticate(ctx, request("Bearer "+secret))
}

func (b *bundle) pass(d time.Duration) {
	t := b.clock.Load().Add(d)
	b.clock.Store(&t)
}

func setup(t testing.TB, options ...func(*auth.Options)) *bundle {
	t.Helper()
	tenant := analytics.Tenant{ID: 7, AccessKey: "a1b2c3d4", Name: "Acme"}
	b := &bundle{
		dir:   &directory{keys: map[[32]byte]analytics.APIKey{}, links: map[string]analytics.Link{}},
		clock: &atomic.Pointer[time.Time]{},
	}
	b.clock.Store(&start)
	past, soon := start.Add(-time.Hour), start.Add(time.Minute)
	key := func(id int64, expires, revoked *time.Time) string {
		secret, prefix, digest := auth.NewKey()
		b.dir.keys[digest] = analytics.APIKey{
			ID: id, Tenant: tenant, Prefix: prefix, Scopes: []analytics.Scope{analytics.ScopeRead},
			ExpiresAt: expires, RevokedAt: revoked,
		}
		return secret
	}
	b.read, b.expiring = key(12, nil, nil), key(13, &soon, nil)
	b.expired, b.revoked = key(14, &past, nil), key(15, nil, &past)
	gone, digest := auth.NewToken()
	b.gone = gone
	b.dir.links["act_gone"] = analytics.Link{Tenant: tenant, ActivationID: "act_gone", TokenDigest: digest, RevokedAt: &past}
	b.dir.links["act_abc123xyz"] = analytics.Link{
		Tenant: tenant, ActivationID: "act_abc123xyz", TokenDigest: auth.Digest(documented),
	}
	o := auth.Options{Directory: b.dir, StaleFor: 5 * time.Minute, Now: func() time.Time { return *b.clock.Load() }}
	for _, change := range options {
		change(&o)
	}
	b.Authenticator = auth.New(o)
	return b
}

func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/graphql", http.NoBody)
	for _, h := range headers {
		r.Header.Add("Authorization", h)
	}
	return r
}

func code(err error) analytics.Code {
	var typed *analytics.Error
	if errors.As(err, &typed) {
		return typed.Code
	}
	return ""
}
