package analytics

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawMembers are members whose containers are lists, bitmaps and runs.
func drawMembers(t *rapid.T) []uint32 {
	base := uint32(rapid.IntRange(0, 3).Draw(t, "container")) << 16
	size := rapid.SampledFrom([]int{1, 20, 300, 5000, 70_000}).Draw(t, "size")
	step := rapid.SampledFrom([]int{1, 2, 13}).Draw(t, "step")
	first := uint32(rapid.IntRange(1, 60_000).Draw(t, "first"))
	out := make([]uint32, size)
	for i := range out {
		out[i] = base + first + uint32(i*step)
	}
	return out
}

// A union counts what the sets together hold, in whatever form they are stored.
func TestUnionCountsMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var u, half union
		var want Set
		for range rapid.IntRange(0, 8).Draw(t, "sets") {
			set := Set{}
			for _, id := range drawMembers(t) {
				set.Add(id)
				want.Add(id)
			}
			into := &u
			if rapid.Bool().Draw(t, "other half") {
				into = &half
			}
			if rapid.Bool().Draw(t, "loose") {
				members := set.Members()
				slices.Reverse(members)
				into.add(append(members, members[0])...)
				continue
			}
			if err := into.mergeEncoded(set.Encode()); err != nil {
				t.Fatal(err)
			}
		}
		u.merge(&half)
		for range 2 { // the scratch is clean again
			if got := u.Len(); got != want.Len() {
				t.Fatalf("%d members, want %d", got, want.Len())
			}
		}
	})
}

// What a union settles to is a set as any other, with the same members.
func TestUnionSettlesToTheSameSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var u union
		var want, got Set
		for range rapid.IntRange(1, 6).Draw(t, "sets") {
			set := Set{}
			for _, id := range drawMembers(t) {
				set.Add(id)
			}
			want.Merge(&set)
			if err := u.mergeEncoded(set.Encode()); err != nil {
				t.Fatal(err)
			}
		}
		u.settle()
		if err := got.MergeEncoded(u.stored[0]); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Members(), want.Members()) || len(u.stored) != 1 || int64(u.members) != want.Len() {
			t.Fatalf("%d sets with %d members, said to be %d, want %d", len(u.stored), got.Len(), u.members, want.Len())
		}
	})
}

// A union of many large sets does not hold on to them.
func TestUnionSettles(t *testing.T) {
	t.Parallel()
	var u union
	var want Set
	for i := range 400 {
		set := Set{}
		for j := range 3000 {
			set.Add(uint32(1 + (i%7)*1000 + j*17))
		}
		want.Merge(&set)
		if err := u.mergeEncoded(set.Encode()); err != nil {
			t.Fatal(err)
		}
		if most := 4 * mostPending; u.pending > most {
			t.Fatalf("%d bytes are held, want at most %d", u.pending, most)
		}
	}
	if got := u.Len(); got != want.Len() {
		t.Fatalf("%d members, want %d", got, want.Len())
	}
}

// FuzzUnion: what is found whole can be counted, and then has as many members as
// the set that it decodes to.
func FuzzUnion(f *testing.F) {
	for _, ids := range [][]uint32{{1}, {1, 2, 3, 70_000}, {5, 1 << 31}} {
		s := Set{}
		for _, id := range ids {
			s.Add(id)
		}
		f.Add(s.Encode())
	}
	big := Set{}
	for i := range uint32(9000) {
		big.Add(1 + i*3%70_000)
	}
	f.Add(big.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		var u union
		if err := u.mergeEncoded(data); err != nil {
			return
		}
		u.add(1)
		got := u.Len()
		var set Set
		if err := set.MergeEncoded(data); err != nil {
			return
		}
		set.Add(1)
		if want := set.Len(); got != want {
			t.Fatalf("%d members, want %d", got, want)
		}
	})
}

func BenchmarkUnion(b *testing.B) {
	for name, shape := range map[string]struct{ sets, members, among int }{
		"sparse": {62, 300, 4_000_000}, "months": {12, 3000, 4_000_000}, "dense": {30, 100_000, 300_000}, "lists": {96, 10, 4_000_000},
	} {
		b.Run(name, func(b *testing.B) {
			var stored [][]byte
			id := uint32(1)
			for range shape.sets {
				s := Set{}
				for range shape.members {
					id = id*1664525 + 1013904223
					s.Add(1 + id%uint32(shape.among))
				}
				stored = append(stored, s.Encode())
			}
			b.ReportAllocs()
			for b.Loop() {
				var u union
				for _, data := range stored {
					if err := u.mergeEncoded(data); err != nil {
						b.Fatal(err)
					}
				}
				u.Len()
			}
		})
	}
}
