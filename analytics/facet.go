package analytics

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// How many combinations of values a row tells apart. Past it the dimension that
// comes next in droppedFirst is not told apart any more, in the whole row.
const (
	maxFacetsOfDay   = 10_000
	maxFacetsOfMonth = 100_000
)

// droppedFirst are the dimensions, those that usually have most values first.
var droppedFirst = [...]Dimension{DimensionPath, DimensionReferrer, DimensionCampaignTag, DimensionSource, DimensionMedium,
	DimensionDevice, DimensionCountry}

// dropped is how many of droppedFirst are not told apart. What is dropped depends
// on the set of combinations alone: the least that leaves few enough of them.
type dropped uint8

// project is the combination as far as it is told apart.
func (n dropped) project(d Dimensions) Dimensions {
	for _, of := range droppedFirst[:n] {
		*d.field(of) = ""
	}
	return d
}

// has reports whether the dimension is not told apart.
func (n dropped) has(of Dimension) bool { return slices.Contains(droppedFirst[:n], of) }

func facetsKept(level Level) int {
	if level == LevelMonth {
		return maxFacetsOfMonth
	}
	return maxFacetsOfDay
}

// facets part a block's content by the dimensions of its events. While all of
// them have one combination nothing is kept but that.
type facets struct {
	sole    *Dimensions           // the one combination; nil when there is none or more
	parts   map[Dimensions]*Block // else the content of each
	dropped dropped
}

func (f *facets) none() bool { return f.sole == nil && f.parts == nil }

// attribute says that content with dimensions d is about to be added to b, and
// returns the part that it must be added to as well, nil for none.
func (b *Block) attribute(d *Dimensions) *Block {
	switch {
	case b.facets.none():
		b.facets.sole = d
		return nil
	case b.facets.sole != nil && *b.facets.sole == *d:
		return nil
	}
	b.split()
	return b.part(*d)
}

// split turns the sole combination into a part.
func (b *Block) split() {
	if b.facets.sole == nil {
		return
	}
	d := *b.facets.sole
	b.facets.sole, b.facets.parts = nil, map[Dimensions]*Block{}
	b.part(d).mergeContent(b.attributable())
}

// attributable is b's content as far as it belongs to combinations: of watching
// the events alone, as time watched is kept by viewer.
func (b *Block) attributable() *Block {
	if !b.watching {
		return &Block{Cell: b.Cell, Quarters: b.Quarters}
	}
	out := &Block{Cell: Cell{Events: b.Events}}
	for i, c := range b.Quarters {
		if c.Events != 0 {
			out.quarter(i).Events = c.Events
		}
	}
	return out
}

func (b *Block) part(d Dimensions) *Block {
	if b.facets.parts == nil {
		b.facets.parts = map[Dimensions]*Block{}
	}
	p := b.facets.parts[d]
	if p == nil {
		p = &Block{}
		b.facets.parts[d] = p
	}
	return p
}

// EachPart calls f for the part of the block's content that each combination of
// dimensions has: all of it but time watched. What the block does not tell apart
// is "" in them.
func (b *Block) EachPart(f func(d Dimensions, content *Block)) {
	if b.facets.sole != nil {
		f(*b.facets.sole, b.attributable())
	}
	for d, content := range b.facets.parts {
		f(d, content)
	}
}

// mergeFacets adds o's parts to b's; the contents are not merged yet.
func (b *Block) mergeFacets(o *Block) {
	mine, theirs := &b.facets, &o.facets
	switch {
	case theirs.none():
		return
	case mine.none() && theirs.sole != nil:
		*mine = *theirs
		return
	case mine.sole != nil && theirs.sole != nil && *mine.sole == *theirs.sole && mine.dropped == theirs.dropped:
		return
	}
	b.split()
	b.drop(max(mine.dropped, theirs.dropped))
	o.EachPart(func(d Dimensions, content *Block) { b.part(mine.dropped.project(d)).mergeContent(content) })
}

// drop tells n dimensions not apart any more.
func (b *Block) drop(n dropped) {
	if n <= b.facets.dropped {
		return
	}
	b.facets.dropped = n
	parts := b.facets.parts
	b.facets.parts = nil
	for d, content := range parts {
		b.part(n.project(d)).mergeContent(content)
	}
}

// foldFacets forgets combinations without content and drops dimensions until few
// enough are left.
func (b *Block) foldFacets(level Level) {
	if b.facets.sole != nil && b.attributable().Empty() {
		b.facets.sole = nil
	}
	maps.DeleteFunc(b.facets.parts, func(_ Dimensions, content *Block) bool { return content.Empty() })
	for len(b.facets.parts) > facetsKept(level) {
		b.drop(b.facets.dropped + 1)
	}
	if len(b.facets.parts) > 1 {
		return
	}
	for d := range b.facets.parts {
		b.facets.sole = &d
	}
	b.facets.parts = nil
}

// mergeBounded merges o, a row of the same bucket, without holding many more combinations
// than are kept. What is dropped is the same as of the whole, because each combination of
// a part is one of the whole: it keeps the events that it came with, which no row takes back.
func (b *Block) mergeBounded(o *Block, level Level) {
	b.Merge(o)
	if len(b.facets.parts) > 2*facetsKept(level) {
		b.foldFacets(level)
	}
	if len(b.watched.by) > 2*maxFacetsOfDay {
		b.watched.fold()
	}
}

