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
	old   []analytics.Session
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
			v = &visits{whose: k, named: f.session != 0}
			byActor[k] = v
			order = append(order, v)
		}
		v.views = append(v.views, f.At.UnixMicro())
	}
	if err := d.findSessions(ctx, order); err != nil {
		return err
	}
	var gone, born []sessionRow
	for _, v := range order {
		before, after := v.recut()
		for _, s := range before {
			d.enterSession(v.subject, s, -1)
			gone = append(gone, sessionRow{v.whose, s})
		}
		for _, s := range after {
			d.enterSession(v.subject, s, +1)
			born = append(born, sessionRow{v.whose, s})
		}
	}
	return d.replaceSessions(ctx, gone, born)
}

func (d *deriver) enterSession(subject int64, s analytics.Session, sign int64) {
	d.ledger.Add(analytics.Fact{
		Subject: subject, Action: analytics.PageView, At: s.Start(), Starts: sign, Micros: sign * s.Micros(),
	})
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
	same := func(a, b analytics.Session) bool { return slices.Equal(a.Views, b.Views) }
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
	_, err = pgx.ForEachRow(rows, []any{&i, &start, &end, &packed}, func() error {
		order[i].old = append(order[i].old, analytics.Session{Views: unpackViews(start, end, packed)})
		return nil
	})
	return err
}

type sessionRow struct {
	whose
	analytics.Session
}

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
	columns := []string{"tenant_id", "subject_id", "actor_id", "started_at", "ended_at", "views"}
	_, err := d.tx.CopyFrom(ctx, pgx.Identifier{"sessions"}, columns, pgx.CopyFromSlice(len(born), func(i int) ([]any, error) {
		r := &born[i]
		return []any{d.tenant, r.subject, r.identity, r.Start(), r.end(), packViews(r.Views)}, nil
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
