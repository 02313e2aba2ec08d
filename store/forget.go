package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"footfall/analytics"
)

// Erasure says whom to forget: what clients call a visitor, and sessions. With a
// visitor, sessions are the visitor's; alone, they are event pages'.
type Erasure struct {
	Visitor  string
	Sessions []string
	// Remove takes the events out too, so that counts fall. Without it they stay,
	// under numbers that lead to nobody, and no count changes.
	Remove bool
}

// Forgotten is what an erasure did.
type Forgotten struct {
	Known      bool // something was known under these names
	Identities int  // entries of the dictionary that are erased: the visitor's and sessions'
	Events     []ForgottenEvents
	Removed    bool
}

// ForgottenEvents are those of one action that bore an erased number.
type ForgottenEvents struct {
	Action           analytics.Action
	Events, Subjects int64
}

// Forget erases from a tenant's dictionary what leads from a visitor or session to
// its number: whoever comes back by the same name is somebody new. With Remove the
// events go, and everything is derived anew from those that stay; where events were
// pruned that is CodeGone, because those that went were counted.
func (s *Store) Forget(ctx context.Context, tenant analytics.Tenant, e Erasure) (Forgotten, error) {
	f := &forgetting{Erasure: e, tenant: tenant.ID}
	err := s.writeNumbered(ctx, tenant.ID, func(tx pgx.Tx, m dictionaryState) error {
		f.digests = e.digests(newHasher(m.key))
		if err := f.run(ctx, tx); err != nil || !f.Known {
			return err
		}
		removed := int64(0)
		if e.Remove {
			for _, of := range f.Events {
				removed += of.Events
			}
		}
		// Neither names nor numbers: the log is kept longer than what it is about.
		return s.audit(ctx, tx, tenant.ID, "forget", "", detail{"identities": f.Identities, "eventsRemoved": removed})
	})
	return f.Forgotten, err
}

// digests are the entries of the dictionary that the names may have.
func (e Erasure) digests(h hasher) (out []pgtype.UUID) {
	add := func(d digest) { out = append(out, pgtype.UUID{Bytes: d, Valid: true}) }
	if e.Visitor != "" {
		add(h.digest('v', e.Visitor))
	}
	for _, session := range e.Sessions {
		add(h.digest('s', session))
		if e.Visitor != "" {
			add(h.digest('p', session, e.Visitor))
		}
	}
	return out
}

// forgetting is one erasure.
type forgetting struct {
	Erasure
	Forgotten
	tenant  int64
	digests []pgtype.UUID
}

func (f *forgetting) run(ctx context.Context, tx pgx.Tx) error {
	ids, err := f.numbers(ctx, tx)
	if err != nil || len(ids) == 0 {
		return err
	}
	f.Known, f.Removed = true, f.Remove
	if err = f.count(ctx, tx, ids); err != nil {
		return fmt.Errorf("events: %w", err)
	}
	tag, err := tx.Exec(ctx, sql("forget_identities"), args{"tenant_id": f.tenant, "ids": ids, "digests": f.digests})
	if err != nil {
		return fmt.Errorf("identities: %w", err)
	}
	f.Identities = int(tag.RowsAffected())
	if _, err = tx.Exec(ctx, sql("count_erasure"), args{"tenant_id": f.tenant}); err != nil { // for those who remember numbers
		return fmt.Errorf("erasures: %w", err)
	}
	if !f.Remove {
		return nil
	}
	if _, err = tx.Exec(ctx, sql("delete_identified_events"), args{"tenant_id": f.tenant, "ids": ids, "whole_sessions": f.Visitor == ""}); err != nil {
		return fmt.Errorf("events: %w", err)
	}
	return (&rebuilding{tenant: f.tenant, tx: tx}).run(ctx) // tells the caches
}

// numbers are those of the names, and of the sessions that a visitor's events name.
func (f *forgetting) numbers(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	n := make([]int32, len(f.digests))
	for i := range n {
		n[i] = int32(i)
	}
	rows, err := tx.Query(ctx, sql("find_identities"), args{"tenant_id": f.tenant, "n": n, "digests": f.digests})
	if err != nil {
		return nil, err
	}
	var ids []int64
	var visitor, id int64
	var i int
	_, err = pgx.ForEachRow(rows, []any{&i, &id}, func() error {
		if i == 0 && f.Visitor != "" {
			visitor = id
		}
		ids = append(ids, id)
		return nil
	})
	if err != nil || visitor == 0 {
		return ids, err
	}
	if rows, err = tx.Query(ctx, sql("sessions_of_visitor"), args{"tenant_id": f.tenant, "visitor_id": visitor}); err != nil {
		return nil, err
	}
	sessions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return append(ids, sessions...), err
}

func (f *forgetting) count(ctx context.Context, tx pgx.Tx, ids []int64) error {
	rows, err := tx.Query(ctx, sql("identified_events"), args{"tenant_id": f.tenant, "ids": ids, "whole_sessions": f.Visitor == ""})
	if err != nil {
		return err
	}
	f.Events, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ForgottenEvents, error) {
		var e ForgottenEvents
		err := row.Scan(&e.Action, &e.Events, &e.Subjects)
		return e, err
	})
	return err
}
