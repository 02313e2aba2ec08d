package analytics

import (
	"testing"
	"time"
)

func TestSliced(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	whole, cut := Range{noon, noon.Add(QuarterHour)}, Range{noon, noon.Add(time.Second)}
	for _, c := range []struct {
		what string
		of   Query
		want bool
	}{
		{"a campaign", Query{Kind: KindCampaign, Ranges: []Range{Always, whole}}, false},
		{"a campaign in part of a quarter-hour", Query{Kind: KindCampaign, Ranges: []Range{whole, cut}}, true},
		{"a partner in part of one", Query{Kind: KindPartner, Ranges: []Range{cut}}, false},
		{"a filter", Query{Kind: KindPartner, Where: Where{{Dimension: DimensionPath}}}, true},
		{"a breakdown", Query{Kind: KindPartner, By: &Breakdown{}}, true},
	} {
		if got := c.of.Sliced(); got != c.want {
			t.Errorf("%s is sliced: %t", c.what, got)
		}
	}
}

// The groups chosen and the rest are parts of one list: adding to the former must not
// write over the latter.
func TestChosenGroupsAreApart(t *testing.T) {
	t.Parallel()
	p := NewSlicedPlan(Query{Kind: KindPartner, By: &Breakdown{By: []Dimension{DimensionSource}, First: 1}})
	for _, source := range []string{"a", "b"} {
		p.group([]string{source})
	}
	chosen, rest := p.choose()
	first := rest[0]
	if _ = append(chosen, &group{}); rest[0] != first {
		t.Error("the rest was written over")
	}
}
