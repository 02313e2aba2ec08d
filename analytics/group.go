package analytics

import (
	"cmp"
	"maps"
	"slices"
)

// group gathers what has the same values, by range.
type group struct {
	values  []string
	tallies map[int]*tally
}

// tally is one range of a group.
type tally struct {
	cells   [numActions]Cell
	watched map[uint32]Intervals
}

// choose parts the groups into those wanted, in order, and the rest.
func (p *SlicedPlan) choose() (chosen, rest []*group) {
	by := p.Query.By
	if by == nil {
		return nil, slices.Collect(maps.Values(p.groups))
	}
	if by.Values != nil {
		for _, values := range by.Values {
			chosen = append(chosen, p.group(values))
		}
		if p.rest.tallies != nil {
			rest = append(rest, p.rest)
		}
		return chosen, rest
	}
	all := p.ranked()
	n := min(by.First, len(all))
	return all[:n:n], all[n:]
}

// ranked are all groups in the order asked for.
func (p *SlicedPlan) ranked() []*group {
	type standing struct {
		*group
		events, uniques int64
	}
	order := p.Query.By.Order
	var all []standing
	for _, g := range p.groups {
		s := standing{group: g}
		whole := &tally{}
		for _, t := range g.tallies {
			for a := range t.cells {
				s.events += t.cells[a].Events
			}
			if order.Field == ByUniques {
				whole.merge(t)
			}
		}
		s.uniques = whole.uniques(p.Query.Kind)
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b standing) int {
		var primary int
		switch order.Field {
		case ByUniques:
			primary = cmp.Compare(a.uniques, b.uniques)
		case ByValue:
			primary = compareValues(a.values, b.values)
		default:
			primary = cmp.Compare(a.events, b.events)
		}
		if order.Direction != Ascending {
			primary = -primary
		}
		return cmp.Or(primary, cmp.Compare(b.events, a.events), compareValues(a.values, b.values))
	})
	groups := make([]*group, len(all))
	for i, s := range all {
		groups[i] = s.group
	}
	return groups
}

// compareValues puts what events did not say last.
func compareValues(a, b []string) int {
	for i := range a {
		if said := cmp.Compare(btoi(a[i] == ""), btoi(b[i] == "")); said != 0 {
			return said
		}
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func unite(groups []*group) *group {
	if len(groups) == 1 {
		return groups[0]
	}
	all := &group{}
	for _, g := range groups {
		for at, t := range g.tallies {
			all.at(at).merge(t)
		}
	}
	return all
}

func (g *group) at(i int) *tally {
	if g.tallies == nil {
		g.tallies = map[int]*tally{}
	}
	t := g.tallies[i]
	if t == nil {
		t = &tally{}
		g.tallies[i] = t
	}
	return t
}

func (t *tally) add(a Action, c *Cell) { t.cells[a].Merge(c) }

func (t *tally) watch(viewer uint32, spans ...Watching) {
	if t.watched == nil {
		t.watched = map[uint32]Intervals{}
	}
	t.watched[viewer] = append(t.watched[viewer], spans...)
}

func (t *tally) merge(o *tally) {
	for a := range o.cells {
		t.cells[a].Merge(&o.cells[a])
	}
	for viewer, spans := range o.watched {
		t.watch(viewer, spans...)
	}
}

// uniques is whom the group is ordered by: sessions of event pages, users of
// portals, viewers who watched.
func (t *tally) uniques(kind Kind) int64 {
	switch kind {
	case KindEvent:
		return t.sessions(kind)
	case KindPartner:
		return t.cells[PageView].Visitors.Len()
	default:
		return int64(len(t.watched))
	}
}

func (t *tally) sessions(kind Kind) int64 {
	all := Set{}
	for _, a := range kind.Actions() {
		all.Merge(&t.cells[a].Sessions)
	}
	return all.Len()
}

// totals are the totals of a group, one for each range.
func (p *SlicedPlan) totals(g *group) []*Totals {
	out := slices.Repeat([]*Totals{Nothing}, len(p.Query.Ranges))
	for at, t := range g.tallies {
		out[at] = t.totals(p.Query, p.Query.Ranges[at]).Keep()
	}
	return out
}

func (t *tally) totals(q Query, r Range) Totals {
	out := Totals{}
	sessions, visitors := q.uniques()
	for _, a := range q.Kind.Actions() {
		out.Of[a] = t.cells[a].total(sessions, visitors)
	}
	if sessions {
		out.Sessions = t.sessions(q.Kind)
	}
	if q.Kind != KindCampaign {
		return out
	}
	watch, steps := &out.Of[Watch], Steps{}
	watch.Micros, watch.Visitors = 0, 0
	for _, spans := range t.watched {
		merged := spans.Union()
		watch.Micros += merged.Micros()
		steps = append(steps, merged.Steps()...)
	}
	if visitors {
		watch.Visitors = int64(len(t.watched))
	}
	if q.Want&WantPeak != 0 {
		if peak, at := steps.normalize().Peak(r); peak > 0 {
			out.Peak, out.PeakAt = peak, at.UnixMicro()
		}
	}
	return out
}