func compareDimensions(a, b Dimensions) int {
	for _, of := range AllDimensions {
		if c := cmp.Compare(a.Value(of), b.Value(of)); c != 0 {
			return c
		}
	}
	return 0
}

// The stored form of facets: how many dimensions were dropped, the
// combinations, and unless there is one alone their contents. No bytes at all
// stand for events without dimensions.

func (b *Block) packFacets(k Key) []byte {
	b.foldFacets(k.Level)
	f := &b.facets
	if f.none() || f.sole != nil && *f.sole == (Dimensions{}) && f.dropped == 0 {
		return nil
	}
	if f.sole != nil {
		return appendCombinations([]byte{byte(f.dropped)}, []Dimensions{*f.sole})
	}
	all := slices.SortedFunc(maps.Keys(f.parts), compareDimensions)
	out := appendCombinations([]byte{byte(f.dropped)}, all)
	for _, d := range all {
		r := f.parts[d].packContent(k)
		for _, n := range []int64{r.Events, r.Starts, r.Micros} {
			out = binary.AppendVarint(out, n)
		}
		for _, packed := range [][]byte{r.Sessions, r.Visitors, r.Quarters, r.QuarterSets} {
			out = appendBytes(out, packed)
		}
	}
	return out
}

func (b *Block) unpackFacets(k Key, data []byte, quarters bool) error {
	if len(data) == 0 {
		b.facets.sole = &Dimensions{}
		return nil
	}
	n, all, data, err := cutCombinations(data)
	if err != nil {
		return err
	}
	b.facets.dropped = n
	if len(all) == 1 {
		b.facets.sole = &all[0]
		all = nil
	} else {
		b.facets.parts = make(map[Dimensions]*Block, len(all))
	}
	for _, d := range all {
		if b.facets.parts[d], data, err = unpackPart(k, data, quarters); err != nil {
			return err
		}
	}
	if len(data) > 0 {
		return fmt.Errorf("facets left over: %w", errCorrupt)
	}
	return nil
}

func unpackPart(k Key, data []byte, quarters bool) (content *Block, rest []byte, err error) {
	r := Row{Key: k}
	for _, n := range []*int64{&r.Events, &r.Starts, &r.Micros} {
		v, size := binary.Varint(data)
		if size <= 0 {
			return nil, nil, fmt.Errorf("facets: %w", errCorrupt)
		}
		*n, data = v, data[size:]
	}
	for _, packed := range []*[]byte{&r.Sessions, &r.Visitors, &r.Quarters, &r.QuarterSets} {
		if *packed, data, err = cutBytes(data); err != nil {
			return nil, nil, err
		}
	}
	content, err = r.unpackContent(quarters)
	return content, data, err
}

// appendCombinations writes a table of values, then for each combination the
// places of its values in the table, from 1, 0 for "".
func appendCombinations(out []byte, all []Dimensions) []byte {
	place := map[string]uint64{"": 0}
	var table []byte
	var places []byte
	for _, d := range all {
		for _, of := range AllDimensions {
			v := d.Value(of)
			at, known := place[v]
			if !known {
				at = uint64(len(place))
				place[v] = at
				table = appendBytes(table, []byte(v))
			}
			places = binary.AppendUvarint(places, at)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(place)-1))
	out = append(out, table...)
	out = binary.AppendUvarint(out, uint64(len(all)))
	return append(out, places...)
}

var errCombinations = fmt.Errorf("combinations: %w", errCorrupt)

// cutCombinations reads how many dimensions were dropped, and the combinations.
func cutCombinations(data []byte) (n dropped, all []Dimensions, rest []byte, err error) {
	if len(data) == 0 || int(data[0]) > len(droppedFirst) {
		return 0, nil, nil, errCombinations
	}
	n = dropped(data[0])
	values, data, err := cutValues(data[1:])
	if err != nil {
		return 0, nil, nil, err
	}
	count, used := binary.Uvarint(data)
	if used <= 0 || count == 0 || count > uint64(len(data)) {
		return 0, nil, nil, errCombinations
	}
	data = data[used:]
	all = make([]Dimensions, count)
	for i := range all {
		for _, of := range AllDimensions {
			at, used := binary.Uvarint(data)
			if used <= 0 || at >= uint64(len(values)) {
				return 0, nil, nil, errCombinations
			}
			*all[i].field(of), data = values[at], data[used:]
		}
		if i > 0 && compareDimensions(all[i-1], all[i]) >= 0 {
			return 0, nil, nil, errCombinations
		}
	}
	return n, all, data, nil
}

// cutValues reads the values that combinations are made of, the empty one first.
func cutValues(data []byte) (values []string, rest []byte, err error) {
	size, used := binary.Uvarint(data)
	if used <= 0 || size > uint64(len(data)) {
		return nil, nil, errCombinations
	}
	data = data[used:]
	values = make([]string, 1, size+1)
	for range size {
		var v []byte
		if v, data, err = cutBytes(data); err != nil {
			return nil, nil, err
		}
		values = append(values, string(v))
	}
	return values, data, nil
}

// Project is the combination as far as the block tells it apart.
func (b *Block) Project(d Dimensions) Dimensions { return b.facets.dropped.project(d) }
