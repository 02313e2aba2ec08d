// Package demo makes the sample data of `footfall demo`: three tenants in three
// time zones, their activations, partners and campaigns, and three years of
// events. It is a pure function of its Options: no I/O and no clock of its own.
// Every name in it is invented.
package demo

import (
	"fmt"
	"iter"
	"time"

	"footfall/analytics"
)

// Options say how much sample data is made, and which.
type Options struct {
	Seed  uint64
	Scale float64   // 1 is about a million events; 0.001 to 100
	Today time.Time // only its date in UTC matters; not before Earliest
}

// Earliest is the first Today for which the documented example lies in the past.
var Earliest = time.Date(2026, time.April, 8, 0, 0, 0, 0, time.UTC)

// The scales Generate takes.
const (
	MinScale = 0.001
	MaxScale = 100
)

// years is how long the sample data reaches back.
const years = 3

// Validate reports what Generate would refuse.
func (o Options) Validate() error {
	if !(o.Scale >= MinScale && o.Scale <= MaxScale) {
		return analytics.Invalidf("scale", "must be from %g to %g, got %g", MinScale, float64(MaxScale), o.Scale)
	}
	if o.Today.Before(Earliest) {
		return analytics.Invalidf("today", "must not be before %s, got %s; is this machine's clock right?",
			Earliest.Format(time.DateOnly), o.Today.Format(time.DateOnly))
	}
	return nil
}

// end is where the events stop: the start of Today, so that none lies in the
// future and the data depends on the date alone.
func (o Options) end() time.Time { return o.Today.UTC().Truncate(24 * time.Hour) }

// start is where the events begin, but for the documented example's.
func (o Options) start() time.Time { return o.end().AddDate(-years, 0, 0) }

// Tenant is one customer and everything that is loaded for it. Partners and
// campaigns must be there before the events, which come in time order and can
// be ranged over more than once.
type Tenant struct {
	analytics.Tenant // without ID
	Activations      []Activation
	Partners         []analytics.PartnerInput
	Campaigns        []analytics.CampaignInput
	Events           iter.Seq[analytics.EventInput]
	EventCount       int // exact
}

// Activation is an activation to create. Token is given for the documented
// example alone; all others get a random one.
type Activation struct {
	analytics.CreateActivationInput
	Token string
}

// Generate makes the tenants: equal options (of Today, the date) give equal
// data, event by event. Events are made while they are ranged over, about a day
// at a time. It panics on options that Validate refuses.
func Generate(o Options) []Tenant {
	if err := o.Validate(); err != nil {
		panic(fmt.Sprintf("demo: %v", err))
	}
	tenants := make([]Tenant, len(profiles))
	for i := range profiles {
		tenants[i] = profiles[i].generate(o)
	}
	return tenants
}
