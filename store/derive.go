package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"footfall/analytics"
)

// deriver turns new events into what follows from them: entries of the ledger,
// and the sessions, audiences and first logins they move. What it leaves behind
// depends on the set of events alone.
type deriver struct {
	tenant int64
	tx     pgx.Tx
	ledger analytics.Ledger
	kinds  map[int64]analytics.Kind // subjects touched
}

// touched lists the subjects whose numbers changed.
func (d *deriver) touched() map[int64]analytics.Kind { return d.kinds }

func (d *deriver) touch(subject int64, kind analytics.Kind) {
	if d.kinds == nil {
		d.kinds = map[int64]analytics.Kind{}
	}
	d.kinds[subject] = kind
}

func (d *deriver) derive(ctx context.Context, facts []fact) error {
	var views, watches []*fact
	for i := range facts {
		f := &facts[i]
		d.touch(f.subject, f.Kind)
		d.ledger.Add(analytics.Fact{
			Subject: f.subject, Action: f.Action, At: f.At, Events: 1, Session: f.session, Visitor: f.visitor,
		})
		switch f.Action {
		case analytics.PageView:
			views = append(views, f)
		case analytics.Watch:
			watches = append(watches, f)
		}
	}
	if err := d.sessions(ctx, views); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err := d.audiences(ctx, watches); err != nil {
		return fmt.Errorf("audiences: %w", err)
	}
	if err := d.firstLogins(ctx, watches); err != nil {
		return fmt.Errorf("first logins: %w", err)
	}
	return nil
}

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

// audience is one viewer's watching of one campaign.
type audience struct {
	whose
	added []analytics.Watching
	old   analytics.Intervals
}

// audiences merges what was watched into what had been, and enters what is new.
func (d *deriver) audiences(ctx context.Context, watches []*fact) error {
	if len(watches) == 0 {
		return nil
	}
	byViewer := map[whose]*audience{}
	var order []*audience
	for _, f := range watches {
		k := whose{f.subject, int64(f.visitor)}
		a := byViewer[k]
		if a == nil {
			a = &audience{whose: k}
			byViewer[k] = a
			order = append(order, a)
		}
		a.added = append(a.added, f.Watched())
		if f.LoggedIn {
			analytics.Intervals{f.Watched()}.EachQuarter(func(at time.Time, _ int64) {
				d.ledger.Add(analytics.Fact{Subject: f.subject, Action: analytics.WatchLogin, At: at, Visitor: f.visitor})
			})
		}
	}
	if err := d.findViewers(ctx, order); err != nil {
		return err
	}
	var subjects, visitors []int64
	var watched []string
	for _, a := range order {
		merged := a.old.Union(a.added...)
		news := merged.Subtract(a.old)
		if len(news) == 0 {
			continue
		}
		news.EachQuarter(func(at time.Time, micros int64) {
			d.ledger.Add(analytics.Fact{
				Subject: a.subject, Action: analytics.Watch, At: at, Micros: micros, Visitor: uint32(a.identity),
			})
		})
		d.ledger.AddSteps(a.subject, news.Steps())
		subjects, visitors, watched = append(subjects, a.subject), append(visitors, a.identity), append(watched, multirange(merged))
	}
	if len(subjects) == 0 {
		return nil
	}
	_, err := d.tx.Exec(ctx, sql("upsert_viewers"), args{
		"tenant_id": d.tenant, "subjects": subjects, "visitors": visitors, "watched": watched,
	})
	return err
}

func (d *deriver) findViewers(ctx context.Context, order []*audience) error {
	n, subjects, visitors := make([]int32, len(order)), make([]int64, len(order)), make([]int64, len(order))
	for i, a := range order {
		n[i], subjects[i], visitors[i] = int32(i), a.subject, a.identity
	}
	rows, err := d.tx.Query(ctx, sql("find_viewers"), args{"tenant_id": d.tenant, "n": n, "subjects": subjects, "visitors": visitors})
	if err != nil {
		return err
	}
	var i int
	var watched pgtype.Multirange[pgtype.Range[time.Time]]
	_, err = pgx.ForEachRow(rows, []any{&i, &watched}, func() error {
		for _, r := range watched {
			order[i].old = append(order[i].old, analytics.Watching{From: r.Lower.UnixMicro(), To: r.Upper.UnixMicro()})
		}
		return nil
	})
	return err
}

// multirange writes intervals the way Postgres reads a tstzmultirange.
func multirange(s analytics.Intervals) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, w := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		const layout = "2006-01-02T15:04:05.999999Z"
		fmt.Fprintf(&b, "[%s,%s)", time.UnixMicro(w.From).UTC().Format(layout), time.UnixMicro(w.To).UTC().Format(layout))
	}
	b.WriteByte('}')
	return b.String()
}

// login is a viewer's first logged in view under a tenant. Of two at one
// instant, the one with the smaller event id is the first.
type login struct {
	subject int64
	at      time.Time
	event   string
}

func (l login) before(o login) bool {
	if !l.at.Equal(o.at) {
		return l.at.Before(o.at)
	}
	return l.event < o.event
}

// firstLogins moves each viewer's first login to the earliest one known.
func (d *deriver) firstLogins(ctx context.Context, watches []*fact) error {
	first := map[int64]login{}
	for _, f := range watches {
		l := login{f.subject, f.At, f.ID}
		if known, ok := first[int64(f.visitor)]; f.LoggedIn && (!ok || l.before(known)) {
			first[int64(f.visitor)] = l
		}
	}
	if len(first) == 0 {
		return nil
	}
	visitors := slices.Sorted(maps.Keys(first))
	rows, err := d.tx.Query(ctx, sql("find_first_logins"), args{"tenant_id": d.tenant, "visitors": visitors})
	if err != nil {
		return err
	}
	var visitor int64
	var old login
	_, err = pgx.ForEachRow(rows, []any{&visitor, &old.subject, &old.at, &old.event}, func() error {
		if first[visitor].before(old) {
			d.enterLogin(old, -1)
		} else {
			delete(first, visitor)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return d.storeLogins(ctx, first)
}

func (d *deriver) enterLogin(l login, sign int64) {
	d.touch(l.subject, analytics.KindCampaign)
	d.ledger.Add(analytics.Fact{Subject: l.subject, Action: analytics.WatchLogin, At: l.at, Starts: sign})
}

func (d *deriver) storeLogins(ctx context.Context, first map[int64]login) error {
	if len(first) == 0 {
		return nil
	}
	var subjects []int64
	var ats []time.Time
	var events []string
	visitors := slices.Sorted(maps.Keys(first))
	for _, v := range visitors {
		l := first[v]
		d.enterLogin(l, +1)
		subjects, ats, events = append(subjects, l.subject), append(ats, l.at), append(events, l.event)
	}
	_, err := d.tx.Exec(ctx, sql("upsert_first_logins"), args{
		"tenant_id": d.tenant, "visitors": visitors, "subjects": subjects, "ats": ats, "event_ids": events,
	})
	return err
}
