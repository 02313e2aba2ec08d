package analytics

import (
	"slices"
	"sort"
	"time"
)

// Want says what must be read besides counts.
type Want uint8

// Counts alone never read a set.
const (
	WantUniques Want = 1 << iota
	WantPeak
	// WantAudience adds who watches a campaign from the instant of the answer on;
	// of queries over Always.
	WantAudience
	// WantCurve adds who watched a campaign, second by second, from the first on;
	// of queries over Always, and never beside WantAudience.
	WantCurve
)

// Query asks for the totals of one subject over ranges that are disjoint and
// ascending.
type Query struct {
	Subject int64
	Kind    Kind
	Ranges  []Range
	Want    Want
	Where   Where // only events that meet these conditions
	// By breaks the totals down, nil for not at all. The groups are chosen by what
	// they amount to over all ranges together.
	By *Breakdown
	// Peers is how many subjects of its kind the tenant has, 0 where that is not
	// known. No answer depends on it: a store may read all at once where most of
	// them are asked for.
	Peers int
}

// uniques says which sets answer the query: sessions of event pages, visitors
// of everything else.
func (q Query) uniques() (sessions, visitors bool) {
	wanted := q.Want&WantUniques != 0
	return wanted && q.Kind == KindEvent, wanted && q.Kind != KindEvent
}

// Total is what one action amounts to over a range. Sessions (of event pages)
// and Visitors (of everything else) are 0 unless uniques were wanted.
type Total struct {
	Events, Starts, Micros int64
	Sessions, Visitors     int64
}

// Totals are the measures of a subject over one range, by action.
type Totals struct {
	Of       [numActions]Total
	Sessions int64 // distinct sessions over all actions
	Peak     int64 // largest audience at one instant
	PeakAt   int64 // its first instant, Unix microseconds
}

// Nothing is the totals of a range in which nothing happened. Most of a long
// series is it: answers share this one, and it must not be changed.
var Nothing = &Totals{}

// Answer is the totals of a query, one for each of its ranges, and the instant
// they were read at.
type Answer struct {
	Totals []*Totals
	AsOf   time.Time
	Stale  bool // the store was out of reach: remembered from AsOf

	// Of a breakdown: the groups, and for each range what is in none of them (nil
	// when nothing is). Truncated says that on some day there were more
	// combinations of values than are kept: then groups may lack events of such
	// days, which are in Other.
	Groups    []Group
	Other     []*Totals
	Truncated bool
	// Lost is a dimension of the query's conditions that some day does not tell
	// apart: then nothing can be said (Err).
	Lost Dimension
	Gone Gone // why nothing can be said (Err)

	// Audience is how many watch at each whole second from AsOf on, as far as the
	// events say by then; with WantCurve the most who watch within each second,
	// from the first viewer on.
	Audience Steps
}

// Measured says what a measure is of and how fresh it is.
type Measured struct {
	Noun   Node
	Window Window        // what was counted
	Asked  Window        // what was asked for, before it was narrowed to the noun's own window
	Where  Where         // which events were counted
	Part   *BreakdownRow // and of which row of a breakdown, nil for none
	AsOf   time.Time

	MaxStaleness *Duration // as it was asked for; nil for the default
}

// ResolvedRange is a range as it was counted.
type ResolvedRange struct {
	Start, End time.Time
	TimeZone   TimeZone
	Partial    bool // it was not over yet when it was counted
}

// Range is what the measure covers.
func (m *Measured) Range() *ResolvedRange {
	loc := m.Window.Zone.Location()
	return &ResolvedRange{m.Window.Start.In(loc), m.Window.End.In(loc), m.Window.Zone, m.Window.End.After(m.AsOf)}
}

// Fetch is a run of stored buckets that a query needs, and which columns of
// them: sets of one or the other identity, quarter-hours, steps.
type Fetch struct {
	Span
	Action             Action
	Sessions, Visitors bool
	Quarters, Steps    bool
	Facets, Watched    bool // of a SlicedPlan
}

// Numbers reports whether the sums of the rows are enough.
func (f Fetch) Numbers() bool { return !f.sets() && !f.Quarters && !f.Steps }

// sets reports whether any set is needed.
func (f Fetch) sets() bool { return f.Sessions || f.Visitors }

// Plan is what must be read to answer a query, and the fold over it.
type Plan struct {
	coverage
	Query   Query
	Fetches []Fetch
	folds   []fold // of the ranges; nil where nothing happened
	place   [numActions]int
	steps   Steps
}

