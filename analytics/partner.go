package analytics

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Partner is a partnership whose portal traffic is counted.
type Partner struct {
	UUID          uuid.UUID
	Name          string
	LogoUUID      *uuid.UUID
	PartnerType   PartnerType
	LeadDirection *LeadDirection
	Categories    []*PartnerGroup
	Tier, Stage   *PartnerGroup
	Subject       int64
}

// IsNode marks the noun as a Relay node.
func (Partner) IsNode() {}

// ID is the Relay id.
func (p Partner) ID() string { return EncodeID("Partner", p.UUID.String()) }

// PartnerGroup is a category, a tier or a stage.
type PartnerGroup struct {
	UUID uuid.UUID `json:"uuid"`
	Name string    `json:"name"`
}

// PartnerGroupInput names a group, creating it when it is new.
type PartnerGroupInput struct {
	UUID uuid.UUID
	Name string
}

// PartnerInput creates or replaces a partner.
type PartnerInput struct {
	UUID          uuid.UUID
	Name          string
	LogoUUID      *uuid.UUID
	PartnerType   PartnerType
	LeadDirection *LeadDirection
	Categories    []*PartnerGroupInput
	Tier, Stage   *PartnerGroupInput
}

// Partner checks the input.
func (in PartnerInput) Partner() (Partner, error) {
	p := Partner{
		UUID: in.UUID, Name: in.Name, LogoUUID: in.LogoUUID, PartnerType: in.PartnerType, LeadDirection: in.LeadDirection,
		Tier: (*PartnerGroup)(in.Tier), Stage: (*PartnerGroup)(in.Stage),
	}
	if err := text("name", p.Name, 1, 512); err != nil {
		return p, err
	}
	for i, c := range in.Categories {
		p.Categories = append(p.Categories, (*PartnerGroup)(c))
		if err := p.Categories[i].check(fmt.Sprintf("categories[%d]", i)); err != nil {
			return p, err
		}
	}
	if err := p.Tier.check("tier"); err != nil {
		return p, err
	}
	return p, p.Stage.check("stage")
}

// check validates the group that an input's field holds, nil for none.
func (g *PartnerGroup) check(field string) error {
	if g == nil {
		return nil
	}
	return text(field+".name", g.Name, 1, 512)
}

// PartnerFilter narrows a leaderboard: OR within a field, AND across. Nil
// fields do not narrow; an unknown uuid matches nothing.
type PartnerFilter struct {
	PartnerType   *PartnerType
	LeadDirection *LeadDirection
	PartnerUuids  []uuid.UUID
	CategoryUuids []uuid.UUID
	TierUuids     []uuid.UUID
	StageUuids    []uuid.UUID
}

// Check refuses lists that are too long.
func (f *PartnerFilter) Check() error {
	if f == nil {
		return nil
	}
	return cmp.Or(
		CheckNamed("filter.partnerUuids", f.PartnerUuids), CheckNamed("filter.categoryUuids", f.CategoryUuids),
		CheckNamed("filter.tierUuids", f.TierUuids), CheckNamed("filter.stageUuids", f.StageUuids),
	)
}

// Matches is whether a partner passes. A lead direction narrows referral partners
// only; ALL does not narrow.
func (f *PartnerFilter) Matches() func(p *Partner) bool {
	if f == nil {
		return func(*Partner) bool { return true }
	}
	partners, categories, tiers, stages := setOf(f.PartnerUuids), setOf(f.CategoryUuids), setOf(f.TierUuids), setOf(f.StageUuids)
	inGroup := func(wanted map[uuid.UUID]bool, groups ...*PartnerGroup) bool {
		return wanted == nil || slices.ContainsFunc(groups, func(g *PartnerGroup) bool { return g != nil && wanted[g.UUID] })
	}
	return func(p *Partner) bool {
		return f.matchesLead(p) && (partners == nil || partners[p.UUID]) &&
			inGroup(categories, p.Categories...) && inGroup(tiers, p.Tier) && inGroup(stages, p.Stage)
	}
}

// setOf is nil for nil, which does not narrow.
func setOf(uuids []uuid.UUID) map[uuid.UUID]bool {
	if uuids == nil {
		return nil
	}
	set := make(map[uuid.UUID]bool, len(uuids))
	for _, id := range uuids {
		set[id] = true
	}
	return set
}

