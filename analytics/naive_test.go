// The tests of this package hold its arithmetic against a naive model: the
// definitions of contracts.md counted slowly from raw events, with none of the
// code under test.
package analytics_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"footfall/analytics"
)

// Spans of time in microseconds, the resolution of every instant.
const (
	second  = int64(1_000_000)
	minute  = 60 * second
	quarter = 15 * minute
	hour    = 60 * minute
	day     = 24 * hour
)

// span is the instants [from, to), in Unix microseconds.
type span struct{ from, to int64 }

func spanOf(r analytics.Range) span { return span{r.Start.UnixMicro(), r.End.UnixMicro()} }

func (s span) holds(at int64) bool { return s.from <= at && at < s.to }

func (s span) meets(o span) bool { return max(s.from, o.from) < min(s.to, o.to) }

// raw is an event as the naive model keeps it: everything by number, 0 for an
// identity that was not sent.
type raw struct {
	subject          int64
	action           analytics.Action
	at               int64
	session, visitor uint32
	seconds          int64
	loggedIn         bool
}

func (e raw) watched() span { return span{e.at, e.at + e.seconds*second} }

var kindOf = map[analytics.Action]analytics.Kind{
	analytics.Click: analytics.KindEvent, analytics.OutboundClick: analytics.KindEvent, analytics.CalendarSync: analytics.KindEvent,
	analytics.PageView: analytics.KindPartner,
	analytics.Watch:    analytics.KindCampaign, analytics.WatchLogin: analytics.KindCampaign, analytics.Like: analytics.KindCampaign,
	analytics.Chat: analytics.KindCampaign, analytics.ProductClick: analytics.KindCampaign, analytics.BannerClick: analytics.KindCampaign,
}

// naiveSessions plays the page views of one user at one partner in order.
func naiveSessions(views []int64) [][]int64 {
	var out [][]int64
	for _, at := range distinct(views) {
		if n := len(out); n > 0 {
			open := out[n-1]
			if at-open[len(open)-1] < 30*minute && at-open[0] < 4*hour {
				out[n-1] = append(open, at)
				continue
			}
		}
		out = append(out, []int64{at})
	}
	return out
}

func distinct[E int64 | uint32](list []E) []E {
	seen := map[E]bool{}
	var out []E
	for _, e := range list {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	slices.Sort(out)
	return out
}

// naiveLength is for how long, within r, at least one of the spans runs.
func naiveLength(spans []span, r span) int64 {
	cuts := []int64{r.from, r.to}
	for _, s := range spans {
		cuts = append(cuts, s.from, s.to)
	}
	cuts = distinct(cuts)
	total := int64(0)
	for i := 1; i < len(cuts); i++ {
		if r.holds(cuts[i-1]) && slices.ContainsFunc(spans, func(s span) bool { return s.holds(cuts[i-1]) }) {
			total += cuts[i] - cuts[i-1]
		}
	}
	return total
}

// naivePeak is the largest number of viewers watching at one instant of r, and
// the first such instant; an audience only grows where somebody joins.
func naivePeak(viewers map[uint32][]span, r span) (peak, at int64) {
	joins := []int64{r.from}
	for _, spans := range viewers {
		for _, s := range spans {
			joins = append(joins, s.from)
		}
	}
	for _, t := range distinct(joins) {
		if !r.holds(t) {
			continue
		}
		watching := int64(0)
		for _, spans := range viewers {
			if slices.ContainsFunc(spans, func(s span) bool { return s.holds(t) }) {
				watching++
			}
		}
		if watching > peak {
			peak, at = watching, t
		}
	}
	return peak, at
}

// naiveTotals counts a subject's totals in r from all events of its tenant.
func naiveTotals(events []raw, subject int64, kind analytics.Kind, r span, want analytics.Want) analytics.Totals {
	var out analytics.Totals
	var sessions []uint32
	for action, k := range kindOf {
		if k != kind {
			continue
		}
		total, s, v := naiveTotal(events, subject, action, r)
		if want&analytics.WantUniques != 0 && kind == analytics.KindEvent {
			total.Sessions = int64(len(distinct(s)))
			sessions = append(sessions, s...)
		}
		if want&analytics.WantUniques != 0 && kind != analytics.KindEvent {
			total.Visitors = int64(len(distinct(v)))
		}
		out.Of[action] = total
	}
	out.Sessions = int64(len(distinct(sessions)))
	if want&analytics.WantPeak != 0 {
		out.Peak, out.PeakAt = naivePeak(watchedBy(events, subject, false), r)
	}
	return out
}

// naiveTotal counts one action: its numbers, and whom it was done by.
func naiveTotal(events []raw, subject int64, action analytics.Action, r span) (t analytics.Total, sessions, visitors []uint32) {
	for _, e := range events {
		if e.subject != subject || e.action != action || !r.holds(e.at) {
			continue
		}
		t.Events++
		if e.session != 0 {
			sessions = append(sessions, e.session)
		}
		if e.visitor != 0 && action != analytics.Watch {
			visitors = append(visitors, e.visitor)
		}
	}
	switch action {
	case analytics.PageView:
		for _, session := range sessionsOf(events, subject) {
			if r.holds(session[0]) {
				t.Starts++
				t.Micros += session[len(session)-1] - session[0]
			}
		}
	case analytics.Watch, analytics.WatchLogin:
		for viewer, spans := range watchedBy(events, subject, action == analytics.WatchLogin) {
			if slices.ContainsFunc(spans, r.meets) {
				visitors = append(visitors, viewer)
			}
			if action == analytics.Watch {
				t.Micros += naiveLength(spans, r)
			} else if first := firstLogin(events, viewer); first.subject == subject && r.holds(first.at) {
				t.Starts++
			}
		}
	}
	return t, sessions, visitors
}

// sessionsOf cuts a partner's page views, user by user.
func sessionsOf(events []raw, subject int64) [][]int64 {
	views := map[uint32][]int64{}
	for _, e := range events {
		if e.subject == subject && e.action == analytics.PageView {
			views[e.visitor] = append(views[e.visitor], e.at)
		}
	}
	var out [][]int64
	for _, v := range views {
		out = append(out, naiveSessions(v)...)
	}
	return out
}

// watchedBy lists what each viewer watched of a campaign, overlaps and all.
func watchedBy(events []raw, subject int64, loggedIn bool) map[uint32][]span {
	out := map[uint32][]span{}
	for _, e := range events {
		if e.subject == subject && e.action == analytics.Watch && (e.loggedIn || !loggedIn) {
			out[e.visitor] = append(out[e.visitor], e.watched())
		}
	}
	return out
}

// firstLogin is the viewer's first logged in view of any campaign; of two at
// one instant, that of the lower subject.
func firstLogin(events []raw, viewer uint32) raw {
	var first raw
	for _, e := range events {
		if e.action == analytics.Watch && e.visitor == viewer && e.loggedIn &&
			(first.subject == 0 || e.at < first.at || e.at == first.at && e.subject < first.subject) {
			first = e
		}
	}
	return first
}

// fataler is what *testing.T and *rapid.T share here.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same fails unless got and want are deeply equal.
func same(t fataler, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %.800s\nwant %.800s", what, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
	}
}

// ok fails on an error.
func ok(t fataler, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func zone(t testing.TB, name string) analytics.TimeZone {
	t.Helper()
	z, err := analytics.ParseTimeZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t testing.TB, s string) analytics.Date {
	t.Helper()
	at := utc(t, s+"T00:00:00Z")
	return analytics.Date{Year: at.Year(), Month: at.Month(), Day: at.Day()}
}
