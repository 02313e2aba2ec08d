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
	type sessionKey struct{ actor, start int64 }
	stored := map[sessionKey][]int64{}
	var actor int64
	var start, end time.Time
	var packed []byte
	var openActors []int64
	var openViews []time.Time
	err := v.each(ctx, "stored_sessions", nil, []any{&actor, &start, &end, &packed}, func() error {
		if start.Before(v.since) {
			for _, at := range unpackViews(start, end, packed) {
				if t := time.UnixMicro(at); t.Before(v.since) && end.After(v.since.Add(-analytics.SessionIdle)) {
					openActors, openViews = append(openActors, actor), append(openViews, t)
				}
			}
			return nil
		}
		stored[sessionKey{actor, start.UnixMicro()}] = unpackViews(start, end, packed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var computed []actorSession
	compare := func(actor int64, views []int64) error {
		if len(views) == 0 || time.UnixMicro(views[0]).Before(v.since) {
			return nil
		}
		computed = append(computed, actorSession{actor, analytics.Session{Views: views}})
		k := sessionKey{actor, views[0]}
		had, found := stored[k]
		delete(stored, k)
		if !found || !slices.Equal(had, views) {
			return v.differ("session", fmt.Sprintf("actor %d from %s", actor, instant(time.UnixMicro(views[0]))), viewsText(had), viewsText(views))
		}
		return nil
	}
	var views []int64 // of a session that goes on
	var of int64
	more := args{"since": v.since, "open_actors": openActors, "open_views": openViews}
	err = v.each(ctx, "verify_visits", more, []any{&actor, &start}, func() (err error) {
		at := start.UnixMicro()
		if n := len(views); n > 0 && (actor != of || at-views[n-1] >= analytics.SessionIdle.Microseconds() || at-views[0] >= analytics.SessionLimit.Microseconds()) {
			err = compare(of, views)
			views = nil
		}
		of, views = actor, append(views, at)
		return err
	})
	if err == nil {
		err = compare(of, views)
	}
	if err != nil {
		return nil, err
	}
	err = v.each(ctx, "verify_named", args{"since": v.since}, []any{&actor, &start, &end}, func() error {
		return compare(actor, slices.Compact([]int64{start.UnixMicro(), end.UnixMicro()}))
	})
	if err != nil {
		return nil, err
	}
	for k, views := range stored {
		if err := v.differ("session", fmt.Sprintf("actor %d from %s", k.actor, instant(time.UnixMicro(k.start))), viewsText(views), nothing); err != nil {
			return nil, err
		}
	}
	return computed, nil
}

func viewsText(views []int64) string {
	if len(views) == 0 {
		return nothing
	}
	return fmt.Sprintf("%d views to %s", len(views), instant(time.UnixMicro(views[len(views)-1])))
}
