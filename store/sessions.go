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

// sessions cuts anew what the page views touch, and enters the difference.
func (d *deriver) sessions(ctx context.Context, views []*fact) error {
	if len(views) == 0 {
		return nil
	}
	order, err := nearby(visitsOf(views), func(of []*visits) error { return d.findSessions(ctx, of) })
	if err != nil {
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
	if err = d.enterSessions(ctx, gone, born); err != nil {
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
	rows, err := d.tx.Query(ctx, sql("find_first_views"), spanning(ats, args{
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
