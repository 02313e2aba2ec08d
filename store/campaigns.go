package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"footfall/analytics"
)

// UpsertCampaigns creates or replaces campaigns. One without a number keeps the
// one it has or is given the next free one; a number that another campaign of
// the tenant has is CodeConflict.
func (s *Store) UpsertCampaigns(ctx context.Context, tenant int64, campaigns []analytics.Campaign) ([]*analytics.Campaign, analytics.Change, error) {
	var out []*analytics.Campaign
	var change analytics.Change
	keys := make([]string, len(campaigns))
	for i := range campaigns {
		keys[i] = campaigns[i].CampaignKey
	}
	err := s.write(ctx, tenant, func(tx pgx.Tx) error {
		subjects, err := ensureSubjects(ctx, tx, tenant, analytics.KindCampaign, keys)
		if err != nil {
			return err
		}
		if err = numberCampaigns(ctx, tx, tenant, keys, campaigns); err != nil {
			return err
		}
		for i := range campaigns {
			campaigns[i].Subject = subjects[subjectKey{analytics.KindCampaign, campaigns[i].CampaignKey}]
		}
		if err = replaceCampaigns(ctx, tx, tenant, campaigns); err != nil {
			return err
		}
		if out, err = findCampaigns(ctx, tx, tenant, keys); err != nil {
			return err
		}
		change, err = announce(ctx, tx, tenant, []analytics.Topic{analytics.TopicCampaigns})
		return err
	})
	return out, change, err
}

