package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"footfall/analytics"
)

// Sizes of sets on either side of the list's limit, and of a busy month.
var benchSizes = []int{100, 1_000, 100_000}

// benchSet is a set of n of the people there are, of whom every third is in it.
func benchSet(n int, seed uint64) *analytics.Set {
	dice, set := rand.New(rand.NewPCG(seed, 1)), &analytics.Set{}
	for set.Len() < int64(n) {
		set.Add(1 + dice.Uint32N(uint32(3*n)))
	}
	return set
}

func eachSize(b *testing.B, run func(b *testing.B, n int)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, n)
		})
	}
}

func BenchmarkDecompose(b *testing.B) {
	year := analytics.Range{Start: time.Date(2025, 3, 9, 7, 13, 21, 0, time.UTC), End: time.Date(2026, 4, 2, 19, 47, 3, 0, time.UTC)}
	b.ReportAllocs()
	for b.Loop() {
		analytics.Decompose(year)
	}
}

// BenchmarkPlan plans ninety days by day, in a zone whose days are not UTC's.
func BenchmarkPlan(b *testing.B) {
	q := analytics.Query{Subject: 1, Kind: analytics.KindPartner, Want: analytics.WantUniques}
	for day := range 90 {
		start := time.Date(2026, 1, 1+day, 18, 30, 0, 0, time.UTC)
		q.Ranges = append(q.Ranges, analytics.Range{Start: start, End: start.Add(24 * time.Hour)})
	}
	b.ReportAllocs()
	for b.Loop() {
		analytics.NewPlan(q)
	}
}

// BenchmarkMerge unites a month of stored days.
func BenchmarkMerge(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		var days [30][]byte
		for i := range days {
			days[i] = benchSet(n, uint64(i)).Encode()
		}
		for b.Loop() {
			var month analytics.Set
			for _, day := range days {
				if err := month.MergeEncoded(day); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		set := benchSet(n, 1)
		b.SetBytes(int64(len(set.Encode())))
		for b.Loop() {
			set.Encode()
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		stored := benchSet(n, 1).Encode()
		b.SetBytes(int64(len(stored)))
		for b.Loop() {
			var set analytics.Set
			if err := set.MergeEncoded(stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkUnpack reads a day with its quarter-hours.
func BenchmarkUnpack(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		row := benchDay(n)
		for b.Loop() {
			if _, err := row.Unpack(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchDay is the row of a day with n page views by a third as many visitors.
func benchDay(n int) analytics.Row {
	dice, ledger := rand.New(rand.NewPCG(1, 2)), &analytics.Ledger{}
	for range n {
		at := time.Date(2026, 3, 9, 0, 0, dice.IntN(86400), 0, time.UTC)
		ledger.Add(analytics.Fact{Subject: 1, Action: analytics.PageView, At: at, Events: 1, Visitor: 1 + dice.Uint32N(uint32(n/3))})
	}
	for _, row := range ledger.Rows() {
		if row.Level == analytics.LevelDay {
			return row
		}
	}
	panic("a ledger without its day")
}

// BenchmarkBreakdown answers a month by source and device, from days of twenty
// combinations each.
func BenchmarkBreakdown(b *testing.B) {
	dice, ledger := rand.New(rand.NewPCG(1, 2)), &analytics.Ledger{}
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for range 30_000 {
		at := first.Add(time.Duration(dice.IntN(30*86400)) * time.Second)
		d := analytics.Dimensions{Source: fmt.Sprint(dice.IntN(5)), Device: fmt.Sprint(dice.IntN(4))}
		ledger.Add(analytics.Fact{Subject: 1, Action: analytics.Click, At: at, Events: 1, Session: 1 + dice.Uint32N(5_000), Dimensions: &d})
	}
	rows := ledger.Rows()
	for i := range rows {
		rows[i].Quarters, rows[i].QuarterSets = nil, nil // whole days are read without them
	}
	q := analytics.Query{Subject: 1, Kind: analytics.KindEvent, Want: analytics.WantUniques, Ranges: []analytics.Range{{Start: first, End: first.AddDate(0, 0, 30)}}}
	q.By = &analytics.Breakdown{
		By:    []analytics.Dimension{analytics.DimensionSource, analytics.DimensionDevice},
		Order: analytics.BreakdownOrder{Field: analytics.ByEvents, Direction: analytics.Descending}, First: 10,
	}
	b.ReportAllocs()
	for b.Loop() {
		p := analytics.NewSlicedPlan(q)
		for i := range rows {
			for _, f := range p.Fetches {
				if f.Action == rows[i].Action && f.Level == rows[i].Level && f.From <= rows[i].Bucket && rows[i].Bucket < f.To {
					if err := p.Row(f, &rows[i]); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		if a := p.Answer(); len(a.Groups) != 10 {
			b.Fatalf("%d groups", len(a.Groups))
		}
	}
}
