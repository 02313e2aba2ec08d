package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"footfall/analytics"
)

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
