package store

import (
	"fmt"
	"math/rand"
	"slices"
	"time"

	"footfall/analytics"
)

// The naive model: the definitions of contracts.md, counted slowly from the set
// of events, with none of the code under test.

const (
	second  = int64(1_000_000)
	minute  = 60 * second
	quarter = 15 * minute
	hour    = 60 * minute
	day     = 24 * hour
)

// span is the instants [from, to), in Unix microseconds.
type span struct{ from, to int64 }

func (s span) holds(at int64) bool { return s.from <= at && at < s.to }

func micros(e *analytics.Event) int64 { return e.At.UnixMicro() }

func watched(e *analytics.Event) span { return span{micros(e), micros(e) + int64(e.Seconds)*second} }

// naiveTotals counts a subject's totals in r from all events of its tenant.
func naiveTotals(events []analytics.Event, kind analytics.Kind, key string, r span, want analytics.Want) analytics.Totals {
	return naiveSlice(events, kind, key, r, want, func(*analytics.Event) bool { return true })
}

// naiveSlice counts only the events that count says do. A partner's session is
// its first page view's, a first login is its event's.
func naiveSlice(events []analytics.Event, kind analytics.Kind, key string, r span, want analytics.Want, count func(*analytics.Event) bool) analytics.Totals {
	var out analytics.Totals
	var all, mine []*analytics.Event
	for i := range events {
		if events[i].Kind == kind && events[i].Key == key {
			all = append(all, &events[i])
			if count(&events[i]) {
				mine = append(mine, &events[i])
			}
		}
	}
	ever := map[string]bool{}
	visitors, sessions := map[analytics.Action]map[string]bool{}, map[analytics.Action]map[string]bool{}
	for _, a := range kind.Actions() {
		visitors[a], sessions[a] = map[string]bool{}, map[string]bool{}
	}
	for _, e := range mine {
		if !r.holds(micros(e)) {
			continue
		}
		out.Of[e.Action].Events++
		if e.Session != "" {
			sessions[e.Action][e.Session], ever[e.Session] = true, true
		}
		visitors[e.Action][e.Visitor] = true
	}
	switch kind {
	case analytics.KindPartner:
		naivePortal(&out, all, r, count)
	case analytics.KindCampaign:
		naiveAudience(&out, mine, r, visitors, want)
		out.Of[analytics.WatchLogin].Starts = naiveFirstLogins(events, key, r, count)
	}
	if want&analytics.WantUniques != 0 {
		for _, a := range kind.Actions() {
			if kind == analytics.KindEvent {
				out.Of[a].Sessions = int64(len(sessions[a]))
			} else {
				out.Of[a].Visitors = int64(len(visitors[a]))
			}
		}
		if kind == analytics.KindEvent {
			out.Sessions = int64(len(ever))
		}
	}
	return out
}

// naivePortal counts the sessions that start in r and their length.
func naivePortal(out *analytics.Totals, mine []*analytics.Event, r span, count func(*analytics.Event) bool) {
	views := map[[2]string][]int64{}
	for _, e := range mine {
		actor := [2]string{e.Visitor, e.Session}
		views[actor] = append(views[actor], micros(e))
	}
	total := &out.Of[analytics.PageView]
	for actor, ats := range views {
		slices.Sort(ats)
		var cuts [][]int64
		for i, at := range ats {
			open := len(cuts) - 1
			if i > 0 && (actor[1] != "" || at-ats[i-1] < 30*minute && at-cuts[open][0] < 4*hour) {
				cuts[open] = append(cuts[open], at)
			} else {
				cuts = append(cuts, []int64{at})
			}
		}
		first := func(at int64) *analytics.Event {
			var first *analytics.Event
			for _, e := range mine {
				if e.Visitor == actor[0] && e.Session == actor[1] && micros(e) == at && (first == nil || e.ID < first.ID) {
					first = e
				}
			}
			return first
		}
		for _, c := range cuts {
			if r.holds(c[0]) && count(first(c[0])) {
				total.Starts++
				total.Micros += c[len(c)-1] - c[0]
			}
		}
	}
}

