package analytics

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
)

// marked is a scratch set of 2^32 bits, of which only the pages in use are there.
type marked struct {
	pages []*page // by the upper half of the members
	used  []uint32
	spare []*page // without a mark
}

type page [bitmapWords]uint64

// mostSpare is how many pages are kept for the next one: 2 MiB.
const mostSpare = 256

var marks = sync.Pool{New: func() any { return &marked{} }}

func (m *marked) page(key uint32) *page {
	for len(m.pages) <= int(key) {
		m.pages = append(m.pages, nil)
	}
	p := m.pages[key]
	if p == nil {
		if n := len(m.spare); n > 0 {
			p, m.spare = m.spare[n-1], m.spare[:n-1]
		} else {
			p = &page{}
		}
		m.pages[key], m.used = p, append(m.used, key)
	}
	return p
}

func (m *marked) mark(id uint32) { m.page(id >> 16).mark(id) }

func (p *page) mark(id uint32) { p[id>>6&(bitmapWords-1)] |= 1 << (id & 63) }

// cardinality is how many are marked.
func (p *page) cardinality() (n int) {
	for _, w := range p {
		n += bits.OnesCount64(w)
	}
	return n
}

// appendContainer appends the marks as a bitmap's container of so many members.
func (p *page) appendContainer(to []byte, members int) []byte {
	for i, w := range p {
		if members > mostOfAnArray {
			to = binary.LittleEndian.AppendUint64(to, w)
			continue
		}
		for ; w != 0; w &= w - 1 {
			to = binary.LittleEndian.AppendUint16(to, uint16(64*i+bits.TrailingZeros64(w)))
		}
	}
	return to
}

// markEncoded marks the members of a set that countEncoded has checked.
func (m *marked) markEncoded(data []byte) {
	if data[0] == formList {
		eachMember(data, m.mark)
		return
	}
	_ = eachContainer(data[bitmapHead:], func(c container) {
		p := m.page(c.key)
		switch {
		case c.array != nil:
			for a := c.array; len(a) >= 2; a = a[2:] {
				p.mark(uint32(binary.LittleEndian.Uint16(a)))
			}
		case c.words != nil:
			for i := range p {
				p[i] |= binary.LittleEndian.Uint64(c.words[8*i:])
			}
		default:
			c.each(p.mark)
		}
	})
}

// count is how many are marked. It leaves none.
func (m *marked) count() (n int64) {
	for _, key := range m.used {
		n += int64(m.pages[key].cardinality())
	}
	m.clear()
	return n
}

// encode is the set of those that are marked, of which there must be some, and how
// many it has. It leaves none.
func (m *marked) encode() (data []byte, members int) {
	slices.Sort(m.used)
	n := len(m.used)
	at := 8 + (containerHead+containerOffset)*n // where the next container will be
	heads, offsets := make([]byte, 0, containerHead*n), make([]byte, 0, containerOffset*n)
	cardinalities := make([]int, n)
	for i, key := range m.used {
		c := m.pages[key].cardinality()
		heads = binary.LittleEndian.AppendUint16(heads, uint16(key))
		heads = binary.LittleEndian.AppendUint16(heads, uint16(c-1))
		offsets = binary.LittleEndian.AppendUint32(offsets, uint32(at))
		cardinalities[i], at, members = c, at+min(2*c, bitmapBytes), members+c
	}
	data = make([]byte, bitmapHead, bitmapHead+at)
	data = binary.LittleEndian.AppendUint32(data, cookieNoRuns)
	data = binary.LittleEndian.AppendUint32(data, uint32(n))
	data = append(append(data, heads...), offsets...)
	for i, key := range m.used {
		data = m.pages[key].appendContainer(data, cardinalities[i])
	}
	sealBitmap(data)
	m.clear()
	return data, members
}

// clear takes all marks away, and keeps some pages for the next ones.
func (m *marked) clear() {
	for _, key := range m.used {
		p := m.pages[key]
		m.pages[key] = nil
		if len(m.spare) < mostSpare {
			clear(p[:])
			m.spare = append(m.spare, p)
		}
	}
	m.used = m.used[:0]
}
