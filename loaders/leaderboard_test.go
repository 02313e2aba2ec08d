package loaders_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/admit"
	"footfall/analytics"
	"footfall/internal/await"
	"footfall/loaders"
)

// field is a Source of partners alone, whose counts tie often.
type field struct {
	loaders.Source
	partners []*analytics.Partner
	totals   map[int64]analytics.Total
	sets     int   // queries that read sets
	peers    []int // what the first query of each call says of them
}

func newField(seed uint64, n int) *field {
	random := rand.New(rand.NewPCG(seed, seed))
	f := &field{totals: map[int64]analytics.Total{}}
	for i := range n {
		p := &analytics.Partner{Subject: int64(i + 1), Name: fmt.Sprintf("P%d", random.IntN(4)), PartnerType: analytics.Referral}
		binary.BigEndian.PutUint64(p.UUID[:], random.Uint64())
		f.partners = append(f.partners, p)
		views := int64(random.IntN(3))
		f.totals[p.Subject] = analytics.Total{
			Starts: min(views, int64(random.IntN(2))), Events: views, Visitors: min(views, 1+int64(random.IntN(3))), Micros: int64(random.IntN(2)) * 1e6,
		}
	}
	return f
}

func (f *field) ListPartners(context.Context, int64) ([]*analytics.Partner, error) {
	return f.partners, nil
}

func (f *field) Totals(_ context.Context, _ int64, queries []analytics.Query) ([]analytics.Answer, error) {
	f.peers = append(f.peers, queries[0].Peers)
	out := make([]analytics.Answer, len(queries))
	for i, q := range queries {
		total := f.totals[q.Subject]
		if q.Want&analytics.WantUniques == 0 {
			total.Visitors = 0
		} else {
			f.sets++
		}
		out[i].Totals = []*analytics.Totals{{}}
		out[i].Totals[0].Of[analytics.PageView] = total
	}
	return out, nil
}

// TestPagesOfTies: whatever the order, the page size and the ties, the pages
// together are everyone, once, in the order that all measures give.
func TestPagesOfTies(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		f := newField(seed, 17)
		for _, by := range []analytics.PartnerOrderField{
			analytics.ByTotalSessions, analytics.ByTotalPageViews, analytics.ByUniqueUsers, analytics.ByAvgSessionDuration, analytics.ByName,
		} {
			for _, direction := range []analytics.OrderDirection{analytics.Ascending, analytics.Descending} {
				order := analytics.PartnerOrder{Field: by, Direction: direction}
				want := f.ranked(order)
				for first := 1; first <= len(want)+1; first++ {
					for _, ask := range []analytics.Want{0, analytics.WantUniques} {
						if got := f.pages(t, order, first, ask); !slices.Equal(got, want) {
							t.Fatalf("seed %d, by %s %s, pages of %d, want %d:\n got %v\nwant %v", seed, by, direction, first, ask, got, want)
						}
					}
				}
			}
		}
	}
}

// Partners whom a filter names are looked up, and nobody else.
func TestNamedPartnersAreNotSearchedFor(t *testing.T) {
	t.Parallel()
	f := &named{newField(1, 17)}
	ids := []uuid.UUID{f.partners[3].UUID, f.partners[9].UUID, {15: 1}, f.partners[3].UUID}
	for _, c := range []struct {
		filter analytics.PartnerFilter
		want   int
	}{
		{analytics.PartnerFilter{PartnerUuids: ids}, 2},
		{analytics.PartnerFilter{PartnerUuids: ids, TierUuids: ids}, 0},
		{analytics.PartnerFilter{PartnerUuids: []uuid.UUID{}}, 0},
	} {
		l := loaders.New(loaders.Options{Source: f})
		page, err := l.PartnerLeaderboard(t.Context(), loaders.Leaderboard{Filter: &c.filter, First: 10})
		if err != nil {
			t.Fatal(err)
		}
		if page.TotalCount != c.want || len(page.Edges) != c.want {
			t.Errorf("%v: %d partners on a page of %d, want %d", c.filter, page.TotalCount, len(page.Edges), c.want)
		}
	}
}

