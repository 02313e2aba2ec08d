package analytics

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"
)

// mostPending bounds the bytes of stored sets that a union holds on to.
const mostPending = 128 << 10

// union counts the members of many stored sets without making a set of them: most
// answers are made of sets whose members nobody asks for. The zero union is empty.
type union struct {
	stored  [][]byte // encoded, and found to be whole
	pending int      // their bytes
	settled int      // the bytes of the first, if it was made of others
	members int      // how many they have at most, together with loose
	loose   []uint32 // members that come one by one
}

// add puts members in.
func (u *union) add(ids ...uint32) {
	u.loose = append(u.loose, ids...)
	u.members += len(ids)
}

// mergeEncoded adds the members of an encoded set, which must not change any more.
func (u *union) mergeEncoded(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	n, err := countEncoded(data)
	if err != nil {
		return err
	}
	u.stored, u.pending, u.members = append(u.stored, data), u.pending+len(data), u.members+n
	if u.pending > mostPending+2*u.settled {
		u.settle()
	}
	return nil
}

// settle makes one stored set of all, so that what is held in memory grows with
// the union and not with what it is made of.
func (u *union) settle() {
	m := marks.Get().(*marked)
	defer marks.Put(m)
	for _, data := range u.stored {
		m.markEncoded(data)
	}
	one, members := m.encode()
	u.stored, u.pending, u.settled = [][]byte{one}, len(one), len(one)
	u.members = members + len(u.loose)
}

// merge adds all members of o.
func (u *union) merge(o *union) {
	u.stored, u.pending = append(u.stored, o.stored...), u.pending+o.pending
	u.loose, u.members = append(u.loose, o.loose...), u.members+o.members
}

// fewMembers is up to how many members looking each up is quicker than marking
// them, which takes pages of memory wherever they lie.
const fewMembers = 1 << 14

// Len is the number of members.
func (u *union) Len() int64 {
	switch {
	case u.members == 0, len(u.stored) == 1 && len(u.loose) == 0:
		return int64(u.members)
	case u.members <= fewMembers:
		t := tables.Get().(*table)
		defer tables.Put(t)
		t.empty(u.members)
		for _, data := range u.stored {
			eachMember(data, t.add)
		}
		for _, id := range u.loose {
			t.add(id)
		}
		return t.count
	}
	m := marks.Get().(*marked)
	defer marks.Put(m)
	for _, data := range u.stored {
		m.markEncoded(data)
	}
	for _, id := range u.loose {
		m.mark(id)
	}
	return m.count()
}

// table is a scratch set of few members: slots for twice as many, by a member's
// product with 2^32 ÷ φ. 0 is no member, and stands for a free slot.
type table struct {
	slots []uint32
	shift int
	count int64
}

var tables = sync.Pool{New: func() any { return &table{slots: make([]uint32, 2*fewMembers)} }}

// empty makes room for n members.
func (t *table) empty(n int) {
	width := bits.Len(uint(2*n - 1))
	t.shift, t.count = 32-width, 0
	clear(t.slots[:1<<width])
}

func (t *table) add(id uint32) {
	slots := t.slots[:1<<(32-t.shift)]
	for i := id * 2654435769 >> t.shift; ; i = (i + 1) & uint32(len(slots)-1) {
		switch slots[i] {
		case id:
			return
		case 0:
			slots[i] = id
			t.count++
			return
		}
	}
}

// A bitmap's portable form is that of the Roaring format specification
// (https://github.com/RoaringBitmap/RoaringFormatSpec): a header with the key and
// the cardinality of each container, then the containers.
const (
	cookieRuns      = 12347
	cookieNoRuns    = 12346
	containerHead   = 4    // bytes of a container's key and cardinality
	containerOffset = 4    // bytes that say where it is
	offsetsFrom     = 4    // containers with runs have no offsets when they are fewer
	mostOfAnArray   = 4096 // members; more are a bitmap
	bitmapBytes     = 8192
	bitmapWords     = bitmapBytes / 8
	membersPerPage  = 1 << 16
)

var errCutOff = fmt.Errorf("set bitmap: cut off: %w", errCorrupt)

// container is 2^16 numbers' worth of a stored bitmap.
type container struct {
	key         uint32 // the upper half of its members
	cardinality int
	runs        []byte // pairs of first and length − 1, of 16 bits
	array       []byte // lower halves, of 16 bits
	words       []byte // or 2^16 bits
}

