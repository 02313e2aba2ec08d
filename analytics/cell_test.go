package analytics_test

import (
	"bytes"
	"maps"
	"math/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// plainCell is a Cell that can be compared.
type plainCell struct {
	events, starts, micros int64
	sessions, visitors     []uint32
}

func plain(c *analytics.Cell) plainCell {
	return plainCell{c.Events, c.Starts, c.Micros, distinct(c.Sessions.Members()), distinct(c.Visitors.Members())}
}

func (c plainCell) empty() bool {
	return c.events == 0 && c.starts == 0 && c.micros == 0 && len(c.sessions) == 0 && len(c.visitors) == 0
}

func (c plainCell) with(f analytics.Fact) plainCell {
	c.events, c.starts, c.micros = c.events+f.Events, c.starts+f.Starts, c.micros+f.Micros
	if i, found := slices.BinarySearch(c.sessions, f.Session); f.Session != 0 && !found {
		c.sessions = slices.Insert(c.sessions, i, f.Session)
	}
	if i, found := slices.BinarySearch(c.visitors, f.Visitor); f.Visitor != 0 && !found {
		c.visitors = slices.Insert(c.visitors, i, f.Visitor)
	}
	return c
}

var genCell = rapid.Custom(func(t *rapid.T) plainCell {
	number := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-1<<50, 1<<50))
	return plainCell{
		number.Draw(t, "events"), number.Draw(t, "starts"), number.Draw(t, "micros"),
		distinct(genIDs.Draw(t, "sessions")), distinct(genIDs.Draw(t, "visitors")),
	}
})

func (c plainCell) cell() *analytics.Cell {
	return &analytics.Cell{
		Events: c.events, Starts: c.starts, Micros: c.micros,
		Sessions: *setOf(c.sessions), Visitors: *setOf(c.visitors),
	}
}

func TestCellMergeIsACommutativeMonoid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := genCell.Draw(t, "a"), genCell.Draw(t, "b"), genCell.Draw(t, "c")
		merge := func(first *analytics.Cell, more ...*analytics.Cell) *analytics.Cell {
			for _, o := range more {
				first.Merge(o)
			}
			return first
		}
		want := plainCell{
			a.events + b.events + c.events, a.starts + b.starts + c.starts, a.micros + b.micros + c.micros,
			distinct(slices.Concat(a.sessions, b.sessions, c.sessions)), distinct(slices.Concat(a.visitors, b.visitors, c.visitors)),
		}
		same(t, "merge", plain(merge(a.cell(), b.cell(), c.cell())), want)
		same(t, "associative", plain(merge(a.cell(), merge(b.cell(), c.cell()))), want)
		same(t, "commutative", plain(merge(c.cell(), b.cell(), a.cell())), want)
		same(t, "neutral on the left", plain(merge(&analytics.Cell{}, a.cell())), a)
		same(t, "neutral on the right", plain(merge(a.cell(), &analytics.Cell{})), a)
		same(t, "empty", a.cell().Empty(), a.empty())
	})
}

// genFact draws facts of two subjects that crowd into a few quarter-hours of
// two months, on and around their borders, with amounts that may cancel out.
var genFact = rapid.Custom(func(t *rapid.T) analytics.Fact {
	border := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
	at := border + rapid.Int64Range(0, 2).Draw(t, "days")*day + rapid.SampledFrom([]int64{0, 0, 1, 47, 95}).Draw(t, "quarter")*quarter +
		rapid.SampledFrom([]int64{-1, 0, 1, 7 * minute}).Draw(t, "offset")
	number := rapid.Int64Range(-1, 2)
	return analytics.Fact{
		Subject: rapid.Int64Range(1, 2).Draw(t, "subject"),
		Action:  rapid.SampledFrom([]analytics.Action{analytics.Click, analytics.Watch}).Draw(t, "action"),
		At:      time.UnixMicro(at).UTC(),
		Events:  number.Draw(t, "events"), Starts: number.Draw(t, "starts"), Micros: number.Draw(t, "micros"),
		Session: rapid.SampledFrom([]uint32{0, 0, 1, 2, 300}).Draw(t, "session"), Visitor: rapid.SampledFrom([]uint32{0, 0, 1, 2, 300}).Draw(t, "visitor"),
	}
})

