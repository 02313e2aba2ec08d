package store

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"footfall/analytics"
)

// TestPlansUseIndexes fills 36 monthly partitions and asks how Postgres would
// run the statements of the write path and of reads, whether it plans for the
// arguments at hand or for any: never by reading a whole table.
func TestPlansUseIndexes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	fill(t, w)
	const n = 1000
	numbers, ids := make([]int32, n), make([]int64, n)
	ats, names, digests, spans := make([]time.Time, n), make([]string, n), make([]string, n), make([]string, n)
	start := at("2023-01-01T00:00:00Z")
	for i := range n {
		numbers[i], ids[i] = int32(i), int64(i)
		ats[i] = start.Add(time.Duration(i) * 26 * time.Hour)
		names[i], digests[i], spans[i] = "x", "00000000-0000-0000-0000-000000000001", "{}"
	}
	tenant := w.tenant.ID
	hundred := make([]analytics.Query, 100)
	for i := range hundred {
		hundred[i] = analytics.Query{Subject: int64(i + 1), Kind: analytics.KindEvent, Want: analytics.Want(i % 4), Ranges: []analytics.Range{{Start: start.Add(time.Minute), End: start.AddDate(1, 0, 3).Add(time.Minute)}}}
	}
	hundred[1].Kind, hundred[2].Kind, hundred[2].Want = analytics.KindPartner, analytics.KindCampaign, wantAll
	hundred[2].Ranges = []analytics.Range{{Start: start.Add(analytics.QuarterHour), End: start.AddDate(1, 0, 3)}} // others are sliced
	totals := newTotalsBatch(tenant, hundred)
	board := make([]analytics.Query, 500)
	for i := range board {
		board[i] = analytics.Query{Subject: int64(i), Kind: analytics.KindPartner, Peers: 500, Ranges: hundred[0].Ranges}
	}
	everyone := newTotalsBatch(tenant, board)
	for name, c := range map[string]struct {
		text string
		args args
	}{
		"find_events":       {sql("find_events"), args{"tenant_id": tenant, "n": numbers, "ats": ats, "ids": names, "first": ats[0], "last": ats[n-1]}},
		"find_identities":   {sql("find_identities"), args{"tenant_id": tenant, "n": numbers, "digests": digests}},
		"find_sessions":     {sql("find_sessions"), args{"tenant_id": tenant, "n": numbers, "subjects": ids, "actors": ids, "since": ats, "until": ats}},
		"delete_sessions":   {sql("delete_sessions"), args{"tenant_id": tenant, "subjects": ids, "actors": ids, "starts": ats}},
		"find_news":         {sql("find_news"), args{"tenant_id": tenant, "n": numbers, "subjects": ids, "visitors": ids, "added": spans}},
		"find_first_logins": {sql("find_first_logins"), args{"tenant_id": tenant, "visitors": ids}},
		"take_cells":        {sql("take_cells"), args{"tenant_id": tenant, "subjects": ids, "actions": make([]int16, n), "levels": make([]int16, n), "buckets": ats, "seqs": ids}},
		"extents":           {sql("extents"), args{"tenant_id": tenant, "n": numbers[:100], "subjects": ids[:100]}},
		"events_after":      {sql("events_after"), args{"tenant_id": tenant, "at": ats[0], "id": "", "most": n}},
		"find_link":         {sql("find_link"), args{"activation_id": "a5", "token_digest": []byte{1}}},
		"list_activations":  {sql("list_activations"), args{"tenant_id": tenant, "event_keys": nil, "tiers": nil, "statuses": nil, "started": endOfTime, "ended": beforeTime, "before_at": ats[5], "before_id": "a5", "most": 10}},
		"list_campaigns":    {sql("list_campaigns"), args{"tenant_id": tenant, "keys": nil, "from_at": ats[5], "to_at": ats[6], "before_at": endOfTime, "before_id": 0, "most": 10}},
		"count_activations": {sql("count_activations"), args{"tenant_id": tenant, "event_keys": nil, "tiers": nil, "statuses": nil, "started": ats[5], "ended": ats[5]}},
		"count_campaigns":   {sql("count_campaigns"), args{"tenant_id": tenant, "keys": nil, "from_at": ats[5], "to_at": ats[6]}},
		"totals":            {totals.text(), totals.args},
		"everyone":          {everyone.text(), everyone.args},
	} {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			plan := explain(t, w.url, mode, c.text, c.args)
			plan = strings.ReplaceAll(plan, "Seq Scan on tenants", "the tenant")
			if plan == "" || strings.Contains(plan, "Seq Scan") || strings.HasPrefix(name, "list_") && !strings.Contains(plan, "Rows Removed by Filter: 0") && strings.Contains(plan, "Rows Removed") {
				t.Errorf("%s reads a whole table (%s):\n%s", name, mode, plan)
			}
			if name == "everyone" && strings.Count(plan, "using cells_page_views") != 2 {
				t.Errorf("all partners are not read from the index for it (%s):\n%s", mode, plan)
			}
		}
	}
}

