package analytics

import (
	"cmp"
	"io"
	"slices"
	"strings"
)

// Dimension is a property of events that measures are broken down and filtered
// by.
type Dimension string

// The dimensions, as events carry them (events.md).
const (
	DimensionSource      Dimension = "SOURCE"
	DimensionMedium      Dimension = "MEDIUM"
	DimensionCampaignTag Dimension = "CAMPAIGN_TAG"
	DimensionReferrer    Dimension = "REFERRER"
	DimensionPath        Dimension = "PATH"
	DimensionCountry     Dimension = "COUNTRY"
	DimensionDevice      Dimension = "DEVICE"
)

// AllDimensions lists every Dimension, in the order of the fields of Dimensions.
var AllDimensions = []Dimension{DimensionSource, DimensionMedium, DimensionCampaignTag, DimensionReferrer, DimensionPath,
	DimensionCountry, DimensionDevice}

// MarshalGQL writes the enum.
func (d Dimension) MarshalGQL(w io.Writer) { marshalEnum(w, d) }

// UnmarshalGQL reads the enum.
func (d *Dimension) UnmarshalGQL(v any) error { return unmarshalEnum(d, v, AllDimensions) }

// DimensionFilter narrows measures to events whose value of one dimension is
// among In (when that is given) and not among NotIn. A nil value is an event that
// did not say.
type DimensionFilter struct {
	Dimension Dimension
	In, NotIn []*string
}

// Dimensions are the optional properties of an event; "" where the event did not
// say.
type Dimensions struct {
	Source, Medium, CampaignTag, Referrer, Path, Country, Device string
}

// Value is the event's value of one dimension.
func (d *Dimensions) Value(of Dimension) string { return *d.field(of) }

func (d *Dimensions) field(of Dimension) *string {
	switch of {
	case DimensionSource:
		return &d.Source
	case DimensionMedium:
		return &d.Medium
	case DimensionCampaignTag:
		return &d.CampaignTag
	case DimensionReferrer:
		return &d.Referrer
	case DimensionPath:
		return &d.Path
	case DimensionCountry:
		return &d.Country
	default:
		return &d.Device
	}
}

// Condition is a checked DimensionFilter: values sorted, "" for an event that did
// not say, In nil for any.
type Condition struct {
	Dimension Dimension
	In, NotIn []string
}

// Where narrows measures to events that meet all conditions.
type Where []Condition

const (
	maxConditions      = 20
	maxConditionValues = 100
	maxConditionBytes  = 64 << 10 // of all values together
)

// NewWhere checks filters.
func NewWhere(filters []*DimensionFilter) (Where, error) {
	if len(filters) > maxConditions {
		return nil, Invalidf("where", "must have at most %d filters, got %d", maxConditions, len(filters))
	}
	var where Where
	bytes := 0
	for _, f := range filters {
		if f.In == nil && f.NotIn == nil {
			return nil, Invalidf("where", "must give in or notIn for %s", f.Dimension)
		}
		c := Condition{Dimension: f.Dimension}
		var err error
		if c.In, err = f.values("in", f.In); err != nil {
			return nil, err
		}
		if c.NotIn, err = f.values("notIn", f.NotIn); err != nil {
			return nil, err
		}
		for _, v := range slices.Concat(f.In, f.NotIn) {
			if v != nil {
				bytes += len(*v)
			}
		}
		where = append(where, c)
	}
	if bytes > maxConditionBytes {
		return nil, Invalidf("where", "must have values of at most %d bytes together, got %d", maxConditionBytes, bytes)
	}
	slices.SortStableFunc(where, func(a, b Condition) int { return cmp.Compare(a.Dimension, b.Dimension) })
	return where, nil
}

// values are the checked values of one list, nil for none given.
func (f *DimensionFilter) values(field string, given []*string) ([]string, error) {
	if given == nil {
		return nil, nil
	}
	if len(given) > maxConditionValues {
		return nil, Invalidf("where."+field, "must have at most %d values, got %d", maxConditionValues, len(given))
	}
	values := make([]string, 0, len(given))
	for _, v := range given {
		if v == nil {
			values = append(values, "")
			continue
		}
		if err := text("where."+field, *v, 0, maxDimension); err != nil {
			return nil, err
		}
		if f.Dimension == DimensionCountry {
			values = append(values, strings.ToUpper(*v))
		} else {
			values = append(values, *v)
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}

// Matches reports whether an event with these dimensions counts.
func (w Where) Matches(d *Dimensions) bool {
	for _, c := range w {
		v := d.Value(c.Dimension)
		if c.In != nil && !slices.Contains(c.In, v) || slices.Contains(c.NotIn, v) {
			return false
		}
	}
	return true
}
