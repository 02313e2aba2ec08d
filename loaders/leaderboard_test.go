package loaders_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
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
		l := loaders.New(f, loaders.Viewer{}, time.Unix(0, 0))
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
	l := loaders.New(f, loaders.Viewer{}, time.Unix(0, 0))
	_, err := l.PartnerLeaderboard(t.Context(), loaders.Leaderboard{First: 5, Ask: loaders.Ask{Want: analytics.WantUniques}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{17, 0}; !slices.Equal(f.peers, want) {
		t.Errorf("peers of the calls: %v, want %v", f.peers, want)
	}
}
