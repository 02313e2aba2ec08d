package analytics

import (
	"io"
	"slices"
)

// MaxBreakdown is how many dimensions a breakdown may go by.
const MaxBreakdown = 2

// Breakdown asks for measures by the values of dimensions.
type Breakdown struct {
	By     []Dimension // one or two, distinct
	Order  BreakdownOrder
	First  int        // how many groups, in order; the rest is Other
	Values [][]string // when not nil: these groups, in this order, instead of the first
}

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

// BreakdownOrder is how the groups of a breakdown are ordered. Ties are broken
// by events, most first, then by values, those that events did not say last.
type BreakdownOrder struct {
	Field     BreakdownOrderField
	Direction OrderDirection
}

// BreakdownOrderField is what groups are ordered by.
type BreakdownOrderField string

// The fields that groups may be ordered by.
const (
	ByEvents  BreakdownOrderField = "EVENTS"
	ByUniques BreakdownOrderField = "UNIQUES"
	ByValue   BreakdownOrderField = "VALUE"
)

// MarshalGQL writes the enum.
func (f BreakdownOrderField) MarshalGQL(w io.Writer) { marshalEnum(w, f) }

// UnmarshalGQL reads the enum.
func (f *BreakdownOrderField) UnmarshalGQL(v any) error {
	return unmarshalEnum(f, v, []BreakdownOrderField{ByEvents, ByUniques, ByValue})
}

// Group is what the events with one value of each dimension amount to, one
// Totals for each range of the query. Values are "" where events did not say.
type Group struct {
	Values []string
	Totals []*Totals
}
