package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// dice is a repeatable source of chance.
type dice struct{ *rand.Rand }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// more is a geometric number, 0 and up, with the mean given.
func (d dice) more(mean float64) int { return int(math.Log(1-d.Float64()) / math.Log(mean/(1+mean))) }

// pause is log-normal around a median and at most thirty times as long, in
// milliseconds; the median is in seconds.
func (d dice) pause(median float64) int64 {
	return 1 + int64(1000*min(30*median, median*math.Exp(d.NormFloat64())))
}

// zipf gives n things the weights 1, 1/2^s, 1/3^s, … in random order.
func (d dice) zipf(n int, s float64) []float64 {
	out := make([]float64, n)
	for rank, i := range d.Perm(n) {
		out[i] = math.Pow(float64(rank+1), -s)
	}
	return out
}

// odds are running sums of weights.
type odds []float64

func oddsOf(n int, weight func(i int) float64) odds {
	o, sum := make(odds, n), 0.
	for i := range o {
		sum += weight(i)
		o[i] = sum
	}
	return o
}

func (o odds) total() float64 { return o[len(o)-1] }

// draw is the number of an outcome, by weight.
func (d dice) draw(o odds) int {
	at := d.Float64() * o.total()
	return min(sort.SearchFloat64s(o, at), len(o)-1)
}

// due splits a total over the weights of the days: how much there is by the end
// of each.
func due(total int, weight func(day int) float64) []int {
	sums := oddsOf(days, weight)
	out := make([]int, days)
	for i := range out {
		out[i] = int(math.Round(float64(total) * sums[i] / sums.total()))
	}
	return out
}

// hours is how busy each hour of a UTC day is, for people at home and at work.
var (
	atHome = hourOdds(2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 12, 14, 13, 12, 12, 14, 18, 22, 24, 22, 16, 9, 4)
	atWork = hourOdds(1, 0, 0, 0, 1, 2, 8, 24, 40, 44, 40, 24, 28, 40, 42, 36, 24, 10, 5, 4, 3, 2, 1, 1)
)

func hourOdds(weights ...float64) odds {
	return oddsOf(len(weights), func(i int) float64 { return weights[i] })
}

// moment is an instant of a day, in milliseconds from its start.
func (d dice) moment(hours odds) int64 { return int64(d.draw(hours))*3_600_000 + d.Int64N(3_600_000) }

// weekly is how busy the days of a week are, from the first day of the traffic on.
func weekly(day int, quiet float64) float64 {
	if day%7 >= 5 {
		return quiet
	}
	return 1 + float64(day%7)/10
}

// crowd hands out people by number: new ones, and those who come back, the recent
// ones more often.
type crowd struct {
	people    int
	returning float64
}

func (c *crowd) next(d dice) int {
	if c.people > 0 && d.chance(c.returning) {
		u := d.Float64()
		return c.people - int(u*u*u*float64(c.people))
	}
	c.people++
	return c.people
}

var (
	sources   = []string{"newsletter", "search", "social", "partner", "direct"}
	countries = []string{"FR", "BE", "GB", "DE", "CH", "ES", "IT", "US"}
	devices   = []string{"mobile", "desktop", "tablet"}
)

// origin is where a visit comes from: the first of each list most often.
func (d dice) origin() string {
	pick := func(from []string) string {
		u := d.Float64()
		return from[int(u*u*float64(len(from)))]
	}
	return fmt.Sprintf(`,"source":"%s","country":"%s","device":"%s"`, pick(sources), pick(countries), pick(devices))
}
