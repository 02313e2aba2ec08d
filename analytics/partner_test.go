package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"footfall/analytics"
)

var orderFields = []analytics.PartnerOrderField{analytics.ByTotalSessions, analytics.ByTotalPageViews, analytics.ByUniqueUsers,
	analytics.ByAvgSessionDuration, analytics.ByName}

var genOrder = rapid.Custom(func(t *rapid.T) analytics.PartnerOrder {
	return analytics.PartnerOrder{
		Field:     rapid.SampledFrom(orderFields).Draw(t, "field"),
		Direction: rapid.SampledFrom([]analytics.OrderDirection{analytics.Ascending, analytics.Descending}).Draw(t, "direction"),
	}
})

// genStandings draws partners with few distinct numbers and names, so that ties
// are everywhere; no two are the same partner.
var genStandings = rapid.Custom(func(t *rapid.T) []*analytics.Standing {
	var out []*analytics.Standing
	ids := rapid.Permutation([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}).Draw(t, "ids")
	number := rapid.Int64Range(0, 2)
	for _, id := range ids[:rapid.IntRange(0, len(ids)).Draw(t, "partners")] {
		out = append(out, &analytics.Standing{
			Partner: &analytics.Partner{UUID: uuid.UUID{15: id}, Name: rapid.SampledFrom([]string{"", "Acme", "acme", "Zoë"}).Draw(t, "name")},
			PartnerEngagement: analytics.PartnerEngagement{
				UniqueUsers: number.Draw(t, "users"), TotalSessions: number.Draw(t, "sessions"),
				TotalPageViews: number.Draw(t, "views"), SessionMicros: number.Draw(t, "micros") * second,
			},
		})
	}
	return out
})

// naiveLess is the documented order: the field, then sessions, page views and
// users descending, then name, then uuid.
func naiveLess(o analytics.PartnerOrder, a, b *analytics.Standing) bool {
	mean := func(s *analytics.Standing) float64 {
		if s.TotalSessions == 0 {
			return 0
		}
		return float64(s.SessionMicros) / float64(s.TotalSessions)
	}
	number := map[analytics.PartnerOrderField]func(s *analytics.Standing) float64{
		analytics.ByTotalSessions:      func(s *analytics.Standing) float64 { return float64(s.TotalSessions) },
		analytics.ByTotalPageViews:     func(s *analytics.Standing) float64 { return float64(s.TotalPageViews) },
		analytics.ByUniqueUsers:        func(s *analytics.Standing) float64 { return float64(s.UniqueUsers) },
		analytics.ByAvgSessionDuration: mean,
	}[o.Field]
	if number == nil {
		if a.Partner.Name != b.Partner.Name {
			return (a.Partner.Name < b.Partner.Name) == (o.Direction == analytics.Ascending)
		}
	} else if x, y := number(a), number(b); x != y {
		return (x < y) == (o.Direction == analytics.Ascending)
	}
	for _, by := range [][2]int64{{a.TotalSessions, b.TotalSessions}, {a.TotalPageViews, b.TotalPageViews}, {a.UniqueUsers, b.UniqueUsers}} {
		if by[0] != by[1] {
			return by[0] > by[1]
		}
	}
	if a.Partner.Name != b.Partner.Name {
		return a.Partner.Name < b.Partner.Name
	}
	return a.Partner.UUID.String() < b.Partner.UUID.String()
}

func TestPartnerOrderIsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := genOrder.Draw(t, "order")
		list := genStandings.Draw(t, "standings")
		for _, a := range list {
			for _, b := range list {
				got, back := o.Compare(a, b), o.Compare(b, a)
				switch {
				case a == b && got != 0, a != b && got == 0, (got < 0) != (back > 0):
					t.Fatalf("%v: %+v against %+v gives %d and %d", o, a, b, got, back)
				case (got < 0) != (a != b && naiveLess(o, a, b)):
					t.Fatalf("%v: %+v against %+v gives %d", o, a, b, got)
				}
				for _, c := range list {
					if got < 0 && o.Compare(b, c) < 0 && o.Compare(a, c) >= 0 {
						t.Fatalf("%v is not transitive: %+v, %+v, %+v", o, a, b, c)
					}
				}
			}
		}
	})
}

