package demo

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"footfall/analytics"
)

// eventPages are a tenant's events, and the activations on them.
type eventPages struct {
	*maker
	pages []page
}

// page is one event and how its public behaves.
type page struct {
	key, name, path    string
	day                int       // of the event, within or after the span
	opens              time.Time // when the event begins
	fame               float64
	outbound, calendar float64 // per view
}

// ahead is how many days after the span the last event is.
const ahead = 60

func (m *maker) eventPages() *eventPages {
	d, e := m.dice("events"), &eventPages{maker: m}
	n := m.activations.at(m.options.Scale)
	fame, taken := d.zipf(n, .9), map[string]bool{exampleKey: true}
	for i := range n {
		// Even spread, so that small samples too have some behind and some ahead.
		day := int((float64(i) + d.Float64()) / float64(n) * float64(m.days+ahead))
		if i == n-1 { // one is always near
			day = m.days + 3 + d.IntN(9)
		}
		local := m.start.AddDate(0, 0, day).In(m.loc)
		opens := time.Date(local.Year(), local.Month(), local.Day(), 17+d.IntN(6), 30*d.IntN(2), 0, 0, m.loc)
		p := page{day: day, opens: opens, fame: fame[i], outbound: d.between(.12, .42), calendar: d.between(.04, .2)}
		p.key = unique(taken, func() string {
			name, short := concert(d)
			p.name = name
			return slug(short) + "-" + opens.Format(time.DateOnly)
		})
		p.path = "/events/" + p.key
		e.pages = append(e.pages, p)
	}
	return e
}

// activations are windows on the events: one each, but for every eighth event
// without any and every eighth with a second that overlaps the first.
func (e *eventPages) activations() []Activation {
	d := e.dice("activations")
	var out []Activation
	for i := range e.pages {
		p := &e.pages[i]
		first := e.activation(d, p, []int{14, 30, 45}[d.IntN(3)])
		switch i % 8 {
		case 3:
		case 4:
			out = append(out, e.activation(d, p, 60), first)
		default:
			out = append(out, first)
		}
	}
	// Three that are not reportable, however few there are.
	for i, status := range []analytics.ActivationStatus{analytics.Pending, analytics.Processing, analytics.Dismissed} {
		for at := len(out) - 2 - i; at >= 0; at -= 40 {
			out[at].Status = new(status)
		}
	}
	return out
}

// activation is a window of some days before the event to the end of its night.
// Half start and end at midnight, half when they were ordered and when the
// doors closed.
func (e *eventPages) activation(d dice, p *page, days int) Activation {
	y, month, day := p.opens.Date()
	in := analytics.CreateActivationInput{
		ActivationID: new("act_" + d.word(12)), EventKey: p.key, EventName: p.name, Tier: oneOf(d, tiers),
		StartAt: time.Date(y, month, day-days, 0, 0, 0, 0, e.loc).UTC(), EndAt: time.Date(y, month, day+1, 0, 0, 0, 0, e.loc).UTC(),
	}
	if d.chance(.5) {
		in.StartAt = in.StartAt.Add(time.Duration(d.IntN(12*3600)) * time.Second)
		in.EndAt = p.opens.Add(time.Duration(120+d.IntN(180)) * time.Minute).UTC()
	}
	return Activation{CreateActivationInput: in}
}

// interest is how much of its fame an event draws some days before it is.
func interest(before int) float64 {
	switch near := 1 - float64(before)/61; {
	case before < 0:
		return .002 + .15*math.Exp(float64(before)/2)
	case before <= 60:
		return .002 + near*near*near
	}
	return .002
}

// pageVisits makes the traffic of event pages.
type pageVisits struct {
	*eventPages
	dice
	rhythm
	due   []int // events up to the end of each day
	made  int
	crowd crowd
	plan  []step
}

// step is one thing done in a visit, in milliseconds after its start.
type step struct {
	after  int64
	action string
}

func (e *eventPages) visits(total int) source {
	v := &pageVisits{eventPages: e, dice: e.dice("visits"), rhythm: leisure.rhythm(e.loc, e.start, e.days), crowd: crowd{returning: .38}}
	weights := make([]float64, e.days)
	for d := range weights {
		weights[d] = v.sums[d] * (.05 + e.odds(d).total())
	}
	v.due = pace(total, weights)
	return v
}

// odds are what draws the public on day d.
func (e *eventPages) odds(d int) odds {
	o := make(odds, 0, len(e.pages))
	for i := range e.pages {
		o = o.and(e.pages[i].fame * interest(e.pages[i].day-d))
	}
	return o
}

func (v *pageVisits) day(d int, out *batch) {
	if d < 0 {
		return
	}
	odds := v.odds(d)
	for v.made < v.due[d] {
		v.made += v.visit(d, &v.pages[v.draw(odds)], v.due[v.days-1]-v.made, out)
	}
}

// visit makes one session of at most so many events and returns how many.
func (v *pageVisits) visit(d int, p *page, most int, out *batch) int {
	v.think(p)
	v.plan = v.plan[:min(len(v.plan), most)]
	start := v.fit(v.at(d)+v.moment(d, v.dice), v.plan[len(v.plan)-1].after)
	e := analytics.EventInput{Event: &p.key, Dimensions: v.someone(v.dice, origins, originOdds, deviceOdds)}
	e.Path = p.path
	if !v.chance(.05) { // the rest refuse to be told apart
		person := "v" + strconv.Itoa(v.crowd.next(v.dice))
		e.Session = new(fmt.Sprintf("s%x-%s", start/1000, person))
		if v.chance(.8) {
			e.Visitor = &person
		}
	}
	for _, s := range v.plan {
		e.Action = s.action
		out.add(start+s.after, &e)
	}
	return len(v.plan)
}

// think plans a visit: views, some of which lead out or into a calendar. A few
// come from a mail and only lead out.
func (v *pageVisits) think(p *page) {
	v.plan = v.plan[:0]
	after := int64(0)
	do := func(a analytics.Action) {
		v.plan = append(v.plan, step{after, a.String()})
		after += v.gap(30, 1200)
	}
	views := 1 + v.more(.45)
	if v.chance(.02) {
		do(analytics.OutboundClick)
		views--
	}
	for range views {
		do(analytics.Click)
		if v.chance(p.outbound) {
			do(analytics.OutboundClick)
		}
		if v.chance(p.calendar) {
			do(analytics.CalendarSync)
		}
	}
}
