package demo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"footfall/analytics"
)

// The documented example (contracts.md, section 1): demo data only, its token
// is public.
const (
	ExampleActivation = "act_abc123xyz"
	ExampleToken      = "tok_secure_token_here"
	exampleKey        = "jazz-sunset-2026-03-15"
	exampleName       = "Jazz Night at Le Sunset"
)

var exampleWindow = analytics.Range{
	Start: time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC),
	End:   time.Date(2026, time.March, 31, 23, 59, 59, 999_000_000, time.UTC),
}

// The measures that the document gives, and what they take: sessions counted
// from 1, the first viewSessions of which view.
const (
	exampleClicks, exampleOutbound, exampleCalendar = 1250, 342, 158

	sessions         = 892
	viewSessions     = 867
	outboundSessions = 298
	calendarSessions = 142
	onlyOutbound     = 14 // sessions without a view that only follow a link, sent by mail
	onlyCalendar     = sessions - viewSessions - onlyOutbound

	// Events without a session are counted, and are nobody.
	looseClicks, looseOutbound, looseCalendar = 20, 6, 3
)

func documented() Activation {
	return Activation{
		analytics.CreateActivationInput{
			ActivationID: new(ExampleActivation), EventKey: exampleKey, EventName: exampleName, Tier: "premium",
			StartAt: exampleWindow.Start, EndAt: exampleWindow.End,
		},
		ExampleToken,
	}
}

// example makes the events of the documented event key.
type example struct {
	dice
	key    string
	events []analytics.EventInput
}

// exampleEvents are all events of the documented event key, in time order. They
// depend on nothing: neither on seed and scale nor on the date.
func exampleEvents() []analytics.EventInput {
	x := &example{dice: newDice(1, exampleKey), key: exampleKey}
	x.inside()
	x.outside()
	slices.SortStableFunc(x.events, func(a, b analytics.EventInput) int { return a.At.Compare(b.At) })
	for i := range x.events {
		x.events[i].ID = fmt.Sprintf("demo-jazz-%04d", i+1)
	}
	return x.events
}

// inside fills the window, its two edges included.
func (x *example) inside() {
	clicks, outbound, calendar := make([]int, sessions), make([]int, sessions), make([]int, sessions)
	x.deal(clicks, x.Perm(viewSessions), exampleClicks-looseClicks)
	x.deal(outbound, append(x.some(outboundSessions-onlyOutbound), run(viewSessions, onlyOutbound)...), exampleOutbound-looseOutbound)
	x.deal(calendar, append(x.some(calendarSessions-onlyCalendar), run(viewSessions+onlyOutbound, onlyCalendar)...), exampleCalendar-looseCalendar)
	for i := range sessions {
		at := x.moment()
		if i == 0 {
			at = exampleWindow.Start
		}
		x.visit(at, fmt.Sprintf("jazz-s%04d", i+1), clicks[i], outbound[i], calendar[i])
	}
	for i := range looseClicks {
		at := x.moment()
		if i == 0 {
			at = exampleWindow.End.Add(-time.Millisecond)
		}
		x.visit(at, "", 1, 0, 0)
	}
	for range looseOutbound {
		x.visit(x.moment(), "", 0, 1, 0)
	}
	for range looseCalendar {
		x.visit(x.moment(), "", 0, 0, 1)
	}
}

// outside surrounds the window with what must not count: weeks before, the last
// instant before it, its end itself, and the week after.
func (x *example) outside() {
	for i := range 64 {
		at := exampleWindow.Start.Add(-time.Duration(x.between(1, 20*24) * float64(time.Hour)))
		x.visit(at, fmt.Sprintf("jazz-early%02d", i+1), 1, x.IntN(2), 0)
	}
	x.visit(exampleWindow.Start.Add(-time.Millisecond), "jazz-early-last", 1, 0, 0)
	for _, late := range []time.Duration{0, time.Millisecond, time.Second} {
		x.visit(exampleWindow.End.Add(late), fmt.Sprintf("jazz-late-%dms", late.Milliseconds()), 1, 0, 0)
		x.visit(exampleWindow.End.Add(late), fmt.Sprintf("jazz-late-%dms", late.Milliseconds()), 0, 1, 0)
		x.visit(exampleWindow.End.Add(late), fmt.Sprintf("jazz-late-%dms", late.Milliseconds()), 0, 0, 1)
	}
	for i := range 40 {
		at := exampleWindow.End.Add(time.Duration(x.between(1, 6*24) * float64(time.Hour)))
		x.visit(at, fmt.Sprintf("jazz-late%02d", i+1), 1, 0, x.IntN(2))
	}
}

// visit is one session's clicks, outbound clicks and calendar syncs from at on;
// no session when it is "".
func (x *example) visit(at time.Time, session string, clicks, outbound, calendar int) {
	e := analytics.EventInput{Event: &x.key, Dimensions: origins[x.draw(originOdds)].Dimensions}
	if session != "" {
		e.Session = &session
		if x.chance(.7) {
			e.Visitor = new("jazz-v" + session[len("jazz-"):])
		}
	}
	e.Path, e.Country, e.Device = "/events/"+exampleKey, oneOf(x.dice, profiles[0].countries[:5]), devices[x.draw(deviceOdds)]
	for _, part := range []struct {
		action analytics.Action
		times  int
	}{{analytics.Click, clicks}, {analytics.OutboundClick, outbound}, {analytics.CalendarSync, calendar}} {
		for range part.times {
			e.Action, e.At = part.action.String(), at
			x.events = append(x.events, e)
			at = at.Add(time.Duration(x.gap(25, 120)) * time.Millisecond)
		}
	}
}

// moment is an instant in the window: evenings most, more and more up to the
// concert on the 15th, little after. It leaves an hour for the visit.
func (x *example) moment() time.Time {
	days := make(odds, 0, 31)
	for day := range 31 {
		weight := math.Exp(-math.Abs(float64(day)-14) / 6)
		if day > 14 {
			weight /= 6
		}
		days = days.and(weight)
	}
	at := exampleWindow.Start.AddDate(0, 0, x.draw(days)).
		Add(time.Duration(x.draw(oddsOf(leisure.hours[1:]...)))*time.Hour + time.Duration(x.IntN(int(time.Hour/time.Millisecond)))*time.Millisecond)
	if last := exampleWindow.End.Add(-time.Hour); at.After(last) {
		return last
	}
	return at
}

// deal gives every one of the sessions one event, and what is left of total to
// some of them.
func (x *example) deal(counts, among []int, total int) {
	for _, i := range among {
		counts[i]++
	}
	for range total - len(among) {
		counts[oneOf(x.dice, among)]++
	}
}

// some picks n of the sessions that view.
func (x *example) some(n int) []int {
	picked := x.Perm(viewSessions)[:n]
	slices.SortFunc(picked, cmp.Compare)
	return picked
}

func run(from, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = from + i
	}
	return out
}
