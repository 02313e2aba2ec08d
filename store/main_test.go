package store

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"footfall/analytics"
	"footfall/internal/storetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		os.Exit(runChild(url))
	}
	storetest.Prepare(migrateURL)
	storetest.Main(m)
}

func migrateURL(ctx context.Context, url string) error {
	s, err := Open(ctx, Options{URL: url})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(ctx)
	return err
}

// open connects to a database, until the test ends.
func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url})
	ok(t, err)
	t.Cleanup(s.Close)
	return s
}

// connect is a connection of the test's own, until it ends.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	ok(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// takePool leaves nobody a connection of the pool until the test ends.
func (w *world) takePool(t testing.TB) {
	t.Helper()
	for range w.pool.Config().MaxConns {
		conn, err := w.pool.Acquire(t.Context())
		ok(t, err)
		t.Cleanup(conn.Release)
	}
}

// world is a migrated database with one tenant, whose subjects exist.
type world struct {
	*Store
	url       string
	tenant    analytics.Tenant
	partners  []string
	campaigns []string
	events    []string // event keys: they exist once an event names them
}

// newWorld makes a world in a database of the test's own, with n subjects of
// each kind.
func newWorld(t testing.TB, n int) *world {
	t.Helper()
	url := storetest.Database(t)
	return settle(t, open(t, url), url, "acme", n)
}

// settle adds a tenant and its subjects.
func settle(t testing.TB, s *Store, url, key string, n int) *world {
	t.Helper()
	w := &world{Store: s, url: url}
	var err error
	w.tenant, err = s.CreateTenant(t.Context(), analytics.Tenant{AccessKey: key, Name: "Acme"})
	ok(t, err)
	partners, campaigns := make([]analytics.Partner, n), make([]analytics.Campaign, n)
	w.name(n)
	for i := range n {
		partners[i] = analytics.Partner{UUID: uuid.MustParse(w.partners[i]), Name: "p", PartnerType: analytics.Referral}
		campaigns[i] = analytics.Campaign{CampaignKey: w.campaigns[i], Title: "Live", ScheduledAt: at("2026-03-01T10:00:00Z")}
	}
	_, _, err = s.UpsertPartners(t.Context(), w.tenant.ID, partners)
	ok(t, err)
	_, _, err = s.UpsertCampaigns(t.Context(), w.tenant.ID, campaigns)
	ok(t, err)
	return w
}

// name gives the subjects their keys.
func (w *world) name(n int) {
	for i := range n {
		id := uuid.UUID{0: byte(i >> 8), 1: byte(i), 15: 1}
		w.partners = append(w.partners, id.String())
		w.campaigns = append(w.campaigns, fmt.Sprint("c", i))
		w.events = append(w.events, fmt.Sprint("e", i))
	}
}

// key is what clients call subject number i of a kind.
func (w *world) key(kind analytics.Kind, i int) string {
	return map[analytics.Kind][]string{
		analytics.KindEvent: w.events, analytics.KindPartner: w.partners, analytics.KindCampaign: w.campaigns,
	}[kind][i]
}

// subject is the number of a subject, 0 when it has none.
func (w *world) subject(t testing.TB, kind analytics.Kind, key string) int64 {
	t.Helper()
	var id int64
	err := w.pool.QueryRow(t.Context(),
		"SELECT coalesce(max(subject_id), 0) FROM subjects WHERE tenant_id = $1 AND kind = $2 AND key = $3",
		w.tenant.ID, int16(kind), key).Scan(&id)
	ok(t, err)
	return id
}

// record records events and fails the test unless all are taken.
func (w *world) record(t testing.TB, events ...analytics.Event) []analytics.Outcome {
	t.Helper()
	outcomes, _, err := w.Record(t.Context(), w.tenant.ID, events)
	ok(t, err)
	return outcomes
}

// total asks for one subject's totals over one range.
func (w *world) total(t testing.TB, kind analytics.Kind, key string, r analytics.Range, want analytics.Want) analytics.Totals {
	t.Helper()
	answers, err := w.Totals(t.Context(), w.tenant.ID, []analytics.Query{
		{Subject: w.subject(t, kind, key), Kind: kind, Ranges: []analytics.Range{r}, Want: want},
	})
	ok(t, err)
	return *answers[0].Totals[0]
}

const wantAll = analytics.WantUniques | analytics.WantPeak

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var discard = slog.New(slog.DiscardHandler)
