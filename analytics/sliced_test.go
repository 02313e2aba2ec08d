package analytics

import "testing"

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