// coverage is the stored buckets that ranges are made of.
type coverage struct {
	Ragged []Range // ends inside a quarter-hour, to be counted from events
	spans  [LevelMonth + 1][]plannedSpan
	ragged []int // the range that each ragged end belongs to
}

type plannedSpan struct {
	from, to Bucket
	fold     int // the range's number
}

// fold gathers what happened within one range, by the kind's actions.
type fold []sum

// sum is a cell of which only the number of identities is asked for.
type sum struct {
	events, starts, micros int64
	sessions, visitors     union
}

// NewPlan plans a query.
func NewPlan(q Query) *Plan {
	p := &Plan{coverage: cover(q.Ranges), Query: q, folds: make([]fold, len(q.Ranges))}
	sessions, visitors := q.uniques()
	for i, a := range q.Kind.Actions() {
		p.place[a] = i
		p.eachRun(func(level Level, s Span) {
			p.Fetches = append(p.Fetches, Fetch{Span: s, Action: a, Sessions: sessions, Visitors: visitors, Quarters: level == LevelQuarter})
		})
	}
	if q.Want&(WantPeak|WantAudience|WantCurve) != 0 && len(q.Ranges) > 0 {
		end := BucketOf(LevelDay, q.Ranges[len(q.Ranges)-1].End) + 1
		days := Span{LevelDay, BucketOf(LevelDay, MinInstant), end}
		p.Fetches = append(p.Fetches, Fetch{Span: days, Action: Watch, Steps: true})
	}
	return p
}

// For is the plan of the same question about another subject, of which nothing
// was folded in yet.
func (p *Plan) For(subject int64) *Plan {
	q := p.Query
	q.Subject = subject
	return &Plan{coverage: p.coverage, Query: q, Fetches: p.Fetches, folds: make([]fold, len(p.folds)), place: p.place}
}

// cover decomposes ranges that are disjoint and ascending.
func cover(ranges []Range) coverage {
	var c coverage
	for i, r := range ranges {
		cover := Decompose(r)
		for _, s := range cover.Spans {
			c.spans[s.Level] = append(c.spans[s.Level], plannedSpan{s.From, s.To, i})
		}
		for _, end := range []Range{cover.Head, cover.Tail} {
			if !end.Empty() && end.End.After(MinEventInstant) {
				c.Ragged = append(c.Ragged, end)
				c.ragged = append(c.ragged, i)
			}
		}
	}
	return c
}

// eachRun calls f for the runs of stored rows that hold the planned spans, with
// the level that is wanted of them.
func (c *coverage) eachRun(f func(level Level, rows Span)) {
	for level, spans := range c.spans {
		for _, s := range coalesce(Level(level), spans) {
			f(Level(level), s)
		}
	}
}

// coalesce turns planned spans into the runs of stored rows that hold them:
// quarter-hours live in days, and neighbours are one run.
func coalesce(level Level, spans []plannedSpan) []Span {
	var out []Span
	for _, s := range spans {
		run := Span{level, s.from, s.to}
		if level == LevelQuarter {
			run = Span{LevelDay, Bucket(floorDiv(int64(s.from), QuartersPerDay)), Bucket(floorDiv(int64(s.to)-1, QuartersPerDay)) + 1}
		}
		if n := len(out); n > 0 && run.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, run.To)
			continue
		}
		out = append(out, run)
	}
	return out
}

// Row folds in a stored row that fetch f asked for. Rows come in any order.
func (p *Plan) Row(f Fetch, r *Row) error {
	if f.Steps {
		steps, err := decodeSteps(r.Bucket, r.Steps)
		p.steps = append(p.steps, steps...)
		return err
	}
	if f.Quarters {
		first := r.Bucket * QuartersPerDay
		return r.eachQuarter(f.sets(), func(q packedQuarter) error {
			at := p.find(LevelQuarter, first+Bucket(q.index))
			if at < 0 {
				return nil
			}
			return p.sum(at, r.Action).add(f, q.events, q.starts, q.micros, q.sessions, q.visitors)
		})
	}
	at := p.find(r.Level, r.Bucket)
	if at < 0 {
		return nil
	}
	return p.sum(at, r.Action).add(f, r.Events, r.Starts, r.Micros, r.Sessions, r.Visitors)
}

