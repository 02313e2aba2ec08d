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

// Partner finds a partner by its uuid; nil when there is none.
func (l *Loaders) Partner(ctx context.Context, id uuid.UUID) (*analytics.Partner, error) {
	return l.partners.Load(ctx, id)
}

// partnerWindow is what a range means for a partner: by default this year.
func (l *Loaders) partnerWindow(in *analytics.RangeInput, tz *analytics.TimeZone) (analytics.Window, error) {
	zone := l.zone(tz)
	return l.window(in, zone, analytics.CurrentYear.Resolve(zone, l.now))
}

// PartnerEngagement measures partners over a range.
func (l *Loaders) PartnerEngagement(ctx context.Context, of []*analytics.Partner, ask Ask) ([]*analytics.PartnerEngagement, error) {
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	ms, subjects := make([]analytics.Measured, len(of)), make([]int64, len(of))
	for i, p := range of {
		subjects[i] = p.Subject
		ms[i] = analytics.Measured{Noun: p, Where: where, MaxStaleness: ask.MaxStaleness, Asked: window, Window: window}
	}
	totals, err := l.totalsOf(ctx, analytics.KindPartner, subjects, ms, ask)
	return measures(totals, ms, (*analytics.Totals).PartnerEngagement), err
}

// partnerEngagement measures what m is of over another range.
func (l *Loaders) partnerEngagement(ctx context.Context, m analytics.Measured, window analytics.Window, want analytics.Want) (*analytics.PartnerEngagement, error) {
	m.Asked, m.Window = window, window
	totals, err := l.total(ctx, analytics.KindPartner, m.Noun.(*analytics.Partner).Subject, &m, want)
	if err != nil {
		return nil, err
	}
	return totals.PartnerEngagement(m), nil
}

// PreviousPartnerEngagement measures the same partner over an earlier range.
func (l *Loaders) PreviousPartnerEngagement(ctx context.Context, e *analytics.PartnerEngagement, by analytics.Comparison, want analytics.Want) (*analytics.PartnerEngagement, error) {
	return l.partnerEngagement(ctx, e.Measured, e.Asked.Before(by, l.now), want)
}

// PartnerEngagementChange says how far e is from an earlier range.
func (l *Loaders) PartnerEngagementChange(ctx context.Context, e *analytics.PartnerEngagement, by analytics.Comparison, want analytics.Want) (*analytics.PartnerEngagementChange, error) {
	before, err := l.PreviousPartnerEngagement(ctx, e, by, want)
	if err != nil {
		return nil, err
	}
	return &analytics.PartnerEngagementChange{Now: e, Before: before}, nil
}

// PartnerSeries measures a partner by calendar bucket.
func (l *Loaders) PartnerSeries(ctx context.Context, p *analytics.Partner, ask SeriesAsk) (*analytics.PartnerTimeSeries, error) {
	window, err := l.partnerWindow(ask.Range, ask.TimeZone)
	if err != nil {
		return nil, err
	}
	where, err := analytics.NewWhere(ask.Where)
	if err != nil {
		return nil, err
	}
	slots, err := ask.calendar(window.Zone).Slots(window.Range)
	if err != nil {
		return nil, err
	}
	answer, err := l.series(within(ctx, ask.MaxStaleness), analytics.KindPartner, p.Subject, slots, where, ask.Want)
	if err != nil {
		return nil, err
	}
	m := analytics.Measured{Noun: p, Window: window, Where: where, AsOf: answer.AsOf, MaxStaleness: ask.MaxStaleness}
	return l.partnerPoints(seriesResult{m, ask.Interval, slots, answer.Totals}), nil
}

