package analytics

import (
	"regexp"
	"time"
)

// Tenant is a customer: everything else belongs to exactly one.
type Tenant struct {
	ID        int64
	AccessKey string // public name in URLs
	Name      string
	Zone      TimeZone // whose days the tenant's dates are, unless asked otherwise
}

var accessKeyPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Validate checks what an operator typed.
func (t Tenant) Validate() error {
	if !accessKeyPattern.MatchString(t.AccessKey) {
		return Invalidf("key", "must be 1 to 64 letters, digits, - or _, got %s", Quote(t.AccessKey))
	}
	return text("name", t.Name, 1, 256)
}

// APIKey is a credential of a tenant, without its secret.
type APIKey struct {
	ID        int64
	Tenant    Tenant
	Prefix    string // the start of the secret, to tell keys apart
	Name      string
	Scopes    []Scope
	Documents DocumentMode
	CreatedAt time.Time
	ExpiresAt *time.Time
	RevokedAt *time.Time
	Budget    *int // what operations may cost a minute, 0 without a limit; nil is the gateway's default
	RateLimit *int // how many requests it may send a minute, likewise
}

// Active reports whether the key opens anything at now.
func (k *APIKey) Active(now time.Time) bool {
	return k.RevokedAt == nil && (k.ExpiresAt == nil || now.Before(*k.ExpiresAt))
}

// Link is the credential of one activation: what its token opens.
type Link struct {
	Tenant       Tenant
	ActivationID string
	TokenDigest  [32]byte
	RevokedAt    *time.Time
}
