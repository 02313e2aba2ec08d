package demo

import (
	"math"
	"time"

	"footfall/analytics"
)

// profile is what sets one tenant apart.
type profile struct {
	accessKey, name, zone string
	share                 float64 // of all events
	activations           counts
	partners, campaigns   counts
	countries             []string // the tenant's own first, then by rank
	documented            bool     // has the document's example
}

// counts is how many there are at scale 1, and at least at any.
type counts struct{ usual, least int }

// at grows with the square root of the scale: a hundredth of the events leaves a
// tenth of the things they happen to.
func (c counts) at(scale float64) int {
	return max(c.least, int(math.Round(float64(c.usual)*math.Sqrt(scale))))
}

var profiles = []profile{
	{"a1b2c3d4", "Nuits Claires", "Europe/Paris", .5, counts{110, 12}, counts{150, 15}, counts{60, 6},
		[]string{"FR", "BE", "GB", "DE", "CH", "ES", "IT", "US", "NL", "MA"}, true},
	{"e5f6a7b8", "Harbor Nine Live", "America/New_York", .3, counts{65, 8}, counts{90, 9}, counts{36, 4},
		[]string{"US", "CA", "MX", "GB", "BR", "DE", "JP", "AU"}, false},
	{"c9d0e1f2", "Marigold Street", "Asia/Kolkata", .2, counts{45, 8}, counts{60, 8}, counts{24, 4},
		[]string{"IN", "AE", "GB", "SG", "US", "NP", "LK", "BD"}, false},
}

// eventsAtScale1 is the number of events of all tenants at scale 1.
const eventsAtScale1 = 1_000_000

// maker is what the parts of one tenant's data share.
type maker struct {
	*profile
	span
	options Options
	loc     *time.Location
	nations odds
}

func (m *maker) dice(purpose string) dice {
	return newDice(m.options.Seed, m.accessKey+" "+purpose)
}

func (p *profile) generate(o Options) Tenant {
	zone, err := analytics.ParseTimeZone(p.zone)
	if err != nil { // no time zone database on this machine and none built in
		panic("demo: " + err.Error())
	}
	m := &maker{p, o.span(), o, zone.Location(), countryOdds(p.countries)}
	total := int(math.Round(eventsAtScale1 * o.Scale * p.share))
	split := shares(total, []float64{.35, .37, .28})

	pages, portals, shows := m.eventPages(), m.portals(), m.shows()
	t := Tenant{Tenant: analytics.Tenant{AccessKey: p.accessKey, Name: p.name, Zone: zone}, EventCount: total}
	t.Activations, t.Partners, t.Campaigns = pages.activations(), portals.inputs(), shows.inputs()

	first, example := 0, exampleEvents()
	if p.documented {
		t.Activations = append([]Activation{documented()}, t.Activations...)
		t.EventCount += len(example)
		first = min(first, m.dayOf(example[0].At.UnixMilli()))
	}
	t.Events = stream(m.span, first, func() []source {
		sources := []source{pages.visits(split[0]), portals.visits(split[1]), shows.audiences(split[2])}
		if p.documented {
			sources = append(sources, &replay{m.span, example})
		}
		return sources
	})
	return t
}

// replay passes on events that are there already, in time order.
type replay struct {
	span
	events []analytics.EventInput
}

func (r *replay) day(d int, out *batch) {
	for len(r.events) > 0 && r.events[0].At.UnixMilli() < r.at(d+1) {
		e := r.events[0]
		out.add(e.At.UnixMilli(), &e)
		r.events = r.events[1:]
	}
}