// eachContainer calls f for the containers of a bitmap's portable form, in order.
func eachContainer(body []byte, f func(c container)) error {
	heads, runs, rest, err := cutHeader(body)
	if err != nil {
		return err
	}
	for i := range len(heads) / containerHead {
		c := container{
			key:         uint32(binary.LittleEndian.Uint16(heads[containerHead*i:])),
			cardinality: int(binary.LittleEndian.Uint16(heads[containerHead*i+2:])) + 1,
		}
		isRun := runs != nil && runs[i/8]&(1<<(i%8)) != 0
		content, size := &c.array, 2*c.cardinality
		switch {
		case isRun:
			if len(rest) < 2 {
				return errCutOff
			}
			content, size = &c.runs, 4*int(binary.LittleEndian.Uint16(rest))
			rest = rest[2:]
		case c.cardinality > mostOfAnArray:
			content, size = &c.words, bitmapBytes
		}
		if len(rest) < size {
			return errCutOff
		}
		*content, rest = rest[:size], rest[size:]
		f(c)
	}
	return nil
}

// cutHeader reads what a bitmap says before its containers: the head of each, and a
// bit for each that says whether it is of runs, nil where none is.
func cutHeader(body []byte) (heads, runs, containers []byte, err error) {
	if len(body) < 4 {
		return nil, nil, nil, errCutOff
	}
	var n int
	cookie, rest := binary.LittleEndian.Uint32(body), body[4:]
	hasOffsets := true
	switch {
	case cookie&0xFFFF == cookieRuns:
		n = int(cookie>>16) + 1
		size := (n + 7) / 8
		if len(rest) < size {
			return nil, nil, nil, errCutOff
		}
		runs, rest = rest[:size], rest[size:]
		hasOffsets = n >= offsetsFrom
	case cookie == cookieNoRuns && len(rest) >= 4:
		count := binary.LittleEndian.Uint32(rest)
		if count > membersPerPage {
			return nil, nil, nil, fmt.Errorf("set bitmap: %d containers: %w", count, errCorrupt)
		}
		n, rest = int(count), rest[4:]
	default:
		return nil, nil, nil, fmt.Errorf("set bitmap: cookie %d: %w", cookie, errCorrupt)
	}
	size := containerHead * n
	if hasOffsets {
		size += containerOffset * n
	}
	if len(rest) < size {
		return nil, nil, nil, errCutOff
	}
	return rest[:containerHead*n], runs, rest[size:], nil
}

// each calls f for the members.
func (c *container) each(f func(id uint32)) {
	base := c.key << 16
	for a := c.array; len(a) >= 2; a = a[2:] {
		f(base | uint32(binary.LittleEndian.Uint16(a)))
	}
	for r := c.runs; len(r) >= 4; r = r[4:] {
		first, more := uint32(binary.LittleEndian.Uint16(r)), uint32(binary.LittleEndian.Uint16(r[2:]))
		for i := uint32(0); i <= more; i++ {
			f(base | (first+i)&0xFFFF)
		}
	}
	for i := 0; i < len(c.words); i += 8 {
		for w := binary.LittleEndian.Uint64(c.words[i:]); w != 0; w &= w - 1 {
			f(base | uint32(8*i+bits.TrailingZeros64(w)))
		}
	}
}

// countEncoded checks an encoded set, and says how many members it has.
func countEncoded(data []byte) (n int, err error) {
	body := data[1:]
	switch data[0] {
	case formList:
		last := uint64(0)
		for len(body) > 0 {
			gap, size := binary.Uvarint(body)
			if size <= 0 || gap == 0 || gap > 1<<32-1-last {
				return 0, fmt.Errorf("set list: %w", errCorrupt)
			}
			last += gap
			body = body[size:]
			n++
		}
		if n == 0 {
			return 0, fmt.Errorf("set list without members: %w", errCorrupt) // an empty set is nil
		}
		return n, nil
	case formBitmap:
		if body, err = checkedBitmap(body); err == nil {
			err = eachContainer(body, func(c container) { n += c.cardinality })
		}
		return n, err
	}
	return 0, fmt.Errorf("set form %d: %w", data[0], errCorrupt)
}

// eachMember calls f for the members of a set that countEncoded has checked.
func eachMember(data []byte, f func(id uint32)) {
	if data[0] == formBitmap {
		_ = eachContainer(data[bitmapHead:], func(c container) { c.each(f) })
		return
	}
	last := uint32(0)
	for body := data[1:]; len(body) > 0; {
		gap, size := binary.Uvarint(body)
		last += uint32(gap)
		body = body[size:]
		f(last)
	}
}
