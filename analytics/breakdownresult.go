package analytics

import (
	"cmp"
	"slices"
)

// NewBreakdown checks what a breakdown is asked for; order may be nil.
func NewBreakdown(by []Dimension, order *BreakdownOrder, first int) (*Breakdown, error) {
	if len(by) < 1 || len(by) > MaxBreakdown {
		return nil, Invalidf("by", "must name 1 to %d dimensions, got %d", MaxBreakdown, len(by))
	}
	for i, d := range by {
		if slices.Contains(by[:i], d) {
			return nil, Invalidf("by", "must name each dimension once, got %s twice", d)
		}
	}
	if first < 1 || first > MaxPage {
		return nil, Invalidf("first", "must be from 1 to %d, got %d", MaxPage, first)
	}
	b := &Breakdown{By: by, First: first, Order: BreakdownOrder{ByEvents, Descending}}
	if order != nil {
		b.Order = *order
	}
	return b, nil
}

// BreakdownResult is what the breakdowns of all nouns have in common. Measured
// is of the events that were broken down.
type BreakdownResult struct {
	Measured
	Query     Query
	Groups    [][]string // the values of each row
	Truncated bool
}

// By is the dimensions.
func (b *BreakdownResult) By() []Dimension { return b.Query.By.By }

// Row is what row number i measures.
func (b *BreakdownResult) Row(i int) Measured {
	m := b.Measured
	for j, value := range b.Groups[i] {
		m.Where = m.Where.and(Condition{Dimension: b.By()[j], In: []string{value}})
	}
	return m
}

// Rest is what is in no row.
func (b *BreakdownResult) Rest() Measured {
	m := b.Measured
	if len(b.By()) > 1 {
		m.Rest = true
		return m
	}
	c := Condition{Dimension: b.By()[0]}
	for _, values := range b.Groups {
		c.NotIn = append(c.NotIn, values[0])
	}
	slices.Sort(c.NotIn)
	m.Where = m.Where.and(c)
	return m
}

// Comparable says why the same cannot be measured over another range: what is in
// no row of a breakdown by two dimensions has no filter that says so.
func (m *Measured) Comparable() error {
	if m.Rest {
		return Invalidf("other", "has no earlier range when it is of two dimensions: ask for a breakdown of that range")
	}
	return nil
}

// and narrows w by one more condition, in the order of NewWhere.
func (w Where) and(c Condition) Where {
	out := append(slices.Clone(w), c)
	slices.SortStableFunc(out, func(a, b Condition) int { return cmp.Compare(a.Dimension, b.Dimension) })
	return out
}

// BreakdownRow is a row's place in its breakdown.
type BreakdownRow struct {
	Of    *BreakdownResult
	Index int
}

// Values are the row's values, nil where events did not say.
func (r *BreakdownRow) Values() []*string {
	values := r.Of.Groups[r.Index]
	out := make([]*string, len(values))
	for i, v := range values {
		if v != "" {
			out[i] = &v
		}
	}
	return out
}

// ActivationBreakdown is an activation's measures by the values of dimensions.
type ActivationBreakdown struct {
	BreakdownResult
	Rows  []*ActivationBreakdownRow
	Other *ActivationMetrics
}

// ActivationBreakdownRow is one row of it.
type ActivationBreakdownRow struct {
	BreakdownRow
	Metrics *ActivationMetrics
}

// PartnerBreakdown is a partner's traffic by the values of dimensions.
type PartnerBreakdown struct {
	BreakdownResult
	Rows  []*PartnerBreakdownRow
	Other *PartnerEngagement
}

// PartnerBreakdownRow is one row of it.
type PartnerBreakdownRow struct {
	BreakdownRow
	Metrics *PartnerEngagement
}

// CampaignBreakdown is a campaign's measures by the values of dimensions.
type CampaignBreakdown struct {
	BreakdownResult
	Rows  []*CampaignBreakdownRow
	Other *CampaignMetrics
}

// Range is what was counted, nil for the campaign's whole life.
func (b *CampaignBreakdown) Range() *ResolvedRange {
	if b.WholeLife() {
		return nil
	}
	return b.Measured.Range()
}

// WholeLife reports whether no range was asked for.
func (b *BreakdownResult) WholeLife() bool { return b.Window.Range == Always }

// CampaignBreakdownRow is one row of it.
type CampaignBreakdownRow struct {
	BreakdownRow
	Metrics *CampaignMetrics
}
