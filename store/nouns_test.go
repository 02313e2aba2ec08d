package store

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/internal/await"
)

func TestTenantsKeysAndLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	_, err := w.CreateTenant(t.Context(), analytics.Tenant{AccessKey: "acme", Name: "Again"})
	code(t, err, analytics.CodeConflict)
	_, err = w.CreateTenant(t.Context(), analytics.Tenant{AccessKey: "no spaces", Name: "Again"})
	code(t, err, analytics.CodeInvalid)
	paris, err := analytics.ParseTimeZone("Europe/Paris")
	ok(t, err)
	other, err := w.CreateTenant(t.Context(), analytics.Tenant{AccessKey: "other", Name: "Other", Zone: paris})
	ok(t, err)
	found, err := w.Tenant(t.Context(), "other")
	ok(t, err)
	equal(t, "tenant", []any{found.ID, found.Name, found.Zone.String()}, []any{other.ID, "Other", "Europe/Paris"})
	own, err := w.identityKey(t.Context(), w.tenant.ID)
	ok(t, err)
	others, err := w.identityKey(t.Context(), other.ID)
	ok(t, err)
	equal(t, "bytes of secrets", []int{len(own), len(others)}, []int{32, 32})
	equal(t, "secrets are one", bytes.Equal(own, others), false)
	_, err = w.Tenant(t.Context(), "nobody")
	code(t, err, analytics.CodeNotFound)

	expires := at("2030-01-01T00:00:00Z")
	key, err := w.CreateKey(t.Context(), analytics.APIKey{
		Tenant: other, Prefix: "ff_abc", Name: "ci", Scopes: []analytics.Scope{analytics.ScopeRead, analytics.ScopeWrite}, ExpiresAt: &expires,
	}, [32]byte{1})
	ok(t, err)
	got, err := w.APIKey(t.Context(), [32]byte{1})
	ok(t, err)
	equal(t, "key", []any{got.ID, got.Tenant.AccessKey, got.Scopes, got.ExpiresAt.Equal(expires), got.RevokedAt},
		[]any{key.ID, "other", key.Scopes, true, (*time.Time)(nil)})
	_, err = w.APIKey(t.Context(), [32]byte{2})
	code(t, err, analytics.CodeNotFound)
	code(t, w.RevokeKey(t.Context(), w.tenant.ID, key.ID), analytics.CodeNotFound)
	ok(t, w.RevokeKey(t.Context(), other.ID, key.ID))
	keys, err := w.Keys(t.Context(), other.ID)
	ok(t, err)
	equal(t, "keys", []any{len(keys), keys[0].RevokedAt != nil, keys[0].Active(expires.Add(-1))}, []any{1, true, false})
}

