package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// visits are page views of one actor at one partner: the new ones, and the sessions
// stored near them.
type visits struct {
	whose
	named bool // the client named the session: one, however long its pauses
	views []int64
	first map[int64]firstView // of the new page views at each instant
	// Sessions that begin after since and not after until are the ones that the new
	// page views may extend, merge or cut anew.
	since, until time.Time
	old          []analytics.Session // by their start
	// The dimensions of sessions by their start, where the first page view's event
	// is gone and they outlive it (origin).
	origins map[int64][]*string
}

// firstView is the page view that a session which starts at its instant is
// attributed to.
type firstView struct {
	id   string
	dims *analytics.Dimensions
}

// visitsOf groups page views by their actors.
func visitsOf(views []*fact) []*visits {
	byActor := map[whose]*visits{}
	var order []*visits
	for _, f := range views {
		k := whose{f.subject, f.actor()}
		v := byActor[k]
		if v == nil {
			v = &visits{whose: k, named: f.session != 0, first: map[int64]firstView{}, until: analytics.MaxInstant}
			byActor[k] = v
			order = append(order, v)
		}
		v.add(f)
	}
	for _, v := range order {
		slices.Sort(v.views)
		v.since = analytics.MinInstant
		if !v.named {
			v.since = time.UnixMicro(v.views[0]).Add(-reachBack)
		}
	}
	return order
}

func (v *visits) add(f *fact) {
	at := f.At.UnixMicro()
	v.views = append(v.views, at)
	if known, ok := v.first[at]; !ok || f.ID < known.id {
		v.first[at] = firstView{f.ID, &f.Dimensions}
	}
}

// A page view may join a session that began up to SessionLimit before it. What it moves
// of those that come after is over, mostly, with the first pause of SessionIdle.
const (
	reachBack  = analytics.SessionLimit
	reachAhead = analytics.SessionLimit + analytics.SessionIdle
)

// stretches are the visits cut where they are so far apart that no session lies near
// two of them.
func (v *visits) stretches() []*visits {
	if v.named {
		return []*visits{v}
	}
	var out []*visits
	start := 0
	for i := range v.views {
		if end := i + 1; end == len(v.views) || v.views[end]-v.views[i] > (reachAhead+reachBack).Microseconds() {
			out = append(out, &visits{
				whose: v.whose, first: v.first, views: v.views[start:end:end],
				since: time.UnixMicro(v.views[start]).Add(-reachBack), until: time.UnixMicro(v.views[i]).Add(reachAhead + reachBack),
			})
			start = end
		}
	}
	return out
}

// settled reports whether sessions after until stay as they are: they begin after a
// pause.
func (v *visits) settled() bool {
	last := v.views[len(v.views)-1]
	for _, s := range v.old {
		last = max(last, s.Views[len(s.Views)-1])
	}
	return v.until.Sub(time.UnixMicro(last)) >= analytics.SessionIdle
}

// nearby has the sessions found that visits may change: those of a stretch of time where
// that is enough, else all that follow.
func nearby(whole []*visits, find func([]*visits) error) ([]*visits, error) {
	var out []*visits
	for _, v := range whole {
		out = append(out, v.stretches()...)
	}
	if err := find(out); err != nil {
		return nil, err
	}
	unsettled := map[whose]bool{}
	for _, v := range out {
		if !v.settled() {
			unsettled[v.whose] = true
		}
	}
	if len(unsettled) == 0 {
		return out, nil
	}
	out = slices.DeleteFunc(out, func(v *visits) bool { return unsettled[v.whose] })
	whole = slices.DeleteFunc(whole, func(v *visits) bool { return !unsettled[v.whose] })
	return append(out, whole...), find(whole)
}

func (d *deriver) findSessions(ctx context.Context, order []*visits) error {
	n, subjects, actors := make([]int32, len(order)), make([]int64, len(order)), make([]int64, len(order))
	since, until := make([]time.Time, len(order)), make([]time.Time, len(order))
	for i, v := range order {
		n[i], subjects[i], actors[i], since[i], until[i] = int32(i), v.subject, v.identity, v.since, v.until
	}
	rows, err := d.tx.Query(ctx, sql("find_sessions"), args{
		"tenant_id": d.tenant, "n": n, "subjects": subjects, "actors": actors, "since": since, "until": until,
	})
	if err != nil {
		return err
	}
	var i int
	var start, end time.Time
	var packed []byte
	var origin []*string
	_, err = pgx.ForEachRow(rows, []any{&i, &start, &end, &packed, &origin}, func() error {
		order[i].old = append(order[i].old, analytics.Session{Views: unpackViews(start, end, packed)})
		if origin != nil {
			if order[i].origins == nil {
				order[i].origins = map[int64][]*string{}
			}
			order[i].origins[start.UnixMicro()] = origin
		}
		return nil
	})
	return err
}

// hadView reports whether a page view at the instant was known before.
func (v *visits) hadView(at int64) bool {
	i, _ := slices.BinarySearchFunc(v.old, at, func(s analytics.Session, at int64) int {
		return cmp.Compare(s.Views[len(s.Views)-1], at)
	})
	if i == len(v.old) {
		return false
	}
	_, had := slices.BinarySearch(v.old[i].Views, at)
	return had
}

// recut is the sessions that end and those that begin in their place.
func (v *visits) recut() (gone, born []analytics.Session) {
	all := slices.Clone(v.views)
	for _, s := range v.old {
		all = append(all, s.Views...)
	}
	cut := analytics.CutSessions(all)
	if v.named {
		cut = []analytics.Session{{Views: []int64{slices.Min(all), slices.Max(all)}}}
		if cut[0].Micros() == 0 {
			cut[0].Views = cut[0].Views[:1]
		}
	}
	// A new page view at a session's first instant may be the one it starts with.
	stays := func(in []analytics.Session) func(analytics.Session) bool {
		views := map[int64][]int64{}
		for _, s := range in {
			views[s.Views[0]] = s.Views
		}
		return func(s analytics.Session) bool {
			_, again := v.first[s.Views[0]]
			return !again && slices.Equal(views[s.Views[0]], s.Views)
		}
	}
	gone = slices.DeleteFunc(slices.Clone(v.old), stays(cut))
	born = slices.DeleteFunc(cut, stays(v.old))
	return gone, born
}
