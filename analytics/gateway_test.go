package analytics_test

import (
	"bytes"
	"math/rand"
	"slices"
	"time"

	"footfall/analytics"
)

// gateway does in memory what ingest and the store do: it enters batches of
// events into ledgers, keeps the rows, and answers queries from them. It
// remembers what a store would look up: each user's page views, each viewer's
// merged intervals and first login.
type gateway struct {
	events  []raw
	rows    []analytics.Row
	views   map[pair][]int64
	watched map[pair]analytics.Intervals
	logins  map[uint32]raw
}

// pair is an identity at a subject, by action where that matters.
type pair struct {
	subject  int64
	action   analytics.Action
	identity uint32
}

func newGateway() *gateway {
	return &gateway{views: map[pair][]int64{}, watched: map[pair]analytics.Intervals{}, logins: map[uint32]raw{}}
}

// ingest takes one batch.
func (g *gateway) ingest(batch []raw) {
	var l analytics.Ledger
	for _, e := range batch {
		f := analytics.Fact{Subject: e.subject, Action: e.action, At: time.UnixMicro(e.at), Events: 1}
		switch e.action {
		case analytics.Watch: // a viewer belongs to the quarter-hours watched
			g.watch(&l, e, analytics.Watch)
			if e.loggedIn {
				g.watch(&l, e, analytics.WatchLogin)
				g.login(&l, e)
			}
		case analytics.PageView:
			f.Visitor = e.visitor
			g.view(&l, e)
		default:
			f.Session, f.Visitor = e.session, e.visitor
		}
		l.Add(f)
	}
	g.events = append(g.events, batch...)
	g.rows = append(g.rows, l.Rows()...)
}

// view cuts the user's sessions anew and enters what changed.
func (g *gateway) view(l *analytics.Ledger, e raw) {
	who := pair{e.subject, e.action, e.visitor}
	enter := func(sign int64) {
		for _, s := range analytics.CutSessions(g.views[who]) {
			l.Add(analytics.Fact{Subject: e.subject, Action: e.action, At: s.Start(), Starts: sign, Micros: sign * s.Micros()})
		}
	}
	enter(-1)
	g.views[who] = append(g.views[who], e.at)
	enter(1)
}

// watch enters the part of e that the viewer had not watched yet.
func (g *gateway) watch(l *analytics.Ledger, e raw, as analytics.Action) {
	who := pair{e.subject, as, e.visitor}
	all := g.watched[who].Union(analytics.Watching{From: e.at, To: e.at + e.seconds*second})
	news := minus(all, g.watched[who])
	g.watched[who] = all
	news.EachQuarter(func(at time.Time, micros int64) {
		f := analytics.Fact{Subject: e.subject, Action: as, At: at, Visitor: e.visitor}
		if as == analytics.Watch {
			f.Micros = micros
		}
		l.Add(f)
	})
	if as == analytics.Watch {
		l.AddSteps(e.subject, news.Steps())
	}
}

// login moves the viewer's first login to e if it comes first.
func (g *gateway) login(l *analytics.Ledger, e raw) {
	first, known := g.logins[e.visitor]
	if known && (first.at < e.at || first.at == e.at && first.subject <= e.subject) {
		return
	}
	enter := func(at raw, sign int64) {
		l.Add(analytics.Fact{Subject: at.subject, Action: analytics.WatchLogin, At: time.UnixMicro(at.at), Starts: sign})
	}
	if known {
		enter(first, -1)
	}
	enter(e, 1)
	g.logins[e.visitor] = e
}

// compact merges some of the rows, in any order.
func (g *gateway) compact(t fataler, random *rand.Rand) {
	t.Helper()
	random.Shuffle(len(g.rows), func(i, j int) { g.rows[i], g.rows[j] = g.rows[j], g.rows[i] })
	n := random.Intn(len(g.rows) + 1)
	merged, err := analytics.MergeRows(g.rows[:n])
	ok(t, err)
	g.rows = append(merged, g.rows[n:]...)
}

// read is a row as a fetch reads it: the columns it asked for and no others. A
// database may give an empty column for none.
func read(f analytics.Fetch, r analytics.Row, random *rand.Rand) analytics.Row {
	out := analytics.Row{Key: r.Key}
	if f.Steps {
		out.Steps = bytes.Clone(r.Steps)
		return out
	}
	out.Events, out.Starts, out.Micros = r.Events, r.Starts, r.Micros
	if f.Sessions {
		out.Sessions = bytes.Clone(r.Sessions)
	}
	if f.Visitors {
		out.Visitors = bytes.Clone(r.Visitors)
	}
	if f.Quarters {
		out.Quarters = bytes.Clone(r.Quarters)
	}
	if f.Quarters && (f.Sessions || f.Visitors) {
		out.QuarterSets = bytes.Clone(r.QuarterSets)
	}
	for _, column := range []*[]byte{&out.Sessions, &out.Visitors, &out.Quarters, &out.QuarterSets} {
		if *column == nil && random.Intn(2) == 0 {
			*column = []byte{}
		}
	}
	return out
}

// answer plans a query, reads what the plan asks for in any order, counts the
// ragged ends from the events, and folds.
func (g *gateway) answer(t fataler, q analytics.Query, random *rand.Rand) []analytics.Totals {
	t.Helper()
	p := analytics.NewPlan(q)
	var folds []func()
	for _, f := range p.Fetches {
		if (f.Sessions || f.Visitors) && q.Want&analytics.WantUniques == 0 || f.Steps && q.Want&analytics.WantPeak == 0 {
			t.Fatalf("%+v reads more than %+v wants", f, q)
		}
		for _, r := range g.rows {
			if r.Subject == q.Subject && r.Action == f.Action && r.Level == f.Level && f.From <= r.Bucket && r.Bucket < f.To {
				row := read(f, r, random)
				folds = append(folds, func() { ok(t, p.Row(f, &row)) })
			}
		}
	}
	for i, end := range p.Ragged {
		if end.Empty() || end.End.Sub(end.Start) >= 15*time.Minute {
			t.Fatalf("ragged end %v", end)
		}
		for _, a := range q.Kind.Actions() {
			total, sessions, visitors := naiveTotal(g.events, q.Subject, a, spanOf(end))
			c := analytics.Counted{Events: total.Events, Starts: total.Starts, Micros: total.Micros, Sessions: setOf(sessions).Members(), Visitors: setOf(visitors).Members()}
			folds = append(folds, func() { p.Count(i, a, c) })
		}
	}
	random.Shuffle(len(folds), func(i, j int) { folds[i], folds[j] = folds[j], folds[i] })
	for _, fold := range folds {
		fold()
	}
	var out []analytics.Totals
	for _, t := range p.Totals() {
		out = append(out, *t)
	}
	return out
}

// ingestAll takes events in random batches, compacting now and then.
func ingestAll(t fataler, events []raw, random *rand.Rand) *gateway {
	t.Helper()
	g := newGateway()
	events = slices.Clone(events)
	random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for len(events) > 0 {
		n := 1 + random.Intn(len(events))
		g.ingest(events[:n])
		events = events[n:]
		if random.Intn(3) == 0 {
			g.compact(t, random)
		}
	}
	return g
}