// TestOnlyTheMonthsOfEndsAreOpened asks for a year that begins and ends inside a
// quarter-hour, of the 36 months that there are: what Postgres opens of the others
// takes longer than the answer.
func TestOnlyTheMonthsOfEndsAreOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	makeMonths(t, w)
	start := at("2023-02-10T00:01:00Z")
	q := analytics.Query{Subject: 1, Kind: analytics.KindPartner, Want: wantAll, Ranges: []analytics.Range{{Start: start, End: start.AddDate(1, 0, 0)}}}
	totals := newTotalsBatch(w.tenant.ID, []analytics.Query{q})
	q.Kind = analytics.KindCampaign
	q.By = &analytics.Breakdown{By: []analytics.Dimension{analytics.DimensionSource}}
	sliced := newSlicedBatch([]analytics.Query{q})
	ats := []time.Time{start}
	for name, c := range map[string]struct {
		text string
		args args
	}{
		"totals":           {totals.text(), totals.args},
		"sliced":           {sliced.text(), sliced.args(w.tenant.ID)},
		"find_dimensions":  {sql("find_dimensions"), spanning(ats, args{"tenant_id": w.tenant.ID, "n": []int32{1}, "ats": ats, "ids": []string{"x"}})},
		"find_first_views": {sql("find_first_views"), spanning(ats, args{"tenant_id": w.tenant.ID, "n": []int32{1}, "ats": ats, "subjects": []int64{1}, "actors": []int64{1}})},
	} {
		plan := explain(t, w.url, "force_generic_plan", c.text, c.args)
		opened := regexp.MustCompile(`on events_(\d{4}_\d\d) `).FindAllStringSubmatch(plan, -1)
		if len(opened) == 0 {
			t.Errorf("%s reads no events:\n%s", name, plan)
		}
		for _, m := range opened {
			if month := m[1]; month != "2023_02" && month != "2024_02" {
				t.Errorf("%s opens %s", name, month)
			}
		}
	}
}

// TestDuplicatesAreLookedUpByTheirKey looks at plans for a new month, of whose
// partition Postgres has no statistics: empty, when a plan may be made that is
// then remembered, and with some events.
func TestDuplicatesAreLookedUpByTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	events := traffic(2000, analytics.KindEvent)
	ok(t, w.ensurePartitions(t.Context(), w.tenant.ID, events))
	key := args{"tenant_id": w.tenant.ID, "n": []int32{1}, "ats": []time.Time{events[0].At}, "ids": []string{"x"}, "first": events[0].At, "last": events[0].At}
	name := args{"tenant_id": w.tenant.ID, "n": []int32{1}, "kinds": []int16{1}, "keys": []string{"x"}}
	for range 3 {
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			if plan := explain(t, w.url, mode, sql("find_events"), key); !strings.Contains(plan, "_pkey") {
				t.Errorf("events are not looked up by their key (%s):\n%s", mode, plan)
			}
			if plan := explain(t, w.url, mode, sql("find_subjects"), name); !strings.Contains(plan, "_pkey") {
				t.Errorf("subjects are not looked up by their key (%s):\n%s", mode, plan)
			}
		}
		w.record(t, events[:500]...)
		events = events[500:]
	}
}

// makeMonths makes partitions of three years.
func makeMonths(t *testing.T, w *world) {
	t.Helper()
	var events []analytics.Event
	for i := range 36 {
		events = append(events, analytics.Event{At: at("2023-01-01T00:00:00Z").AddDate(0, i, 0)})
	}
	ok(t, w.ensurePartitions(t.Context(), w.tenant.ID, events))
}

