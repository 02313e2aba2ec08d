package sample

import (
	"fmt"
	"math"
)

// visits makes the traffic of event pages.
type visits struct {
	dice
	*Sample
	due   []int
	made  int
	crowd crowd
}

func newVisits(s *Sample) *visits {
	v := &visits{dice: newDice(2), Sample: s, crowd: crowd{returning: .4}}
	v.due = due(s.perKind, func(day int) float64 { return weekly(day, 1.4) * v.odds(day).total() })
	return v
}

// odds are what draws the public on a day: an event does more the nearer it is.
func (v *visits) odds(day int) odds {
	return oddsOf(len(v.Pages), func(i int) float64 {
		p := &v.Pages[i]
		before := p.day - day
		if before < 0 || before > 60 {
			return .002 * p.fame
		}
		return p.fame * math.Pow(1-float64(before)/61, 3)
	})
}

func (v *visits) day(day int, out *batch) {
	odds := v.odds(day)
	for v.made < v.due[day] {
		v.visit(v.at(day).UnixMilli()+v.moment(atHome), &v.Pages[v.draw(odds)], v.due[days-1], out)
	}
}

// visit is a session: the page opened once or more, now and then a link followed
// or a date noted.
func (v *visits) visit(at int64, p *Page, most int, out *batch) {
	about := fmt.Sprintf(`"event":"%s","path":"/events/%s"%s`, p.Key, p.Key, v.origin())
	if !v.chance(.05) { // the rest refuse to be told apart
		person := v.crowd.next(v.dice)
		about += fmt.Sprintf(`,"session":"s%d-%d","visitor":"v%d"`, person, at/86_400_000, person)
	}
	do := func(action string) {
		if v.made < most {
			v.made++
			out.add('e', at, action, about)
			at += v.pause(30)
		}
	}
	for range 1 + v.more(.6) {
		do("click")
		if v.chance(.2) {
			do("outbound_click")
		}
		if v.chance(.1) {
			do("calendar_sync")
		}
	}
}

// portals makes the page views of partners' users.
type portals struct {
	dice
	*Sample
	due  []int
	made int
	odds odds
}

func newPortals(s *Sample) *portals {
	return &portals{
		dice: newDice(3), Sample: s,
		due:  due(s.perKind, func(day int) float64 { return weekly(day, .2) * (1 + float64(day)/days) }),
		odds: oddsOf(len(s.Partners), func(i int) float64 { return s.Partners[i].fame }),
	}
}

func (v *portals) day(day int, out *batch) {
	for v.made < v.due[day] {
		v.visit(v.at(day).UnixMilli()+v.moment(atWork), &v.Partners[v.draw(v.odds)], v.due[days-1], out)
	}
}

// visit is some page views of a user, who is one of few at most partners and far
// more active than others at some.
func (v *portals) visit(at int64, p *Partner, most int, out *batch) {
	u := v.Float64()
	about := fmt.Sprintf(`"partner":"%s","visitor":"u%d"%s,"path":"/portal/`, p.UUID, p.firstUser+int(u*u*float64(p.users)), v.origin())
	for range 1 + v.more(4) {
		if v.made == most {
			return
		}
		v.made++
		out.add('p', at, "page_view", about+[]string{"deals", "leads", "team"}[v.IntN(3)]+`"`)
		at += v.pause(50)
	}
}

// audiences makes what the viewers of campaigns do.
type audiences struct {
	dice
	*Sample
	quota []int // of each campaign
	crowd crowd
}

func newAudiences(s *Sample) *audiences {
	v := &audiences{dice: newDice(4), Sample: s, crowd: crowd{returning: .5}}
	sums := oddsOf(len(s.Campaigns), func(i int) float64 { return s.Campaigns[i].fame })
	before := 0
	for i := range s.Campaigns {
		upTo := int(math.Round(float64(s.perKind) * sums[i] / sums.total()))
		v.quota, before = append(v.quota, upTo-before), upTo
	}
	return v
}

func (v *audiences) day(day int, out *batch) {
	for i := range v.Campaigns {
		if c := &v.Campaigns[i]; c.day == day {
			for left := v.quota[i]; left > 0; {
				left -= v.watch(c, left, out)
			}
		}
	}
}

// watch is one viewer, of at most so many events: half come at the start, and a
// third of the players report every minute.
func (v *audiences) watch(c *Campaign, most int, out *batch) (made int) {
	from, to := c.StartedAt.UnixMilli(), c.EndedAt.UnixMilli()
	at := from + int64(float64(to-from)*.95*v.Float64())
	if v.chance(.5) {
		at = from + int64(float64(to-from)*min(.9, v.ExpFloat64()*.07))
	}
	end := min(to, at+1000+int64(v.ExpFloat64()*.25*float64(to-from)))
	about := fmt.Sprintf(`"campaign":"%s","visitor":"w%d"%s`, c.Key, v.crowd.next(v.dice), v.origin())
	loggedIn, beat := v.chance(.45), end-at
	if v.chance(.33) {
		beat = 60_000
	}
	send := func(at int64, action, more string) {
		if made < most {
			made++
			out.add('w', at, action, about+more)
		}
	}
	for _, habit := range []struct {
		action string
		chance float64
	}{{"like", .35}, {"chat", .15}, {"product_click", .2}, {"banner_click", .06}} {
		if v.chance(habit.chance) {
			for range 1 + v.more(1.5) {
				send(at+v.Int64N(end-at), habit.action, "")
			}
		}
	}
	for start := at; start+1000 <= end; start += beat {
		send(start, "watch", fmt.Sprintf(`,"seconds":%d,"loggedIn":%t`, min(beat, end-start)/1000, loggedIn))
	}
	return made
}
