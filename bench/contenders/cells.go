package contenders

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/analytics"
)

// cells answers from the gateway's cells, with one tuned statement a job, and
// reads all sets that a job's numbers need. It shares the decoding of cells with
// the gateway and nothing else.
type cells struct {
	pool   *pgxpool.Pool
	tenant int64
}

func openCells(ctx context.Context, config Config) (http.Handler, error) {
	pool, err := openPool(ctx, config.Database)
	c := cells{pool, config.Tenant}
	return answerer(c.answer), err
}

func (c cells) answer(ctx context.Context, q Question) (any, error) {
	switch q.Job {
	case "J1", "J4":
		return c.activations(ctx, q)
	case "J2":
		return c.leaderboard(ctx, q)
	case "J3":
		return c.campaigns(ctx, q)
	case "J5":
		return c.series(ctx, q)
	}
	return nil, fmt.Errorf("unknown job %s", q.Job)
}

const (
	askedActivations = `WITH asked AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY start_at DESC, activation_id DESC) AS n, subject_id,
		       greatest(start_at, $4) AS start_at, least(end_at, $5) AS end_at,
		       json_build_object('activationId', activation_id, 'eventKey', event_key, 'eventName', event_name, 'tier', tier,
		           'startAt', start_at, 'endAt', end_at)::text AS noun
		FROM activations WHERE tenant_id = $1 AND activation_id = ANY ($3))`
	askedPartners = `WITH asked AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY name) AS n, subject_id, $3::timestamptz AS start_at, $4::timestamptz AS end_at,
		       json_build_object('uuid', partner_uuid, 'name', name, 'partnerType', partner_type)::text AS noun
		FROM partners WHERE tenant_id = $1)`
)

var (
	activationsByCells = askedActivations + query("cells_range")
	partnersByCells    = askedPartners + query("cells_range")
	campaignsByCells   = query("cells_campaigns")
	seriesByCells      = query("cells_series")
)

// found is the cells of one subject over its range, by action.
type found struct {
	noun json.RawMessage
	of   [analytics.WatchLogin + 1]analytics.Cell
}

// ranges folds the cells of ranges: one for each noun asked about, in order.
func (c cells) ranges(ctx context.Context, text string, actions []int16, args ...any) ([]found, error) {
	type edge struct {
		n   int
		row analytics.Row
	}
	var out []found
	var edges []edge
	var spans []analytics.Range
	at := func(n int) *found {
		for len(out) < n {
			out, spans = append(out, found{}), append(spans, analytics.Range{})
		}
		return &out[n-1]
	}
	_, err := rows(ctx, c.pool, text, func(r pgx.CollectableRow) (struct{}, error) {
		var (
			n                  int
			row                analytics.Row
			bucket, from, to   *time.Time
			sessions, visitors []int64
			noun               *string
		)
		err := r.Scan(&n, &row.Action, &bucket, &row.Events, &row.Starts, &row.Micros, &row.Sessions, &row.Visitors,
			&row.Quarters, &row.QuarterSets, &sessions, &visitors, &from, &to, &noun)
		if err != nil {
			return struct{}{}, err
		}
		f := at(n)
		switch {
		case noun != nil:
			f.noun, spans[n-1] = json.RawMessage(*noun), analytics.Range{Start: *from, End: *to}
		case row.Quarters != nil:
			row.Level, row.Bucket = analytics.LevelDay, analytics.BucketOf(analytics.LevelDay, *bucket)
			edges = append(edges, edge{n, row})
		default:
			return struct{}{}, f.add(&row, sessions, visitors)
		}
		return struct{}{}, nil
	}, append([]any{c.tenant, actions}, args...)...)
	for _, e := range edges {
		if err == nil {
			err = out[e.n-1].addQuarters(&e.row, spans[e.n-1])
		}
	}
	return out, err
}

// add adds a whole bucket, or what was counted from events.
func (f *found) add(row *analytics.Row, sessions, visitors []int64) error {
	c := &f.of[row.Action]
	c.Events, c.Starts, c.Micros = c.Events+row.Events, c.Starts+row.Starts, c.Micros+row.Micros
	for _, id := range sessions {
		c.Sessions.Add(uint32(id))
	}
	for _, id := range visitors {
		c.Visitors.Add(uint32(id))
	}
	if err := c.Sessions.MergeEncoded(row.Sessions); err != nil {
		return err
	}
	return c.Visitors.MergeEncoded(row.Visitors)
}

// addQuarters adds those quarter-hours of a day that lie in a range.
func (f *found) addQuarters(row *analytics.Row, within analytics.Range) error {
	day, err := row.Unpack()
	if err != nil {
		return err
	}
	for i, c := range day.Quarters {
		if within.Contains(row.Bucket.Start(row.Level).Add(time.Duration(i) * analytics.QuarterHour)) {
			f.of[row.Action].Merge(c)
		}
	}
	return nil
}

func (c cells) activations(ctx context.Context, q Question) (any, error) {
	from, to := q.within()
	all, err := c.ranges(ctx, activationsByCells, []int16{1, 2, 3}, q.IDs, from, to)
	out := make([]activation, len(all))
	for i := range all {
		of := &all[i].of
		var any analytics.Set
		for a := range of {
			any.Merge(&of[a].Sessions)
		}
		out[i] = activation{all[i].noun, activationMetrics{
			ClickCount: of[analytics.Click].Events, OutboundClickCount: of[analytics.OutboundClick].Events, CalendarSyncCount: of[analytics.CalendarSync].Events,
			UniqueSessionCount: any.Len(), UniqueViewSessionCount: of[analytics.Click].Sessions.Len(),
			UniqueOutboundSessionCount: of[analytics.OutboundClick].Sessions.Len(), UniqueCalendarSessionCount: of[analytics.CalendarSync].Sessions.Len(),
		}}
		out[i].Metrics.rate()
	}
	return out, err
}