// add adds the numbers of a stored cell, and those of its encoded sets that f asks
// for.
func (s *sum) add(f Fetch, events, starts, micros int64, sessions, visitors []byte) (err error) {
	s.events, s.starts, s.micros = s.events+events, s.starts+starts, s.micros+micros
	if f.Sessions {
		err = s.sessions.mergeEncoded(sessions)
	}
	if f.Visitors && err == nil {
		err = s.visitors.mergeEncoded(visitors)
	}
	return err
}

// Counted is what was counted from events: numbers, and the identities among them
// in any order, as often as they come.
type Counted struct {
	Events, Starts, Micros int64
	Sessions, Visitors     []uint32
}

// cell is c with sets.
func (c *Counted) cell() *Cell {
	cell := &Cell{Events: c.Events, Starts: c.Starts, Micros: c.Micros}
	for _, id := range c.Sessions {
		cell.Sessions.Add(id)
	}
	for _, id := range c.Visitors {
		cell.Visitors.Add(id)
	}
	return cell
}

// Add folds in numbers of cells that lie in range i.
func (p *Plan) Add(i int, a Action, events, starts, micros int64) {
	s := p.sum(i, a)
	s.events, s.starts, s.micros = s.events+events, s.starts+starts, s.micros+micros
}

// Count folds in what was counted from events in the ragged end number i.
func (p *Plan) Count(i int, a Action, c Counted) {
	p.Add(p.ragged[i], a, c.Events, c.Starts, c.Micros)
	s := p.sum(p.ragged[i], a)
	s.sessions.add(c.Sessions...)
	s.visitors.add(c.Visitors...)
}

// sum is what gathers an action of range i.
func (p *Plan) sum(i int, a Action) *sum {
	if p.folds[i] == nil {
		p.folds[i] = make(fold, len(p.Query.Kind.Actions()))
	}
	return &p.folds[i][p.place[a]]
}

// find is the range that bucket b belongs to, -1 for none.
func (c *coverage) find(level Level, b Bucket) int {
	spans := c.spans[level]
	i := sort.Search(len(spans), func(i int) bool { return spans[i].to > b })
	if i == len(spans) || spans[i].from > b {
		return -1
	}
	return spans[i].fold
}

// total is what a cell amounts to; its sets count if they are wanted.
func (c *Cell) total(sessions, visitors bool) Total {
	t := Total{Events: c.Events, Starts: c.Starts, Micros: c.Micros}
	if sessions {
		t.Sessions = c.Sessions.Len()
	}
	if visitors {
		t.Visitors = c.Visitors.Len()
	}
	return t
}

// Totals is the answer, once everything was folded in.
func (p *Plan) Totals() []*Totals {
	out := make([]*Totals, len(p.folds))
	p.steps = p.steps.normalize()
	steps := p.steps
	if p.Query.Want&(WantAudience|WantCurve) != 0 {
		steps = slices.Clone(steps) // they are asked for afterwards
	}
	for i := range p.folds {
		t := p.total(i)
		if p.Query.Want&WantPeak != 0 {
			r := p.Query.Ranges[i]
			steps = steps.since(r.Start) // ranges ascend: no step is added up twice
			if peak, at := steps.Peak(r); peak > 0 {
				t.Peak, t.PeakAt = peak, at.UnixMicro()
			}
		}
		out[i] = t.Keep()
	}
	return out
}

// Audience is the audience from t on, or second by second; nil unless either was
// wanted. It is asked for after Totals.
func (p *Plan) Audience(t time.Time) Steps {
	switch {
	case p.Query.Want&WantCurve != 0:
		return p.steps.seconds()
	case p.Query.Want&WantAudience != 0:
		return p.steps.after(t)
	}
	return nil
}

// Keep is t where it stays, Nothing if that is what it is.
func (t Totals) Keep() *Totals {
	if t == *Nothing {
		return Nothing
	}
	c := t // so that Nothing takes no room
	return &c
}

// total is what the cells of range i amount to.
func (p *Plan) total(i int) (t Totals) {
	if p.folds[i] == nil {
		return t
	}
	sessions, visitors := p.Query.uniques()
	var all union
	for _, a := range p.Query.Kind.Actions() {
		s := p.sum(i, a)
		of := Total{Events: s.events, Starts: s.starts, Micros: s.micros}
		if sessions {
			of.Sessions = s.sessions.Len()
			all.merge(&s.sessions)
		}
		if visitors {
			of.Visitors = s.visitors.Len()
		}
		t.Of[a] = of
	}
	t.Sessions = all.Len()
	return t
}