func (l *Loaders) partnerPoints(r seriesResult) *analytics.PartnerTimeSeries {
	zone := r.of.Window.Zone
	s := &analytics.PartnerTimeSeries{Interval: r.interval, TimeZone: zone, Points: make([]*analytics.PartnerPoint, len(r.slots))}
	for i, slot := range r.slots {
		s.Points[i] = &analytics.PartnerPoint{
			Start: slot.Start.In(zone.Location()), End: slot.End.In(zone.Location()),
			Partial: l.partial(slot), Engagement: r.totals[i].PartnerEngagement(r.point(slot)),
		}
	}
	return s
}

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
func (l *Loaders) PartnerLeaderboard(ctx context.Context, ask Leaderboard) (*analytics.PartnerLeaderboardConnection, error) {
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
	of := analytics.Measured{Asked: window, Window: window, Where: where, AsOf: l.now, MaxStaleness: ask.MaxStaleness}
	order := analytics.PartnerOrder{Field: analytics.ByTotalSessions, Direction: analytics.Descending}
	if ask.Order != nil {
		order = *ask.Order
	}
	ctx, end := whileWanted(within(ctx, ask.MaxStaleness))
	defer end()
	partners, peers, err := l.ranked(ctx, ask.Filter)
	if err != nil {
		return nil, err
	}
	leave, err := acquireLeaderboard(ctx, len(partners))
	if err != nil {
		return nil, err
	}
	defer leave()
	standings, err := l.standings(ctx, of, partners, peers, order)
	if err != nil {
		return nil, err
	}
	from, err := l.placeAfter(ctx, of, order, standings, ask.After)
	if err != nil {
		return nil, err
	}
	to := min(from+ask.First, len(standings))
	if !order.NeedsUniques() {
		if err = l.settle(ctx, of, order, standings, from, to, ask.Want); err != nil {
			return nil, err
		}
	}
	return leaderboardPage(standings, of, from, to, ask.After != nil), nil
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

// standings measures the partners, and sorts.
func (l *Loaders) standings(ctx context.Context, of analytics.Measured, partners []*analytics.Partner, peers int, order analytics.PartnerOrder) ([]*analytics.Standing, error) {
	standings := make([]*analytics.Standing, len(partners))
	for i, p := range partners {
		standings[i] = &analytics.Standing{Partner: p}
	}
	want := analytics.Want(0)
	if order.NeedsUniques() {
		want = analytics.WantUniques
	}
	if err := l.measure(ctx, of, standings, peers, want); err != nil {
		return nil, err
	}
	order.Sort(standings)
	return standings, nil
}

// measure fills in the measures of standings, in one call. Peers is how many
// partners there are, 0 where they are a few of them.
func (l *Loaders) measure(ctx context.Context, of analytics.Measured, standings []*analytics.Standing, peers int, want analytics.Want) error {
	queries := make([]analytics.Query, len(standings))
	for i, s := range standings {
		queries[i] = queryOf(analytics.KindPartner, s.Partner.Subject, &of, want)
		queries[i].Peers = peers
	}
	if len(queries) == 0 {
		return nil
	}
	answers, err := l.source.Totals(ctx, l.Tenant(), queries)
	if err != nil {
		return err
	}
	if len(answers) != len(standings) {
		return fmt.Errorf("loaders: %d answers to %d queries", len(answers), len(standings))
	}
	for i, s := range standings {
		if err := answers[i].Err(); err != nil {
			return err
		}
		of.Noun, of.AsOf = s.Partner, answers[i].AsOf
		s.PartnerEngagement = *answers[i].Totals[0].PartnerEngagement(of)
	}
	return nil
}

// settle reads unique users where the page shows them or its order depends on
// them.
func (l *Loaders) settle(ctx context.Context, of analytics.Measured, order analytics.PartnerOrder, standings []*analytics.Standing, from, to int, want analytics.Want) error {
	from, to = order.TiesAround(standings, from, to)
	near := standings[from:to]
	var open []*analytics.Standing
	for i, s := range near {
		tied := i > 0 && order.Ties(near[i-1], s) || i+1 < len(near) && order.Ties(s, near[i+1])
		if s.TotalPageViews > 0 && (tied || want&analytics.WantUniques != 0) {
			open = append(open, s)
		}
	}
	if err := l.measure(ctx, of, open, 0, analytics.WantUniques); err != nil {
		return err
	}
	order.Sort(near)
	return nil
}

// placeAfter is the index of the standing that follows the cursor's partner, or would
// if it were listed still. Where unique users decide its place among those it ties
// with, they are read.
func (l *Loaders) placeAfter(ctx context.Context, of analytics.Measured, order analytics.PartnerOrder, standings []*analytics.Standing, after *string) (int, error) {
	if after == nil {
		return 0, nil
	}
	id, err := partnerOf(*after)
	if err != nil {
		return 0, err
	}
	is := func(s *analytics.Standing) bool { return s.Partner.UUID == id }
	next := 1
	if !slices.ContainsFunc(standings, is) {
		left, err := l.Partner(ctx, id)
		if err != nil {
			return 0, err
		}
		if left == nil {
			return 0, noCursor(*after)
		}
		beside, err := l.standings(ctx, of, []*analytics.Partner{left}, 0, order)
		if err != nil {
			return 0, err
		}
		standings, next = slices.Concat(standings, beside), 0
		order.Sort(standings)
	}
	if !order.NeedsUniques() {
		i := slices.IndexFunc(standings, is)
		if err := l.settle(ctx, of, order, standings, i, i+1, 0); err != nil {
			return 0, err
		}
	}
	return slices.IndexFunc(standings, is) + next, nil
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

func leaderboardPage(standings []*analytics.Standing, of analytics.Measured, from, to int, after bool) *analytics.PartnerLeaderboardConnection {
	c := &analytics.PartnerLeaderboardConnection{
		TotalCount: len(standings), Range: of.Range(),
		PageInfo: &analytics.PageInfo{HasNextPage: to < len(standings), HasPreviousPage: after},
	}
	for i := from; i < to; i++ {
		s := standings[i]
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
