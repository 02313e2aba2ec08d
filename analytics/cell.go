package analytics

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Cell is what happened to one subject by one action in one bucket. Cells form
// a commutative monoid under Merge: numbers add, sets unite.
type Cell struct {
	Events   int64 // events that lie in the bucket
	Starts   int64 // PageView: sessions that start here; WatchLogin: viewers logged in here for the first time
	Micros   int64 // PageView: length of those sessions; Watch: time watched within the bucket
	Sessions Set
	Visitors Set
}

// Merge adds o to c.
func (c *Cell) Merge(o *Cell) {
	c.Events += o.Events
	c.Starts += o.Starts
	c.Micros += o.Micros
	c.Sessions.Merge(&o.Sessions)
	c.Visitors.Merge(&o.Visitors)
}

// Empty reports whether c is the neutral element.
func (c *Cell) Empty() bool {
	return c.Events == 0 && c.Starts == 0 && c.Micros == 0 && c.Sessions.Len() == 0 && c.Visitors.Len() == 0
}

// Key says whose a stored row of cells is: one subject, action and day or month.
type Key struct {
	Subject int64
	Action  Action
	Level   Level
	Bucket  Bucket
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Action, b.Action),
		cmp.Compare(a.Level, b.Level), cmp.Compare(a.Bucket, b.Bucket))
}

// Row is the stored form of a day or a month. Any number of rows may hold one
// key; they mean their merge. The packed columns are nil where empty: Quarters
// holds the numbers of a day's quarter-hours and QuarterSets their sets (nil too
// when a single quarter-hour has all of them), Steps the changes of the audience,
// Facets the same content by dimensions (nil too when events have none), Watched
// who watched when by dimensions.
type Row struct {
	Key
	Events, Starts, Micros       int64
	Sessions, Visitors           []byte
	Quarters, QuarterSets, Steps []byte
	Facets, Watched              []byte
}

// Block is a row unpacked: the whole bucket, and for a day its quarter-hours.
type Block struct {
	Cell
	Quarters map[int]*Cell // 0..95
	Steps    Steps         // in any order until packed
	facets   facets
	watched  watched
	watching bool // the action is Watch
}

// Merge adds o to b.
func (b *Block) Merge(o *Block) {
	b.mergeFacets(o)
	b.watched.merge(&o.watched)
	b.mergeContent(o)
}

// mergeContent adds all of o that is not by dimensions.
func (b *Block) mergeContent(o *Block) {
	b.Cell.Merge(&o.Cell)
	for i, c := range o.Quarters {
		b.quarter(i).Merge(c)
	}
	b.Steps = append(b.Steps, o.Steps...)
}

func (b *Block) quarter(i int) *Cell {
	if b.Quarters == nil {
		b.Quarters = map[int]*Cell{}
	}
	c := b.Quarters[i]
	if c == nil {
		c = &Cell{}
		b.Quarters[i] = c
	}
	return c
}

// Empty reports whether b says nothing.
func (b *Block) Empty() bool {
	if !b.Cell.Empty() || len(b.Steps) > 0 || len(b.watched.by) > 0 {
		return false
	}
	for _, c := range b.Quarters {
		if !c.Empty() {
			return false
		}
	}
	for _, content := range b.facets.parts { // may cancel out in the sum
		if !content.Empty() {
			return false
		}
	}
	return true
}

// Pack is the stored form of b.
func (b *Block) Pack(k Key) Row {
	r := b.packContent(k)
	r.Facets = b.packFacets(k)
	if k.Level == LevelDay {
		r.Watched = b.watched.pack(k.Bucket)
	}
	return r
}

func (b *Block) packContent(k Key) Row {
	r := Row{
		Key: k, Events: b.Events, Starts: b.Starts, Micros: b.Micros,
		Sessions: b.Sessions.Encode(), Visitors: b.Visitors.Encode(),
	}
	if k.Level != LevelDay {
		return r
	}
	b.Steps = b.Steps.normalize()
	r.Steps = b.Steps.encode(k.Bucket)
	occupied := make([]int, 0, len(b.Quarters))
	for _, i := range slices.Sorted(maps.Keys(b.Quarters)) {
		if !b.Quarters[i].Empty() {
			occupied = append(occupied, i)
		}
	}
	for _, i := range occupied {
		c := b.Quarters[i]
		r.Quarters = append(r.Quarters, byte(i))
		r.Quarters = binary.AppendVarint(r.Quarters, c.Events)
		r.Quarters = binary.AppendVarint(r.Quarters, c.Starts)
		r.Quarters = binary.AppendVarint(r.Quarters, c.Micros)
	}
	if len(occupied) > 1 && r.sets() {
		for _, i := range occupied {
			r.QuarterSets = appendBytes(r.QuarterSets, b.Quarters[i].Sessions.Encode())
			r.QuarterSets = appendBytes(r.QuarterSets, b.Quarters[i].Visitors.Encode())
		}
	}
	return r
}

