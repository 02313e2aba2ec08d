package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"footfall/analytics"
)

// executor is a transaction or a pool.
type executor interface {
	Exec(ctx context.Context, text string, a ...any) (pgconn.CommandTag, error)
}

// detail is what an act's entry says beside its target.
type detail = map[string]any

// audit enters an act of a tenant, 0 for the whole database, into the audit log: in
// the transaction of the act, so that neither is there without the other.
func (s *Store) audit(ctx context.Context, db executor, tenant int64, act, target string, d detail) error {
	if d == nil {
		d = detail{}
	}
	_, err := db.Exec(ctx, sql("insert_act"), args{
		"now": s.instant(), "actor": analytics.Actor(ctx), "act": act, "tenant_id": orNull(tenant), "target": orNull(target), "detail": d,
	})
	return err
}

// AuditLog lists the audit log, latest first.
func (s *Store) AuditLog(ctx context.Context, f analytics.AuditFilter) ([]analytics.AuditEntry, error) {
	if f.Until.IsZero() {
		f.Until = analytics.MaxInstant
	}
	if f.Since.IsZero() {
		f.Since = analytics.MinInstant
	}
	return collectAll(ctx, s, sql("list_acts"), args{
		"only_tenant": f.Tenant, "act": f.Name, "actor": f.Actor, "since": f.Since, "until": f.Until, "most": f.Most,
	}, func(row pgx.CollectableRow) (analytics.AuditEntry, error) {
		var a analytics.AuditEntry
		var at time.Time
		err := row.Scan(&a.ID, &at, &a.Actor, &a.Name, &a.Tenant, &a.Target, &a.Detail)
		a.At = at.UTC()
		return a, err
	})
}