func fill(t *testing.T, w *world) {
	t.Helper()
	makeMonths(t, w)
	for _, statement := range []string{
		`INSERT INTO events (tenant_id, at, subject_id, session_id, visitor_id, action, id)
			SELECT 1, '2023-01-01Z'::timestamptz + i * interval '7 minutes 50 seconds', i % 500, i / 3, i / 5, 1 + i % 4, 'id' || i FROM generate_series(1, 200000) i`,
		`INSERT INTO identities (tenant_id, digest, identity_id) SELECT 1, md5(i::text)::uuid, i FROM generate_series(1, 100000) i`,
		`INSERT INTO cells (tenant_id, subject_id, bucket, action, level, events, starts, micros)
			SELECT 1, i % 500, '2023-01-01'::date + i / 500 % 1000, 1 + i / 2 % 4, 1 + i % 2, 1, 0, 0 FROM generate_series(1, 200000) i`,
		`INSERT INTO sessions (tenant_id, subject_id, actor_id, started_at, ended_at)
			SELECT 1, i % 500, i, '2023-01-01Z', '2023-01-01Z' FROM generate_series(1, 100000) i`,
		`INSERT INTO viewers (tenant_id, subject_id, visitor_id, watched) SELECT 1, i % 500, i, '{}' FROM generate_series(1, 100000) i`,
		`INSERT INTO first_logins (tenant_id, visitor_id, subject_id, at, event_id) SELECT 1, i, i, '2023-01-01Z', 'x' FROM generate_series(1, 100000) i`,
		`INSERT INTO horizons (tenant_id, events_from) SELECT i, '2023-06-01Z' FROM generate_series(1, 10000) i`,
		`INSERT INTO kept_quarters (tenant_id, subject_id, quarter) SELECT 1, i % 500, '2023-01-01Z'::timestamptz + i * interval '15 minutes' FROM generate_series(1, 100000) i`,
		`INSERT INTO links (tenant_id, activation_id, token_digest, created_at) SELECT 1, 'a' || i, sha256(i::text::bytea), '2023-01-01Z' FROM generate_series(1, 20000) i`,
		`INSERT INTO activations (tenant_id, activation_id, subject_id, event_key, event_name, tier, status, start_at, end_at, created_at)
			SELECT 1, 'a' || i, i, 'e' || i, 'n', 't', 'ACTIVATED', '2023-01-01Z'::timestamptz + i * interval '1 hour', '2030-01-01Z', '2023-01-01Z' FROM generate_series(1, 20000) i`,
		`INSERT INTO campaigns (tenant_id, campaign_key, campaign_id, title, scheduled_at, subject_id)
			SELECT 1, 'c' || i, 1000 + i, 't', '2023-01-01Z'::timestamptz + i * interval '1 hour', i FROM generate_series(1, 20000) i`,
		`ANALYZE`,
	} {
		w.exec(t, statement)
	}
}

// explain runs a statement and returns the plan that Postgres says it used.
func explain(t *testing.T, url, mode, text string, a args) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	ok(t, err)
	plan := ""
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { plan += n.Message }
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	ok(t, err)
	defer func() { ok(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	for _, set := range []string{
		"LOAD 'auto_explain'", "SET auto_explain.log_min_duration = 0", "SET auto_explain.log_level = notice",
		"SET auto_explain.log_analyze = on", "SET jit = off", "SET plan_cache_mode = " + mode,
		"SELECT set_config('footfall.tenant', '1', false)", "SET ROLE " + tenantRole,
	} {
		_, err = conn.Exec(t.Context(), set)
		ok(t, err)
	}
	plan = ""
	_, err = conn.Exec(t.Context(), text, a)
	ok(t, err)
	return plan
}

// The categories of a partner are looked up, also where Postgres knows nothing yet of
// the tables: it joined each partner with each category.
func TestCategoriesAreLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	for _, table := range []string{"partners", "partner_groups"} {
		_, err := w.pool.Exec(t.Context(), "ALTER TABLE "+table+" SET (autovacuum_enabled = off)")
		ok(t, err)
	}
	partners := make([]analytics.Partner, 1000)
	uuids := make([]uuid.UUID, len(partners))
	for i := range partners {
		uuids[i] = uuid.UUID{1, byte(i >> 8), byte(i)}
		partners[i] = analytics.Partner{
			UUID: uuids[i], Name: "p", PartnerType: analytics.Referral,
			Categories: []*analytics.PartnerGroup{{UUID: uuid.UUID{2, byte(i % 200)}, Name: "c"}},
		}
	}
	_, _, err := w.UpsertPartners(t.Context(), w.tenant.ID, partners)
	ok(t, err)
	for name, c := range map[string]struct {
		text string
		args args
	}{
		"all":   {sql("partners_all") + sql("partners"), args{"tenant_id": w.tenant.ID}},
		"named": {sql("partners_by_uuid") + sql("partners"), args{"tenant_id": w.tenant.ID, "uuids": uuids[:500]}},
	} {
		if plan := explain(t, w.url, "force_generic_plan", c.text, c.args); !strings.Contains(plan, "partner_groups") || strings.Contains(plan, "Rows Removed by Join Filter") {
			t.Errorf("%s: each partner meets each category:\n%s", name, plan)
		}
	}
}
