package store

import (
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"footfall/analytics"
)

// slice makes a random query one by dimensions.
func slice(q *analytics.Query, random *rand.Rand) {
	dims := []analytics.Dimension{analytics.DimensionSource, analytics.DimensionPath, analytics.DimensionCountry, analytics.DimensionDevice}
	random.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
	word := func() string {
		return []string{"", "google", "é", "/", "/a", "FR", "mobile", "unknown"}[random.Intn(8)]
	}
	for _, d := range dims[:random.Intn(3)] {
		c := analytics.Condition{Dimension: d}
		if random.Intn(2) == 0 {
			c.In = []string{word(), word(), word()}
		} else {
			c.NotIn = []string{word(), word()}
		}
		q.Where = append(q.Where, c)
	}
	if len(q.Where) > 0 && random.Intn(3) == 0 {
		return
	}
	q.By = &analytics.Breakdown{By: dims[2 : 3+random.Intn(2)], First: 1 + random.Intn(4)}
	q.By.Order.Field = []analytics.BreakdownOrderField{analytics.ByEvents, analytics.ByUniques, analytics.ByValue}[random.Intn(3)]
	q.By.Order.Direction = []analytics.OrderDirection{analytics.Ascending, analytics.Descending}[random.Intn(2)]
	if q.By.Order.Field == analytics.ByUniques {
		q.Want |= analytics.WantUniques
	}
}

// checkSliced holds an answer by dimensions against the naive model: all of it,
// each group, and the rest.
func (p *property) checkSliced(t testing.TB, when string, q analytics.Query, key string, got analytics.Answer) {
	t.Helper()
	values := func(e *analytics.Event) string {
		var out []string
		for _, of := range q.By.By {
			out = append(out, e.Value(of))
		}
		return strings.Join(out, "|")
	}
	naive := func(count func(*analytics.Event) bool) []*analytics.Totals {
		out := make([]*analytics.Totals, len(q.Ranges))
		for i, r := range q.Ranges {
			out[i] = naiveSlice(p.events, q.Kind, key, span{r.Start.UnixMicro(), r.End.UnixMicro()}, q.Want, func(e *analytics.Event) bool {
				return q.Where.Matches(&e.Dimensions) && count(e)
			}).Keep()
		}
		return out
	}
	same := func(what string, got, want []*analytics.Totals) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s of %s %s by %+v where %v in %v, want %b:\n got %+v\nwant %+v", when, what, q.Kind, key, q.By, q.Where, q.Ranges, q.Want, got, want)
		}
	}
	same("all", got.Totals, naive(func(*analytics.Event) bool { return true }))
	if q.By == nil {
		return
	}
	var seen []string
	for _, g := range got.Groups {
		mine := strings.Join(g.Values, "|")
		seen = append(seen, mine)
		same("group "+mine, g.Totals, naive(func(e *analytics.Event) bool { return values(e) == mine }))
	}
	rest := naive(func(e *analytics.Event) bool { return !slices.Contains(seen, values(e)) })
	if got.Other == nil {
		same("nothing", slices.Repeat([]*analytics.Totals{analytics.Nothing}, len(q.Ranges)), rest)
	} else {
		same("other", got.Other, rest)
	}
	if got.Truncated || got.Other != nil && len(got.Groups) < q.By.First {
		t.Errorf("%s: truncated %t, %d groups of %d", when, got.Truncated, len(got.Groups), q.By.First)
	}
}