// sets reports whether the row holds any identity.
func (r *Row) sets() bool { return len(r.Sessions)+len(r.Visitors) > 0 }

// Unpack reads a stored row whole.
func (r *Row) Unpack() (*Block, error) { return r.unpack(true) }

// unpack reads a stored row, with its quarter-hours or without.
func (r *Row) unpack(quarters bool) (*Block, error) {
	b, err := r.unpackContent(quarters)
	if err != nil {
		return nil, err
	}
	if err = b.unpackFacets(r.Key, r.Facets, quarters); err != nil {
		return nil, err
	}
	b.watched, err = unpackWatched(r.Bucket, r.Watched)
	return b, err
}

func (r *Row) unpackContent(quarters bool) (*Block, error) {
	if len(r.QuarterSets) > 0 && !r.sets() {
		return nil, fmt.Errorf("quarter sets of an empty day: %w", errCorrupt)
	}
	b := &Block{Cell: Cell{Events: r.Events, Starts: r.Starts, Micros: r.Micros}, watching: r.Action == Watch}
	if err := b.Sessions.MergeEncoded(r.Sessions); err != nil {
		return nil, err
	}
	if err := b.Visitors.MergeEncoded(r.Visitors); err != nil {
		return nil, err
	}
	var err error
	if b.Steps, err = decodeSteps(r.Bucket, r.Steps); err != nil {
		return nil, err
	}
	if !quarters {
		return b, nil
	}
	return b, r.eachQuarter(true, func(q packedQuarter) error {
		c := b.quarter(q.index)
		c.Events, c.Starts, c.Micros = c.Events+q.events, c.Starts+q.starts, c.Micros+q.micros
		return mergeEncodedSets(c, q.sessions, q.visitors)
	})
}

// packedQuarter is a quarter-hour of a day's row.
type packedQuarter struct {
	index                  int // 0..95
	events, starts, micros int64
	sessions, visitors     []byte // encoded sets
}

// eachQuarter calls f for the quarter-hours of a day row, with their sets when
// sets is true.
func (r *Row) eachQuarter(sets bool, f func(q packedQuarter) error) error {
	single := sets && len(r.QuarterSets) == 0
	packed, last := r.QuarterSets, -1
	for data := r.Quarters; len(data) > 0; {
		q, rest, err := cutQuarter(data)
		switch {
		case err != nil:
			return err
		case q.index <= last || q.index >= QuartersPerDay:
			return fmt.Errorf("quarter %d after %d: %w", q.index, last, errCorrupt)
		case single && last >= 0 && r.sets():
			return fmt.Errorf("quarter sets missing: %w", errCorrupt)
		case single: // the day's sets are this quarter-hour's
			q.sessions, q.visitors = r.Sessions, r.Visitors
		case sets:
			packed, err = q.cutSets(packed)
		}
		if err == nil {
			err = f(q)
		}
		if err != nil {
			return err
		}
		data, last = rest, q.index
	}
	if sets && len(packed) > 0 {
		return fmt.Errorf("quarter sets left over: %w", errCorrupt)
	}
	return nil
}

// cutQuarter reads a quarter-hour without its sets.
func cutQuarter(data []byte) (q packedQuarter, rest []byte, err error) {
	q.index, rest = int(data[0]), data[1:]
	for _, number := range []*int64{&q.events, &q.starts, &q.micros} {
		v, n := binary.Varint(rest)
		if n <= 0 {
			return q, nil, fmt.Errorf("quarters: %w", errCorrupt)
		}
		*number, rest = v, rest[n:]
	}
	return q, rest, nil
}

// cutSets reads the quarter-hour's sets from those of its day.
func (q *packedQuarter) cutSets(packed []byte) (rest []byte, err error) {
	if q.sessions, rest, err = cutBytes(packed); err == nil {
		q.visitors, rest, err = cutBytes(rest)
	}
	return rest, err
}

func mergeEncodedSets(c *Cell, sessions, visitors []byte) error {
	if err := c.Sessions.MergeEncoded(sessions); err != nil {
		return err
	}
	return c.Visitors.MergeEncoded(visitors)
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

func cutBytes(data []byte) (head, rest []byte, err error) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, fmt.Errorf("quarter sets: %w", errCorrupt)
	}
	return data[n : n+int(size)], data[n+int(size):], nil
}

