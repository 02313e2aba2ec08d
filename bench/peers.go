package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/bench/contenders"
	"footfall/bench/load"
	"footfall/internal/process"
)

const peersFolder = "bench/peers"

// peers are other GraphQL servers over the same database: how each is started,
// and what stands between a field and the rows in what it is asked.
var peers = []struct {
	name, kind  string
	open, close string
	jobs        *regexp.Regexp
}{
	{postGraphile, "postgraphile", "{ nodes {", "} }", regexp.MustCompile(`^J(1|1hot|2 90d odd|2 12m odd|3|4|5)$`)},
	{mercurius, "mercurius", "{", "}", regexp.MustCompile(`^J(1|1hot|2 90d odd|2 12m odd|3|4|5)$`)},
	{mercurius + ", Redis", "mercurius-redis", "{", "}", regexp.MustCompile(`^J(1|1hot|2 90d odd|3|4)$`)},
}

// invitePeers makes the functions that peers serve, and adds them to the rivals of
// the jobs that they can do.
func (b *bench) invitePeers(ctx context.Context, all []job) error {
	if _, err := os.Stat(peersFolder + "/node_modules"); err != nil {
		return errors.New("the peers are not installed: run make bench-peers")
	}
	text, err := os.ReadFile(peersFolder + "/functions.sql")
	if err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, b.data.url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err = c.Exec(ctx, contenders.Expand(string(text))); err != nil {
		return fmt.Errorf("%s/functions.sql: %w", peersFolder, err)
	}
	for _, p := range peers {
		b.rivals[p.name] = rival{name: p.name, slow: true, start: startPeer(p.kind), request: func(q contenders.Question) load.Request {
			return peerRequest(q, b.data.TenantID, p.open, p.close)
		}}
		for i := range all {
			if p.jobs.MatchString(all[i].name) {
				all[i].rivals = append(all[i].rivals, p.name)
			}
		}
	}
	return nil
}

var peerIsUp = regexp.MustCompile(`peer on http://(\S+)`)

func startPeer(kind string) func(ctx context.Context, c contenders.Config) (*process.Process, error) {
	return func(ctx context.Context, c contenders.Config) (*process.Process, error) {
		return process.Launch(ctx, process.Command{Path: "node", Args: []string{peersFolder + "/server.mjs", kind}, Announce: peerIsUp, Env: []string{
			"NODE_ENV=production", "GRAPHILE_ENV=production", "DATABASE_URL=" + c.Database, "REDIS_URL=" + c.Redis,
		}})
	}
}

const (
	activationFields = `activationId eventKey eventName tier clickCount outboundClickCount calendarSyncCount
		uniqueSessionCount uniqueViewSessionCount uniqueOutboundSessionCount uniqueCalendarSessionCount
		outboundSessionRate calendarSessionRate outboundInteractionRate calendarInteractionRate`
	engagementFields = `uniqueUsers totalSessions totalPageViews avgSessionDurationSeconds`
	campaignFields   = `campaignKey title totalViewers totalLoginViewers peakConcurrentViewers newLoginViewers
		averageViewingTime totalViewingTime likes likeViewers averageLikes chats chatViewers averageChats
		productClicks productClickViewers averageProductClicks bannerClicks`
)

// peerRequest is a question as a query; Mercurius and PostGraphile name the types of
// variables differently, so values stand in the text where both allow it.
func peerRequest(q contenders.Question, tenant int64, open, end string) load.Request {
	from, to := q.From, q.To
	if from.IsZero() {
		from, to = analytics.MinInstant, analytics.MaxInstant
	}
	span := func(from, to time.Time) string {
		return fmt.Sprintf("tenant: %d, fromAt: %q, toAt: %q", tenant, from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	rows := func(field, arguments, fields string) string {
		return fmt.Sprintf("%s(%s) %s %s %s", field, arguments, open, fields, end)
	}
	switch q.Job {
	case "J1", "J4":
		text := "query ($ids: [String!]!) { " + rows("activationStats", "ids: $ids, "+span(from, to), activationFields) + " }"
		return graphQL("", text, object{"ids": q.IDs})
	case "J2":
		return graphQL("", "{ "+rows("leaderboard", span(from, to), "uuid name "+engagementFields)+" }", nil)
	case "J3":
		return graphQL("", "{ "+rows("campaignStats", span(from, to), campaignFields)+" }", nil)
	default:
		of := fmt.Sprintf("partner: %q, zone: %q, ", q.Partner, q.Zone)
		return graphQL("", "{ now: "+rows("partnerSeries", of+span(from, to), engagementFields)+
			" before: "+rows("partnerSeries", of+span(from.AddDate(0, 0, -90), from), engagementFields)+" }", nil)
	}
}
