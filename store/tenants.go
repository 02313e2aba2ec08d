package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// CreateTenant adds a tenant and returns it with its id. A taken access key is
// CodeConflict.
func (s *Store) CreateTenant(ctx context.Context, t analytics.Tenant) (analytics.Tenant, error) {
	if err := t.Validate(); err != nil {
		return t, err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, sql("insert_tenant"), args{
			"access_key": t.AccessKey, "name": t.Name, "time_zone": t.Zone.String(), "now": s.instant(),
		}).Scan(&t.ID)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, sql("insert_counters"), args{"tenant_id": t.ID}); err != nil {
			return err
		}
		return s.audit(ctx, tx, t.ID, "tenant.create", t.AccessKey, detail{"name": t.Name, "timeZone": t.Zone.String()})
	})
	if sqlState(err) == uniqueViolation {
		return t, analytics.Errorf(analytics.CodeConflict, "a tenant with key %q exists already", t.AccessKey)
	}
	return t, wrap(err)
}

// Tenants lists all tenants.
func (s *Store) Tenants(ctx context.Context) ([]analytics.Tenant, error) {
	return collectAll(ctx, s, sql("list_tenants"), args{}, scanTenant)
}

func scanTenant(row pgx.CollectableRow) (analytics.Tenant, error) {
	var t analytics.Tenant
	var zone string
	if err := row.Scan(&t.ID, &t.AccessKey, &t.Name, &zone); err != nil {
		return t, err
	}
	var err error
	t.Zone, err = analytics.ParseTimeZone(zone)
	return t, err
}

// Tenant finds a tenant by its access key; CodeNotFound when there is none.
func (s *Store) Tenant(ctx context.Context, accessKey string) (analytics.Tenant, error) {
	found, err := collectAll(ctx, s, sql("find_tenant"), args{"access_key": accessKey}, scanTenant)
	if err != nil {
		return analytics.Tenant{}, err
	}
	if len(found) == 0 {
		return analytics.Tenant{}, analytics.Errorf(analytics.CodeNotFound, "no tenant has the key %q", accessKey)
	}
	return found[0], nil
}

// CreateKey stores a key by the digest of its secret and returns it with its id.
func (s *Store) CreateKey(ctx context.Context, k analytics.APIKey, digest [32]byte) (analytics.APIKey, error) {
	scopes := make([]string, len(k.Scopes))
	for i, scope := range k.Scopes {
		scopes[i] = scope.Name()
	}
	documents, err := analytics.ParseDocumentMode(string(k.Documents))
	if err != nil {
		return k, err
	}
	k.Documents, k.CreatedAt = documents, s.instant()
	err = s.enter(ctx, k.Tenant.ID, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, sql("insert_key"), args{
			"tenant_id": k.Tenant.ID, "digest": digest[:], "prefix": k.Prefix, "name": k.Name, "scopes": scopes,
			"documents": string(k.Documents), "now": k.CreatedAt, "expires_at": k.ExpiresAt, "budget": k.Budget, "rate_limit": k.RateLimit,
		}).Scan(&k.ID)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, k.Tenant.ID, "key.create", keyName(k.ID), detail{
			"prefix": k.Prefix, "name": k.Name, "scopes": scopes, "documents": string(k.Documents), "expiresAt": k.ExpiresAt, "budget": k.Budget, "rateLimit": k.RateLimit,
		})
	})
	return k, wrap(err)
}

func keyName(id int64) string { return "key:" + strconv.FormatInt(id, 10) }

// APIKey finds a key by the digest of its secret, revoked and expired ones
// included; CodeNotFound when there is none.
func (s *Store) APIKey(ctx context.Context, digest [32]byte) (analytics.APIKey, error) {
	return one(collectAll(ctx, s, sql("find_key"), args{"digest": digest[:]}, scanKey))
}

// Keys lists a tenant's keys, revoked and expired ones included.
func (s *Store) Keys(ctx context.Context, tenant int64) ([]analytics.APIKey, error) {
	return collect(ctx, s, tenant, sql("list_keys"), args{"tenant_id": tenant}, scanKey)
}

func scanKey(row pgx.CollectableRow) (analytics.APIKey, error) {
	var k analytics.APIKey
	var scopes []string
	var zone string
	err := row.Scan(&k.ID, &k.Prefix, &k.Name, &scopes, &k.Documents, &k.CreatedAt, &k.ExpiresAt, &k.RevokedAt, &k.Budget, &k.RateLimit,
		&k.Tenant.ID, &k.Tenant.AccessKey, &k.Tenant.Name, &zone)
	if err != nil {
		return k, err
	}
	k.CreatedAt = k.CreatedAt.UTC()
	for _, at := range []*time.Time{k.ExpiresAt, k.RevokedAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	for _, name := range scopes {
		scope, err := analytics.ParseScope(name)
		if err != nil {
			return k, err
		}
		k.Scopes = append(k.Scopes, scope)
	}
	k.Tenant.Zone, err = analytics.ParseTimeZone(zone)
	return k, err
}

// RevokeKey ends a key; revoking twice keeps the first instant.
func (s *Store) RevokeKey(ctx context.Context, tenant, key int64) error {
	return wrap(s.enter(ctx, tenant, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql("revoke_key"), args{"tenant_id": tenant, "key_id": key, "now": s.instant()})
		if err == nil && tag.RowsAffected() == 0 {
			err = analytics.Errorf(analytics.CodeNotFound, "no such key: %d", key)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, tenant, "key.revoke", keyName(key), nil)
	}))
}

// Link finds the link of an activation; CodeNotFound when there is none or the
// activation was deleted.
func (s *Store) Link(ctx context.Context, activationID string) (analytics.Link, error) {
	return one(collectAll(ctx, s, sql("find_link"), args{"activation_id": activationID, "token_digest": nil}, scanLink))
}

// LinkByToken finds the link that the token with this digest opens, revoked
// ones included; CodeNotFound when there is none.
func (s *Store) LinkByToken(ctx context.Context, digest [32]byte) (analytics.Link, error) {
	return one(collectAll(ctx, s, sql("find_link"), args{"activation_id": nil, "token_digest": digest[:]}, scanLink))
}

func scanLink(row pgx.CollectableRow) (analytics.Link, error) {
	var l analytics.Link
	var digest []byte
	var zone string
	err := row.Scan(&l.ActivationID, &digest, &l.RevokedAt, &l.Tenant.ID, &l.Tenant.AccessKey, &l.Tenant.Name, &zone)
	if err != nil {
		return l, err
	}
	if copy(l.TokenDigest[:], digest) != len(l.TokenDigest) {
		return l, errors.New("store: a token digest is too short")
	}
	l.Tenant.Zone, err = analytics.ParseTimeZone(zone)
	return l, err
}

// RevokeLink ends an activation's token.
func (s *Store) RevokeLink(ctx context.Context, tenant int64, activationID string) error {
	return wrap(s.enter(ctx, tenant, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql("revoke_link"), args{"tenant_id": tenant, "activation_id": activationID, "now": s.instant()})
		if err == nil && tag.RowsAffected() == 0 {
			err = analytics.Errorf(analytics.CodeNotFound, "no such activation: %q", activationID)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, tenant, "activation.revoke", activationID, nil)
	}))
}

// one is the only row of a lookup, CodeNotFound without one.
func one[T any](rows []T, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	if len(rows) == 0 {
		return zero, analytics.Errorf(analytics.CodeNotFound, "not found")
	}
	return rows[0], nil
}