// Ledger gathers the cells of a batch, at every level at once.
type Ledger struct {
	blocks map[Key]*Block
}

// Fact is one entry of a ledger: amounts and identities at an instant. Session
// and Visitor are identity numbers, 0 for none. What has no Dimensions belongs to
// no combination of them: time watched, which is kept by viewer.
type Fact struct {
	Subject                int64
	Action                 Action
	At                     time.Time
	Events, Starts, Micros int64
	Session, Visitor       uint32
	Dimensions             *Dimensions
}

// Add enters a fact into its month, its day and its quarter-hour.
func (l *Ledger) Add(f Fact) {
	day := l.block(Key{f.Subject, f.Action, LevelDay, BucketOf(LevelDay, f.At)})
	month := l.block(Key{f.Subject, f.Action, LevelMonth, BucketOf(LevelMonth, f.At)})
	quarter := int(BucketOf(LevelQuarter, f.At) - BucketOf(LevelDay, f.At)*QuartersPerDay)
	if f.Dimensions != nil {
		own := f
		if f.Action == Watch {
			own = Fact{Events: f.Events}
		}
		if part := day.attribute(f.Dimensions); part != nil {
			own.enter(&part.Cell, part.quarter(quarter))
		}
		if part := month.attribute(f.Dimensions); part != nil {
			own.enter(&part.Cell)
		}
	}
	f.enter(&month.Cell, &day.Cell, day.quarter(quarter))
}

func (f *Fact) enter(cells ...*Cell) {
	for _, c := range cells {
		c.Events += f.Events
		c.Starts += f.Starts
		c.Micros += f.Micros
		if f.Session != 0 {
			c.Sessions.Add(f.Session)
		}
		if f.Visitor != 0 {
			c.Visitors.Add(f.Visitor)
		}
	}
}

// AddWatched enters a span that a viewer watched under some dimensions.
func (l *Ledger) AddWatched(subject int64, viewer uint32, w Watching, d Dimensions) {
	w.EachDay(func(day Bucket, part Watching) {
		l.block(Key{subject, Watch, LevelDay, day}).watched.add(d, viewer, part)
	})
}

// AddSteps enters changes of a campaign's audience.
func (l *Ledger) AddSteps(subject int64, steps Steps) {
	for _, s := range steps {
		b := l.block(Key{subject, Watch, LevelDay, BucketOf(LevelDay, time.UnixMicro(s.At))})
		b.Steps = append(b.Steps, s)
	}
}

func (l *Ledger) block(k Key) *Block {
	if l.blocks == nil {
		l.blocks = map[Key]*Block{}
	}
	b := l.blocks[k]
	if b == nil {
		b = &Block{watching: k.Action == Watch}
		l.blocks[k] = b
	}
	return b
}

// Rows packs the ledger, in key order, leaving out what says nothing.
func (l *Ledger) Rows() []Row {
	rows := make([]Row, 0, len(l.blocks))
	for _, k := range slices.SortedFunc(maps.Keys(l.blocks), compareKeys) {
		b := l.blocks[k]
		b.Steps = b.Steps.normalize()
		if !b.Empty() {
			rows = append(rows, b.Pack(k))
		}
	}
	return rows
}

// MergeRows merges stored rows of any keys to one row a key, in key order;
// keys whose rows cancel out are left out.
func MergeRows(rows []Row) ([]Row, error) {
	rows = slices.SortedStableFunc(slices.Values(rows), func(a, b Row) int { return compareKeys(a.Key, b.Key) })
	merged := make([]Row, 0, len(rows))
	for len(rows) > 0 {
		var l Ledger // of one key: unpacked, rows are large
		n := 0
		for ; n < len(rows) && rows[n].Key == rows[0].Key; n++ {
			b, err := rows[n].Unpack()
			if err != nil {
				return nil, err
			}
			l.block(rows[n].Key).mergeBounded(b, rows[n].Level)
		}
		merged, rows = append(merged, l.Rows()...), rows[n:]
	}
	return merged, nil
}

// Extent is the range from the first to the last occupied quarter-hour of a
// day's row.
func (r *Row) Extent() (Range, error) {
	var extent Range
	first := r.Bucket * QuartersPerDay
	err := r.eachQuarter(false, func(q packedQuarter) error {
		extent = extent.Hull((first + Bucket(q.index)).Range(LevelQuarter))
		return nil
	})
	return extent, err
}
