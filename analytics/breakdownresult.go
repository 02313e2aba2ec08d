package analytics

import (
	"fmt"
	"slices"
)

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
	m.Part = &BreakdownRow{Of: b, Index: i}
	return m
}

// Rest is what is in no row.
func (b *BreakdownResult) Rest() Measured { return b.Row(noRow) }

// Over asks for the same parts over other ranges.
func (b *BreakdownResult) Over(ranges []Range, want Want) *Query {
	q, by := b.Query, *b.Query.By
	by.Values = b.Groups
	q.Ranges, q.Want, q.By = ranges, want, &by
	return &q
}

// BreakdownRow is a row's place in its breakdown, or that of what is in none.
type BreakdownRow struct {
	Of    *BreakdownResult
	Index int
}

const noRow = -1

// Totals are the row's in the answer to a query that Over made, one for each of
// its ranges.
func (r *BreakdownRow) Totals(a *Answer) ([]*Totals, error) {
	switch {
	case len(a.Groups) != len(r.Of.Groups):
		return nil, fmt.Errorf("analytics: %d groups of %d", len(a.Groups), len(r.Of.Groups))
	case r.Index != noRow:
		return a.Groups[r.Index].Totals, nil
	case a.Other == nil:
		return slices.Repeat([]*Totals{Nothing}, len(a.Totals)), nil
	}
	return a.Other, nil
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
