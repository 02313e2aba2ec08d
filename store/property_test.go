package store

import (
	"context"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
)

// TestAnswersArePureFunctionsOfTheSet records random events in random batches,
// with duplicates, from several goroutines of two stores at once, and holds the
// answers against the naive model: before, during and after compaction, and
// after a rebuild.
func TestAnswersArePureFunctionsOfTheSet(t *testing.T) {
	t.Parallel()
	for seed := range int64(rounds(t)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := newProperty(t, seed)
			p.ingest(t)
			p.check(t, "loose")
			p.verify(t)
			p.checkWhile(t, "compacting", func() error {
				_, err := p.Compact(t.Context(), nil)
				return err
			})
			p.checkCompact(t)
			p.check(t, "compact")
			p.verify(t)
			before := p.dump(t)
			p.checkWhile(t, "rebuilding", func() error { return p.Rebuild(t.Context(), p.tenant, nil) })
			_, err := p.Compact(t.Context(), nil)
			ok(t, err)
			equal(t, "rebuilt", p.dump(t), before)
			p.verify(t)
		})
	}
}

// TestUpkeepDuringIngest compacts, verifies and rebuilds again and again while
// events come in: nothing ever differs, and nothing is lost.
func TestUpkeepDuringIngest(t *testing.T) {
	t.Parallel()
	p := newProperty(t, 4)
	ingested := make(chan struct{})
	var wait sync.WaitGroup
	again := func(f func() error) {
		wait.Go(func() {
			for {
				if err := f(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-ingested:
					return
				default:
				}
			}
		})
	}
	again(func() error { _, err := p.Compact(t.Context(), nil); return err })
	again(func() error { return p.other.Rebuild(t.Context(), p.tenant, nil) })
	again(func() error {
		found, err := p.other.Verify(t.Context(), p.tenant, nil)
		if err == nil && len(found) > 0 {
			err = fmt.Errorf("%d differences, such as %s", len(found), found[0])
		}
		return err
	})
	p.ingest(t)
	close(ingested)
	wait.Wait()
	p.check(t, "in the end")
	p.verify(t)
}

func rounds(t *testing.T) int {
	if testing.Short() {
		t.Log("short: one round")
		return 1
	}
	return 6
}

type property struct {
	*world
	other  *Store // another instance on the same database
	gen    *generator
	events []analytics.Event
	// A second tenant with the same words, which must not show.
	neighbour *world
}

func newProperty(t *testing.T, seed int64) *property {
	t.Helper()
	return propertyOf(t, newWorld(t, 3), seed)
}

func propertyOf(t *testing.T, w *world, seed int64) *property {
	t.Helper()
	p := &property{
		world: w, other: open(t, w.url), neighbour: settle(t, w.Store, w.url, "neighbour", 3), gen: newGenerator(w, seed),
	}
	p.imagine()
	return p
}

func newGenerator(w *world, seed int64) *generator {
	start := at("2026-02-27T20:00:00Z").UnixMicro()
	return &generator{Rand: rand.New(rand.NewSource(seed)), w: w, start: start, span: []int64{6 * hour, 3 * day, 40 * day}[seed%3], plain: seed%6 == 5}
}

// imagine makes up the events.
func (p *property) imagine() {
	p.events = p.gen.events(400 + p.gen.Intn(800))
	// One event can be told again under the same id at another instant.
	for i := range 20 {
		if again := p.gen.event(); again.At != p.events[i].At {
			again.ID = p.events[i].ID
			p.events = append(p.events, again)
		}
	}
}

// ingest sends every event at least once, from several senders at once, in
// batches that overlap.
func (p *property) ingest(t *testing.T) {
	t.Helper()
	const senders = 4
	var batches [][]analytics.Event
	for range 2 {
		todo := slices.Clone(p.events)
		p.gen.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
		for len(todo) > 0 {
			n := min(len(todo), 1+p.gen.Intn(1+p.gen.Intn(200)))
			batch := slices.Clone(todo[:n])
			for range p.gen.Intn(4) { // duplicates within the batch
				batch = append(batch, batch[p.gen.Intn(len(batch))])
			}
			batches, todo = append(batches, batch), todo[n:]
		}
	}
	queue := make(chan []analytics.Event, len(batches))
	for _, b := range batches {
		queue <- b
	}
	close(queue)
	var wait sync.WaitGroup
	var accepted sync.Map
	for i := range senders {
		s := []*Store{p.Store, p.other}[i%2]
		wait.Go(func() {
			for b := range queue {
				p.send(t, s, b, &accepted)
			}
		})
	}
	wait.Wait()
	n := 0
	accepted.Range(func(any, any) bool { n++; return true })
	equal(t, "accepted", n, len(p.events))
}

// send records a batch, also for the neighbour, and notes what was accepted.
func (p *property) send(t *testing.T, s *Store, batch []analytics.Event, accepted *sync.Map) {
	if len(batch)%2 == 0 {
		if err := s.ReadAhead(t.Context(), p.tenant.ID, batch); err != nil {
			t.Error(err)
		}
	}
	outcomes, _, err := s.Record(t.Context(), p.tenant.ID, batch)
	if err != nil {
		t.Error(err)
		return
	}
	for i, o := range outcomes {
		if o != analytics.Accepted {
			continue
		}
		k := fmt.Sprint(batch[i].ID, batch[i].At)
		if _, twice := accepted.LoadOrStore(k, true); twice {
			t.Errorf("accepted twice: %s", k)
		}
	}
	if _, _, err = s.Record(t.Context(), p.neighbour.tenant.ID, batch[:len(batch)/2]); err != nil {
		t.Error(err)
	}
}

