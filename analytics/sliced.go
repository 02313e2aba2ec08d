package analytics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Sliced reports whether the query asks for events by their dimensions, which a
// SlicedPlan answers.
func (q Query) Sliced() bool { return len(q.Where) > 0 || q.By != nil }

// SlicedPlan is what must be read to answer a query by dimensions, and the fold
// over it. Its fetches need the facets of their rows, or what was watched.
type SlicedPlan struct {
	coverage
	Query   Query
	Fetches []Fetch
	blocks  map[slicedKey]*Block
	groups  map[string]*group // by values
	unknown *group            // of combinations that are not told apart
}

// slicedKey is a bucket, and whether its quarter-hours are wanted.
type slicedKey struct {
	Key
	quarters bool
}

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

// NewSlicedPlan plans a query by dimensions.
func NewSlicedPlan(q Query) *SlicedPlan {
	if q.By != nil && q.By.Order.Field == ByUniques {
		q.Want |= WantUniques
	}
	p := &SlicedPlan{coverage: cover(q.Ranges), Query: q, blocks: map[slicedKey]*Block{}, groups: map[string]*group{}}
	for _, a := range q.Kind.Actions() {
		sets := a != Watch && q.Want&WantUniques != 0 // both of them: rows are unpacked whole
		p.eachRun(func(level Level, s Span) {
			p.Fetches = append(p.Fetches, Fetch{Span: s, Action: a, Facets: true, Sessions: sets, Visitors: sets, Quarters: level == LevelQuarter})
		})
	}
	if n := len(q.Ranges); n > 0 && q.Kind == KindCampaign {
		days := Span{LevelDay, BucketOf(LevelDay, q.Ranges[0].Start), BucketOf(LevelDay, q.Ranges[n-1].End) + 1}
		p.Fetches = append(p.Fetches, Fetch{Span: days, Action: Watch, Watched: true})
	}
	return p
}

// Row folds in a stored row that fetch f asked for. Rows come in any order.
func (p *SlicedPlan) Row(f Fetch, r *Row) error {
	b, err := r.Unpack()
	if err != nil {
		return err
	}
	k := slicedKey{r.Key, f.Quarters}
	if f.Watched { // another read of the same row
		k.Level = LevelQuarter
		b = &Block{watched: b.watched}
	}
	if known := p.blocks[k]; known != nil {
		known.Merge(b)
	} else {
		p.blocks[k] = b
	}
	return nil
}

// Count folds in a cell of events with dimensions d, counted in the ragged end
// number i.
func (p *SlicedPlan) Count(i int, a Action, d Dimensions, c *Cell) error {
	return p.enter(d, 0, func(g *group) { g.at(p.ragged[i]).add(a, c) })
}

// Answer is the answer but for when it was read, once everything was folded in.
// Conditions on a dimension that some day does not tell apart are an error.
func (p *SlicedPlan) Answer() (Answer, error) {
	for k, b := range p.blocks {
		var err error
		if k.Level == LevelQuarter {
			err = p.audience(b)
		} else {
			err = p.block(k, b)
		}
		if err != nil {
			return Answer{}, err
		}
	}
	var a Answer
	chosen, rest := p.choose()
	for _, g := range chosen {
		a.Groups = append(a.Groups, Group{g.values, p.totals(g)})
	}
	if p.unknown != nil {
		a.Truncated, rest = true, append(rest, p.unknown)
	}
	other := unite(rest)
	if len(rest) > 0 && p.Query.By != nil {
		a.Other = p.totals(other)
	}
	a.Totals = p.totals(unite(append(chosen, other)))
	return a, nil
}

// block enters a bucket's content.
func (p *SlicedPlan) block(k slicedKey, b *Block) error {
	b.foldFacets(k.Level)
	var failed error
	b.eachPart(func(d Dimensions, content *Block) {
		enter := func(at int, c *Cell) {
			if at < 0 || c.Empty() || failed != nil {
				return
			}
			failed = p.enter(d, b.facets.dropped, func(g *group) { g.at(at).add(k.Action, c) })
		}
		if !k.quarters {
			enter(p.find(k.Level, k.Bucket), &content.Cell)
			return
		}
		for i, c := range content.Quarters {
			enter(p.find(LevelQuarter, k.Bucket*QuartersPerDay+Bucket(i)), c)
		}
	})
	return failed
}

// audience enters what was watched on a day, cut to the ranges.
func (p *SlicedPlan) audience(b *Block) error {
	b.watched.fold()
	for d, viewers := range b.watched.by {
		for viewer, spans := range viewers {
			for _, w := range spans {
				err := p.eachRange(w, func(at int, part Watching) error {
					return p.enter(d, b.watched.dropped, func(g *group) { g.at(at).watch(viewer, part) })
				})
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// eachRange calls f for the parts of w inside the query's ranges.
func (p *SlicedPlan) eachRange(w Watching, f func(at int, part Watching) error) error {
	ranges := p.Query.Ranges
	at, _ := slices.BinarySearchFunc(ranges, w.From, func(r Range, from int64) int {
		return cmp.Compare(r.End.UnixMicro(), from+1)
	})
	for ; at < len(ranges) && ranges[at].Start.UnixMicro() < w.To; at++ {
		part := Watching{max(w.From, ranges[at].Start.UnixMicro()), min(w.To, ranges[at].End.UnixMicro())}
		if part.From >= part.To {
			continue
		}
		if err := f(at, part); err != nil {
			return err
		}
	}
	return nil
}

// enter calls f with the group of the combination, if that is wanted.
func (p *SlicedPlan) enter(d Dimensions, lost dropped, f func(*group)) error {
	for _, c := range p.Query.Where {
		if lost.has(c.Dimension) {
			return Errorf(CodeConflict, "where: some day in the range has more than %d combinations of dimensions, so that %s was not kept: leave it out or ask for another range",
				maxFacetsOfDay, c.Dimension)
		}
	}
	if !p.Query.Where.Matches(&d) {
		return nil
	}
	var values []string
	if by := p.Query.By; by != nil {
		if slices.ContainsFunc(by.By, lost.has) {
			if p.unknown == nil {
				p.unknown = &group{}
			}
			f(p.unknown)
			return nil
		}
		for _, of := range by.By {
			values = append(values, d.Value(of))
		}
	}
	k := strings.Join(values, "\x00")
	g := p.groups[k]
	if g == nil {
		g = &group{values: values}
		p.groups[k] = g
	}
	f(g)
	return nil
}

// choose parts the groups into those wanted, in order, and the rest.
func (p *SlicedPlan) choose() (chosen, rest []*group) {
	by := p.Query.By
	if by == nil {
		return nil, slices.Collect(maps.Values(p.groups))
	}
	if by.Values != nil {
		left := maps.Clone(p.groups)
		for _, values := range by.Values {
			k := strings.Join(values, "\x00")
			g := left[k]
			delete(left, k)
			if g == nil {
				g = &group{values: values}
			}
			chosen = append(chosen, g)
		}
		return chosen, slices.Collect(maps.Values(left))
	}
	all := p.ranked()
	n := min(by.First, len(all))
	return all[:n], all[n:]
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
		primary := 0
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
		if said := cmp.Compare(boolean(a[i] == ""), boolean(b[i] == "")); said != 0 {
			return said
		}
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func boolean(b bool) int {
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
