package store

import (
	"math/rand"
	"testing"
	"time"

	"footfall/analytics"
)

// TestOneStatementHoweverManyQueries counts round trips.
func TestOneStatementHoweverManyQueries(t *testing.T) {
	t.Parallel()
	p := newProperty(t, 3)
	p.record(t, p.events...)
	random := rand.New(rand.NewSource(1))
	for _, n := range []int{1, 10, 100} {
		queries, keys := p.queries(t, random, n)
		before := p.Statements()
		_, err := p.Totals(t.Context(), p.tenant.ID, queries)
		ok(t, err)
		statements := int64(1)
		if n > 1 { // half of them are by dimensions
			statements = 2
		}
		equal(t, "statements", p.Statements()-before, statements)
		p.ask(t, "all at once", queries, keys)
	}
	before := p.Statements()
	answers, err := p.Totals(t.Context(), p.tenant.ID, nil)
	ok(t, err)
	equal(t, "nothing asked", []int64{int64(len(answers)), p.Statements() - before}, []int64{0, 0})
	subjects := make([]int64, 50)
	_, err = p.Extents(t.Context(), p.tenant.ID, subjects)
	ok(t, err)
	_, err = p.Activations(t.Context(), p.tenant.ID, make([]string, 50))
	ok(t, err)
	_, err = p.Campaigns(t.Context(), p.tenant.ID, make([]string, 50))
	ok(t, err)
	equal(t, "statements", p.Statements()-before, int64(3))
}

// TestAlikeQueriesAreReadTogether counts what a statement reads: as many runs of
// buckets and ends for many subjects that are asked alike as for one.
func TestAlikeQueriesAreReadTogether(t *testing.T) {
	t.Parallel()
	shorter := analytics.Range{Start: at("2026-01-30T10:07:00Z"), End: at("2026-04-02T11:22:00Z")}
	longer := analytics.Range{Start: shorter.Start, End: shorter.End.Add(time.Second)}
	of := func(subjects int, ranges ...analytics.Range) (queries []analytics.Query) {
		for _, r := range ranges {
			for i := range subjects {
				queries = append(queries, analytics.Query{Subject: int64(i), Kind: analytics.KindPartner, Ranges: []analytics.Range{r}})
			}
		}
		return queries
	}
	one := newTotalsBatch(1, of(1, shorter)).size()
	equal(t, "of many subjects", newTotalsBatch(1, of(100, shorter)).size(), one)
	equal(t, "of two ranges", newTotalsBatch(1, of(100, shorter, longer)).size(), 2*one)
	most := of(100, shorter)
	for i := range most {
		most[i].Peers = 200
	}
	everyone := newTotalsBatch(1, most)
	equal(t, "look-ups of half of all partners", len(everyone.cells.n)+len(everyone.sums.n), 0)
	equal(t, "look-ups of fewer", len(newTotalsBatch(1, most[1:]).sums.n), len(newTotalsBatch(1, of(1, shorter)).sums.n))
	wanting := of(2, shorter)
	wanting[1].Want = analytics.WantUniques
	equal(t, "of which one wants sets", newTotalsBatch(1, wanting).size(), 2*one)
}

// TestCountsReadNoSets damages every set: counts are still answered, uniques are
// an error, and not one that blames the database's absence.
func TestCountsReadNoSets(t *testing.T) {
	t.Parallel()
	p := newProperty(t, 3)
	p.record(t, p.events...)
	_, err := p.pool.Exec(t.Context(), `UPDATE cells SET sessions = '\xff', visitors = '\xff', quarter_sets = '\xff'`)
	ok(t, err)
	random := rand.New(rand.NewSource(1))
	queries, keys := p.queries(t, random, 60)
	for i := range queries {
		queries[i].Want &^= analytics.WantUniques
		queries[i].Where, queries[i].By = nil, nil // those read rows whole
	}
	p.ask(t, "counts", queries, keys)
	queries[0].Want, queries[0].Ranges = analytics.WantUniques, []analytics.Range{analytics.Always}
	_, err = p.Totals(t.Context(), p.tenant.ID, queries)
	if err == nil || outOfReach(err) {
		t.Fatalf("uniques from damaged sets: %v", err)
	}
}

// TestTenantsDoNotMeet asks for one tenant's subjects under another's id.
func TestTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	p := newProperty(t, 3)
	p.record(t, p.events...)
	queries, _ := p.queries(t, rand.New(rand.NewSource(1)), 30)
	answers, err := p.Totals(t.Context(), p.neighbour.tenant.ID, queries)
	ok(t, err)
	for i, q := range queries {
		for _, got := range answers[i].Totals {
			equal(t, "another tenant's", *got, analytics.Totals{})
		}
		_ = q
	}
}
