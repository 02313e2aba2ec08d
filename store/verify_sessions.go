package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"footfall/analytics"
)

// actorSession is a session and whose it is.
type actorSession struct {
	actor int64
	analytics.Session
}

// sessions compares a partner's sessions and returns the computed ones.
func (v *verification) sessions(ctx context.Context) ([]actorSession, error) {
	stored, open, err := v.storedSessions(ctx)
	if err != nil {
		return nil, err
	}
	computed, err := v.visits(ctx, open)
	if err != nil {
		return nil, err
	}
	if computed, err = v.named(ctx, computed); err != nil {
		return nil, err
	}
	for _, s := range computed {
		k := sessionKey{s.actor, s.Views[0]}
		had, found := stored[k]
		delete(stored, k)
		if !found || !slices.Equal(had, s.Views) {
			if err = v.differ("session", k.String(), viewsText(had), viewsText(s.Views)); err != nil {
				return nil, err
			}
		}
	}
	for k, views := range stored {
		if err = v.differ("session", k.String(), viewsText(views), nothing); err != nil {
			return nil, err
		}
	}
	return computed, nil
}

type sessionKey struct{ actor, start int64 }

// String says which session it is.
func (k sessionKey) String() string {
	return fmt.Sprintf("actor %d from %s", k.actor, instant(time.UnixMicro(k.start)))
}

// openSessions are views from before the horizon of sessions that may go on after it.
type openSessions struct {
	actors []int64
	views  []time.Time
}

// storedSessions are those that are stored and begin at the horizon or after it, and
// what is open there.
func (v *verification) storedSessions(ctx context.Context) (stored map[sessionKey][]int64, open openSessions, err error) {
	stored = map[sessionKey][]int64{}
	var actor int64
	var start, end time.Time
	var packed []byte
	err = v.each(ctx, "stored_sessions", nil, []any{&actor, &start, &end, &packed}, func() error {
		views := unpackViews(start, end, packed)
		if !start.Before(v.since) {
			stored[sessionKey{actor, start.UnixMicro()}] = views
			return nil
		}
		for _, at := range views {
			if t := time.UnixMicro(at); t.Before(v.since) && end.After(v.since.Add(-analytics.SessionIdle)) {
				open.actors, open.views = append(open.actors, actor), append(open.views, t)
			}
		}
		return nil
	})
	return stored, open, err
}

// visits cuts the page views of those who named no session into sessions.
func (v *verification) visits(ctx context.Context, open openSessions) (computed []actorSession, err error) {
	var actor, of int64
	var at time.Time
	var views []int64 // of a session that goes on
	more := args{"since": v.since, "open_actors": open.actors, "open_views": open.views}
	err = v.each(ctx, "verify_visits", more, []any{&actor, &at}, func() error {
		micros := at.UnixMicro()
		if n := len(views); n > 0 && (actor != of || micros-views[n-1] >= analytics.SessionIdle.Microseconds() || micros-views[0] >= analytics.SessionLimit.Microseconds()) {
			computed = v.appendSession(computed, of, views)
			views = nil
		}
		of, views = actor, append(views, micros)
		return nil
	})
	return v.appendSession(computed, of, views), err
}

// named appends the sessions that events name.
func (v *verification) named(ctx context.Context, computed []actorSession) ([]actorSession, error) {
	var actor int64
	var start, end time.Time
	err := v.each(ctx, "verify_named", args{"since": v.since}, []any{&actor, &start, &end}, func() error {
		computed = v.appendSession(computed, actor, slices.Compact([]int64{start.UnixMicro(), end.UnixMicro()}))
		return nil
	})
	return computed, err
}

// appendSession appends a session unless it begins before the horizon.
func (v *verification) appendSession(to []actorSession, actor int64, views []int64) []actorSession {
	if len(views) == 0 || time.UnixMicro(views[0]).Before(v.since) {
		return to
	}
	return append(to, actorSession{actor, analytics.Session{Views: views}})
}

func viewsText(views []int64) string {
	if len(views) == 0 {
		return nothing
	}
	return fmt.Sprintf("%d views to %s", len(views), instant(time.UnixMicro(views[len(views)-1])))
}
