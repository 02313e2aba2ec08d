package loaders

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"footfall/analytics"
)

// Leaderboard is what a leaderboard is asked for.
type Leaderboard struct {
	Ask
	Filter *analytics.PartnerFilter
	Order  *analytics.PartnerOrder
	First  int
	After  *string
}

// PartnerLeaderboard ranks the partners that pass the filter. Everyone is
// ranked by counts; sets are read for the page alone and for those who tie with
// its ends, unless the order is by unique users.
func (l *Loaders) PartnerLeaderboard(ctx context.Context, ask Leaderboard) (page *analytics.PartnerLeaderboardConnection, err error) {
	if ask.First < 1 || ask.First > analytics.MaxPage {
		return nil, analytics.Invalidf("first", "must be from 1 to %d, got %d", analytics.MaxPage, ask.First)
	}
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	r := &ranking{
		Loaders: l, order: analytics.PartnerOrder{Field: analytics.ByTotalSessions, Direction: analytics.Descending},
		of: analytics.Measured{Asked: window, Window: window, Where: where, AsOf: l.now, MaxStaleness: ask.MaxStaleness},
	}
	if ask.Order != nil {
		r.order = *ask.Order
	}
	ctx, end := whileWanted(withMaxStaleness(ctx, ask.MaxStaleness))
	defer end()
	partners, peers, err := l.ranked(ctx, ask.Filter)
	if err != nil {
		return nil, err
	}
	err = l.room.rank(ctx, l.Tenant(), len(partners), func() (err error) {
		page, err = r.page(ctx, partners, peers, ask)
		return err
	})
	return page, err
}

// mostNamed is how many partners are looked up rather than searched for among all: what
// is looked up is remembered, whether there is such a partner or not.
const mostNamed = 100

