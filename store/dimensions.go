package store

import (
	"fmt"

	"footfall/analytics"
)

// text reads a column that is null where an event did not say.
type text struct{ to *string }

// Scan implements sql.Scanner.
func (t text) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*t.to = ""
	case string:
		*t.to = v
	default:
		return fmt.Errorf("store: %T in a column of text", value)
	}
	return nil
}

// dimensionsInto are the targets of the seven columns of dimensions, in the
// order of the table.
func dimensionsInto(d *analytics.Dimensions) []any {
	return []any{
		text{&d.Source}, text{&d.Medium}, text{&d.CampaignTag}, text{&d.Referrer}, text{&d.Path}, text{&d.Country}, text{&d.Device},
	}
}

// dimensionsOf reads the seven from an array that holds them in that order, none
// from nil.
func dimensionsOf(values []*string) *analytics.Dimensions {
	d := &analytics.Dimensions{}
	targets := dimensionsInto(d)
	for i := range min(len(values), len(targets)) {
		*targets[i].(text).to = orZero(values[i])
	}
	return d
}
