package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

// footprint is what a piece of work took at its height, and in all.
type footprint struct {
	heap, goroutines int64 // above what there was before
	allocations      int64
}

// footprintOf watches the process while f runs. Nothing else must run.
func footprintOf(f func()) footprint {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	read := func() (heap, goroutines int64) {
		metrics.Read(samples)
		return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	heap, goroutines := read()
	done, result := make(chan struct{}), make(chan footprint)
	go func() {
		var most footprint
		for {
			h, g := read()
			most.heap, most.goroutines = max(most.heap, h-heap), max(most.goroutines, g-goroutines)
			select {
			case <-done:
				result <- most
				return
			case <-time.After(100 * time.Microsecond): // between two looks
			}
		}
	}()
	f()
	close(done)
	most := <-result
	runtime.ReadMemStats(&after)
	most.allocations = int64(after.Mallocs - before.Mallocs)
	return most
}

// longSeries is a query for every quarter-hour of so many days from 2023-01-10
// on; of a campaign, which takes no range, for those it has.
func longSeries(noun, measures string, days int) string {
	span := ""
	if !strings.HasPrefix(noun, "campaign") {
		last := analytics.Date{Year: 2023, Month: 1, Day: 10}.AddDays(days - 1)
		span = fmt.Sprintf(`, range: { dates: { startDate: "2023-01-10", endDate: %q } }`, last)
	}
	return fmt.Sprintf(`{ %s { timeSeries(interval: QUARTER_HOUR, timeZone: "Europe/Paris"%s) { points { start end partial %s } } } }`, noun, span, measures)
}

// sparse records events far apart, over the three years that long series show.
func (b *bundle) sparse(line func(i int, at string) string) {
	b.t.Helper()
	dice := rand.New(rand.NewPCG(3, 9))
	from := instantOf("2023-01-09T23:00:00Z") // midnight in Paris
	var lines []string
	for i := range 3000 {
		at := from.Add(time.Duration(dice.Int64N(int64(1041 * 24 * time.Hour)))).Truncate(time.Microsecond)
		lines = append(lines, line(i, at.Format(time.RFC3339Nano)))
	}
	b.record(lines...)
}

// Three years of quarter-hours across six changes of the clock: the points add up
// to the total, follow each other, and cost neither goroutines nor much memory.
// Not parallel: it looks at the whole process.
func TestBigSeries(t *testing.T) {
	b := setup(t)
	b.activate("big", "big", "2022-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	b.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "big", title: "Big", scheduledAt: "2023-01-10T00:00:00Z" }]) { campaigns { id } } }`)
	b.sparse(func(i int, at string) string {
		return click(fmt.Sprint("c", i), "click", "big", fmt.Sprint("s", i%50), at)
	})
	b.sparse(func(i int, at string) string { return view(fmt.Sprint("v", i), uuidOf(1), fmt.Sprint("u", i%50), at) })
	b.sparse(func(i int, at string) string {
		return react(fmt.Sprint("l", i), "like", "big", fmt.Sprint("u", i%50), at)
	})
	for _, c := range []struct{ noun, below, measures, sum string }{
		{`activation(activationId: "big")`, "activation", "metrics { clickCount uniqueSessionCount }", "metrics.clickCount"},
		{fmt.Sprintf(`partner(uuid: %q)`, uuidOf(1)), "partner", "engagement { totalPageViews uniqueUsers }", "engagement.totalPageViews"},
		{`campaign(campaignKey: "big")`, "campaign", "metrics { likes peakConcurrentViewers }", "metrics.likes"},
	} {
		few := footprintOf(func() { b.drain(longSeries(c.noun, c.measures, 10), asJSON) })
		var size int64
		many := footprintOf(func() { size = b.drain(longSeries(c.noun, c.measures, 1041), asJSON) })
		points := checkLongSeries(b, longSeries(c.noun, c.measures, 1041), c.below, c.sum)
		t.Logf("%s: %d points in %d KiB: at most %d MiB of heap and %d goroutines more (960 points: %d), %.1f allocations a point",
			c.below, points, size>>10, many.heap>>20, many.goroutines, few.goroutines, float64(many.allocations)/float64(points))
		if many.goroutines > few.goroutines+20 {
			t.Errorf("%d goroutines more for %d points, %d for 960", many.goroutines, points, few.goroutines)
		}
		if most := 20 * points; many.allocations > most {
			t.Errorf("%d allocations for %d points, want at most %d", many.allocations, points, most)
		}
	}
	clicks, query := 0, longSeries(`activation(activationId: "big")`, "metrics { clickCount uniqueSessionCount }", 1041)
	took := footprintOf(func() { b.drain(query, asCSV) })
	t.Logf("CSV: at most %d MiB of heap more", took.heap>>20)
	rows := b.table(query)
	for _, row := range rows[1:] {
		clicks += int(row[3][0] - '0')
	}
	equal(t, "rows", len(rows), 1+1041*96)
	equal(t, "clicks", clicks, 3000)
	a := b.post(longSeries(`activation(activationId: "big")`, "metrics { clickCount }", 1045), nil, nil)
	if len(a.errors) != 1 || !strings.Contains(a.errors[0].Message, "more than 100000 points") {
		t.Errorf("one day too many: %s", a.body[:min(len(a.body), 500)])
	}
}

var asJSON = http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-cache"}}

// drain reads an answer without keeping it, and returns its size.
func (b *bundle) drain(query string, header http.Header) int64 {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+"/graphql", strings.NewReader(encoded(map[string]any{"query": query})))
	ok(b.t, err)
	r.Header = header.Clone()
	r.Header.Set("Authorization", "Bearer "+b.key)
	response, err := b.client.Do(r)
	ok(b.t, err)
	defer func() { _ = response.Body.Close() }()
	equal(b.t, "status", response.StatusCode, http.StatusOK)
	n, err := io.Copy(io.Discard, response.Body)
	ok(b.t, err)
	return n
}

// checkLongSeries: each point begins where the last one ended, and together they
// hold the 3000 events that lie in them. It returns how many there are.
func checkLongSeries(b *bundle, query, below, sum string) int64 {
	b.t.Helper()
	points, _ := at(b.ask(query), below+".timeSeries.points").([]any)
	total, next := int64(0), at(points, "0.start").(string)
	for i, p := range points {
		total += number(p, sum)
		if start := at(p, "start").(string); start != next {
			b.t.Fatalf("point %d starts at %s, want %s", i, start, next)
		}
		next = at(p, "end").(string)
	}
	if below != "campaign" { // that has the quarter-hours from its first event to its last
		equal(b.t, "points", len(points), 1041*96)
		equal(b.t, "start", at(points, "0.start"), any("2023-01-10T00:00:00+01:00"))
		equal(b.t, "end", next, "2025-11-16T00:00:00+01:00")
	}
	equal(b.t, below+"'s sum", total, 3000)
	if len(points) < 99_000 {
		b.t.Errorf("%d points", len(points))
	}
	return int64(len(points))
}

// 10,000 partners by pages of 100: everyone is seen once, in order, and a page
// costs the same wherever it lies.
func TestBigLeaderboard(t *testing.T) {
	const partners, page = 10_000, 100
	b := setup(t)
	for from := 0; from < partners; from += 1000 {
		inputs := make([]map[string]any, 1000)
		for i := range inputs {
			inputs[i] = map[string]any{"uuid": uuidOf(from + i), "name": fmt.Sprint("p", (from+i)%997), "partnerType": "REFERRAL"}
		}
		b.ask(`mutation($in: [PartnerInput!]!) { upsertPartners(input: $in) { partners { id } } }`, map[string]any{"in": inputs})
	}
	dice := rand.New(rand.NewPCG(3, 9))
	var lines []string
	for i := range 9000 {
		lines = append(lines, view(fmt.Sprint(i), uuidOf(int(dice.ExpFloat64()*2000)%partners), fmt.Sprint("u", i%7), fmt.Sprintf("2026-03-%02dT%02d:00:00Z", 1+i%28, i%24)))
	}
	b.record(lines...)
	seen, last := map[string]bool{}, int64(1<<62)
	var after any
	took := footprintOf(func() {
		for len(seen) < partners {
			data := b.post(`query($after: String) { partnerLeaderboard(first: 100, after: $after, range: { dates: { startDate: "2026-03-01", endDate: "2026-03-31" } }) {
				totalCount pageInfo { hasNextPage endCursor } edges { rank node { uuid name } engagement { totalSessions totalPageViews uniqueUsers } }
			} }`, map[string]any{"after": after}, nil).data
			equal(t, "total", number(data, "partnerLeaderboard.totalCount"), partners)
			edges, _ := at(data, "partnerLeaderboard.edges").([]any)
			if len(edges) != page {
				t.Fatalf("%d edges after %d", len(edges), len(seen))
			}
			for _, e := range edges {
				seen[at(e, "node.uuid").(string)] = true
				equal(t, "rank", number(e, "rank"), int64(len(seen)))
				sessions := number(e, "engagement.totalSessions")
				if sessions > last {
					t.Fatalf("rank %d has %d sessions after %d", len(seen), sessions, last)
				}
				last = sessions
			}
			equal(t, "more", at(data, "partnerLeaderboard.pageInfo.hasNextPage"), any(len(seen) < partners))
			after = at(data, "partnerLeaderboard.pageInfo.endCursor")
		}
	})
	t.Logf("%d partners in %d pages: at most %d MiB of heap (the reader's included) and %d goroutines more, %d allocations a page",
		partners, partners/page, took.heap>>20, took.goroutines, took.allocations*page/partners)
	if took.goroutines > 5*page {
		t.Errorf("%d goroutines for pages of %d", took.goroutines, page)
	}
	equal(t, "partners seen", len(seen), partners)
}