// How a leaderboard pages: counts alone give the order up to ties, the page is
// widened over those, users are read for the widened part, and sorting that
// gives the page of the whole board.
func TestTiesAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := genOrder.Draw(t, "order")
		if o.NeedsUniques() {
			o.Field = analytics.ByTotalSessions
		}
		list := genStandings.Draw(t, "standings")
		from := rapid.IntRange(0, len(list)).Draw(t, "from")
		to := rapid.IntRange(from, len(list)).Draw(t, "to")

		full := slices.Clone(list)
		slices.SortFunc(full, o.Compare)

		counted := make([]*analytics.Standing, len(list))
		users := map[*analytics.Standing]*analytics.Standing{}
		for i, s := range list {
			bare := *s
			bare.UniqueUsers = 0
			counted[i] = &bare
			users[&bare] = s
		}
		slices.SortFunc(counted, o.Compare)
		for _, a := range counted {
			for _, b := range counted {
				// Only users, names and uuids could tell them apart.
				x, y := *a, *b
				x.Partner, y.Partner = &analytics.Partner{}, &analytics.Partner{}
				if o.Field == analytics.ByName {
					x.Partner.Name, y.Partner.Name = a.Partner.Name, b.Partner.Name
				}
				same(t, "ties", o.Ties(a, b), !naiveLess(o, &x, &y) && !naiveLess(o, &y, &x))
			}
		}
		low, high := o.TiesAround(counted, from, to)
		if low < 0 || low > from || high < to || high > len(list) {
			t.Fatalf("[%d,%d) of %d widens to [%d,%d)", from, to, len(list), low, high)
		}
		var page []*analytics.Standing
		for _, s := range counted[low:high] {
			page = append(page, users[s])
		}
		slices.SortFunc(page, o.Compare)
		page = page[from-low : to-low]
		same(t, "page", fmt.Sprint(names(page)), fmt.Sprint(names(full[from:to])))
	})
}

func names(list []*analytics.Standing) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Partner.Name+" "+s.Partner.UUID.String())
	}
	return out
}

func TestNeedsUniques(t *testing.T) {
	t.Parallel()
	for _, f := range orderFields {
		same(t, string(f), analytics.PartnerOrder{Field: f}.NeedsUniques(), f == analytics.ByUniqueUsers)
	}
}

func TestPartnerFilter(t *testing.T) {
	t.Parallel()
	a, b, c := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	group := func(id uuid.UUID) *analytics.PartnerGroup { return &analytics.PartnerGroup{UUID: id} }
	referral := &analytics.Partner{UUID: a, PartnerType: analytics.Referral, LeadDirection: new(analytics.LeadsSent),
		Categories: []*analytics.PartnerGroup{group(a), group(b)}, Tier: group(b)}
	reseller := &analytics.Partner{UUID: b, PartnerType: analytics.Reseller, Stage: group(c)}
	undirected := &analytics.Partner{UUID: c, PartnerType: analytics.Referral}
	for name, f := range map[string]struct {
		filter *analytics.PartnerFilter
		want   string // who passes
	}{
		"no filter":                            {nil, "abc"},
		"an empty filter":                      {&analytics.PartnerFilter{}, "abc"},
		"type":                                 {&analytics.PartnerFilter{PartnerType: new(analytics.Reseller)}, "b"},
		"direction narrows referrals only":     {&analytics.PartnerFilter{LeadDirection: new(analytics.LeadsSent)}, "ab"},
		"the other direction":                  {&analytics.PartnerFilter{LeadDirection: new(analytics.LeadsReceived)}, "b"},
		"all directions":                       {&analytics.PartnerFilter{LeadDirection: new(analytics.LeadsAll)}, "abc"},
		"type and direction":                   {&analytics.PartnerFilter{PartnerType: new(analytics.Referral), LeadDirection: new(analytics.LeadsSent)}, "a"},
		"partners":                             {&analytics.PartnerFilter{PartnerUuids: []uuid.UUID{a, c}}, "ac"},
		"an unknown partner":                   {&analytics.PartnerFilter{PartnerUuids: []uuid.UUID{{9}}}, ""},
		"or within categories":                 {&analytics.PartnerFilter{CategoryUuids: []uuid.UUID{b, c}}, "a"},
		"tier":                                 {&analytics.PartnerFilter{TierUuids: []uuid.UUID{b}}, "a"},
		"stage":                                {&analytics.PartnerFilter{StageUuids: []uuid.UUID{c}}, "b"},
		"and across":                           {&analytics.PartnerFilter{TierUuids: []uuid.UUID{b}, StageUuids: []uuid.UUID{c}}, ""},
		"a list without members narrows fully": {&analytics.PartnerFilter{StageUuids: []uuid.UUID{}}, ""},
	} {
		got := ""
		for id, p := range map[string]*analytics.Partner{"a": referral, "b": reseller, "c": undirected} {
			if f.filter.Matches()(p) {
				got += id
			}
		}
		letters := strings.Split(got, "")
		slices.Sort(letters)
		same(t, name, strings.Join(letters, ""), f.want)
	}
}
