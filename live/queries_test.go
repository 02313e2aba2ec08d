package live

import (
	"testing"
	"time"

	"footfall/analytics"
)

// A leaderboard is sent again when it says something else, not when it was read later.
func TestSameBoard(t *testing.T) {
	t.Parallel()
	board := func(change func(b *analytics.PartnerLeaderboardConnection)) *analytics.PartnerLeaderboardConnection {
		b := &analytics.PartnerLeaderboardConnection{TotalCount: 2, PageInfo: &analytics.PageInfo{}, Range: &analytics.ResolvedRange{Start: time.Unix(0, 0)}}
		for range 2 {
			b.Edges = append(b.Edges, &analytics.PartnerLeaderboardEdge{Engagement: &analytics.PartnerEngagement{UniqueUsers: 1}})
		}
		change(b)
		return b
	}
	first := board(func(*analytics.PartnerLeaderboardConnection) {})
	for name, c := range map[string]struct {
		same   bool
		change func(b *analytics.PartnerLeaderboardConnection)
	}{
		"nothing":             {true, func(*analytics.PartnerLeaderboardConnection) {}},
		"when it was read":    {true, func(b *analytics.PartnerLeaderboardConnection) { b.Edges[0].Engagement.AsOf = time.Unix(1, 0) }},
		"the first's measure": {false, func(b *analytics.PartnerLeaderboardConnection) { b.Edges[0].Engagement.UniqueUsers++ }},
		"the last's measure":  {false, func(b *analytics.PartnerLeaderboardConnection) { b.Edges[1].Engagement.UniqueUsers++ }},
		"a partner's name": {false, func(b *analytics.PartnerLeaderboardConnection) {
			b.Edges[1].Engagement.Noun = &analytics.Partner{Name: "x"}
		}},
		"how many there are": {false, func(b *analytics.PartnerLeaderboardConnection) { b.TotalCount++ }},
		"how many are shown": {false, func(b *analytics.PartnerLeaderboardConnection) { b.Edges = b.Edges[:1] }},
		"the range":          {false, func(b *analytics.PartnerLeaderboardConnection) { b.Range.Start = time.Unix(1, 0) }},
		"the page":           {false, func(b *analytics.PartnerLeaderboardConnection) { b.PageInfo.HasNextPage = true }},
	} {
		if got := sameBoard(first, board(c.change)); got != c.same {
			t.Errorf("%s: the same: %t", name, got)
		}
	}
}
