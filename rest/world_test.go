package rest_test

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/auth"
	"footfall/edge"
	"footfall/graph"
	"footfall/rest"
)

var now = time.Date(2026, time.March, 20, 12, 0, 0, 0, time.UTC)

// world is a gateway over answers in memory: the real executor, the real
// authenticator, and a Source and a Directory that hold what a test puts there.
type world struct {
	http.Handler
	*source
	*directory
	rateLimit int
	edgeTTL   time.Duration
	stale     time.Duration // how old answers are, 0 when they are not stale
	log       bytes.Buffer
	auth      rest.Authenticator
	enter     func(tenant int64) error
}

// newWorld makes a gateway; change tells it how it differs from the usual one.
func newWorld(t testing.TB, change func(*world)) *world {
	t.Helper()
	w := &world{source: newSource(), directory: newDirectory()}
	if change != nil {
		change(w)
	}
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	clock := func() time.Time { return now }
	authenticator := auth.New(auth.Options{Directory: w.directory, Now: clock, RateLimit: w.rateLimit})
	if w.auth == nil {
		w.auth = authenticator
	}
	answers := edge.New(w.edgeTTL, clock)
	server, err := graph.New(graph.Options{
		Source: w.source, Auth: authenticator, Edge: answers, Log: log, Now: clock, Timeout: 10 * time.Second,
		Freshness: func(ctx context.Context) (context.Context, func() analytics.Freshness) {
			return ctx, func() analytics.Freshness {
				return analytics.Freshness{Age: w.stale, Stale: w.stale > 0, Reads: analytics.Reads{Memory: 1}, MaxAge: analytics.AnyAge}
			}
		},
	}, rest.Transports(rest.Options{Auth: w.auth, Enter: w.enter, Edge: answers, Log: log, Now: clock})...)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, pattern := range rest.Routes() {
		mux.Handle(pattern, server)
	}
	w.Handler = mux
	return w
}

