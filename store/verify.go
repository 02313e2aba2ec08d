package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// maxDifferences bounds what Verify lists: past it, the answer is to rebuild.
const maxDifferences = 1000

var errEnough = errors.New("enough differences")

// Difference is something stored that does not follow from the events. Kind is
// 0 for what belongs to no known subject.
type Difference struct {
	Kind             analytics.Kind
	Key              string // the subject's
	What             string // such as "click day", "session" or "peak"
	Bucket           string // when, or whose
	Stored, Computed string
}

func (d Difference) String() string {
	return fmt.Sprintf("%s %s: %s %s: stored %s, computed %s", d.Kind, d.Key, d.What, d.Bucket, d.Stored, d.Computed)
}

// Verify recomputes everything that is derived from a tenant's events by plain
// SQL and lists what is stored differently, at most 1,000 differences. What is from
// before the horizon it cannot compare, nor what events before it may reach into:
// who watched logged in on its first day and month, and by which dimensions on that
// day. It sees one moment, whatever is written meanwhile. Progress counts subjects;
// nil is allowed.
func (s *Store) Verify(ctx context.Context, tenant analytics.Tenant, progress func(done, total int)) ([]Difference, error) {
	v := &verification{tenant: tenant.ID}
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, moment, func(tx pgx.Tx) error {
		// Before the moment begins: a month that is dropped after it would be missing.
		if _, err := tx.Exec(ctx, "LOCK TABLE events IN ACCESS SHARE MODE"); err != nil {
			return err
		}
		v.tx = tenantTx{tx, tenant.ID}
		return v.run(ctx, progress)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return v.found, wrap(err)
}

type verification struct {
	tenant  int64
	tx      pgx.Tx
	logins  map[int64][]firstLogin // at each subject
	subject namedSubject           // the one being verified
	found   []Difference
	since   time.Time // the horizon: what is before it cannot be compared
}

type namedSubject struct {
	id   int64
	kind analytics.Kind
	key  string
}

func (v *verification) run(ctx context.Context, progress func(done, total int)) (err error) {
	if v.since, err = horizon(ctx, v.tx, v.tenant); err != nil {
		return err
	}
	subjects, err := listSubjects(ctx, v.tx, v.tenant)
	if err != nil {
		return err
	}
	if err = v.firstLogins(ctx, subjects); err != nil {
		return err
	}
	for i, subject := range subjects {
		if progress != nil {
			progress(i, len(subjects))
		}
		v.subject = subject
		if err = v.verify(ctx); err != nil {
			return err
		}
	}
	if progress != nil {
		progress(len(subjects), len(subjects))
	}
	return nil
}

func (v *verification) verify(ctx context.Context) error {
	stored, err := v.storedCells(ctx)
	if err != nil {
		return err
	}
	sessions, err := v.sessions(ctx)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err = v.cells(ctx, stored, sessions); err != nil {
		return fmt.Errorf("cells: %w", err)
	}
	if err = v.facets(ctx, stored, sessions); err != nil {
		return fmt.Errorf("facets: %w", err)
	}
	if err = v.watched(ctx, stored); err != nil {
		return fmt.Errorf("watched: %w", err)
	}
	if err = v.viewers(ctx); err != nil {
		return fmt.Errorf("viewers: %w", err)
	}
	return v.steps(ctx, stored)
}

func listSubjects(ctx context.Context, tx pgx.Tx, tenant int64) ([]namedSubject, error) {
	rows, err := tx.Query(ctx, sql("list_subjects"), args{"tenant_id": tenant})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (namedSubject, error) {
		var s namedSubject
		err := row.Scan(&s.id, &s.kind, &s.key)
		return s, err
	})
}

// each runs a query about the subject in hand and calls f for each row, scanned
// into the targets.
func (v *verification) each(ctx context.Context, query string, more args, targets []any, f func() error) error {
	a := args{"tenant_id": v.tenant, "subject_id": v.subject.id}
	maps.Copy(a, more)
	rows, err := v.tx.Query(ctx, sql(query), a)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, targets, f)
	return err
}

// differ records a difference at the subject in hand.
func (v *verification) differ(what, bucket, stored, computed string) error {
	v.found = append(v.found, Difference{v.subject.kind, v.subject.key, what, bucket, stored, computed})
	if len(v.found) >= maxDifferences {
		return errEnough
	}
	return nil
}

const nothing = "nothing"

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// firstLogins compares every viewer's first login and keeps the computed ones.
func (v *verification) firstLogins(ctx context.Context, subjects []namedSubject) error {
	byID := map[int64]namedSubject{}
	for _, s := range subjects {
		byID[s.id] = s
	}
	v.logins = map[int64][]firstLogin{}
	rows, err := v.tx.Query(ctx, sql("verify_first_logins"), args{"tenant_id": v.tenant, "since": v.since})
	if err != nil {
		return err
	}
	var visitor int64
	var computed, stored storedLogin
	targets := []any{&visitor, &computed.subject, &computed.at, &computed.event, &stored.subject, &stored.at, &stored.event}
	_, err = pgx.ForEachRow(rows, targets, func() error {
		if computed.subject != nil {
			v.logins[*computed.subject] = append(v.logins[*computed.subject], firstLogin{*computed.at, *computed.event})
			v.subject = byID[*computed.subject]
		} else {
			v.subject = byID[*stored.subject]
		}
		if a, b := stored.String(), computed.String(); a != b {
			return v.differ("first login", fmt.Sprintf("visitor %d", visitor), a, b)
		}
		return nil
	})
	return err
}

// firstLogin is a viewer's first logged in view: its instant and its event.
type firstLogin struct {
	at    time.Time
	event string
}

// storedLogin is one side of a comparison of first logins; all nil for none.
type storedLogin struct {
	subject *int64
	at      *time.Time
	event   *string
}

func (l storedLogin) String() string {
	if l.subject == nil {
		return nothing
	}
	return fmt.Sprintf("subject %d at %s, event %q", *l.subject, instant(*l.at), *l.event)
}

// viewers compares the watched time of each viewer of a campaign.
func (v *verification) viewers(ctx context.Context) error {
	var visitor int64
	var stored, computed *string
	return v.each(ctx, "verify_viewers", args{"most": maxDifferences, "since": v.since}, []any{&visitor, &stored, &computed}, func() error {
		return v.differ("watched", fmt.Sprintf("visitor %d", visitor), orNothing(stored), orNothing(computed))
	})
}

func orNothing(s *string) string {
	if s == nil {
		return nothing
	}
	return *s
}