// naiveAudience counts who watched when, by looking at every border of every
// interval.
func naiveAudience(out *analytics.Totals, mine []*analytics.Event, r span, visitors map[analytics.Action]map[string]bool, want analytics.Want) {
	spans := map[string][]span{}
	cuts := []int64{r.from, r.to}
	for _, e := range mine {
		if e.Action != analytics.Watch {
			continue
		}
		w := watched(e)
		spans[e.Visitor] = append(spans[e.Visitor], w)
		cuts = append(cuts, w.from, w.to)
		if max(w.from, r.from) < min(w.to, r.to) {
			visitors[analytics.Watch][e.Visitor] = true
			if e.LoggedIn {
				visitors[analytics.WatchLogin][e.Visitor] = true
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i, at := range cuts {
		if !r.holds(at) {
			continue
		}
		watching := int64(0)
		for _, s := range spans {
			if slices.ContainsFunc(s, func(s span) bool { return s.holds(at) }) {
				watching++
			}
		}
		if i+1 < len(cuts) {
			out.Of[analytics.Watch].Micros += watching * (cuts[i+1] - at)
		}
		if want&analytics.WantPeak != 0 && watching > out.Peak {
			out.Peak, out.PeakAt = watching, at
		}
	}
}

// naiveFirstLogins counts viewers whose first logged in view under the tenant
// is of this campaign and in r.
func naiveFirstLogins(events []analytics.Event, key string, r span, count func(*analytics.Event) bool) int64 {
	first := map[string]*analytics.Event{}
	for i := range events {
		e := &events[i]
		f := first[e.Visitor]
		if e.Action == analytics.Watch && e.LoggedIn && (f == nil || e.At.Before(f.At) || e.At.Equal(f.At) && e.ID < f.ID) {
			first[e.Visitor] = e
		}
	}
	n := int64(0)
	for _, e := range first {
		if e.Key == key && r.holds(micros(e)) && count(e) {
			n++
		}
	}
	return n
}

// generator makes random events, crowded together so that they meet: few
// subjects, few visitors, instants near each other and on borders.
type generator struct {
	*rand.Rand
	w     *world
	start int64 // Unix microseconds
	span  int64
	n     int
	plain bool // events without dimensions
}

func (g *generator) event() analytics.Event {
	g.n++
	e := analytics.Event{ID: fmt.Sprintf("%c%d", "aBzZ_é"[g.Intn(5)], g.n), At: g.instant(), Visitor: fmt.Sprint("v", g.Intn(1+g.Intn(12)))}
	switch g.Intn(4) {
	case 0:
		e.Kind, e.Action = analytics.KindEvent, analytics.Action(1+g.Intn(3))
		if g.Intn(3) == 0 {
			e.Visitor = ""
		}
		if g.Intn(5) > 0 {
			e.Session = fmt.Sprint("s", g.Intn(20))
		}
	case 1:
		e.Kind, e.Action = analytics.KindPartner, analytics.PageView
		if g.Intn(4) == 0 {
			e.Session = fmt.Sprint("s", g.Intn(4))
		} else if g.Intn(2) == 0 { // a visit without end: the session limit cuts it
			e.Visitor, e.At = "stays", time.UnixMicro(g.start+g.Int63n(16)*20*minute+g.Int63n(9)*minute).UTC()
		}
	case 2:
		e.Kind, e.Action = analytics.KindCampaign, analytics.Watch
		e.Seconds, e.LoggedIn = 1+g.Intn(3600), g.Intn(3) == 0
		if g.Intn(10) == 0 {
			e.Seconds = 86_400
		}
		if g.Intn(5) == 0 { // logins at one instant
			e.At, e.LoggedIn = time.UnixMicro(g.start+g.Int63n(2)*second).UTC(), true
		}
	default:
		e.Kind, e.Action = analytics.KindCampaign, analytics.Action(6+g.Intn(4))
	}
	e.Key = g.w.key(e.Kind, g.Intn(1+g.Intn(len(g.w.events))))
	if g.plain || g.Intn(3) == 0 {
		return e
	}
	e.Dimensions = analytics.Dimensions{
		Source: g.value("", "", "google", "é"), Medium: g.value("", "cpc"), Path: g.value("", "/", "/a", "/b"),
		Country: g.value("", "FR", "DE"), Device: g.value("mobile", "mobile", "desktop"),
	}
	return e
}

func (g *generator) value(among ...string) string { return among[g.Intn(len(among))] }

// instant is often a border, or near the last few ones.
func (g *generator) instant() time.Time {
	at := g.start + g.Int63n(g.span)
	switch g.Intn(4) {
	case 0:
		at -= at % (5 * minute)
	case 1:
		at = g.start + (at-g.start)%(2*day)
	case 2:
		at -= at % (10 * minute)
		at += g.Int63n(3) - 1
	}
	return time.UnixMicro(max(at, g.start)).UTC()
}

// events makes n events.
func (g *generator) events(n int) []analytics.Event {
	out := make([]analytics.Event, n)
	for i := range out {
		out[i] = g.event()
	}
	return out
}
