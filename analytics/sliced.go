package analytics

import (
	"cmp"
	"slices"
	"strings"
)

// Sliced reports whether a SlicedPlan answers the query: it asks for events by their
// dimensions, or for who watched in a part of a quarter-hour, which is kept by them alone.
func (q Query) Sliced() bool {
	return len(q.Where) > 0 || q.By != nil || q.Kind == KindCampaign && slices.ContainsFunc(q.Ranges, Range.cutsQuarters)
}

// SlicedPlan is what must be read to answer a query by dimensions, and the fold
// over it. Its fetches need the facets of their rows, or what was watched.
type SlicedPlan struct {
	coverage
	Query   Query
	Fetches []Fetch
	key     slicedKey         // of open
	open    *Block            // the bucket whose rows are being read
	groups  map[string]*group // by values
	rest    *group            // of values that are not asked for
	unknown *group            // of combinations that are not told apart
	lost    Dimension         // of a condition, not told apart; "" for none
}

// slicedKey is a bucket, and what is wanted of it: the whole, its quarter-hours,
// or who watched.
type slicedKey struct {
	Key
	quarters, watched bool
}

// NewSlicedPlan plans a query by dimensions.
func NewSlicedPlan(q Query) *SlicedPlan {
	if q.By != nil && q.By.Order.Field == ByUniques {
		q.Want |= WantUniques
	}
	p := &SlicedPlan{coverage: cover(q.Ranges), Query: q, groups: map[string]*group{}}
	if q.By != nil && q.By.Values != nil {
		for _, values := range q.By.Values {
			p.group(values)
		}
		p.rest = &group{}
	}
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

// Row folds in a stored row that fetch f asked for. The rows of a bucket come one
// after the other, so that no more than one is held.
func (p *SlicedPlan) Row(f Fetch, r *Row) error {
	b, err := r.unpack(f.Quarters)
	if err != nil {
		return err
	}
	k := slicedKey{r.Key, f.Quarters, f.Watched}
	if p.open != nil && p.key == k {
		p.open.mergeBounded(b, k.Level)
		return nil
	}
	p.settle()
	p.key, p.open = k, b
	return nil
}

// settle enters the bucket that is open: all its rows were read.
func (p *SlicedPlan) settle() {
	b := p.open
	p.open = nil
	switch {
	case b == nil:
	case p.key.watched:
		p.audience(b)
	default:
		p.block(p.key, b)
	}
}

// Count folds in what was counted from events with dimensions d in the ragged end
// number i.
func (p *SlicedPlan) Count(i int, a Action, d Dimensions, c Counted) {
	cell := c.cell()
	p.enter(d, 0, func(g *group) { g.at(p.ragged[i]).add(a, cell) })
}

// Answer is the answer but for when it was read, once everything was folded in.
func (p *SlicedPlan) Answer() Answer {
	p.settle()
	if p.lost != "" {
		return Answer{Lost: p.lost, Totals: slices.Repeat([]*Totals{Nothing}, len(p.Query.Ranges))}
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
	return a
}

// block enters a bucket's content.
func (p *SlicedPlan) block(k slicedKey, b *Block) {
	b.foldFacets(k.Level)
	b.EachPart(func(d Dimensions, content *Block) {
		enter := func(at int, c *Cell) {
			if at >= 0 && !c.Empty() {
				p.enter(d, b.facets.dropped, func(g *group) { g.at(at).add(k.Action, c) })
			}
		}
		if !k.quarters {
			enter(p.find(k.Level, k.Bucket), &content.Cell)
			return
		}
		for i, c := range content.Quarters {
			enter(p.find(LevelQuarter, k.Bucket*QuartersPerDay+Bucket(i)), c)
		}
	})
}

// audience enters what was watched on a day, cut to the ranges.
func (p *SlicedPlan) audience(b *Block) {
	b.watched.fold()
	for d, viewers := range b.watched.by {
		for viewer, spans := range viewers {
			for _, w := range spans {
				p.eachRange(w, func(at int, part Watching) {
					p.enter(d, b.watched.dropped, func(g *group) { g.at(at).watch(viewer, part) })
				})
			}
		}
	}
}

// eachRange calls f for the parts of w inside the query's ranges.
func (p *SlicedPlan) eachRange(w Watching, f func(at int, part Watching)) {
	ranges := p.Query.Ranges
	at, _ := slices.BinarySearchFunc(ranges, w.From, func(r Range, from int64) int {
		return cmp.Compare(r.End.UnixMicro(), from+1)
	})
	for ; at < len(ranges) && ranges[at].Start.UnixMicro() < w.To; at++ {
		part := Watching{max(w.From, ranges[at].Start.UnixMicro()), min(w.To, ranges[at].End.UnixMicro())}
		if part.From < part.To {
			f(at, part)
		}
	}
}

// enter calls f with the group of the combination, if that is wanted.
func (p *SlicedPlan) enter(d Dimensions, lost dropped, f func(*group)) {
	for _, c := range p.Query.Where {
		if lost.has(c.Dimension) {
			p.lost = c.Dimension
			return
		}
	}
	if !p.Query.Where.Matches(&d) {
		return
	}
	var values []string
	if by := p.Query.By; by != nil {
		if slices.ContainsFunc(by.By, lost.has) {
			if p.unknown == nil {
				p.unknown = &group{}
			}
			f(p.unknown)
			return
		}
		for _, of := range by.By {
			values = append(values, d.Value(of))
		}
	}
	f(p.group(values))
}

func (p *SlicedPlan) group(values []string) *group {
	k := strings.Join(values, "\x00")
	g := p.groups[k]
	switch {
	case g != nil:
		return g
	case p.rest != nil: // the groups asked for are there
		return p.rest
	}
	g = &group{values: values}
	p.groups[k] = g
	return g
}

// Err is nil, or why the answer says nothing.
func (a *Answer) Err() error {
	if a.Lost != "" {
		return ErrIndistinct("where", a.Lost)
	}
	return a.Gone.err()
}

// ErrIndistinct says that a number cannot be had by these dimensions.
func ErrIndistinct(field string, by ...Dimension) *Error {
	return Errorf(CodeConflict, "%s: within the range a day has more than %d combinations of dimensions, or a month more than %d, so that %v cannot be told apart there: leave it out or ask for another range",
		field, maxFacetsOfDay, maxFacetsOfMonth, by)
}
