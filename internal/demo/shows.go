package demo

import (
	"math"
	"slices"
	"strconv"
	"time"

	"footfall/analytics"
)

// shows are a tenant's live campaigns.
type shows struct {
	*maker
	list []show
}

// show is one campaign; from and to are when it has an audience, in Unix
// milliseconds, equal when it has none yet.
type show struct {
	input    analytics.CampaignInput
	path     string
	from, to int64
	fame     float64
}

// The campaigns at the end of every tenant's list: two of the last days, one
// that is on air when the sample data ends, and one yet to come.
const recentShows, airing, coming = 2, 1, 1

func (m *maker) shows() *shows {
	d, s := m.dice("campaigns"), &shows{maker: m}
	n := m.campaigns.at(m.options.Scale)
	fame, past := d.zipf(n, .75), max(0, n-recentShows-airing-coming)
	for i := range n {
		w := show{input: analytics.CampaignInput{CampaignKey: d.hex(6), Title: broadcast(d, i+1)}, fame: fame[i]}
		w.path = "/live/" + w.input.CampaignKey
		switch {
		case i < past:
			day := int((float64(i) + d.Float64()) / float64(past) * float64(m.days-7))
			s.stage(d, &w, day)
		case i < past+recentShows:
			s.stage(d, &w, m.days-6+2*(i-past))
		case i < n-coming:
			s.goLive(d, &w)
		default:
			w.input.ScheduledAt = s.evening(d, m.days+2+d.IntN(9))
		}
		s.list = append(s.list, w)
	}
	s.later(d, n)
	return s
}

// later adds a few more that are yet to come where there are many.
func (s *shows) later(d dice, n int) {
	for i := n - 10; i > 0; i -= 20 {
		w := &s.list[i]
		w.input.ScheduledAt, w.input.StartedAt, w.input.EndedAt = s.evening(d, s.days+1+d.IntN(20)), nil, nil
		w.from, w.to = 0, 0
	}
}

// evening is when a campaign of a day is scheduled: mostly after work.
func (s *shows) evening(d dice, day int) time.Time {
	hours, minutes := []int{11, 12, 18, 19, 20, 21}, []int{0, 0, 0, 15, 30, 30, 45}
	local := s.start.AddDate(0, 0, day).In(s.loc)
	return time.Date(local.Year(), local.Month(), local.Day(), oneOf(d, hours), oneOf(d, minutes), 0, 0, s.loc).UTC()
}

// stage gives a campaign its evening: it starts a little early or late, and
// lasts up to two hours; one in twenty is a marathon of five.
func (s *shows) stage(d dice, w *show, day int) {
	w.input.ScheduledAt = s.evening(d, day)
	started := w.input.ScheduledAt.Add(time.Duration(d.IntN(900)-540) * time.Second)
	length := time.Duration(d.between(20, 120) * float64(time.Minute)).Truncate(time.Second)
	if d.chance(.05) {
		length = 5 * time.Hour
	}
	ended := started.Add(length)
	w.input.StartedAt, w.input.EndedAt = &started, &ended
	w.from, w.to = started.UnixMilli(), ended.UnixMilli()
}

// goLive puts a campaign on air for the last hour of the sample data; it has
// not ended.
func (s *shows) goLive(d dice, w *show) {
	started := time.UnixMilli(s.end).UTC().Add(-time.Duration(3000+d.IntN(2400)) * time.Second)
	w.input.ScheduledAt, w.input.StartedAt = started.Truncate(5*time.Minute), &started
	w.from, w.to = started.UnixMilli(), s.end
}

func (s *shows) inputs() []analytics.CampaignInput {
	out := make([]analytics.CampaignInput, len(s.list))
	for i := range out {
		out[i] = s.list[i].input
	}
	return out
}

// audiences makes what viewers do.
type audiences struct {
	*shows
	dice
	quota []int // per show
	crowd crowd
	rest  []int // shows still to come, in order of their start
}

func (s *shows) audiences(total int) source {
	a := &audiences{shows: s, dice: s.dice("viewers"), crowd: crowd{returning: .45}}
	weights := make([]float64, len(s.list))
	for i, w := range s.list {
		if w.from < w.to {
			weights[i] = w.fame * math.Sqrt(float64(w.to-w.from))
			a.rest = append(a.rest, i)
		}
	}
	a.quota = shares(total, weights)
	slices.SortStableFunc(a.rest, func(x, y int) int { return int(s.list[x].from/1000 - s.list[y].from/1000) })
	return a
}

func (a *audiences) day(d int, out *batch) {
	for len(a.rest) > 0 && a.list[a.rest[0]].from < a.at(d+1) {
		i := a.rest[0]
		a.rest = a.rest[1:]
		for left := a.quota[i]; left > 0; {
			v := viewer{audiences: a, show: &a.list[i], fan: left == a.quota[i], left: left, out: out}
			v.watch()
			left = v.left
		}
	}
}

// viewerID names a person; those who are back are known by the same name.
func (a *audiences) viewerID() string { return "w" + strconv.Itoa(a.crowd.next(a.dice)) }
