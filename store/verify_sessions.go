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
	var views []time.Time
	more := args{"since": v.since, "open_actors": openActors, "open_views": openViews}
	err = v.each(ctx, "verify_sessions", more, []any{&actor, &views}, func() error {
		if views[0].Before(v.since) {
			return nil
		}
		s := analytics.Session{}
		for _, at := range views {
			s.Views = append(s.Views, at.UnixMicro())
		}
		computed = append(computed, actorSession{actor, s})
		k := sessionKey{actor, s.Views[0]}
		had, found := stored[k]
		delete(stored, k)
		if !found || !slices.Equal(had, s.Views) {
			return v.differ("session", fmt.Sprintf("actor %d from %s", actor, instant(s.Start())), viewsText(had), viewsText(s.Views))
		}
		return nil
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