// queries are random: subjects, ranges in some zone's buckets or at any
// microsecond, wants.
func (p *property) queries(t *testing.T, random *rand.Rand, n int) ([]analytics.Query, []string) {
	t.Helper()
	kinds := []analytics.Kind{analytics.KindEvent, analytics.KindPartner, analytics.KindCampaign}
	queries, keys := make([]analytics.Query, n), make([]string, n)
	for i := range n {
		q := analytics.Query{Kind: kinds[random.Intn(len(kinds))], Want: analytics.Want(random.Intn(4)), Ranges: p.ranges(t, random)}
		if i >= 2 && random.Intn(4) == 0 { // as another asks, of another subject or of the same
			alike := queries[i-2]
			q = analytics.Query{Kind: alike.Kind, Want: alike.Want, Ranges: alike.Ranges}
		}
		q.Peers = random.Intn(4) // whatever is said of them
		keys[i] = p.key(q.Kind, random.Intn(len(p.events[:3])))
		q.Subject = p.subject(t, q.Kind, keys[i])
		queries[i] = q
		if i%2 == 1 {
			slice(&queries[i], random)
		}
	}
	return queries, keys
}

func (p *property) ranges(t *testing.T, random *rand.Rand) []analytics.Range {
	t.Helper()
	cut := func() time.Time {
		at := p.gen.start - 2*hour + random.Int63n(p.gen.span+4*day)
		if random.Intn(2) == 0 {
			at -= at % quarter
		}
		return time.UnixMicro(at).UTC()
	}
	a, b := cut(), cut()
	if b.Before(a) {
		a, b = b, a
	}
	r := analytics.Range{Start: a, End: b}
	switch random.Intn(3) {
	case 0:
		return []analytics.Range{analytics.Always}
	case 1:
		return []analytics.Range{r}
	}
	zone, err := analytics.ParseTimeZone([]string{"UTC", "Europe/Paris", "Asia/Kathmandu", "America/St_Johns"}[random.Intn(4)])
	ok(t, err)
	slots, err := analytics.Calendar{
		Interval: []analytics.Interval{analytics.IntervalDay, analytics.IntervalWeek, analytics.IntervalMonth}[random.Intn(3)],
		Zone:     zone, WeekStart: analytics.Weekdays[random.Intn(7)],
	}.Slots(r)
	ok(t, err)
	var out []analytics.Range
	for _, s := range slots {
		out = append(out, s.Range)
	}
	return out
}

// check asks random questions in one batch.
func (p *property) check(t *testing.T, when string) {
	t.Helper()
	random := rand.New(rand.NewSource(p.gen.Int63()))
	queries, keys := p.queries(t, random, 40)
	p.ask(t, when, queries, keys)
}

func (p *property) ask(t testing.TB, when string, queries []analytics.Query, keys []string) {
	t.Helper()
	answers, err := p.Totals(context.WithoutCancel(t.Context()), p.tenant.ID, queries)
	if err != nil {
		t.Errorf("%s: %v", when, err)
		return
	}
	for i, q := range queries {
		for j, r := range q.Ranges {
			if q.Sliced() {
				break
			}
			want := naiveTotals(p.events, q.Kind, keys[i], span{r.Start.UnixMicro(), r.End.UnixMicro()}, q.Want)
			if got := *answers[i].Totals[j]; !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %s %s in %v, want %b:\n got %+v\nwant %+v", when, q.Kind, keys[i], r, q.Want, got, want)
				return
			}
		}
		if q.Sliced() {
			p.checkSliced(t, when, q, keys[i], answers[i])
		}
	}
}

// checkWhile asks again and again while f runs, and once after.
func (p *property) checkWhile(t *testing.T, when string, f func() error) {
	t.Helper()
	done := make(chan error, 1)
	random := rand.New(rand.NewSource(p.gen.Int63()))
	queries, keys := p.queries(t, random, 10)
	go func() { done <- f() }()
	for {
		p.ask(t, when, queries, keys)
		select {
		case err := <-done:
			ok(t, err)
			p.ask(t, "after "+when, queries, keys)
			return
		default:
		}
	}
}

func (p *property) verify(t *testing.T) {
	t.Helper()
	verifyClean(t, p.Store, p.tenant)
	verifyClean(t, p.Store, p.neighbour.tenant)
}

func verifyClean(t testing.TB, s *Store, tenant analytics.Tenant) {
	t.Helper()
	differences, err := s.Verify(t.Context(), tenant, nil)
	ok(t, err)
	for _, d := range differences[:min(len(differences), 5)] {
		t.Error(d)
	}
	if len(differences) > 0 {
		t.Fatalf("%d differences", len(differences))
	}
}

// checkCompact fails when any bucket is held by two rows.
func (p *property) checkCompact(t *testing.T) {
	t.Helper()
	for _, tenant := range []analytics.Tenant{p.tenant, p.neighbour.tenant} {
		var n int
		ok(t, p.pool.QueryRow(t.Context(), sql("count_loose_cells"), args{"tenant_id": tenant.ID}).Scan(&n))
		equal(t, "loose buckets", n, 0)
	}
}

// dump is everything derived of the tenant, as text.
func (p *property) dump(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, table := range []string{
		"SELECT subject_id, bucket, action, level, events, starts, micros, sessions, visitors, quarters, quarter_sets, steps, facets, watched FROM cells",
		"SELECT * FROM sessions", "SELECT * FROM viewers", "SELECT * FROM first_logins",
	} {
		rows, err := p.pool.Query(t.Context(), "SELECT t::text FROM ("+table+" WHERE tenant_id = $1) t ORDER BY 1", p.tenant.ID)
		ok(t, err)
		for rows.Next() {
			var line string
			ok(t, rows.Scan(&line))
			out = append(out, line)
		}
		ok(t, rows.Err())
	}
	return out
}