func TestActivations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	start := at("2026-03-01T00:00:00Z")
	for i, id := range []string{"a", "b", "c"} {
		_, change, err := w.CreateActivation(t.Context(), w.tenant.ID, analytics.Activation{
			ActivationID: id, EventKey: "jazz", EventName: "Jazz", Tier: "gold", Status: analytics.Activated,
			StartAt: start.AddDate(0, 0, i), EndAt: start.AddDate(0, 1, i),
		}, [32]byte{byte(i)})
		ok(t, err)
		equal(t, "topics", change.Topics, []analytics.Topic{analytics.TopicActivations})
	}
	_, _, err := w.CreateActivation(t.Context(), w.tenant.ID, analytics.Activation{ActivationID: "a", StartAt: start, EndAt: start}, [32]byte{9})
	code(t, err, analytics.CodeConflict)
	_, _, err = w.CreateActivation(t.Context(), w.tenant.ID, analytics.Activation{ActivationID: "z", StartAt: start, EndAt: start}, [32]byte{0})
	equal(t, "another's digest", []any{err != nil, analytics.CodeOf(err)}, []any{true, analytics.Code("")}) // not the client's doing

	found, err := w.Activations(t.Context(), w.tenant.ID, []string{"c", "none", "a"})
	ok(t, err)
	equal(t, "found", []any{found[0].ActivationID, found[1] == nil, found[2].Subject == found[0].Subject}, []any{"c", true, true})
	equal(t, "listed", activationIDs(t, w, analytics.ActivationFilter{}, 2, analytics.Cursor{}), []string{"c", "b"})
	equal(t, "next page", activationIDs(t, w, analytics.ActivationFilter{}, 2, analytics.Cursor{At: start.AddDate(0, 0, 1), Key: "b"}), []string{"a"})
	active := start.Add(time.Hour)
	equal(t, "active", activationIDs(t, w, analytics.ActivationFilter{ActiveAt: &active, Tiers: []string{"gold"}, EventKeys: []string{"jazz"}}, 9, analytics.Cursor{}), []string{"a"})
	equal(t, "no status", activationIDs(t, w, analytics.ActivationFilter{Statuses: []analytics.ActivationStatus{}}, 9, analytics.Cursor{}), []string(nil))
	equal(t, "pending", activationIDs(t, w, analytics.ActivationFilter{Statuses: []analytics.ActivationStatus{analytics.Pending}}, 9, analytics.Cursor{}), []string(nil))

	link, err := w.LinkByToken(t.Context(), [32]byte{1})
	ok(t, err)
	equal(t, "link", []any{link.ActivationID, link.Tenant.AccessKey, link.TokenDigest}, []any{"b", "acme", [32]byte{1}})
	ok(t, w.RevokeLink(t.Context(), w.tenant.ID, "b"))
	link, err = w.Link(t.Context(), "b")
	ok(t, err)
	equal(t, "revoked", link.RevokedAt != nil, true)
	set, change, err := w.SetActivationStatus(t.Context(), w.tenant.ID, "b", analytics.Dismissed)
	ok(t, err)
	equal(t, "topics", change.Topics, []analytics.Topic{analytics.TopicActivations})
	found, err = w.Activations(t.Context(), w.tenant.ID, []string{"a", "b"})
	ok(t, err)
	equal(t, "dismissed", []any{found[0].Status, *found[1]}, []any{analytics.Activated, *set})
	_, _, err = w.SetActivationStatus(t.Context(), w.tenant.ID, "none", analytics.Dismissed)
	code(t, err, analytics.CodeNotFound)
	_, err = w.DeleteActivation(t.Context(), w.tenant.ID, "b")
	ok(t, err)
	_, err = w.DeleteActivation(t.Context(), w.tenant.ID, "b")
	code(t, err, analytics.CodeNotFound)
	_, err = w.Link(t.Context(), "b")
	code(t, err, analytics.CodeNotFound)
	_, _, err = w.CreateActivation(t.Context(), w.tenant.ID, analytics.Activation{ActivationID: "b", StartAt: start, EndAt: start}, [32]byte{7})
	code(t, err, analytics.CodeConflict) // an id is never used again
}

func activationIDs(t *testing.T, w *world, f analytics.ActivationFilter, first int, after analytics.Cursor) []string {
	t.Helper()
	list, err := w.ListActivations(t.Context(), w.tenant.ID, f, analytics.Page{First: first, After: after})
	ok(t, err)
	if len(list) < first && after == (analytics.Cursor{}) {
		n, err := w.CountActivations(t.Context(), w.tenant.ID, f)
		ok(t, err)
		equal(t, fmt.Sprintf("how many pass %+v", f), n, len(list))
	}
	var ids []string
	for _, a := range list {
		ids = append(ids, a.ActivationID)
	}
	return ids
}

func TestPartners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	group := func(b byte, name string) *analytics.PartnerGroup {
		return &analytics.PartnerGroup{UUID: uuid.UUID{b}, Name: name}
	}
	logo := uuid.UUID{42}
	full := analytics.Partner{
		UUID: uuid.UUID{1}, Name: "Full", LogoUUID: &logo, PartnerType: analytics.Reseller, LeadDirection: new(analytics.LeadsSent),
		Categories: []*analytics.PartnerGroup{group(1, "Music"), group(2, "Art"), group(1, "Music")}, Tier: group(3, "Gold"), Stage: group(4, "Live"),
	}
	bare := analytics.Partner{UUID: uuid.UUID{2}, Name: "Bare", PartnerType: analytics.Referral}
	saved, _, err := w.UpsertPartners(t.Context(), w.tenant.ID, []analytics.Partner{full, bare})
	ok(t, err)
	list, err := w.ListPartners(t.Context(), w.tenant.ID)
	ok(t, err)
	bare.Subject, full.Subject = saved[1].Subject, saved[0].Subject
	bare.Categories = []*analytics.PartnerGroup{}
	full.Categories = []*analytics.PartnerGroup{group(2, "Art"), group(1, "Music")}
	equal(t, "partners", list, []*analytics.Partner{&bare, &full})
	equal(t, "saved", saved, []*analytics.Partner{&full, &bare})
	full.Tier = group(3, "Platinum") // renames the group
	_, _, err = w.UpsertPartners(t.Context(), w.tenant.ID, []analytics.Partner{full})
	ok(t, err)
	list, err = w.ListPartners(t.Context(), w.tenant.ID)
	ok(t, err)
	equal(t, "renamed", list, []*analytics.Partner{&bare, &full})
	found, err := w.Partners(t.Context(), w.tenant.ID, []uuid.UUID{full.UUID, {9}, bare.UUID})
	ok(t, err)
	equal(t, "found", found, []*analytics.Partner{&full, nil, &bare})
}

