package demo

import "footfall/analytics"

// origin is where a visit comes from.
type origin struct {
	weight float64
	analytics.Dimensions
}

func from(weight float64, source, medium, tag, referrer string) origin {
	return origin{weight, analytics.Dimensions{Source: source, Medium: medium, CampaignTag: tag, Referrer: referrer}}
}

// origins of visits to event pages.
var origins = []origin{
	from(24, "", "", "", ""),
	from(22, "search", "organic", "", "https://search.example/"),
	from(14, "photofeed", "social", "", "https://photofeed.example/"),
	from(9, "newsletter", "email", "weekly-guide", "https://mail.example/"),
	from(7, "clips", "social", "", "https://clips.example/"),
	from(6, "search", "cpc", "weekend-tickets", "https://search.example/ads"),
	from(5, "city-guide", "referral", "", "https://city-guide.example/tonight"),
	from(4, "photofeed", "paid_social", "early-bird", "https://photofeed.example/"),
	from(4, "venue-site", "referral", "", "https://venues.example/programme"),
	from(3, "newsletter", "email", "last-tickets", "https://mail.example/"),
	from(2, "flyer", "qr", "street-posters", ""),
}

// entrances to partner portals.
var entrances = []origin{
	from(48, "", "", "", ""),
	from(18, "sso", "internal", "", "https://login.example/"),
	from(14, "digest", "email", "deal-digest", "https://mail.example/"),
	from(9, "crm", "referral", "", "https://crm.example/accounts"),
	from(6, "search", "organic", "", "https://search.example/"),
	from(5, "training", "email", "certification", "https://mail.example/"),
}

// channels lead to live campaigns.
var channels = []origin{
	from(30, "app", "push", "live-now", ""),
	from(24, "", "", "", ""),
	from(16, "photofeed", "social", "", "https://photofeed.example/"),
	from(12, "newsletter", "email", "live-tonight", "https://mail.example/"),
	from(10, "banner", "onsite", "home-hero", ""),
	from(8, "clips", "paid_social", "live-teaser", "https://clips.example/"),
}

var (
	originOdds   = oddsOfOrigins(origins)
	entranceOdds = oddsOfOrigins(entrances)
	channelOdds  = oddsOfOrigins(channels)

	devices    = []string{"mobile", "desktop", "tablet", "tv"}
	deviceOdds = oddsOf(62, 30, 7, 1)
	deskOdds   = oddsOf(18, 78, 4, 0)
)

func oddsOfOrigins(list []origin) odds {
	var o odds
	for _, each := range list {
		o = o.and(each.weight)
	}
	return o
}

// countryOdds favours the tenant's own country, then falls with the rank.
func countryOdds(countries []string) odds {
	var o odds
	for rank := range countries {
		weight := 1 / float64(rank*rank)
		if rank == 0 {
			weight = 6
		}
		o = o.and(weight)
	}
	return o
}

// someone is where one visit comes from: origin, country and device.
func (m *maker) someone(d dice, from []origin, fromOdds, deviceOdds odds) analytics.Dimensions {
	out := from[d.draw(fromOdds)].Dimensions
	out.Country, out.Device = m.countries[d.draw(m.nations)], devices[d.draw(deviceOdds)]
	return out
}
