package store

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// CreateActivation adds an activation with the digest of its token. An id that
// is or was in use, under any tenant, is CodeConflict.
func (s *Store) CreateActivation(ctx context.Context, tenant int64, a analytics.Activation, token [32]byte) (analytics.Activation, analytics.Change, error) {
	var change analytics.Change
	err := s.write(ctx, tenant, func(tx pgx.Tx) error {
		now := s.instant()
		_, err := tx.Exec(ctx, sql("insert_link"), args{
			"activation_id": a.ActivationID, "tenant_id": tenant, "token_digest": token[:], "now": now,
		})
		if strings.HasPrefix(violated(err), "links_pkey") { // a shard's has a suffix; of a digest it would be no fault of the client's
			return &analytics.Error{Code: analytics.CodeConflict, Field: "activationId", Message: "is taken: " + analytics.Quote(a.ActivationID)}
		}
		if err != nil {
			return err
		}
		subjects, err := ensureSubjects(ctx, tx, tenant, analytics.KindEvent, []string{a.EventKey})
		if err != nil {
			return err
		}
		a.Subject = subjects[subjectKey{analytics.KindEvent, a.EventKey}]
		_, err = tx.Exec(ctx, sql("insert_activation"), args{
			"tenant_id": tenant, "activation_id": a.ActivationID, "subject_id": a.Subject, "event_key": a.EventKey,
			"event_name": a.EventName, "tier": a.Tier, "status": string(a.Status), "start_at": a.StartAt, "end_at": a.EndAt, "now": now,
		})
		if err != nil {
			return err
		}
		err = s.audit(ctx, tx, tenant, "activation.create", a.ActivationID, detail{
			"eventKey": a.EventKey, "startAt": a.StartAt, "endAt": a.EndAt,
		})
		if err != nil {
			return err
		}
		change, err = announce(ctx, tx, tenant, []analytics.Topic{analytics.TopicActivations})
		return err
	})
	return a, change, err
}

// SetActivationStatus says how far an activation's order got, and returns it as it is
// then. None of that id is CodeNotFound.
func (s *Store) SetActivationStatus(ctx context.Context, tenant int64, id string, status analytics.ActivationStatus) (*analytics.Activation, analytics.Change, error) {
	var a *analytics.Activation
	var change analytics.Change
	err := s.write(ctx, tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql("set_activation_status"), args{"tenant_id": tenant, "activation_id": id, "status": string(status)})
		if err != nil {
			return err
		}
		if a, err = pgx.CollectExactlyOneRow(rows, scanActivation); errors.Is(err, pgx.ErrNoRows) {
			return noActivation(id)
		}
		if err != nil {
			return err
		}
		if err = s.audit(ctx, tx, tenant, "activation.status", id, detail{"status": status}); err != nil {
			return err
		}
		change, err = announce(ctx, tx, tenant, []analytics.Topic{analytics.TopicActivations})
		return err
	})
	return a, change, err
}

func noActivation(id string) error {
	return &analytics.Error{Code: analytics.CodeNotFound, Field: "activationId", Message: "no such activation: " + analytics.Quote(id)}
}

// DeleteActivation removes an activation; its token dies with it and its id is
// not used again. Its events stay: they belong to the event key.
func (s *Store) DeleteActivation(ctx context.Context, tenant int64, id string) (analytics.Change, error) {
	var change analytics.Change
	err := s.write(ctx, tenant, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql("delete_activation"), args{"tenant_id": tenant, "activation_id": id})
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return noActivation(id)
		}
		if _, err = tx.Exec(ctx, sql("delete_link"), args{"tenant_id": tenant, "activation_id": id, "now": s.instant()}); err != nil {
			return err
		}
		if err = s.audit(ctx, tx, tenant, "activation.delete", id, nil); err != nil {
			return err
		}
		change, err = announce(ctx, tx, tenant, []analytics.Topic{analytics.TopicActivations})
		return err
	})
	return change, err
}

// Activations finds activations by id, in the order asked for, nil where there
// is none.
func (s *Store) Activations(ctx context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	found, err := collect(ctx, s, tenant, sql("find_activations"), args{"tenant_id": tenant, "ids": ids}, scanActivation)
	return inOrder(ids, found, func(a *analytics.Activation) string { return a.ActivationID }), err
}

// ListActivations lists the activations that pass the filter, latest start first.
func (s *Store) ListActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter, page analytics.Page) ([]*analytics.Activation, error) {
	a, place := activationsPassing(tenant, f), placeOf(page)
	a["before_at"], a["before_id"], a["most"] = place.At, place.Key, page.First
	return collect(ctx, s, tenant, sql("list_activations"), a, scanActivation)
}

// CountActivations is how many pass the filter.
func (s *Store) CountActivations(ctx context.Context, tenant int64, f analytics.ActivationFilter) (int, error) {
	return one(collect(ctx, s, tenant, sql("count_activations"), activationsPassing(tenant, f), pgx.RowTo[int]))
}

func activationsPassing(tenant int64, f analytics.ActivationFilter) args {
	var statuses []string
	if f.Statuses != nil {
		statuses = []string{}
	}
	for _, status := range f.Statuses {
		statuses = append(statuses, string(status))
	}
	started, ended := endOfTime, beforeTime
	if f.ActiveAt != nil {
		started, ended = *f.ActiveAt, *f.ActiveAt
	}
	return args{"tenant_id": tenant, "event_keys": f.EventKeys, "tiers": f.Tiers, "statuses": statuses, "started": started, "ended": ended}
}

func scanActivation(row pgx.CollectableRow) (*analytics.Activation, error) {
	a := &analytics.Activation{}
	err := row.Scan(&a.ActivationID, &a.Subject, &a.EventKey, &a.EventName, &a.Tier, (*string)(&a.Status), &a.StartAt, &a.EndAt)
	a.StartAt, a.EndAt = a.StartAt.UTC(), a.EndAt.UTC()
	return a, err
}

// Nothing that is listed lies at one of these instants, or beyond.
var beforeTime, endOfTime = analytics.MinInstant.AddDate(-1, 0, 0), analytics.MaxInstant.AddDate(1, 0, 0)

// placeOf is where a page begins in a list that goes back in time.
func placeOf(page analytics.Page) analytics.Cursor {
	if page.After == (analytics.Cursor{}) {
		return analytics.Cursor{At: endOfTime}
	}
	return page.After
}

// inOrder aligns what was found with the keys asked for.
func inOrder[K comparable, V any](keys []K, found []*V, key func(*V) K) []*V {
	byKey := make(map[K]*V, len(found))
	for _, v := range found {
		byKey[key(v)] = v
	}
	out := make([]*V, len(keys))
	for i, k := range keys {
		out[i] = byKey[k]
	}
	return out
}