// Numbers that clients gave, many in a row, are passed over in few steps.
func TestCampaignNumbersAfterMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	const given = 1000
	var many []analytics.Campaign
	for i := range int64(given) {
		many = append(many, analytics.Campaign{CampaignKey: fmt.Sprint("given", i), Number: 1 + i, Title: "t", ScheduledAt: at("2026-03-01T00:00:00Z")})
	}
	_, _, err := w.UpsertCampaigns(t.Context(), w.tenant.ID, many)
	ok(t, err)
	before := w.Statements()
	for _, key := range []string{"a", "b"} {
		saved, _, err := w.UpsertCampaigns(t.Context(), w.tenant.ID, []analytics.Campaign{{CampaignKey: key, Title: "t", ScheduledAt: at("2026-03-01T00:00:00Z")}})
		ok(t, err)
		if n := saved[0].Number; n <= given || n > 3*given {
			t.Errorf("%s is number %d", key, n)
		}
	}
	if n := w.Statements() - before; n > 100 {
		t.Errorf("%d statements for two campaigns", n)
	}
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	start := at("2026-03-01T10:00:00Z")
	saved, _, err := w.UpsertCampaigns(t.Context(), w.tenant.ID, []analytics.Campaign{
		{CampaignKey: "x", Title: "X", ScheduledAt: start, StartedAt: &start},
		{CampaignKey: "y", Title: "Y", ScheduledAt: start.Add(time.Hour), Number: 1},
		{CampaignKey: "z", Title: "Z", ScheduledAt: start.Add(time.Hour)},
	})
	ok(t, err)
	equal(t, "numbers", []int64{saved[0].Number, saved[1].Number, saved[2].Number}, []int64{2, 1, 3})
	equal(t, "first", []any{saved[0].AccessKey, *saved[0].StartedAt, saved[0].EndedAt == nil}, []any{"acme", start, true})
	_, _, err = w.UpsertCampaigns(t.Context(), w.tenant.ID, []analytics.Campaign{
		{CampaignKey: "x", Title: "X", ScheduledAt: start}, {CampaignKey: "z", Title: "Z", ScheduledAt: start, Number: 2},
	})
	code(t, err, analytics.CodeConflict)
	equal(t, "conflict", err.Error(), `campaigns[1].campaignId: belongs to another campaign: "2"`)
	_, _, err = w.UpsertCampaigns(t.Context(), w.tenant.ID, []analytics.Campaign{{CampaignKey: "x", Title: "X2", ScheduledAt: start}})
	ok(t, err)
	found, err := w.Campaigns(t.Context(), w.tenant.ID, []string{"nope", "x"})
	ok(t, err)
	equal(t, "found", []any{found[0] == nil, found[1].Number, found[1].Title}, []any{true, int64(2), "X2"})
	equal(t, "all", campaignKeys(t, w, analytics.CampaignFilter{}, analytics.Page{First: 9}), []string{"z", "y", "x"})
	equal(t, "page", campaignKeys(t, w, analytics.CampaignFilter{}, analytics.Page{First: 9, After: saved[2].Cursor()}), []string{"y", "x"})
	equal(t, "range", campaignKeys(t, w, analytics.CampaignFilter{Scheduled: &analytics.Range{Start: start, End: start.Add(time.Hour)}}, analytics.Page{First: 9}), []string{"x"})
	equal(t, "keys", campaignKeys(t, w, analytics.CampaignFilter{Keys: []string{"y", "x", "q"}}, analytics.Page{First: 9}), []string{"y", "x"})
	equal(t, "no keys", campaignKeys(t, w, analytics.CampaignFilter{Keys: []string{}}, analytics.Page{First: 9}), []string(nil))
	_, err = w.ListCampaigns(t.Context(), w.tenant.ID, analytics.CampaignFilter{}, analytics.Page{First: 9, After: analytics.Cursor{At: start, Key: "x"}})
	code(t, err, analytics.CodeInvalid)
}

