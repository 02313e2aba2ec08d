package store

import (
	"context"
	"fmt"
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
		d.ledger.AddWatched(f.subject, f.visitor, f.Watched(), f.Dimensions)
		if f.LoggedIn {
			analytics.Intervals{f.Watched()}.EachQuarter(func(at time.Time, _ int64) {
				d.ledger.Add(analytics.Fact{
					Subject: f.subject, Action: analytics.WatchLogin, At: at, Visitor: f.visitor, Dimensions: &f.Dimensions,
				})
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
