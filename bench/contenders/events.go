package contenders

import (
	"context"
	"embed"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"footfall/analytics"
)

//go:embed query/*.sql
var queryFiles embed.FS

func query(name string) string {
	text, err := queryFiles.ReadFile("query/" + name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// openPool connects as the gateway does: what it knows about Postgres, others may.
func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 16
	maps.Copy(config.ConnConfig.RuntimeParams, map[string]string{"timezone": "UTC", "jit": "off"})
	return pgxpool.NewWithConfig(ctx, config)
}

// events answers from the raw events, with one tuned statement a job. Partner
// sessions and first logins come from the tables that keep them: cutting sessions
// in SQL would be slower by far.
type events struct {
	pool   *pgxpool.Pool
	tenant int64
}

func openEvents(ctx context.Context, c Config) (http.Handler, error) {
	pool, err := openPool(ctx, c.Database)
	e := events{pool, c.Tenant}
	return answerer(e.answer), err
}

func (e events) answer(ctx context.Context, q Question) (any, error) {
	switch q.Job {
	case "J1", "J4":
		return e.activations(ctx, q)
	case "J2":
		return e.leaderboard(ctx, q)
	case "J3":
		return e.campaigns(ctx, q)
	case "J5":
		return e.series(ctx, q)
	}
	return nil, fmt.Errorf("unknown job %s", q.Job)
}

// rows runs a statement and scans its rows.
func rows[T any](ctx context.Context, pool *pgxpool.Pool, text string, scan func(r pgx.CollectableRow) (T, error), args ...any) ([]T, error) {
	found, err := pool.Query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, scan)
}

// within is what the question narrows windows to.
func (q Question) within() (from, to time.Time) {
	if q.From.IsZero() {
		return analytics.MinInstant, analytics.MaxInstant
	}
	return q.From, q.To
}

var (
	activationsByEvents = query("events_activations")
	leaderboardByEvents = query("events_leaderboard")
	campaignsByEvents   = query("events_campaigns")
	seriesByEvents      = query("events_series")
)

func (e events) activations(ctx context.Context, q Question) (any, error) {
	from, to := q.within()
	return rows(ctx, e.pool, activationsByEvents, func(r pgx.CollectableRow) (a activation, err error) {
		m := &a.Metrics
		err = r.Scan(&a.noun, &m.ClickCount, &m.OutboundClickCount, &m.CalendarSyncCount, &m.UniqueSessionCount,
			&m.UniqueViewSessionCount, &m.UniqueOutboundSessionCount, &m.UniqueCalendarSessionCount)
		m.rate()
		return a, err
	}, e.tenant, q.IDs, from, to)
}

func (e events) leaderboard(ctx context.Context, q Question) (any, error) {
	return rows(ctx, e.pool, leaderboardByEvents, func(r pgx.CollectableRow) (s standing, err error) {
		var micros int64
		err = r.Scan(&s.noun, &s.UniqueUsers, &s.TotalSessions, &s.TotalPageViews, &micros)
		s.average(micros)
		return s, err
	}, e.tenant, q.From, q.To)
}

func (e events) campaigns(ctx context.Context, q Question) (any, error) {
	return rows(ctx, e.pool, campaignsByEvents, func(r pgx.CollectableRow) (c campaign, err error) {
		m, micros := &c.metrics, int64(0)
		err = r.Scan(&c.noun, &m.TotalViewers, &m.TotalLoginViewers, &m.PeakConcurrentViewers, &m.NewLoginViewers, &micros,
			&m.Likes, &m.LikeViewers, &m.Chats, &m.ChatViewers, &m.ProductClicks, &m.ProductClickViewers, &m.BannerClicks)
		m.average(micros)
		return c, err
	}, e.tenant, q.From, q.To)
}

func (e events) series(ctx context.Context, q Question) (any, error) {
	before, err := q.before()
	if err != nil {
		return nil, err
	}
	days, err := rows(ctx, e.pool, seriesByEvents, func(r pgx.CollectableRow) (d engagement, err error) {
		var micros int64
		err = r.Scan(&d.UniqueUsers, &d.TotalSessions, &d.TotalPageViews, &micros)
		d.average(micros)
		return d, err
	}, e.tenant, q.Partner, before, q.To, q.Zone)
	if err != nil {
		return nil, err
	}
	return series{Now: days[len(days)/2:], Before: days[:len(days)/2]}, nil
}

// seriesDays is the length of J5's series.
const seriesDays = 90

// before is where the days start that a series is compared with.
func (q Question) before() (time.Time, error) {
	zone, err := time.LoadLocation(q.Zone)
	return q.From.In(zone).AddDate(0, 0, -seriesDays), err
}

// Expand puts the statements over raw events where a text names them: {{name}}.
func Expand(text string) string {
	for _, name := range []string{"events_activations", "events_leaderboard", "events_campaigns", "events_series"} {
		text = strings.ReplaceAll(text, "{{"+name+"}}", query(name))
	}
	return text
}