func campaignKeys(t *testing.T, w *world, f analytics.CampaignFilter, page analytics.Page) []string {
	t.Helper()
	list, err := w.ListCampaigns(t.Context(), w.tenant.ID, f, page)
	ok(t, err)
	if len(list) < page.First && page.After == (analytics.Cursor{}) {
		n, err := w.CountCampaigns(t.Context(), w.tenant.ID, f)
		ok(t, err)
		equal(t, fmt.Sprintf("how many pass %+v", f), n, len(list))
	}
	var out []string
	for _, c := range list {
		out = append(out, c.CampaignKey)
	}
	return out
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	pending, err := w.Pending(t.Context(), 100, 1_000_000)
	ok(t, err)
	var seqs []int64
	for _, c := range pending {
		seqs = append(seqs, c.Seq)
	}
	equal(t, "pending", len(seqs), 2) // partners and campaigns
	ok(t, w.Settle(t.Context(), w.tenant.ID, seqs))
	click := analytics.Event{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: "e", At: at("2026-03-02T12:00:00Z")}
	_, change, err := w.Record(t.Context(), w.tenant.ID, []analytics.Event{click})
	ok(t, err)
	pending, err = w.Pending(t.Context(), 100, 1_000_000)
	ok(t, err)
	equal(t, "pending", pending, []analytics.Change{change})
	equal(t, "topics", change.Topics, []analytics.Topic{analytics.SubjectTopic(w.subject(t, analytics.KindEvent, "e"))})
	_, change, err = w.Record(t.Context(), w.tenant.ID, []analytics.Event{click})
	ok(t, err)
	equal(t, "a duplicate touches nothing", []any{change.Seq, len(change.Topics)}, []any{int64(0), 0})
}

func TestExtents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.record(t,
		// Ends at midnight: the audience's last step lies in a day without quarter-hours.
		analytics.Event{ID: "1", Action: analytics.Watch, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: "v", At: at("2026-03-02T23:59:00Z"), Seconds: 60},
		analytics.Event{ID: "2", Action: analytics.Like, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: "v", At: at("2026-02-01T10:17:00Z")},
	)
	extents, err := w.Extents(t.Context(), w.tenant.ID, []int64{
		w.subject(t, analytics.KindCampaign, w.campaigns[1]), w.subject(t, analytics.KindCampaign, w.campaigns[0]),
	})
	ok(t, err)
	equal(t, "extents", extents, []analytics.Range{{}, {Start: at("2026-02-01T10:15:00Z"), End: at("2026-03-03T00:00:00Z")}})
}

// A commit that has begun is waited for, or nobody would know whether it happened.
func TestCommitsAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ctx, leave := context.WithCancel(t.Context())
	for _, statement := range []string{
		"CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'",
		"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON activations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()",
	} {
		_, err := w.pool.Exec(ctx, statement)
		ok(t, err)
	}
	hold := connect(t, w.url)
	_, err := hold.Exec(t.Context(), "SELECT pg_advisory_lock(7)")
	ok(t, err)
	done := make(chan error, 1)
	go func() {
		_, _, err := w.CreateActivation(ctx, w.tenant.ID, analytics.Activation{
			ActivationID: "a", EventKey: "e", EventName: "E", Tier: "gold", Status: analytics.Activated, StartAt: at("2026-03-01T00:00:00Z"), EndAt: at("2026-04-01T00:00:00Z"),
		}, [32]byte{1})
		done <- err
	}()
	await.Until(t, "it commits", func() (waits bool) {
		ok(t, hold.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted)").Scan(&waits))
		return waits
	})
	leave()
	_, err = hold.Exec(t.Context(), "SELECT pg_advisory_unlock(7)")
	ok(t, err)
	ok(t, await.Value(t, "it is done", done))
}