func (c cells) leaderboard(ctx context.Context, q Question) (any, error) {
	all, err := c.ranges(ctx, partnersByCells, []int16{int16(analytics.PageView)}, q.From, q.To)
	out := make([]standing, len(all))
	for i := range all {
		of := &all[i].of[analytics.PageView]
		out[i] = standing{all[i].noun, engagement{UniqueUsers: of.Visitors.Len(), TotalSessions: of.Starts, TotalPageViews: of.Events}}
		out[i].average(of.Micros)
	}
	slices.SortStableFunc(out, func(a, b standing) int {
		return cmp.Or(cmp.Compare(b.TotalSessions, a.TotalSessions), cmp.Compare(b.TotalPageViews, a.TotalPageViews), cmp.Compare(b.UniqueUsers, a.UniqueUsers))
	})
	return out[:min(len(out), 20)], err
}

func (c cells) campaigns(ctx context.Context, q Question) (any, error) {
	type life struct {
		found
		steps analytics.Steps
	}
	var lives []life
	_, err := rows(ctx, c.pool, campaignsByCells, func(r pgx.CollectableRow) (struct{}, error) {
		var (
			n      int
			row    analytics.Row
			bucket *time.Time
			noun   *string
		)
		err := r.Scan(&n, &row.Action, &bucket, &row.Events, &row.Starts, &row.Micros, &row.Visitors, &row.Steps, &noun)
		if err != nil {
			return struct{}{}, err
		}
		for len(lives) < n {
			lives = append(lives, life{})
		}
		l := &lives[n-1]
		switch {
		case noun != nil:
			l.noun = json.RawMessage(*noun)
		case bucket != nil:
			row.Level, row.Bucket = analytics.LevelDay, analytics.BucketOf(analytics.LevelDay, *bucket)
			var day *analytics.Block
			if day, err = row.Unpack(); err == nil {
				l.steps = append(l.steps, day.Steps...)
			}
		default:
			err = l.add(&row, nil, nil)
		}
		return struct{}{}, err
	}, c.tenant, q.From, q.To)
	out := make([]campaign, len(lives))
	for i := range lives {
		of, m := &lives[i].of, &out[i].metrics
		out[i].noun = lives[i].noun
		m.TotalViewers, m.TotalLoginViewers, m.NewLoginViewers = of[analytics.Watch].Visitors.Len(), of[analytics.WatchLogin].Visitors.Len(), of[analytics.WatchLogin].Starts
		m.PeakConcurrentViewers = peak(lives[i].steps)
		m.Likes, m.LikeViewers = of[analytics.Like].Events, of[analytics.Like].Visitors.Len()
		m.Chats, m.ChatViewers = of[analytics.Chat].Events, of[analytics.Chat].Visitors.Len()
		m.ProductClicks, m.ProductClickViewers = of[analytics.ProductClick].Events, of[analytics.ProductClick].Visitors.Len()
		m.BannerClicks = of[analytics.BannerClick].Events
		m.average(of[analytics.Watch].Micros)
	}
	return out, err
}

// peak is the largest audience: of one instant, leaves come before joins.
func peak(steps analytics.Steps) (most int64) {
	slices.SortFunc(steps, func(a, b analytics.Step) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Delta, b.Delta)) })
	level := int64(0)
	for _, s := range steps {
		level += s.Delta
		most = max(most, level)
	}
	return most
}

func (c cells) series(ctx context.Context, q Question) (any, error) {
	before, err := q.before()
	if err != nil {
		return nil, err
	}
	days := make([]analytics.Cell, 2*seriesDays)
	_, err = rows(ctx, c.pool, seriesByCells, func(r pgx.CollectableRow) (struct{}, error) {
		row := analytics.Row{Key: analytics.Key{Level: analytics.LevelDay}}
		var bucket time.Time
		if err := r.Scan(&bucket, &row.Events, &row.Starts, &row.Micros, &row.Visitors, &row.Quarters, &row.QuarterSets); err != nil {
			return struct{}{}, err
		}
		row.Bucket = analytics.BucketOf(analytics.LevelDay, bucket)
		day, err := row.Unpack()
		if err != nil {
			return struct{}{}, err
		}
		for i, c := range day.Quarters {
			at := bucket.Add(time.Duration(i) * analytics.QuarterHour)
			if n := dayBetween(before, at); at.Before(q.To) && n >= 0 && n < len(days) {
				days[n].Merge(c)
			}
		}
		return struct{}{}, nil
	}, c.tenant, q.Partner, before, q.To)
	out := make([]engagement, len(days))
	for i := range days {
		d := &days[i]
		out[i] = engagement{UniqueUsers: d.Visitors.Len(), TotalSessions: d.Starts, TotalPageViews: d.Events}
		out[i].average(d.Micros)
	}
	return series{Now: out[seriesDays:], Before: out[:seriesDays]}, err
}

// dayBetween is how many days after the day of from, in its zone, an instant lies.
func dayBetween(from, at time.Time) int {
	_, fromOffset := from.Zone()
	_, offset := at.In(from.Location()).Zone()
	const day = 86400
	local := func(unix int64, offset int) int64 { return (unix + int64(offset)) / day }
	return int(local(at.Unix(), offset) - local(from.Unix(), fromOffset))
}
