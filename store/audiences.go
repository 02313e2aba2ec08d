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
	news  analytics.Intervals // what of it had not been watched before
}

// audiences merges what was watched into what had been, and enters what is new.
func (d *deriver) audiences(ctx context.Context, watches []*fact) error {
	if len(watches) == 0 {
		return nil
	}
	all := byViewer(watches)
	for _, f := range watches {
		d.enterWatch(f)
	}
	added, err := d.findNews(ctx, all)
	if err != nil {
		return err
	}
	var subjects, visitors []int64
	var watched []string
	for i, a := range all {
		if len(a.news) > 0 {
			d.enterNews(a)
			subjects, visitors, watched = append(subjects, a.subject), append(visitors, a.identity), append(watched, added[i])
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	_, err = d.tx.Exec(ctx, sql("upsert_viewers"), args{
		"tenant_id": d.tenant, "subjects": subjects, "visitors": visitors, "watched": watched,
	})
	return err
}

// byViewer gathers what each viewer watched, in the order of their first watches.
func byViewer(watches []*fact) []*audience {
	known := map[whose]*audience{}
	var order []*audience
	for _, f := range watches {
		k := whose{f.subject, int64(f.visitor)}
		a := known[k]
		if a == nil {
			a = &audience{whose: k}
			known[k] = a
			order = append(order, a)
		}
		a.added = append(a.added, f.Watched())
	}
	return order
}

// enterWatch enters what counts of a watch whatever the viewer watched before.
func (d *deriver) enterWatch(f *fact) {
	d.ledger.AddWatched(f.subject, f.visitor, f.Watched(), f.Dimensions)
	if !f.LoggedIn {
		return
	}
	analytics.Intervals{f.Watched()}.EachQuarter(func(at time.Time, _ int64) {
		d.ledger.Add(analytics.Fact{
			Subject: f.subject, Action: analytics.WatchLogin, At: at, Visitor: f.visitor, Dimensions: &f.Dimensions,
		})
	})
}

// enterNews enters the time that a viewer had not watched before.
func (d *deriver) enterNews(a *audience) {
	a.news.EachQuarter(func(at time.Time, micros int64) {
		d.ledger.Add(analytics.Fact{
			Subject: a.subject, Action: analytics.Watch, At: at, Micros: micros, Visitor: uint32(a.identity),
		})
	})
	d.ledger.AddSteps(a.subject, a.news.Steps())
}

// findNews subtracts what viewers have watched before from what was added, which it
// returns as Postgres reads it. Postgres subtracts: a viewer may have watched very many spans.
func (d *deriver) findNews(ctx context.Context, order []*audience) (added []string, err error) {
	n, subjects, visitors := make([]int32, len(order)), make([]int64, len(order)), make([]int64, len(order))
	added = make([]string, len(order))
	for i, a := range order {
		a.news = a.news.Union(a.added...)
		n[i], subjects[i], visitors[i], added[i] = int32(i), a.subject, a.identity, multirange(a.news)
	}
	rows, err := d.tx.Query(ctx, sql("find_news"), args{
		"tenant_id": d.tenant, "n": n, "subjects": subjects, "visitors": visitors, "added": added,
	})
	if err != nil {
		return nil, err
	}
	var i int
	var news spans
	_, err = pgx.ForEachRow(rows, []any{&i, &news}, func() error {
		order[i].news = intervals(news)
		return nil
	})
	return added, err
}

// spans is a tstzmultirange.
type spans = pgtype.Multirange[pgtype.Range[time.Time]]

func intervals(of spans) (out analytics.Intervals) {
	for _, r := range of {
		out = append(out, analytics.Watching{From: r.Lower.UnixMicro(), To: r.Upper.UnixMicro()})
	}
	return out
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