// bucketKey is a row's key by the calendar, and a quarter-hour of it or -1.
type bucketKey struct {
	subject int64
	action  analytics.Action
	bucket  string
	quarter int
}

// naiveCells files facts under the calendar, by the names of its days and
// months; what cancels out is left out.
func naiveCells(facts []analytics.Fact) map[bucketKey]plainCell {
	out := map[bucketKey]plainCell{}
	for _, f := range facts {
		at := f.At.UTC()
		for _, k := range []bucketKey{
			{f.Subject, f.Action, at.Format("2006-01"), -1},
			{f.Subject, f.Action, at.Format("2006-01-02"), -1},
			{f.Subject, f.Action, at.Format("2006-01-02"), at.Hour()*4 + at.Minute()/15},
		} {
			out[k] = out[k].with(f)
		}
	}
	maps.DeleteFunc(out, func(_ bucketKey, c plainCell) bool { return c.empty() })
	return out
}

// cellsOf reads rows back into the same shape, merging as it goes.
func cellsOf(t fataler, rows []analytics.Row) map[bucketKey]plainCell {
	t.Helper()
	merged := map[bucketKey]*analytics.Cell{}
	for _, r := range rows {
		b, err := r.Unpack()
		ok(t, err)
		name := map[analytics.Level]string{analytics.LevelDay: "2006-01-02", analytics.LevelMonth: "2006-01"}[r.Level]
		k := bucketKey{r.Subject, r.Action, r.Bucket.Start(r.Level).Format(name), -1}
		cells := map[bucketKey]*analytics.Cell{k: &b.Cell}
		for i, c := range b.Quarters {
			k.quarter = i
			cells[k] = c
		}
		for k, c := range cells {
			if merged[k] == nil {
				merged[k] = &analytics.Cell{}
			}
			merged[k].Merge(c)
		}
	}
	out := map[bucketKey]plainCell{}
	for k, c := range merged {
		if p := plain(c); !p.empty() {
			out[k] = p
		}
	}
	return out
}

func ledgerRows(facts []analytics.Fact) []analytics.Row {
	var l analytics.Ledger
	for _, f := range facts {
		l.Add(f)
	}
	return l.Rows()
}

// The same facts give the same rows, byte for byte, whatever batches they came
// in, in whatever order their rows are merged and re-merged.
func TestMergeRowsOfAnyPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(genFact, 0, 25).Draw(t, "facts")
		once := ledgerRows(facts)
		same(t, "cells of one ledger", cellsOf(t, once), naiveCells(facts))

		shuffled := rapid.Permutation(facts).Draw(t, "shuffled")
		var rows []analytics.Row
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(t, "batch")
			rows = append(rows, ledgerRows(shuffled[:n])...)
			shuffled = shuffled[n:]
		}
		same(t, "cells of many ledgers", cellsOf(t, rows), naiveCells(facts))
		rows = rapid.Permutation(rows).Draw(t, "order")
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut")
		some, err := analytics.MergeRows(rows[:cut])
		ok(t, err)
		merged, err := analytics.MergeRows(slices.Concat(rows[cut:], some))
		ok(t, err)
		same(t, "merged in two steps", merged, once)
		merged, err = analytics.MergeRows(rows)
		ok(t, err)
		same(t, "merged at once", merged, once)
		again, err := analytics.MergeRows(merged)
		ok(t, err)
		same(t, "merged again", again, once)
	})
}

// Large sets move between list and bitmap as rows merge; the rows stay the same.
func TestMergeRowsOfLargeSets(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(7))
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var facts []analytics.Fact
	for range 12_000 {
		facts = append(facts, analytics.Fact{
			Subject: 1, Action: analytics.Click, At: start.Add(time.Duration(random.Int63n(int64(50 * time.Hour)))),
			Events: 1, Session: uint32(random.Intn(5000) + 1), Visitor: uint32(random.Intn(90_000) + 1),
		})
	}
	once := ledgerRows(facts)
	same(t, "cells", cellsOf(t, once), naiveCells(facts))
	for range 3 {
		var rows []analytics.Row
		for batch := range slices.Chunk(facts, 1000+random.Intn(4000)) {
			rows = append(rows, ledgerRows(batch)...)
		}
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		merged, err := analytics.MergeRows(rows)
		ok(t, err)
		same(t, "merged", merged, once)
	}
}

