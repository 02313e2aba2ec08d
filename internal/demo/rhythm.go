package demo

import "time"

// A day of events is a UTC day, cut into half-hours: fine enough to follow the
// hours of any of the tenants' zones.
const (
	dayMillis  = int64(24 * time.Hour / time.Millisecond)
	slotsADay  = 48
	slotMillis = dayMillis / slotsADay
)

// curve is how traffic moves with the clock and the calendar of its place.
type curve struct {
	hours    [24]float64
	weekdays [7]float64 // from Sunday
	months   [12]float64
	growth   float64 // how much more there is at the end than at the start
}

// leisure is when people look for something to do.
var leisure = curve{
	hours:    [24]float64{1.2, .7, .4, .2, .15, .2, .5, 1.2, 1.9, 2.2, 2.5, 2.9, 3.6, 3.3, 2.8, 2.7, 3, 3.8, 4.9, 5.6, 5.7, 5.1, 3.8, 2.3},
	weekdays: [7]float64{1.1, .75, .8, .9, 1.1, 1.35, 1.3},
	months:   [12]float64{.7, .75, .9, 1, 1.15, 1.5, 1.3, .9, 1.05, 1, .9, 1.2},
	growth:   .8,
}

// office is when people work.
var office = curve{
	hours:    [24]float64{.1, .06, .05, .05, .06, .15, .4, 1.3, 3.4, 5.6, 6.1, 5.4, 3, 4, 5.6, 5.5, 4.8, 3.4, 1.6, .8, .55, .45, .3, .2},
	weekdays: [7]float64{.14, 1.1, 1.25, 1.2, 1.1, .85, .18},
	months:   [12]float64{1, 1.05, 1.1, 1.05, .95, 1, .8, .55, 1.1, 1.15, 1.1, .75},
	growth:   .6,
}

// rhythm is a curve laid over every day there is.
type rhythm struct {
	slots []odds    // per day, of its half-hours
	sums  []float64 // per day
}

// rhythm follows the curve in the zone from start on.
func (c *curve) rhythm(zone *time.Location, start time.Time, days int) rhythm {
	r := rhythm{make([]odds, days), make([]float64, days)}
	for d := range days {
		day := make(odds, 0, slotsADay)
		for s := range slotsADay {
			at := start.Add(time.Duration(int64(d)*dayMillis+int64(s)*slotMillis) * time.Millisecond).In(zone)
			day = day.and(c.hours[at.Hour()] * c.weekdays[at.Weekday()] * c.months[at.Month()-1])
		}
		r.slots[d] = day
		r.sums[d] = day.total() * (1 + c.growth*float64(d)/float64(days))
	}
	return r
}

// moment draws an instant of day d, in milliseconds from the day's start.
func (r rhythm) moment(d int, by dice) int64 {
	return int64(by.draw(r.slots[d]))*slotMillis + by.Int64N(slotMillis)
}
