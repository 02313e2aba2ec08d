package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
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
	o := auth.Options{Directory: b.dir, Now: func() time.Time { return *b.clock.Load() }}
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

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	unknown, _, _ := auth.NewKey()
	for name, c := range map[string]struct {
		headers []string
		id      string
		err     error
	}{
		"bearer":             {[]string{"Bearer " + b.read}, "key:12", nil},
		"api-key":            {[]string{"Api-Key " + b.read}, "key:12", nil},
		"any case":           {[]string{"bEARER " + b.read}, "key:12", nil},
		"any case, api-key":  {[]string{"API-KEY " + b.read}, "key:12", nil},
		"spaces":             {[]string{"  Bearer   " + b.read + " "}, "key:12", nil},
		"not yet expired":    {[]string{"Bearer " + b.expiring}, "key:13", nil},
		"token":              {[]string{"Bearer " + documented}, "link:act_abc123xyz", nil},
		"token, api-key":     {[]string{"Api-Key " + documented}, "link:act_abc123xyz", nil},
		"missing":            {nil, "", auth.ErrMissing},
		"empty":              {[]string{""}, "", auth.ErrMissing},
		"blank":              {[]string{" \t "}, "", auth.ErrMissing},
		"two":                {[]string{"Bearer " + b.read, "Bearer " + b.read}, "", auth.ErrMalformed},
		"two, one empty":     {[]string{"Bearer " + b.read, ""}, "", auth.ErrMalformed},
		"two in one":         {[]string{"Bearer " + b.read + ", Bearer " + b.read}, "", auth.ErrMalformed},
		"no scheme":          {[]string{b.read}, "", auth.ErrMalformed},
		"no credential":      {[]string{"Bearer"}, "", auth.ErrMalformed},
		"blank credential":   {[]string{"Bearer   "}, "", auth.ErrMalformed},
		"basic":              {[]string{"Basic " + b.read}, "", auth.ErrMalformed},
		"longer scheme":      {[]string{"BearerX " + b.read}, "", auth.ErrMalformed},
		"not ASCII":          {[]string{"Bearer " + b.read + "é"}, "", auth.ErrMalformed},
		"512 bytes":          {[]string{"Bearer " + strings.Repeat("a", 505)}, "", auth.ErrInvalid},
		"513 bytes":          {[]string{"Bearer " + strings.Repeat("a", 506)}, "", auth.ErrMalformed},
		"unknown":            {[]string{"Bearer " + unknown}, "", auth.ErrInvalid},
		"another case":       {[]string{"Bearer " + strings.ToUpper(b.read)}, "", auth.ErrInvalid},
		"cut short":          {[]string{"Bearer " + b.read[:len(b.read)-1]}, "", auth.ErrInvalid},
		"only the prefix":    {[]string{"Bearer " + b.read[:11]}, "", auth.ErrInvalid},
		"expired":            {[]string{"Bearer " + b.expired}, "", auth.ErrInvalid},
		"revoked":            {[]string{"Bearer " + b.revoked}, "", auth.ErrInvalid},
		"revoked token":      {[]string{"Bearer " + b.gone}, "", auth.ErrInvalid},
		"an activation's id": {[]string{"Bearer act_abc123xyz"}, "", auth.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := b.Authenticate(t.Context(), request(c.headers...))
			check(t, p, err, c.id, c.err)
			if err != nil && code(err) != analytics.CodeUnauthenticated {
				t.Errorf("%v is not UNAUTHENTICATED", err)
			}
		})
	}
}

func check(t *testing.T, p *auth.Principal, err error, id string, wanted error) {
	t.Helper()
	switch {
	case !errors.Is(err, wanted):
		t.Errorf("error %v, want %v", err, wanted)
	case (p == nil) == (wanted == nil):
		t.Errorf("principal %+v with error %v", p, err)
	case p != nil && (p.ID != id || p.Tenant.ID != 7):
		t.Errorf("principal %+v, want %s", p, id)
	}
}

func TestOpenLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		activation, token string
		err               error
	}{
		"its token":                {"act_abc123xyz", documented, nil},
		"no such activation":       {"act_none", documented, auth.ErrNoActivation},
		"no activation":            {"", documented, auth.ErrNoActivation},
		"impossible activation":    {"act\x00", documented, auth.ErrNoActivation},
		"not UTF-8":                {"act\xff", documented, auth.ErrNoActivation},
		"endless":                  {strings.Repeat("a", 1<<16), documented, auth.ErrNoActivation},
		"another's token":          {"act_abc123xyz", b.gone, auth.ErrWrongToken},
		"a key":                    {"act_abc123xyz", b.read, auth.ErrWrongToken},
		"no token":                 {"act_abc123xyz", "", auth.ErrWrongToken},
		"with a space":             {"act_abc123xyz", documented + " ", auth.ErrWrongToken},
		"revoked":                  {"act_gone", b.gone, auth.ErrRevoked},
		"revoked, another's token": {"act_gone", documented, auth.ErrWrongToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := b.OpenLink(t.Context(), c.activation, c.token)
			check(t, p, err, "link:"+c.activation, c.err)
			if p != nil && p.ActivationID != c.activation {
				t.Errorf("the principal may see %q", p.ActivationID)
			}
		})
	}
	codes := map[*analytics.Error]analytics.Code{
		auth.ErrNoActivation: analytics.CodeNotFound, auth.ErrWrongToken: analytics.CodeForbidden, auth.ErrRevoked: analytics.CodeForbidden,
	}
	for err, code := range codes {
		if err.Code != code {
			t.Errorf("%v has code %s", err, err.Code)
		}
	}
}

func code(err error) analytics.Code {
	var typed *analytics.Error
	if errors.As(err, &typed) {
		return typed.Code
	}
	return ""
}