func TestRowsThatCancelOutVanish(t *testing.T) {
	t.Parallel()
	at := utc(t, "2026-03-01T10:00:00Z")
	plus := ledgerRows([]analytics.Fact{{Subject: 1, Action: analytics.PageView, At: at, Starts: 1, Micros: 5}})
	minus := ledgerRows([]analytics.Fact{{Subject: 1, Action: analytics.PageView, At: at, Starts: -1, Micros: -5}})
	merged, err := analytics.MergeRows(slices.Concat(plus, minus))
	ok(t, err)
	if len(plus) != 2 || len(merged) != 0 {
		t.Fatalf("got %d rows and %d after cancelling, want a day and a month, then nothing", len(plus), len(merged))
	}

	// So does a quarter-hour in a row that stays.
	later := ledgerRows([]analytics.Fact{{Subject: 1, Action: analytics.PageView, At: at.Add(time.Hour), Starts: 1, Micros: 5}})
	merged, err = analytics.MergeRows(slices.Concat(plus, later, minus))
	ok(t, err)
	same(t, "what stays", merged, later)
}

// A quarter-hour that has everything repeats nothing.
func TestRowStoresOneQuartersSetsOnce(t *testing.T) {
	t.Parallel()
	fact := analytics.Fact{Subject: 1, Action: analytics.Click, At: utc(t, "2026-03-01T10:00:00Z"), Events: 1, Session: 7}
	row := ledgerRows([]analytics.Fact{fact})[0]
	if row.Level != analytics.LevelDay || row.QuarterSets != nil || row.Quarters == nil {
		t.Fatalf("want a day with one quarter-hour and no sets of its own, got %+v", row)
	}
	later := fact
	later.At = later.At.Add(time.Hour)
	if row = ledgerRows([]analytics.Fact{fact, later})[0]; row.QuarterSets == nil {
		t.Fatalf("two quarter-hours have sets of their own, got %+v", row)
	}
}

// Pack takes steps in any order, as a Block says.
func TestPackTakesStepsInAnyOrder(t *testing.T) {
	t.Parallel()
	k := analytics.Key{Subject: 1, Action: analytics.Watch, Level: analytics.LevelDay, Bucket: 20_000}
	at := 20_000 * day
	b := analytics.Block{Steps: analytics.Steps{{At: at + 9, Delta: -1}, {At: at, Delta: 2}, {At: at + 9, Delta: 4}, {At: at + 5, Delta: 1}, {At: at + 5, Delta: -1}}}
	row := b.Pack(k)
	back, err := row.Unpack()
	ok(t, err)
	same(t, "steps", back.Steps, analytics.Steps{{At: at, Delta: 2}, {At: at + 9, Delta: 3}})
	if len(row.Steps) > 5 {
		t.Fatalf("two steps take %d bytes", len(row.Steps))
	}
}