// named is a field whose partners cannot be listed.
type named struct{ *field }

func (n *named) ListPartners(context.Context, int64) ([]*analytics.Partner, error) {
	return nil, errors.New("everybody was listed")
}

func (n *named) Partners(_ context.Context, _ int64, uuids []uuid.UUID) ([]*analytics.Partner, error) {
	out := make([]*analytics.Partner, len(uuids))
	for i, id := range uuids {
		if at := slices.IndexFunc(n.partners, func(p *analytics.Partner) bool { return p.UUID == id }); at >= 0 {
			out[i] = n.partners[at]
		}
	}
	return out, nil
}

// Leaderboards of very many partners are ranked a few at a time, so that their memory
// is bounded; who leaves does not wait.
func TestLongLeaderboardsTakeTurns(t *testing.T) {
	t.Parallel()
	c := &crowd{field: newField(1, 10_001), entered: make(chan struct{}, 10), hold: make(chan struct{})}
	room := loaders.NewRoom(admit.New(admit.Options{Running: 2, Waiting: 10, Wait: time.Minute, Log: slog.New(slog.DiscardHandler)}))
	var all sync.WaitGroup
	board := func(ctx context.Context) error {
		_, err := loaders.New(loaders.Options{Source: c, Room: room}).PartnerLeaderboard(ctx, loaders.Leaderboard{First: 1})
		return err
	}
	for range 5 {
		all.Go(func() {
			if err := board(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	await.Value(t, "one is ranked", c.entered)
	await.Value(t, "another is ranked", c.entered)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := board(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	close(c.hold)
	all.Wait()
	if n := c.most.Load(); n != 2 {
		t.Errorf("%d at a time", n)
	}
}

// crowd is a field that counts who reads it at a time.
type crowd struct {
	*field
	entered, hold chan struct{}
	now, most     atomic.Int64
	mu            sync.Mutex
}

func (c *crowd) Totals(ctx context.Context, tenant int64, queries []analytics.Query) ([]analytics.Answer, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	c.entered <- struct{}{}
	<-c.hold
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.field.Totals(ctx, tenant, queries)
}

func (f *field) ranked(order analytics.PartnerOrder) []uuid.UUID {
	var all []*analytics.Standing
	for _, p := range f.partners {
		t := analytics.Totals{}
		t.Of[analytics.PageView] = f.totals[p.Subject]
		all = append(all, &analytics.Standing{Partner: p, PartnerEngagement: *t.PartnerEngagement(analytics.Measured{})})
	}
	order.Sort(all)
	var out []uuid.UUID
	for _, s := range all {
		out = append(out, s.Partner.UUID)
	}
	return out
}

func (f *field) pages(t *testing.T, order analytics.PartnerOrder, first int, want analytics.Want) []uuid.UUID {
	t.Helper()
	var out []uuid.UUID
	var after *string
	for range len(f.partners) + 2 {
		l := loaders.New(loaders.Options{Source: f})
		page, err := l.PartnerLeaderboard(t.Context(), loaders.Leaderboard{Order: &order, First: first, After: after, Ask: loaders.Ask{Want: want}})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range page.Edges {
			if e.Rank != len(out)+1 {
				t.Fatalf("rank %d at place %d of a page after %d", e.Rank, i, len(out))
			}
			out = append(out, e.Node.UUID)
		}
		if !page.PageInfo.HasNextPage {
			return out
		}
		after = page.PageInfo.EndCursor
	}
	t.Fatalf("pages of %d never end", first)
	return nil
}

// TestRankingSaysHowManyThereAre: who measures everyone says so, for the store to
// read them all at once; of the page's sets it does not.
func TestRankingSaysHowManyThereAre(t *testing.T) {
	t.Parallel()
	f := newField(1, 17)
	l := loaders.New(loaders.Options{Source: f})
	_, err := l.PartnerLeaderboard(t.Context(), loaders.Leaderboard{First: 5, Ask: loaders.Ask{Want: analytics.WantUniques}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{17, 0}; !slices.Equal(f.peers, want) {
		t.Errorf("peers of the calls: %v, want %v", f.peers, want)
	}
}
