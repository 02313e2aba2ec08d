package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// login is a viewer's first logged in view under a tenant. Of two at one
// instant, the one with the smaller event id is the first.
type login struct {
	subject int64
	at      time.Time
	event   string
	dims    *analytics.Dimensions // the event's; nil until looked up
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
		l := login{f.subject, f.At, f.ID, &f.Dimensions}
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
	var moved []login
	_, err = pgx.ForEachRow(rows, []any{&visitor, &old.subject, &old.at, &old.event}, func() error {
		if first[visitor].before(old) {
			moved = append(moved, old)
		} else {
			delete(first, visitor)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err = d.leaveLogins(ctx, moved); err != nil {
		return err
	}
	return d.storeLogins(ctx, first)
}

// leaveLogins takes back logins that are not the first any more.
func (d *deriver) leaveLogins(ctx context.Context, moved []login) error {
	if len(moved) == 0 {
		return nil
	}
	n, ats, ids := make([]int32, len(moved)), make([]time.Time, len(moved)), make([]string, len(moved))
	for i, l := range moved {
		n[i], ats[i], ids[i] = int32(i), l.at, l.event
		moved[i].dims = &analytics.Dimensions{}
	}
	rows, err := d.tx.Query(ctx, sql("find_dimensions"), spanning(ats, args{"tenant_id": d.tenant, "n": n, "ats": ats, "ids": ids}))
	if err != nil {
		return err
	}
	var i int
	var dims analytics.Dimensions
	_, err = pgx.ForEachRow(rows, append([]any{&i}, dimensionsInto(&dims)...), func() error {
		*moved[i].dims = dims
		return nil
	})
	for _, l := range moved {
		d.enterLogin(l, -1)
	}
	return err
}

func (d *deriver) enterLogin(l login, sign int64) {
	d.touch(l.subject, analytics.KindCampaign)
	d.ledger.Add(analytics.Fact{Subject: l.subject, Action: analytics.WatchLogin, At: l.at, Starts: sign, Dimensions: l.dims})
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
