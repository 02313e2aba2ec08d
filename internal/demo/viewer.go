package demo

import (
	"math"
	"time"

	"footfall/analytics"
)

// viewer is one person at one campaign, who may cause no more than left events.
type viewer struct {
	*audiences
	*show
	fan   bool // does everything there is to do
	left  int
	out   *batch
	event analytics.EventInput
	login int64 // from when on logged in, Unix milliseconds
	beat  int64 // milliseconds between reports, 0 for one at the end
}

// watch comes, stays, does this and that meanwhile, perhaps on two screens at
// once, and perhaps returns.
func (v *viewer) watch() {
	length := v.to - v.from
	name := v.viewerID()
	v.event = analytics.EventInput{Campaign: &v.input.CampaignKey, Visitor: &name, Dimensions: v.someone(v.dice, channels, channelOdds, deviceOdds)}
	v.event.Path = v.path
	if v.chance(.25) {
		v.event.Session = new(v.input.CampaignKey + "-" + name)
	}
	v.temper(length)

	from, to := v.visit(v.arrival(length))
	v.act(from, to)
	v.report(from, to)
	if v.chance(.04) { // a second tab, opened later and closed earlier or later
		again := from + int64(v.between(.1, .9)*float64(to-from))
		v.report(again, min(v.to, to+int64(v.between(-.3, .3)*float64(to-from))))
	}
	if v.chance(.12) {
		from, to = v.visit(min(v.to-2000, to+v.gap(300, 3600)))
		v.report(from, to)
	}
}

// temper is how a viewer's player reports and whether they log in: from the
// start, on the way, or never.
func (v *viewer) temper(length int64) {
	v.login = math.MaxInt64
	switch u := v.Float64(); {
	case u < .42:
		v.login = 0
	case u < .48:
		v.login = v.from + v.Int64N(length)
	}
	if v.chance(.3) {
		v.beat = 1000 * oneOf(v.dice, []int64{30, 30, 45, 60, 60, 60, 90, 120})
	}
}

// arrival is when they come: half in a rush at the start, the rest any time.
func (v *viewer) arrival(length int64) int64 {
	if v.chance(.5) {
		return v.from + int64(min(.9, v.ExpFloat64()*.07)*float64(length))
	}
	return v.from + int64(v.Float64()*.97*float64(length))
}

// visit is how long they stay from an instant on, a second at least.
func (v *viewer) visit(from int64) (start, end int64) {
	stay := int64(v.ExpFloat64() * .22 * float64(v.to-v.from))
	if v.chance(.1) {
		stay = v.to
	}
	return from, max(from+1000, min(v.to, from+stay))
}

// report sends what was watched over [from, to), in whole seconds: in beats, or
// once.
func (v *viewer) report(from, to int64) {
	for from+1000 <= to {
		end := to
		if v.beat > 0 {
			end = min(to, from+v.beat)
		}
		seconds := int((end - from) / 1000)
		v.event.Action, v.event.Seconds, v.event.LoggedIn = analytics.Watch.String(), &seconds, nil
		if from >= v.login {
			v.event.LoggedIn = &loggedIn
		}
		v.send(from)
		from += max(int64(seconds)*1000, v.beat)
	}
}

var loggedIn = true

// act likes, chats and clicks within [from, to); the longer, the more.
func (v *viewer) act(from, to int64) {
	patience := min(1, float64(to-from)/float64(10*time.Minute/time.Millisecond))
	for _, habit := range []struct {
		action     analytics.Action
		does, more float64
	}{{analytics.Like, .4, 3}, {analytics.Chat, .16, 1.6}, {analytics.ProductClick, .24, .9}, {analytics.BannerClick, .08, .2}} {
		if !v.chance(habit.does*(.3+.7*patience)) && !v.fan {
			continue
		}
		v.event.Action, v.event.Seconds, v.event.LoggedIn = habit.action.String(), nil, nil
		for range 1 + v.more(habit.more*patience) {
			v.send(from + v.Int64N(to-from))
		}
	}
}

func (v *viewer) send(at int64) {
	if v.left > 0 {
		v.left--
		v.out.add(at, &v.event)
	}
}