func (f *PartnerFilter) matchesLead(p *Partner) bool {
	if f.PartnerType != nil && p.PartnerType != *f.PartnerType {
		return false
	}
	return f.LeadDirection == nil || *f.LeadDirection == LeadsAll || p.PartnerType != Referral ||
		p.LeadDirection != nil && *p.LeadDirection == *f.LeadDirection
}

// PartnerEngagement is a partner's portal traffic over a range (contracts.md,
// section 2).
type PartnerEngagement struct {
	Measured
	UniqueUsers    int64 // distinct portal users with a page view in the range
	TotalSessions  int64 // sessions that start in the range
	TotalPageViews int64
	SessionMicros  int64 // length of those sessions together
}

// PartnerEngagement reads the totals of a partner.
func (t *Totals) PartnerEngagement(m Measured) *PartnerEngagement {
	views := t.Of[PageView]
	return &PartnerEngagement{
		Measured: m, UniqueUsers: views.Visitors, TotalSessions: views.Starts, TotalPageViews: views.Events, SessionMicros: views.Micros,
	}
}

// TotalSessionSeconds is the length of the sessions that start in the range,
// together.
func (e *PartnerEngagement) TotalSessionSeconds() float64 { return float64(e.SessionMicros) / 1e6 }

// AvgSessionDurationSeconds is the mean length of the sessions that start in
// the range; single-page sessions count 0.
func (e *PartnerEngagement) AvgSessionDurationSeconds() (float64, bool) {
	return ratio(e.SessionMicros, e.TotalSessions*microsPerSecond)
}

// PartnerOrder is how a leaderboard is ordered.
type PartnerOrder struct {
	Field     PartnerOrderField
	Direction OrderDirection
}

// Standing is a partner's place on a leaderboard in the making.
type Standing struct {
	Partner *Partner
	PartnerEngagement
}

// Compare orders two standings: by the field asked for, then sessions, page
// views and unique users descending, then name, then uuid. The order is total,
// so a page never shuffles.
func (o PartnerOrder) Compare(a, b *Standing) int {
	var primary int
	switch o.Field {
	case ByUniqueUsers:
		primary = cmp.Compare(a.UniqueUsers, b.UniqueUsers)
	case ByTotalPageViews:
		primary = cmp.Compare(a.TotalPageViews, b.TotalPageViews)
	case ByAvgSessionDuration:
		av, _ := a.AvgSessionDurationSeconds()
		bv, _ := b.AvgSessionDurationSeconds()
		primary = cmp.Compare(av, bv)
	case ByName:
		primary = cmp.Compare(a.Partner.Name, b.Partner.Name)
	default:
		primary = cmp.Compare(a.TotalSessions, b.TotalSessions)
	}
	if o.Direction != Ascending {
		primary = -primary
	}
	return cmp.Or(primary,
		cmp.Compare(b.TotalSessions, a.TotalSessions),
		cmp.Compare(b.TotalPageViews, a.TotalPageViews),
		cmp.Compare(b.UniqueUsers, a.UniqueUsers),
		cmp.Compare(a.Partner.Name, b.Partner.Name),
		slices.Compare(a.Partner.UUID[:], b.Partner.UUID[:]))
}

// NeedsUniques reports whether the order of a page can depend on unique users
// beyond ties: then sets must be read for everyone.
func (o PartnerOrder) NeedsUniques() bool { return o.Field == ByUniqueUsers }

// Sort orders standings.
func (o PartnerOrder) Sort(standings []*Standing) { slices.SortFunc(standings, o.Compare) }

// Ties reports whether unique users could decide between a and b: they are
// equal in all counts that come before.
func (o PartnerOrder) Ties(a, b *Standing) bool {
	x, y := *a, *b
	x.UniqueUsers, y.UniqueUsers = 0, 0
	x.Partner, y.Partner = &Partner{}, &Partner{}
	if o.Field == ByName {
		x.Partner.Name, y.Partner.Name = a.Partner.Name, b.Partner.Name
	}
	return o.Compare(&x, &y) == 0
}

// TiesAround widens the slice [from, to) of standings sorted without unique
// users to hold every standing whose place in it unique users could decide:
// those that tie with its first or last.
func (o PartnerOrder) TiesAround(standings []*Standing, from, to int) (int, int) {
	for from > 0 && from < to && o.Ties(standings[from-1], standings[from]) {
		from--
	}
	for from < to && to < len(standings) && o.Ties(standings[to-1], standings[to]) {
		to++
	}
	return from, to
}