// replaceCampaigns upserts them one after the other, in one round trip.
func replaceCampaigns(ctx context.Context, tx pgx.Tx, tenant int64, campaigns []analytics.Campaign) (err error) {
	batch := &pgx.Batch{}
	for i := range campaigns {
		c := &campaigns[i]
		batch.Queue(sql("upsert_campaign"), args{
			"tenant_id": tenant, "key": c.CampaignKey, "campaign_id": c.Number, "subject_id": c.Subject, "title": c.Title,
			"scheduled_at": c.ScheduledAt, "started_at": c.StartedAt, "ended_at": c.EndedAt,
		})
	}
	results := tx.SendBatch(ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for i := range campaigns {
		_, err = results.Exec()
		if sqlState(err) == uniqueViolation {
			return &analytics.Error{
				Code: analytics.CodeConflict, Field: fmt.Sprintf("campaigns[%d].campaignId", i),
				Message: "belongs to another campaign: " + analytics.Quote(campaigns[i].CampaignID()),
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numberCampaigns fills in the numbers that the client left out.
func numberCampaigns(ctx context.Context, tx pgx.Tx, tenant int64, keys []string, campaigns []analytics.Campaign) error {
	known, err := findCampaigns(ctx, tx, tenant, keys)
	if err != nil {
		return err
	}
	numbers := map[string]int64{}
	for i := range campaigns {
		if n := campaigns[i].Number; n != 0 {
			numbers[keys[i]] = n
		}
	}
	var missing []string
	for i, key := range keys {
		if _, has := numbers[key]; has {
			continue
		}
		if known[i] != nil {
			numbers[key] = known[i].Number
			continue
		}
		numbers[key], missing = 0, append(missing, key)
	}
	free, err := freeCampaignNumbers(ctx, tx, tenant, len(missing), campaigns)
	if err != nil {
		return err
	}
	for i, key := range missing {
		numbers[key] = free[i]
	}
	for i, key := range keys {
		campaigns[i].Number = numbers[key]
	}
	return nil
}

// freeCampaignNumbers takes numbers that no campaign has, nor is about to get. Where
// clients gave many in a row it takes ever more at a time, and leaves what it does not need.
func freeCampaignNumbers(ctx context.Context, tx pgx.Tx, tenant int64, n int, campaigns []analytics.Campaign) (free []int64, err error) {
	unfit := map[int64]bool{}
	for i := range campaigns {
		unfit[campaigns[i].Number] = true
	}
	const most = 100_000
	for ask := n; len(free) < n; ask = min(2*ask, most) {
		next, err := take(ctx, tx, tenant, "campaign", ask)
		if err != nil {
			return nil, err
		}
		taken := make([]int64, ask)
		for i := range taken {
			taken[i] = next + int64(i)
		}
		rows, err := tx.Query(ctx, sql("used_campaign_ids"), args{"tenant_id": tenant, "ids": taken})
		if err != nil {
			return nil, err
		}
		used, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return nil, err
		}
		for _, number := range used {
			unfit[number] = true
		}
		for _, number := range taken {
			if !unfit[number] {
				free = append(free, number)
			}
		}
	}
	return free[:n], nil
}

func findCampaigns(ctx context.Context, tx pgx.Tx, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	rows, err := tx.Query(ctx, sql("find_campaigns"), args{"tenant_id": tenant, "keys": keys})
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scanCampaign)
	return inOrder(keys, found, campaignKey), err
}

func campaignKey(c *analytics.Campaign) string { return c.CampaignKey }

// Campaigns finds campaigns by key, in the order asked for, nil where there is
// none.
func (s *Store) Campaigns(ctx context.Context, tenant int64, keys []string) ([]*analytics.Campaign, error) {
	found, err := collect(ctx, s, tenant, sql("find_campaigns"), args{"tenant_id": tenant, "keys": keys}, scanCampaign)
	return inOrder(keys, found, campaignKey), err
}

// ListCampaigns lists the campaigns that pass the filter, those scheduled last first.
func (s *Store) ListCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	a, place, id := campaignsPassing(tenant, f), placeOf(page), int64(0)
	if page.After != (analytics.Cursor{}) {
		var err error
		if id, err = strconv.ParseInt(place.Key, 10, 64); err != nil {
			return nil, analytics.Invalidf("after", "is not a cursor of this list")
		}
	}
	a["before_at"], a["before_id"], a["most"] = place.At, id, page.First
	return collect(ctx, s, tenant, sql("list_campaigns"), a, scanCampaign)
}

// CountCampaigns is how many pass the filter.
func (s *Store) CountCampaigns(ctx context.Context, tenant int64, f analytics.CampaignFilter) (int, error) {
	return one(collect(ctx, s, tenant, sql("count_campaigns"), campaignsPassing(tenant, f), pgx.RowTo[int]))
}

func campaignsPassing(tenant int64, f analytics.CampaignFilter) args {
	within := analytics.Range{Start: beforeTime, End: endOfTime}
	if f.Scheduled != nil {
		within = *f.Scheduled
	}
	return args{"tenant_id": tenant, "from_at": within.Start, "to_at": within.End, "keys": f.Keys}
}

func scanCampaign(row pgx.CollectableRow) (*analytics.Campaign, error) {
	c := &analytics.Campaign{}
	err := row.Scan(&c.Number, &c.CampaignKey, &c.AccessKey, &c.Title, &c.ScheduledAt, &c.StartedAt, &c.EndedAt, &c.Subject)
	c.ScheduledAt = c.ScheduledAt.UTC()
	for _, t := range []*time.Time{c.StartedAt, c.EndedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return c, err
}

// Extents finds, for each subject, the range of whole quarter-hours from its
// first to its last cell; an empty range where there is none.
func (s *Store) Extents(ctx context.Context, tenant int64, subjects []int64) ([]analytics.Range, error) {
	n := make([]int32, len(subjects))
	for i := range n {
		n[i] = int32(i)
	}
	type extent struct {
		n int
		analytics.Range
	}
	found, err := collect(ctx, s, tenant, sql("extents"), args{"tenant_id": tenant, "n": n, "subjects": subjects},
		func(row pgx.CollectableRow) (e extent, err error) {
			var bucket time.Time
			var r analytics.Row
			if err = row.Scan(&e.n, &bucket, &r.Quarters); err != nil {
				return e, err
			}
			r.Key = analytics.Key{Level: analytics.LevelDay, Bucket: analytics.BucketOf(analytics.LevelDay, bucket)}
			e.Range, err = r.Extent()
			return e, err
		})
	out := make([]analytics.Range, len(subjects))
	for _, e := range found {
		if !e.Empty() {
			out[e.n] = out[e.n].Hull(e.Range)
		}
	}
	return out, err
}
