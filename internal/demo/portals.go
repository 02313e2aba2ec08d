package demo

import (
	"strconv"

	"footfall/analytics"
)

// portals are a tenant's partners, whose users look at the tenant's portal.
type portals struct {
	*maker
	partners []portal
}

// portal is one partner and how its users behave.
type portal struct {
	input       analytics.PartnerInput
	key         string
	traffic     float64 // 0 for one that never came
	joined      int     // day of the first view
	left        int     // day after the last
	users, base int     // the users' numbers
	named       bool    // its sessions are the client's own
}

// kinds are the partner types with the lead directions that go with them. The
// first partners of every tenant run through all of them.
var kinds = []struct {
	weight    float64
	partner   analytics.PartnerType
	direction analytics.LeadDirection
}{
	{24, analytics.Referral, analytics.LeadsReceived},
	{18, analytics.Referral, analytics.LeadsSent},
	{12, analytics.Referral, analytics.LeadsAll},
	{26, analytics.Reseller, ""},
	{16, analytics.Distributor, ""},
	{4, analytics.Referral, ""},
}

func (m *maker) portals() *portals {
	d, ps := m.dice("partners"), &portals{maker: m}
	n := m.partners.at(m.options.Scale)
	traffic, taken := d.zipf(n, .85), map[string]bool{}
	groups := [][]*analytics.PartnerGroupInput{groupsOf(d, categories), groupsOf(d, levels), groupsOf(d, stages)}
	kindOdds := oddsOf()
	for _, k := range kinds {
		kindOdds = kindOdds.and(k.weight)
	}
	base := 1
	for i := range n {
		kind := i
		if i >= len(kinds) {
			kind = d.draw(kindOdds)
		}
		p := portal{traffic: traffic[i], left: m.days, named: d.chance(.3) || i == 1}
		p.input = partner(d, kind, groups, taken)
		p.key = p.input.UUID.String()
		p.users, p.base = 2+int(60*traffic[i]*float64(n)/10*max(m.options.Scale, .05)), base
		base += p.users
		ps.career(d, &p, i)
		ps.partners = append(ps.partners, p)
	}
	ps.partners[n-1].traffic = 0 // at least one is listed with zeros
	return ps
}

// career is when a partner comes and goes; the first few stay throughout.
func (ps *portals) career(d dice, p *portal, i int) {
	joins, leaves, never := d.chance(.4), d.chance(.08), d.chance(.03)
	from, to := d.Float64(), d.Float64()
	if i < len(kinds) {
		return
	}
	if joins {
		p.joined = int(from * .8 * float64(ps.days))
	}
	if leaves {
		p.left = p.joined + int((.2+.7*to)*float64(ps.days-p.joined))
	}
	if never {
		p.traffic = 0
	}
}

func groupsOf(d dice, names []string) []*analytics.PartnerGroupInput {
	out := make([]*analytics.PartnerGroupInput, len(names))
	for i, name := range names {
		out[i] = &analytics.PartnerGroupInput{UUID: d.uuid(), Name: name}
	}
	return out
}

func partner(d dice, kind int, groups [][]*analytics.PartnerGroupInput, taken map[string]bool) analytics.PartnerInput {
	in := analytics.PartnerInput{
		UUID: d.uuid(), Name: unique(taken, func() string { return company(d) }), PartnerType: kinds[kind].partner,
	}
	if direction := kinds[kind].direction; direction != "" {
		in.LeadDirection = &direction
	}
	if d.chance(.6) {
		in.LogoUUID = new(d.uuid())
	}
	for _, i := range d.Perm(len(groups[0]))[:d.IntN(4)] {
		in.Categories = append(in.Categories, groups[0][i])
	}
	if d.chance(.9) {
		in.Tier = groups[1][d.draw(oddsOf(4, 3, 2, 1))]
	}
	if d.chance(.95) {
		in.Stage = groups[2][d.draw(oddsOf(1, 2, 8, 3, 1))]
	}
	return in
}

