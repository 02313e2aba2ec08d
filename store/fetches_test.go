package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"footfall/analytics"
)

func TestStretches(t *testing.T) {
	t.Parallel()
	ends := func(hours ...int) *raggedFetches {
		r := &raggedFetches{}
		for _, h := range hours {
			start := at("2026-01-01T00:00:00Z").Add(time.Duration(h) * time.Hour)
			r.add(0, analytics.Query{Kind: analytics.KindPartner}, analytics.Range{Start: start, End: start.Add(time.Hour)})
		}
		return r
	}
	hour := func(r analytics.Range) [2]int {
		since := func(u time.Time) int { return int(u.Sub(at("2026-01-01T00:00:00Z")) / time.Hour) }
		return [2]int{since(r.Start), since(r.End)}
	}
	for _, c := range []struct {
		of          []int
		early, late [2]int
	}{
		{[]int{5}, [2]int{5, 6}, [2]int{5, 6}},
		{[]int{90, 5}, [2]int{5, 6}, [2]int{90, 91}},
		{[]int{5, 5, 6}, [2]int{5, 6}, [2]int{5, 7}},
		{[]int{200, 10, 0, 95, 190}, [2]int{0, 96}, [2]int{190, 201}},
	} {
		if early, late := ends(c.of...).stretches(); hour(early) != c.early || hour(late) != c.late {
			t.Errorf("the stretches of %v are %v and %v", c.of, hour(early), hour(late))
		}
	}
	for range 1000 {
		var hours []int
		for range 1 + rand.IntN(8) {
			hours = append(hours, rand.IntN(100))
		}
		r := ends(hours...)
		early, late := r.stretches()
		for i := range r.n {
			if !holds(early, r.starts[i], r.ends[i]) && !holds(late, r.starts[i], r.ends[i]) {
				t.Fatalf("hour %d of %v is neither in %v nor in %v", hours[i], hours, hour(early), hour(late))
			}
		}
	}
}

func holds(r analytics.Range, start, end time.Time) bool {
	return !start.Before(r.Start) && !end.After(r.End)
}