// ranked are the partners who pass the filter, and among how many, 0 where only those
// few were looked up that it names.
func (l *Loaders) ranked(ctx context.Context, f *analytics.PartnerFilter) (passed []*analytics.Partner, among int, err error) {
	if err = f.Check(); err != nil {
		return nil, 0, err
	}
	var all []*analytics.Partner
	switch {
	case f == nil || f.PartnerUuids == nil || len(f.PartnerUuids) > mostNamed:
		all, err = l.allPartners.Load(ctx, struct{}{})
		among = len(all)
	case len(f.PartnerUuids) > 0:
		named := slices.Clone(f.PartnerUuids)
		slices.SortFunc(named, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
		all, err = l.partners.LoadAll(ctx, slices.Compact(named))
	}
	if err != nil {
		return nil, 0, err
	}
	matches := f.Matches()
	for _, p := range all {
		if p != nil && matches(p) {
			passed = append(passed, p)
		}
	}
	return passed, among, nil
}

// ranking is partners on their way to a leaderboard.
type ranking struct {
	*Loaders
	of        analytics.Measured // whose, but for the noun
	order     analytics.PartnerOrder
	standings []*analytics.Standing // in order, but for ties that were not settled
}

func (r *ranking) page(ctx context.Context, partners []*analytics.Partner, peers int, ask Leaderboard) (*analytics.PartnerLeaderboardConnection, error) {
	var err error
	if r.standings, err = r.rank(ctx, partners, peers); err != nil {
		return nil, err
	}
	from, err := r.placeAfter(ctx, ask.After)
	if err != nil {
		return nil, err
	}
	to := min(from+ask.First, len(r.standings))
	if err = r.settle(ctx, from, to, ask.Want); err != nil {
		return nil, err
	}
	return r.connection(from, to, ask.After != nil), nil
}

// rank measures the partners, and sorts.
func (r *ranking) rank(ctx context.Context, partners []*analytics.Partner, peers int) ([]*analytics.Standing, error) {
	standings := make([]*analytics.Standing, len(partners))
	for i, p := range partners {
		standings[i] = &analytics.Standing{Partner: p}
	}
	want := analytics.Want(0)
	if r.order.NeedsUniques() {
		want = analytics.WantUniques
	}
	if err := r.measure(ctx, standings, peers, want); err != nil {
		return nil, err
	}
	r.order.Sort(standings)
	return standings, nil
}

// measure fills in the measures of standings, in one call. Peers is how many
// partners there are, 0 where they are a few of them.
func (r *ranking) measure(ctx context.Context, standings []*analytics.Standing, peers int, want analytics.Want) error {
	queries := make([]analytics.Query, len(standings))
	for i, s := range standings {
		queries[i] = queryOf(analytics.KindPartner, s.Partner.Subject, &r.of, want)
		queries[i].Peers = peers
	}
	if len(queries) == 0 {
		return nil
	}
	answers, err := r.source.Totals(ctx, r.Tenant(), queries)
	if err != nil {
		return err
	}
	if len(answers) != len(standings) {
		return fmt.Errorf("loaders: %d answers to %d queries", len(answers), len(standings))
	}
	of := r.of
	for i, s := range standings {
		if err := answers[i].Err(); err != nil {
			return err
		}
		of.Noun, of.AsOf = s.Partner, answers[i].AsOf
		s.PartnerEngagement = *answers[i].Totals[0].PartnerEngagement(of)
	}
	return nil
}

// settle reads unique users where a page shows them or its order depends on them.
func (r *ranking) settle(ctx context.Context, from, to int, want analytics.Want) error {
	if r.order.NeedsUniques() { // they are read already
		return nil
	}
	from, to = r.order.TiesAround(r.standings, from, to)
	near := r.standings[from:to]
	var open []*analytics.Standing
	for i, s := range near {
		tied := i > 0 && r.order.Ties(near[i-1], s) || i+1 < len(near) && r.order.Ties(s, near[i+1])
		if s.TotalPageViews > 0 && (tied || want&analytics.WantUniques != 0) {
			open = append(open, s)
		}
	}
	if err := r.measure(ctx, open, 0, analytics.WantUniques); err != nil {
		return err
	}
	r.order.Sort(near)
	return nil
}

// placeAfter is the index of the standing that follows the cursor's partner, or would
// if it were listed still. Where unique users decide its place among those it ties
// with, they are read.
func (r *ranking) placeAfter(ctx context.Context, after *string) (int, error) {
	if after == nil {
		return 0, nil
	}
	id, err := partnerOf(*after)
	if err != nil {
		return 0, err
	}
	is := func(s *analytics.Standing) bool { return s.Partner.UUID == id }
	among, next := *r, 1
	if !slices.ContainsFunc(r.standings, is) {
		left, err := r.Partner(ctx, id)
		if err != nil {
			return 0, err
		}
		if left == nil {
			return 0, noCursor(*after)
		}
		beside, err := r.rank(ctx, []*analytics.Partner{left}, 0)
		if err != nil {
			return 0, err
		}
		among.standings, next = slices.Concat(r.standings, beside), 0
		among.order.Sort(among.standings)
	}
	i := slices.IndexFunc(among.standings, is)
	if err := among.settle(ctx, i, i+1, 0); err != nil {
		return 0, err
	}
	return slices.IndexFunc(among.standings, is) + next, nil
}

// partnerOf is whose cursor it is.
func partnerOf(cursor string) (uuid.UUID, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return uuid.Nil, noCursor(cursor)
	}
	id, err := uuid.ParseBytes(raw)
	if err != nil || id.String() != string(raw) { // written in another way
		return uuid.Nil, noCursor(cursor)
	}
	return id, nil
}

func noCursor(cursor string) error {
	return analytics.Invalidf("after", "is not a cursor of this leaderboard: %s", analytics.Quote(cursor))
}

// connection is the page from one standing up to another.
func (r *ranking) connection(from, to int, after bool) *analytics.PartnerLeaderboardConnection {
	c := &analytics.PartnerLeaderboardConnection{
		TotalCount: len(r.standings), Range: r.of.Range(),
		PageInfo: &analytics.PageInfo{HasNextPage: to < len(r.standings), HasPreviousPage: after},
	}
	for i := from; i < to; i++ {
		s := r.standings[i]
		cursor := base64.RawURLEncoding.EncodeToString([]byte(s.Partner.UUID.String()))
		if c.PageInfo.StartCursor == nil {
			c.PageInfo.StartCursor = &cursor
		}
		c.PageInfo.EndCursor = &cursor
		c.Nodes = append(c.Nodes, s.Partner)
		c.Edges = append(c.Edges, &analytics.PartnerLeaderboardEdge{
			Cursor: cursor, Rank: i + 1, Node: s.Partner, Engagement: &s.PartnerEngagement,
		})
	}
	return c
}