func (w *world) do(method, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	maps.Copy(r.Header, header)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func bearer(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }

// The tenants: one in UTC, one in Paris, one that has nothing.
var (
	acme  = analytics.Tenant{ID: 1, AccessKey: "a1b2c3d4", Name: "Acme"}
	paris = analytics.Tenant{ID: 2, AccessKey: "paris", Name: "Paris", Zone: zone("Europe/Paris")}
	bare  = analytics.Tenant{ID: 3, AccessKey: "bare", Name: "Bare"}
)

func zone(name string) analytics.TimeZone {
	z, err := analytics.ParseTimeZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

// directory holds credentials by their secrets.
type directory struct {
	keys    map[[32]byte]analytics.APIKey
	links   map[string]analytics.Link
	failing error
}

func newDirectory() *directory {
	d := &directory{keys: map[[32]byte]analytics.APIKey{}, links: map[string]analytics.Link{}}
	for secret, key := range map[string]analytics.APIKey{
		"ff_reader": {ID: 1, Tenant: acme, Scopes: []analytics.Scope{analytics.ScopeRead}},
		"ff_writer": {ID: 2, Tenant: acme, Scopes: []analytics.Scope{analytics.ScopeWrite}},
		"ff_paris":  {ID: 3, Tenant: paris, Scopes: []analytics.Scope{analytics.ScopeRead}},
		"ff_bare":   {ID: 4, Tenant: bare, Scopes: []analytics.Scope{analytics.ScopeRead}},
		"ff_gone":   {ID: 5, Tenant: acme, Scopes: []analytics.Scope{analytics.ScopeRead}, RevokedAt: &now},
	} {
		d.keys[auth.Digest(secret)] = key
	}
	for id, token := range map[string]string{
		"act_abc123xyz": "tok_secure_token_here",
		"act_formula":   "tok_formula", "act_quiet": "tok_quiet", "act_whole": "tok_whole",
		"act_pending": "tok_pending", "act_processing": "tok_processing", "act_dismissed": "tok_dismissed",
		"act_deleted": "tok_deleted", "act_revoked": "tok_revoked",
	} {
		d.links[id] = analytics.Link{Tenant: acme, ActivationID: id, TokenDigest: auth.Digest(token)}
	}
	revoked := d.links["act_revoked"]
	revoked.RevokedAt = &now
	d.links["act_revoked"] = revoked
	return d
}

func (d *directory) APIKey(_ context.Context, digest [32]byte) (analytics.APIKey, error) {
	if key, ok := d.keys[digest]; ok || d.failing != nil {
		return key, d.failing
	}
	return analytics.APIKey{}, analytics.Errorf(analytics.CodeNotFound, "no such key")
}

func (d *directory) Link(_ context.Context, id string) (analytics.Link, error) {
	if link, ok := d.links[id]; ok || d.failing != nil {
		return link, d.failing
	}
	return analytics.Link{}, analytics.Errorf(analytics.CodeNotFound, "no such link")
}

func (d *directory) LinkByToken(_ context.Context, digest [32]byte) (analytics.Link, error) {
	for _, link := range d.links {
		if link.TokenDigest == digest {
			return link, d.failing
		}
	}
	return analytics.Link{}, analytics.Errorf(analytics.CodeNotFound, "no such link")
}

// source holds the nouns of acme and their totals, whatever the range.
type source struct {
	activations map[string]*analytics.Activation
	partners    []*analytics.Partner
	campaigns   []*analytics.Campaign
	totals      map[int64]analytics.Totals // by subject
	sources     map[string]int64           // clicks of any breakdown, by its one value
	others      int64                      // that are in none of sources
	gone        analytics.Gone             // why no totals can be told
	failure     error
	panics      bool

	mu      sync.Mutex
	queries []analytics.Query
	calls   int
}

func (s *source) called() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.panics {
		panic("out of the source")
	}
	return s.failure
}

func (s *source) Activations(_ context.Context, tenant int64, ids []string) ([]*analytics.Activation, error) {
	out := make([]*analytics.Activation, len(ids))
	for i, id := range ids {
		if tenant == acme.ID {
			out[i] = s.activations[id]
		}
	}
	return out, s.called()
}

func (s *source) ListActivations(context.Context, int64, analytics.ActivationFilter, analytics.Page) ([]*analytics.Activation, error) {
	panic("not for REST")
}

func (s *source) CountActivations(context.Context, int64, analytics.ActivationFilter) (int, error) {
	panic("not for REST")
}

func (s *source) Partners(ctx context.Context, tenant int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	all, err := s.ListPartners(ctx, tenant)
	out := make([]*analytics.Partner, len(uuids))
	for i, id := range uuids {
		if at := slices.IndexFunc(all, func(p *analytics.Partner) bool { return p.UUID == id }); at >= 0 {
			out[i] = all[at]
		}
	}
	return out, err
}

func (s *source) ListPartners(_ context.Context, tenant int64) ([]*analytics.Partner, error) {
	if tenant != acme.ID && tenant != paris.ID {
		return nil, s.called()
	}
	return s.partners, s.called()
}

func (s *source) Campaigns(context.Context, int64, []string) ([]*analytics.Campaign, error) {
	panic("not for REST")
}

func (s *source) ListCampaigns(_ context.Context, tenant int64, f analytics.CampaignFilter, page analytics.Page) ([]*analytics.Campaign, error) {
	var out []*analytics.Campaign
	for _, c := range s.campaigns {
		at := c.Cursor()
		after := page.After == analytics.Cursor{} || newestFirst(at, page.After) > 0
		if tenant == acme.ID && f.Scheduled.Contains(c.ScheduledAt) && (f.Keys == nil || slices.Contains(f.Keys, c.CampaignKey)) && after {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *analytics.Campaign) int { return newestFirst(a.Cursor(), b.Cursor()) })
	return out[:min(len(out), page.First)], s.called()
}

func (s *source) CountCampaigns(context.Context, int64, analytics.CampaignFilter) (int, error) {
	panic("not for REST")
}

func newestFirst(a, b analytics.Cursor) int {
	return cmp.Or(b.At.Compare(a.At), cmp.Compare(len(b.Key), len(a.Key)), cmp.Compare(b.Key, a.Key))
}

// Totals answers with no more than what was wanted, the same for every range.
func (s *source) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	if err := s.called(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, queries...)
	out := make([]analytics.Answer, len(queries))
	for i, q := range queries {
		totals := s.totals[q.Subject]
		if q.Want&analytics.WantUniques == 0 {
			totals.Sessions = 0
			for a := range totals.Of {
				totals.Of[a].Sessions, totals.Of[a].Visitors = 0, 0
			}
		}
		if q.Want&analytics.WantPeak == 0 {
			totals.Peak = 0
		}
		for range q.Ranges {
			out[i].Totals = append(out[i].Totals, totals.Keep())
		}
		if q.By != nil {
			for _, name := range slices.Sorted(maps.Keys(s.sources)) {
				out[i].Groups = append(out[i].Groups, analytics.Group{Values: []string{name}, Totals: clicks(s.sources[name])})
			}
			out[i].Other = clicks(s.others)
		}
		out[i].AsOf, out[i].Gone = now, s.gone
	}
	return out, nil
}

func clicks(n int64) []*analytics.Totals {
	totals := eventTotals(n, 0, 0, 0, 0, 0, 0)
	return []*analytics.Totals{totals.Keep()}
}

func (s *source) Extents(context.Context, int64, []int64) ([]analytics.Range, error) {
	panic("not for REST")
}

func id(last byte) uuid.UUID {
	u := uuid.MustParse("7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a00")
	u[15] = last
	return u
}
