package store

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// whose names one actor or viewer at one subject.
type whose struct{ subject, identity int64 }

// visits are the page views of one actor at one partner: the new ones, and the
// sessions stored near them.
type visits struct {
	whose
	named bool // the client named the session: one, however long its pauses
	views []int64
	first map[int64]firstView // of the new page views at each instant
	old   []analytics.Session
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

func (v *visits) add(f *fact) {
	at := f.At.UnixMicro()
	v.views = append(v.views, at)
	if known, ok := v.first[at]; !ok || f.ID < known.id {
		v.first[at] = firstView{f.ID, &f.Dimensions}
	}
}

// hadView reports whether a page view at the instant was known before.
func (v *visits) hadView(at int64) bool {
	return slices.ContainsFunc(v.old, func(s analytics.Session) bool { return slices.Contains(s.Views, at) })
}

// sessions cuts anew what the page views touch, and enters the difference.
func (d *deriver) sessions(ctx context.Context, views []*fact) error {
	if len(views) == 0 {
		return nil
	}
	byActor := map[whose]*visits{}
	var order []*visits
	for _, f := range views {
		k := whose{f.subject, f.actor()}
		v := byActor[k]
		if v == nil {
			v = &visits{whose: k, named: f.session != 0, first: map[int64]firstView{}}
			byActor[k] = v
			order = append(order, v)
		}
		v.add(f)
	}
	if err := d.findSessions(ctx, order); err != nil {
		return err
	}
	var gone, born []sessionRow
	for _, v := range order {
		before, after := v.recut()
		for _, s := range before {
			gone = append(gone, sessionRow{v, s})
		}
		for _, s := range after {
			born = append(born, sessionRow{v, s})
		}
	}
	if err := d.enterSessions(ctx, gone, born); err != nil {
		return err
	}
	return d.replaceSessions(ctx, gone, born)
}

// enterSessions enters sessions that end and begin, each under the dimensions of
// its first page view.
func (d *deriver) enterSessions(ctx context.Context, gone, born []sessionRow) error {
	known, err := d.firstViews(ctx, gone, born)
	if err != nil {
		return err
	}
	for i, s := range gone {
		d.enterSession(s, known[i], -1)
	}
	for i, s := range born {
		first, fresh := s.first[s.Views[0]]
		if stored := known[len(gone)+i]; stored.dims != nil && (!fresh || stored.id < first.id) {
			first = stored
		}
		d.enterSession(s, first, +1)
	}
	return nil
}

func (d *deriver) enterSession(s sessionRow, first firstView, sign int64) {
	if first.dims == nil { // its event is gone
		first.dims = dimensionsOf(s.origin())
	}
	d.ledger.Add(analytics.Fact{
		Subject: s.subject, Action: analytics.PageView, At: s.Start(), Starts: sign, Micros: sign * s.Micros(), Dimensions: first.dims,
	})
}

// firstViews looks up the stored page views that sessions start with: of those
// that end, then of those that begin; none for what begins at a new instant.
func (d *deriver) firstViews(ctx context.Context, gone, born []sessionRow) ([]firstView, error) {
	out := make([]firstView, len(gone)+len(born))
	var n []int32
	var subjects, actors []int64
	var ats []time.Time
	for i, s := range slices.Concat(gone, born) {
		if i < len(gone) || s.hadView(s.Views[0]) {
			n, subjects, actors, ats = append(n, int32(i)), append(subjects, s.subject), append(actors, s.identity), append(ats, s.Start())
		}
	}
	if len(n) == 0 {
		return out, nil
	}
	rows, err := d.tx.Query(ctx, sql("find_first_views"), within(ats, args{
		"tenant_id": d.tenant, "n": n, "subjects": subjects, "actors": actors, "ats": ats,
	}))
	if err != nil {
		return nil, err
	}
	var i int
	var id string
	var dims analytics.Dimensions
	_, err = pgx.ForEachRow(rows, append([]any{&i, &id}, dimensionsInto(&dims)...), func() error {
		found := dims
		out[i] = firstView{id, &found}
		return nil
	})
	return out, err
}

// recut is the sessions that end and those that begin in their place.
func (v *visits) recut() (gone, born []analytics.Session) {
	all := v.views
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
	same := func(a, b analytics.Session) bool {
		_, again := v.first[a.Views[0]]
		return !again && slices.Equal(a.Views, b.Views)
	}
	stays := func(in []analytics.Session) func(analytics.Session) bool {
		return func(s analytics.Session) bool {
			return slices.ContainsFunc(in, func(o analytics.Session) bool { return same(s, o) })
		}
	}
	gone = slices.DeleteFunc(slices.Clone(v.old), stays(cut))
	born = slices.DeleteFunc(cut, stays(v.old))
	return gone, born
}

func (d *deriver) findSessions(ctx context.Context, order []*visits) error {
	n, subjects, actors := make([]int32, len(order)), make([]int64, len(order)), make([]int64, len(order))
	since := make([]time.Time, len(order))
	for i, v := range order {
		n[i], subjects[i], actors[i] = int32(i), v.subject, v.identity
		// A session that started SessionLimit before a view cannot hold it.
		since[i] = time.UnixMicro(slices.Min(v.views)).Add(-analytics.SessionLimit)
		if v.named {
			since[i] = analytics.MinInstant
		}
	}
	rows, err := d.tx.Query(ctx, sql("find_sessions"), args{
		"tenant_id": d.tenant, "n": n, "subjects": subjects, "actors": actors, "since": since,
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

type sessionRow struct {
	*visits
	analytics.Session
}

// origin is what the session keeps of the event it begins with, nil for nothing. No
// event comes before one that is gone, so that its sessions begin where they began.
func (r sessionRow) origin() []*string { return r.origins[r.Views[0]] }

func (r sessionRow) end() time.Time { return time.UnixMicro(r.Views[len(r.Views)-1]).UTC() }

func (d *deriver) replaceSessions(ctx context.Context, gone, born []sessionRow) error {
	if len(gone) > 0 {
		subjects, actors, starts := make([]int64, len(gone)), make([]int64, len(gone)), make([]time.Time, len(gone))
		for i, r := range gone {
			subjects[i], actors[i], starts[i] = r.subject, r.identity, r.Start()
		}
		_, err := d.tx.Exec(ctx, sql("delete_sessions"), args{
			"tenant_id": d.tenant, "subjects": subjects, "actors": actors, "starts": starts,
		})
		if err != nil {
			return err
		}
	}
	if len(born) == 0 {
		return nil
	}
	columns := []string{"tenant_id", "subject_id", "actor_id", "started_at", "ended_at", "views", "origin"}
	_, err := d.tx.CopyFrom(ctx, pgx.Identifier{"sessions"}, columns, pgx.CopyFromSlice(len(born), func(i int) ([]any, error) {
		r := &born[i]
		return []any{d.tenant, r.subject, r.identity, r.Start(), r.end(), packViews(r.Views), r.origin()}, nil
	}))
	return err
}

// packViews keeps the instants between the first and the last.
func packViews(views []int64) []byte {
	var out []byte
	for i := 1; i < len(views)-1; i++ {
		out = binary.AppendUvarint(out, uint64(views[i]-views[i-1]))
	}
	return out
}

func unpackViews(start, end time.Time, packed []byte) []int64 {
	views := []int64{start.UnixMicro()}
	for len(packed) > 0 {
		gap, n := binary.Uvarint(packed)
		views = append(views, views[len(views)-1]+int64(gap))
		packed = packed[max(n, 1):]
	}
	if end.After(start) {
		views = append(views, end.UnixMicro())
	}
	return views
}
