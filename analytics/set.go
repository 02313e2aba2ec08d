package analytics

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// smallSet is the size up to which a Set stays a sorted list: below it a
// bitmap's header costs more than its content.
const smallSet = 256

// Set is a set of identity numbers (1 and up). The zero Set is empty. A Set
// takes ownership of what it is merged from only by copying.
type Set struct {
	list []uint32 // sorted, while big is nil
	big  *roaring.Bitmap
}

// Len is the number of members.
func (s *Set) Len() int64 {
	if s.big != nil {
		return int64(s.big.GetCardinality())
	}
	return int64(len(s.list))
}

// Add puts id into the set.
func (s *Set) Add(id uint32) {
	if s.big != nil {
		s.big.Add(id)
		return
	}
	if n := len(s.list); n == 0 || s.list[n-1] < id {
		s.list = append(s.list, id)
	} else if i, found := slices.BinarySearch(s.list, id); !found {
		s.list = slices.Insert(s.list, i, id)
	}
	s.grow()
}

// Merge adds all members of o.
func (s *Set) Merge(o *Set) {
	switch {
	case o.Len() == 0:
	case s.Len() == 0:
		s.list = slices.Clone(o.list)
		if o.big != nil {
			s.big = o.big.Clone()
		}
	case o.big != nil:
		if s.big == nil {
			list := s.list
			s.list, s.big = nil, o.big.Clone()
			s.big.AddMany(list)
			return
		}
		s.big.Or(o.big)
	case s.big != nil:
		s.big.AddMany(o.list)
	default:
		s.list = mergeSorted(s.list, o.list)
		s.grow()
	}
}

// Members lists the set in ascending order.
func (s *Set) Members() []uint32 {
	if s.big != nil {
		return s.big.ToArray()
	}
	return slices.Clone(s.list)
}

func (s *Set) grow() {
	if len(s.list) > smallSet {
		s.big = roaring.BitmapOf(s.list...)
		s.list = nil
	}
}

func mergeSorted(a, b []uint32) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// The first byte of an encoded Set names its form.
const (
	formList   = 1 // uvarint gaps, ascending
	formBitmap = 2 // CRC-32C, then portable roaring serialisation
)

// bitmapHead is the bytes before a bitmap's serialisation.
const bitmapHead = 1 + crc32.Size

// A checksum is how a damaged bitmap is told: roaring trusts what it reads, and
// its own validation takes quadratic time.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode is the stored form; nil for an empty set.
func (s *Set) Encode() []byte {
	if s.Len() == 0 {
		return nil
	}
	if s.big != nil {
		s.big.RunOptimize()
		raw, err := s.big.ToBytes()
		if err != nil { // writing to memory cannot fail
			panic(err)
		}
		out := append(make([]byte, bitmapHead, bitmapHead+len(raw)), raw...)
		sealBitmap(out)
		return out
	}
	out := make([]byte, 1, 1+2*len(s.list))
	out[0] = formList
	last := uint32(0)
	for _, id := range s.list {
		out = binary.AppendUvarint(out, uint64(id-last))
		last = id
	}
	return out
}

var errCorrupt = errors.New("corrupt cell")

// MergeEncoded adds the members of an encoded set.
func (s *Set) MergeEncoded(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	o, err := decodeSet(data)
	if err != nil {
		return err
	}
	if s.Len() == 0 {
		*s = o
		return nil
	}
	s.Merge(&o)
	return nil
}

func decodeSet(data []byte) (Set, error) {
	body := data[1:]
	switch data[0] {
	case formList:
		if len(body) == 0 {
			return Set{}, fmt.Errorf("set list without members: %w", errCorrupt) // an empty set is nil
		}
		list := make([]uint32, 0, len(body))
		last := uint64(0)
		for len(body) > 0 {
			gap, n := binary.Uvarint(body)
			if n <= 0 || gap == 0 || gap > 1<<32-1-last {
				return Set{}, fmt.Errorf("set list: %w", errCorrupt)
			}
			last += gap
			list = append(list, uint32(last))
			body = body[n:]
		}
		s := Set{list: list}
		s.grow()
		return s, nil
	case formBitmap:
		raw, err := checkedBitmap(body)
		if err != nil {
			return Set{}, err
		}
		big := roaring.New()
		if err := big.UnmarshalBinary(raw); err != nil {
			return Set{}, fmt.Errorf("set bitmap: %w: %w", errCorrupt, err)
		}
		if big.GetCardinality() <= smallSet {
			return Set{list: big.ToArray()}, nil
		}
		return Set{big: big}, nil
	}
	return Set{}, fmt.Errorf("set form %d: %w", data[0], errCorrupt)
}

// sealBitmap writes the head of a bitmap.
func sealBitmap(data []byte) {
	data[0] = formBitmap
	binary.LittleEndian.PutUint32(data[1:], crc32.Checksum(data[bitmapHead:], castagnoli))
}

// checkedBitmap is the portable form in a bitmap's body.
func checkedBitmap(body []byte) ([]byte, error) {
	if len(body) < 4 || binary.LittleEndian.Uint32(body) != crc32.Checksum(body[4:], castagnoli) {
		return nil, fmt.Errorf("set bitmap: checksum: %w", errCorrupt)
	}
	return body[4:], nil
}