// No bytes make a row panic; what is read without an error is a sound block
// that packs to a form which stays.
func FuzzRowUnpack(f *testing.F) {
	facts := []analytics.Fact{
		{Subject: 1, Action: analytics.Watch, At: time.Unix(20_000*86_400, 0), Events: 1, Session: 1, Visitor: 2},
		{Subject: 1, Action: analytics.Watch, At: time.Unix(20_000*86_400+5000, 0), Micros: 9, Session: 3, Visitor: 300},
	}
	for i := range uint32(300) {
		facts = append(facts, analytics.Fact{Subject: 1, Action: analytics.Watch, At: time.Unix(20_000*86_400+7000, 0), Session: 2*i + 1})
	}
	for n := range facts {
		r := ledgerRows(facts[:n+1])[0]
		if n < 3 || n == len(facts)-1 {
			f.Add(r.Sessions, r.Visitors, r.Quarters, r.QuarterSets, []byte{0, 2, 200, 1, 1})
		}
	}
	f.Fuzz(func(t *testing.T, sessions, visitors, quarters, sets, steps []byte) {
		for _, level := range []analytics.Level{analytics.LevelDay, analytics.LevelMonth} {
			k := analytics.Key{Subject: 1, Action: analytics.Watch, Level: level, Bucket: 20_000}
			row := analytics.Row{Key: k, Events: 1, Sessions: sessions, Visitors: visitors, Quarters: quarters, QuarterSets: sets, Steps: steps}
			block, err := row.Unpack()
			if err != nil {
				continue
			}
			for i, c := range block.Quarters {
				if i < 0 || i > 95 {
					t.Fatalf("quarter %d", i)
				}
				sound(t, c)
			}
			sound(t, &block.Cell)
			packed := block.Pack(k)
			back, err := packed.Unpack()
			ok(t, err)
			same(t, "packed again", back.Pack(k), packed)
			merged, err := analytics.MergeRows([]analytics.Row{row, packed, row})
			ok(t, err)
			if len(merged) != 1 || merged[0].Events != 3 || !bytes.Equal(merged[0].Sessions, packed.Sessions) {
				t.Fatalf("merged with itself: %+v", merged)
			}
		}
	})
}

func sound(t *testing.T, c *analytics.Cell) {
	t.Helper()
	for _, s := range []*analytics.Set{&c.Sessions, &c.Visitors} {
		if ids := s.Members(); int64(len(ids)) != s.Len() || !slices.Equal(ids, distinct(ids)) || len(ids) > 0 && ids[0] == 0 {
			t.Fatalf("not a set of %d identities: %v", s.Len(), ids)
		}
	}
}

// What moves within a day says nothing of the day, and yet something of its
// quarter-hours.
func TestRowsKeepWhatMovesWithinADay(t *testing.T) {
	t.Parallel()
	var l analytics.Ledger
	for i, starts := range []int64{-1, 1} {
		l.Add(analytics.Fact{Subject: 1, Action: analytics.Click, At: utc2026.Add(time.Duration(i) * analytics.QuarterHour), Starts: starts})
	}
	rows := l.Rows()
	if len(rows) != 1 || rows[0].Level != analytics.LevelDay {
		t.Fatalf("%+v", rows)
	}
	b, err := rows[0].Unpack()
	ok(t, err)
	same(t, "its quarter-hours", [2]int64{b.Quarters[0].Starts, b.Quarters[1].Starts}, [2]int64{-1, 1})
}

// A damaged row is an error wherever the damage is, never a row that says less.
func TestDamagedRowsAreErrors(t *testing.T) {
	t.Parallel()
	var l analytics.Ledger
	for i := range 2 {
		l.Add(analytics.Fact{Subject: 1, Action: analytics.Click, At: utc2026.Add(time.Duration(i) * analytics.QuarterHour), Events: 1, Session: uint32(i + 1)})
	}
	whole := l.Rows()[0]
	for name, damage := range map[string]func(r *analytics.Row){
		"set":          func(r *analytics.Row) { r.Sessions[0] = 99 },
		"quarter-hour": func(r *analytics.Row) { r.Quarters[0] = 96 },
		"its set":      func(r *analytics.Row) { r.QuarterSets[1] = 99 },
		"steps":        func(r *analytics.Row) { r.Steps = []byte{0x80} },
		"facets":       func(r *analytics.Row) { r.Facets = []byte{99} },
		"watched":      func(r *analytics.Row) { r.Watched = []byte{99} },
	} {
		row := whole
		row.Sessions, row.Quarters, row.QuarterSets = slices.Clone(row.Sessions), slices.Clone(row.Quarters), slices.Clone(row.QuarterSets)
		damage(&row)
		if _, err := row.Unpack(); err == nil {
			t.Errorf("%s: unpacked", name)
		}
		if rows, err := analytics.MergeRows([]analytics.Row{whole, row}); err == nil {
			t.Errorf("%s: merged to %d rows", name, len(rows))
		}
	}
}