func (ps *portals) inputs() []analytics.PartnerInput {
	out := make([]analytics.PartnerInput, len(ps.partners))
	for i := range out {
		out[i] = ps.partners[i].input
	}
	return out
}

// portalVisits makes the page views of partners' users.
type portalVisits struct {
	*portals
	dice
	rhythm
	due   []int // events up to the end of each day
	made  int
	steps []int64 // of the visit in the making, milliseconds after its start
	count int     // of named sessions
}

var portalPaths = []string{"/portal", "/portal/deals", "/portal/leads", "/portal/leads/new", "/portal/resources",
	"/portal/training", "/portal/payouts", "/portal/team", "/portal/profile"}

var portalPathOdds = oddsOf(10, 16, 14, 7, 11, 6, 5, 3, 2)

func (ps *portals) visits(total int) source {
	v := &portalVisits{portals: ps, dice: ps.dice("portal visits"), rhythm: office.rhythm(ps.loc, ps.start, ps.days)}
	weights := make([]float64, ps.days)
	for d := range weights {
		weights[d] = v.sums[d] * ps.odds(d).total()
	}
	v.due = pace(total, weights)
	return v
}

// odds are the partners' shares in the traffic of day d.
func (ps *portals) odds(d int) odds {
	o := make(odds, 0, len(ps.partners))
	for i := range ps.partners {
		p, traffic := &ps.partners[i], 0.0
		if p.joined <= d && d < p.left {
			traffic = p.traffic
		}
		o = o.and(traffic)
	}
	return o
}

func (v *portalVisits) day(d int, out *batch) {
	if d < 0 {
		return
	}
	odds := v.odds(d)
	for v.made < v.due[d] {
		v.made += v.visit(d, &v.partners[v.draw(odds)], v.due[v.days-1]-v.made, out)
	}
}

// visit makes one visit of at most so many page views and returns how many.
func (v *portalVisits) visit(d int, p *portal, most int, out *batch) int {
	v.read()
	v.steps = v.steps[:min(len(v.steps), most)]
	start := v.fit(v.at(d)+v.moment(d, v.dice), v.steps[len(v.steps)-1])
	e := analytics.EventInput{
		Action: analytics.PageView.String(), Partner: &p.key, Visitor: new(v.user(p)),
		Dimensions: v.someone(v.dice, entrances, entranceOdds, deskOdds),
	}
	if p.named {
		v.count++
		e.Session = new("p" + strconv.Itoa(v.count))
	}
	for _, after := range v.steps {
		e.Path = portalPaths[v.draw(portalPathOdds)]
		out.add(start+after, &e)
		e.Source, e.Medium, e.CampaignTag, e.Referrer = "", "", "", "https://portal.example"+e.Path
	}
	return len(v.steps)
}

// user is one of the partner's people, some far more often than others, or now
// and then one who works for several partners.
func (v *portalVisits) user(p *portal) string {
	if v.chance(.04) {
		return "agent" + strconv.Itoa(1+v.IntN(40))
	}
	u := v.Float64()
	return "u" + strconv.Itoa(p.base+int(u*u*float64(p.users)))
}

// read plans the page views of a visit: mostly a few minutes; now and then a
// break that ends the session, exactly or by far, a page opened twice at one
// instant, or a day-long vigil that meets the four hours' limit.
func (v *portalVisits) read() {
	views, median := 1+v.more(3.3), 50.0
	vigil := v.chance(.004)
	if vigil {
		views = 14 + v.IntN(10)
	}
	v.steps = v.steps[:0]
	after := int64(0)
	for range views {
		v.steps = append(v.steps, after)
		switch {
		case vigil:
			after += int64(v.between(14, 29) * 60_000)
		case v.chance(.003):
			after += analytics.SessionIdle.Milliseconds()
		case v.chance(.003): // the next page at the same instant
		case v.chance(.02):
			after += int64(v.between(31, 80) * 60_000)
		default:
			after += v.gap(median, 29*60)
		}
	}
}
