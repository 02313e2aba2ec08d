package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"footfall/analytics"
)

// BenchmarkTenancy is what row-level security costs: reads and writes bound to their
// tenant and free of it in turns, and the median of each.
func BenchmarkTenancy(b *testing.B) {
	w := newWorld(b, 200)
	day := at("2026-01-01T00:00:00Z")
	var events []analytics.Event
	for i := range 20_000 {
		events = append(events, analytics.Event{
			ID: fmt.Sprint(i), Action: analytics.PageView, Kind: analytics.KindPartner, Key: w.partners[i%200], Visitor: fmt.Sprint("v", i%500),
			At: day.Add(time.Duration(i) * 20 * time.Minute),
		})
	}
	w.record(b, events...)
	_, err := w.Compact(b.Context(), nil)
	ok(b, err)
	half := analytics.Range{Start: day.AddDate(0, 1, 10), End: day.AddDate(0, 7, 20)}
	ask := func(n int, want analytics.Want) []analytics.Query {
		queries := make([]analytics.Query, n)
		for i := range queries {
			queries[i] = analytics.Query{Subject: int64(i + 1), Kind: analytics.KindPartner, Want: want, Ranges: []analytics.Range{half}}
		}
		return queries
	}
	one, all, sums := ask(1, analytics.WantUniques), ask(200, analytics.WantUniques), ask(200, 0)
	read := func(queries []analytics.Query) func(*testing.B) {
		return func(b *testing.B) {
			_, err := w.Totals(b.Context(), w.tenant.ID, queries)
			ok(b, err)
		}
	}
	next := 0
	record := func(n int) func(*testing.B) {
		return func(b *testing.B) {
			events := make([]analytics.Event, n)
			for i := range events {
				next++
				events[i] = analytics.Event{ID: fmt.Sprint("n", next), Action: analytics.Click, Kind: analytics.KindEvent, Key: "e", Session: "s", At: day}
			}
			w.record(b, events...)
		}
	}
	for _, c := range []struct {
		name string
		run  func(*testing.B)
	}{
		{"one subject", read(one)}, {"200 with uniques", read(all)}, {"200 sums", read(sums)},
		{"record 1", record(1)}, {"record 1000", record(1000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took [2][]time.Duration
			for i := 0; b.Loop(); i++ {
				for _, conn := range w.pool.AcquireAllIdle(b.Context()) {
					conn.Conn().PgConn().CustomData()[binding] = i%2 == 0
					conn.Release()
				}
				start := time.Now()
				c.run(b)
				took[i%2] = append(took[i%2], time.Since(start))
			}
			for i, name := range []string{"bound-µs", "free-µs"} {
				slices.Sort(took[i])
				if n := len(took[i]); n > 0 {
					b.ReportMetric(float64(took[i][n/2].Nanoseconds())/1000, name)
				}
			}
		})
	}
}
