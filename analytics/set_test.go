package analytics_test

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"

	"footfall/analytics"
)

// genIDs draws identity numbers in one to three runs, so that sets of every
// size, on either side of the list's limit, and all three kinds of bitmap
// container come up. They are in no order and may repeat.
var genIDs = rapid.Custom(func(t *rapid.T) []uint32 {
	var ids []uint32
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		small, limit := rapid.IntRange(0, 5), rapid.IntRange(250, 262)
		size := rapid.OneOf(small, small, limit, limit, rapid.SampledFrom([]int{600, 4200})).Draw(t, "size")
		step := rapid.SampledFrom([]uint32{1, 2, 7, 1000, 70_000}).Draw(t, "step")
		if step > 7 {
			size = min(size, 300)
		}
		first := rapid.OneOf(rapid.Uint32Range(1, 300), rapid.SampledFrom([]uint32{65_000, 1 << 20, math.MaxUint32 - 100})).Draw(t, "first")
		for i := range size {
			if id := uint64(first) + uint64(i)*uint64(step); id <= math.MaxUint32 {
				ids = append(ids, uint32(id))
			}
		}
	}
	if rapid.Bool().Draw(t, "reversed") {
		slices.Reverse(ids)
	}
	return ids
})

func setOf(ids []uint32) *analytics.Set {
	s := &analytics.Set{}
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

func TestSetIsASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := genIDs.Draw(t, "a"), genIDs.Draw(t, "b")
		s, other := setOf(a), setOf(b)
		same(t, "members", s.Members(), distinct(a))
		same(t, "size", s.Len(), int64(len(distinct(a))))
		s.Merge(other)
		union := distinct(slices.Concat(a, b))
		same(t, "union", s.Members(), union)
		same(t, "the set merged from", other.Members(), distinct(b))

		// What was merged stays a copy: changing one leaves the other alone.
		s.Add(424_242)
		same(t, "the set merged from, later", other.Members(), distinct(b))
		other.Add(434_343)
		same(t, "the union, later", s.Members(), distinct(append(union, 424_242)))
	})
}

func TestSetMergeIsACommutativeMonoid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genIDs.Draw(t, "a"), genIDs.Draw(t, "b"), genIDs.Draw(t, "c")
		merge := func(sets ...*analytics.Set) *analytics.Set {
			out := &analytics.Set{}
			for _, s := range sets {
				out.Merge(s)
			}
			return out
		}
		left := merge(merge(setOf(a), setOf(b)), setOf(c)).Encode()
		same(t, "associative", merge(setOf(a), merge(setOf(b), setOf(c))).Encode(), left)
		same(t, "commutative", merge(setOf(c), setOf(b), setOf(a)).Encode(), left)
		same(t, "idempotent", merge(setOf(a), setOf(b), setOf(a), setOf(c), setOf(b)).Encode(), left)
		same(t, "neutral", merge(&analytics.Set{}, setOf(a), &analytics.Set{}).Encode(), setOf(a).Encode())
		same(t, "one form for one content", setOf(slices.Concat(c, a, b)).Encode(), left)
	})
}

func TestSetRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := genIDs.Draw(t, "a"), genIDs.Draw(t, "b")
		s := &analytics.Set{}
		ok(t, s.MergeEncoded(setOf(a).Encode()))
		same(t, "decoded", s.Members(), distinct(a))
		same(t, "encoded again", s.Encode(), setOf(a).Encode())
		ok(t, s.MergeEncoded(setOf(b).Encode()))
		same(t, "merged from its stored form", s.Members(), distinct(slices.Concat(a, b)))
		same(t, "form of the merge", s.Encode(), setOf(slices.Concat(b, a)).Encode())
	})
}

// Around the limit of the list form a set stays itself, however it gets there.
func TestSetListLimit(t *testing.T) {
	t.Parallel()
	for size := uint32(254); size <= 259; size++ {
		var ids []uint32
		for i := range size {
			ids = append(ids, 3*i+1)
		}
		slowly := setOf(ids)
		merged := setOf(ids[:size/2])
		merged.Merge(setOf(ids[size/3:]))
		decoded := &analytics.Set{}
		ok(t, decoded.MergeEncoded(slowly.Encode()))
		for _, s := range []*analytics.Set{slowly, merged, decoded} {
			same(t, "members", s.Members(), ids)
			same(t, "encoded", s.Encode(), slowly.Encode())
		}
		form := slowly.Encode()[0]
		if want := byte(1); size > 256 {
			same(t, "form of a large set", form, want+1)
		} else {
			same(t, "form of a small set", form, want)
		}
	}
	if got := (&analytics.Set{}).Encode(); got != nil {
		t.Fatalf("the empty set is stored as nil, got %v", got)
	}
}

func TestSetEncodesSmall(t *testing.T) {
	t.Parallel()
	one := len(setOf([]uint32{100}).Encode())
	if one > 2 {
		t.Fatalf("one small identity takes %d bytes, want at most 2", one)
	}
	var dense []uint32
	for i := range uint32(100_000) {
		dense = append(dense, i+1)
	}
	if size := len(setOf(dense).Encode()); size > 100 {
		t.Fatalf("a dense run of 100,000 takes %d bytes, want at most 100", size)
	}
}

func TestSetRefusesCorruptBytes(t *testing.T) {
	t.Parallel()
	var many []uint32
	for i := range uint32(5000) {
		many = append(many, 2*i+1)
	}
	flipped := storedBitmap(t, many...)
	flipped[len(flipped)/2] ^= 0x10
	overflow := append([]byte{1, 5}, binary.AppendUvarint(nil, math.MaxUint64)...)
	for name, data := range map[string][]byte{
		"unknown form":                 {3, 1, 2},
		"form zero":                    {0},
		"list cut short":               {1, 0x80},
		"list with a repeat":           {1, 5, 0},
		"list that starts at 0":        {1, 0, 5},
		"list beyond 32 bits":          append([]byte{1}, binary.AppendUvarint(nil, 1<<32)...),
		"list whose sum overflows":     overflow,
		"no bitmap":                    {2},
		"bitmap without a checksum":    {2, 0, 0, 0},
		"bitmap that is only checksum": {2, 0, 0, 0, 0},
		"bitmap cut short":             storedBitmap(t, many...)[:4000],
		"bitmap with more behind":      append(storedBitmap(t, many...), 0),
		"bitmap with a flipped bit":    flipped,
	} {
		s := setOf([]uint32{7})
		if err := s.MergeEncoded(data); err == nil {
			t.Errorf("%s: no error", name)
		}
		same(t, name+": the set it was to be merged into", s.Members(), []uint32{7})
	}
}

// storedBitmap is the stored form of a bitmap of any size.
func storedBitmap(t *testing.T, ids ...uint32) []byte {
	raw, err := roaring.BitmapOf(ids...).ToBytes()
	ok(t, err)
	sum := crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli))
	return append(binary.LittleEndian.AppendUint32([]byte{2}, sum), raw...)
}

// A small or an empty bitmap is never written, yet it must not confuse a merge.
func TestSetReadsSmallBitmaps(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]uint32{{}, {9}, {1, 2, 3, 70_000}} {
		s := &analytics.Set{}
		ok(t, s.MergeEncoded(storedBitmap(t, ids...)))
		s.Merge(setOf([]uint32{5}))
		same(t, "members", s.Members(), distinct(append([]uint32{5}, ids...)))
		same(t, "form", s.Encode(), setOf(append([]uint32{5}, ids...)).Encode())
	}
}
