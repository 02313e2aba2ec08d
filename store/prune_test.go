package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/internal/await"
)

// TestPruningChangesNoAnswer prunes in the middle of random events, while later
// ones are still to come: whatever can be answered is answered as before, from the
// naive model of all events, and what cannot says so.
func TestPruningChangesNoAnswer(t *testing.T) {
	t.Parallel()
	for seed := range int64(rounds(t)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			p := newPruningProperty(t, seed)
			before, late := p.split()
			p.sendAll(t, before)
			for i := range 4 { // windows that quarter-hours do not hold
				p.activate(t, p.events[i*7].At.Add(7*time.Second), p.events[i*11].At.Add(90*24*time.Hour+time.Minute))
			}
			p.prune(t)
			p.checkPruned(t, "pruned", before)
			p.sendAll(t, late)
			p.checkPruned(t, "after late events", p.events)
			p.resend(t)
			p.checkPruned(t, "after events of pruned time", p.events)
			_, err := p.Compact(t.Context(), nil)
			ok(t, err)
			p.checkPruned(t, "compact", p.events)
			err = p.Rebuild(t.Context(), p.tenant, nil)
			equal(t, "rebuild", codeOf(err), analytics.CodeGone)
			p.checkPruned(t, "after a rebuild was refused", p.events)
			p.prune(t)
			p.checkPruned(t, "pruned again", p.events)
			if p.refused == 0 {
				t.Error("no question was refused")
			}
		})
	}
}

func codeOf(err error) analytics.Code {
	var typed *analytics.Error
	if errors.As(err, &typed) {
		return typed.Code
	}
	return analytics.Code(fmt.Sprint(err))
}

type pruningProperty struct {
	*property
	horizon time.Time
	kept    map[string]map[int64]bool // quarter-hours that windows cut, by event key
	refused int
}

func newPruningProperty(t *testing.T, seed int64) *pruningProperty {
	t.Helper()
	p := &pruningProperty{property: newProperty(t, seed), horizon: at("2026-03-01T00:00:00Z"), kept: map[string]map[int64]bool{}}
	for _, s := range []*Store{p.Store, p.other} {
		s.now = func() time.Time { return at("2026-09-01T00:00:00Z") }
	}
	// Sessions and audiences that the horizon cuts.
	p.gen.start, p.gen.span = p.horizon.Add(-3*time.Hour).UnixMicro(), 8*hour
	p.events = append(p.events, p.gen.events(200)...)
	p.gen.start, p.gen.span = at("2026-02-27T20:00:00Z").UnixMicro(), 40*day
	return p
}

// split is what comes before the pruning, and what after: of what is kept, half.
func (p *pruningProperty) split() (before, late []analytics.Event) {
	for _, e := range p.events {
		if !e.At.Before(p.horizon) && p.gen.Intn(2) == 0 {
			late = append(late, e)
		} else {
			before = append(before, e)
		}
	}
	return before, late
}

func (p *pruningProperty) sendAll(t *testing.T, events []analytics.Event) {
	t.Helper()
	p.gen.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for batch := range slices.Chunk(events, 100) {
		for i, outcome := range p.record(t, batch...) {
			equal(t, fmt.Sprint("outcome of ", batch[i].ID), outcome, analytics.Accepted)
		}
	}
}

func (p *pruningProperty) activate(t *testing.T, start, end time.Time) {
	t.Helper()
	key := p.gen.w.events[p.gen.Intn(len(p.gen.w.events))]
	id := fmt.Sprint("act_", p.gen.Int63())
	_, _, err := p.CreateActivation(t.Context(), p.tenant.ID, analytics.Activation{
		ActivationID: id, EventKey: key, EventName: "e", Tier: "t", Status: analytics.Activated, StartAt: start, EndAt: end,
	}, [32]byte(fmt.Appendf(nil, "%032s", id)[:32]))
	ok(t, err)
	if p.kept[key] == nil {
		p.kept[key] = map[int64]bool{}
	}
	for _, edge := range []time.Time{start, end} {
		p.kept[key][floor(edge)] = true
	}
}

func floor(at time.Time) int64 { return at.UnixMicro() - at.UnixMicro()%quarter }

func (p *pruningProperty) prune(t *testing.T) {
	t.Helper()
	done, err := p.other.Prune(t.Context(), p.horizon)
	ok(t, err)
	var left, unkept int
	ok(t, p.pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM kept_quarters k
			WHERE k.tenant_id = e.tenant_id AND k.subject_id = e.subject_id AND e.at >= k.quarter AND e.at < k.quarter + interval '15 minutes'))
		FROM events e WHERE at < $1`, p.horizon).Scan(&left, &unkept))
	equal(t, "events left that nobody needs", unkept, 0)
	if done.Months != nil {
		equal(t, "events kept", done.Kept, int64(left))
	}
	again, err := p.other.Prune(t.Context(), p.horizon)
	ok(t, err)
	equal(t, "pruned again", again, Pruned{})
}

// checkPruned asks random questions: those that can be answered are answered like
// the naive model does, the others are refused.
func (p *pruningProperty) checkPruned(t *testing.T, when string, events []analytics.Event) {
	t.Helper()
	random := rand.New(rand.NewSource(p.gen.Int63()))
	queries, keys := p.queries(t, random, 30)
	for i := range 10 { // nobody asks about windows so often by chance
		kept := p.kept[p.gen.w.events[0]]
		q := analytics.Query{Kind: analytics.KindEvent, Subject: p.subject(t, analytics.KindEvent, p.gen.w.events[0]), Want: analytics.WantUniques}
		for at := range kept {
			start := time.UnixMicro(at + p.gen.Int63n(quarter)).UTC()
			q.Ranges = []analytics.Range{{Start: start, End: start.Add(time.Duration(1+i%3) * 24 * time.Hour).Truncate(15 * time.Minute)}}
			break
		}
		if q.Ranges != nil {
			queries, keys = append(queries, q), append(keys, p.gen.w.events[0])
		}
	}
	answers, err := p.Totals(t.Context(), p.tenant.ID, queries)
	ok(t, err)
	var answered []analytics.Query
	var of []string
	for i, q := range queries {
		refused := answers[i].Err()
		if refused != nil && answers[i].Lost == "" {
			equal(t, "code", codeOf(refused), analytics.CodeGone)
			equal(t, "bound", answers[i].Gone.EventsFrom, p.horizon)
		}
		if can := p.answerable(q, keys[i]); can != (answers[i].Gone == analytics.Gone{}) {
			t.Errorf("%s: %s %s %v: can be answered %v, but says %v", when, q.Kind, keys[i], q.Ranges[:1], can, refused)
		} else if can {
			answered, of = append(answered, q), append(of, keys[i])
		}
	}
	p.refused += len(queries) - len(answered)
	all := p.events
	p.events = events
	p.ask(t, when, answered, of)
	p.events = all
	verifyClean(t, p.Store, p.tenant)
}

// answerable says so by the definition: no end inside a quarter-hour before the
// horizon, but for those that windows cut; a day later where who watched counts.
func (p *pruningProperty) answerable(q analytics.Query, key string) bool {
	from := p.horizon
	uniques := q.Want&analytics.WantUniques != 0 || q.By != nil && q.By.Order.Field == analytics.ByUniques
	if q.Kind == analytics.KindCampaign && uniques {
		from = from.Add(24 * time.Hour)
	}
	for _, r := range q.Ranges {
		for _, edge := range []time.Time{r.Start, r.End} {
			counted := edge // the first instant counted from events there
			if edge.Equal(r.End) && floor(r.Start) != floor(r.End) {
				counted = time.UnixMicro(floor(edge))
			} else if edge.Equal(r.End) {
				counted = r.Start
			}
			if !r.Empty() && edge.UnixMicro() != floor(edge) && counted.Before(from) &&
				(q.Kind != analytics.KindEvent || !p.kept[key][floor(edge)]) {
				return false
			}
		}
	}
	return true
}

// resend sends events of pruned time, known and new: none is counted, and no month
// comes back.
func (p *pruningProperty) resend(t *testing.T) {
	t.Helper()
	const months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"
	var before, after int
	ok(t, p.pool.QueryRow(t.Context(), months).Scan(&before))
	for _, s := range []*Store{p.Store, p.other} {
		s.partitions.Clear() // as if started anew
	}
	var old []analytics.Event
	for _, e := range p.events {
		if e.At.Before(p.horizon) {
			again := e
			again.ID += "'"
			old = append(old, e, again)
		}
	}
	for i, outcome := range p.record(t, old...) {
		equal(t, fmt.Sprint("outcome of ", old[i].ID), outcome, analytics.TooOld)
	}
	ok(t, p.pool.QueryRow(t.Context(), months).Scan(&after))
	equal(t, "months", after, before)
}

// TestPruneDuringIngest prunes while writers send old and new events, again and
// again: what was accepted is counted once, whatever the moment, and what comes
// too late is refused.
func TestPruneDuringIngest(t *testing.T) {
	t.Parallel()
	p := newPruningProperty(t, 2)
	var wait sync.WaitGroup
	var mu sync.Mutex
	var accepted []analytics.Event
	for _, s := range []*Store{p.Store, p.other, p.Store} {
		events := slices.Clone(p.events)
		random := rand.New(rand.NewSource(p.gen.Int63()))
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		wait.Go(func() {
			for batch := range slices.Chunk(events, 40) {
				outcomes, _, err := s.Record(t.Context(), p.tenant.ID, batch)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for i, o := range outcomes {
					if o == analytics.Accepted {
						accepted = append(accepted, batch[i])
					}
				}
				pruneNow := len(accepted) > len(p.events)/3
				mu.Unlock()
				if pruneNow {
					if _, err = s.Prune(t.Context(), p.horizon); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	_, err := p.Prune(t.Context(), p.horizon)
	ok(t, err)
	seen := map[string]bool{}
	for _, e := range accepted {
		k := fmt.Sprint(e.ID, e.At)
		if seen[k] {
			t.Errorf("counted twice: %s", k)
		}
		seen[k] = true
	}
	p.kept = nil
	p.checkPruned(t, "in the end", accepted)
}

// TestPruneLetsATenantStartOver: a tenant that is added later may bring a history of
// months that were dropped, also to a gateway that knew their partitions.
func TestPruneLetsATenantStartOver(t *testing.T) {
	t.Parallel()
	p := newPruningProperty(t, 1)
	p.sendAll(t, slices.Clone(p.events))
	p.prune(t)
	late := settle(t, p.Store, p.url, "late", 3)
	outcomes, _, err := p.Record(t.Context(), late.tenant.ID, p.events)
	ok(t, err)
	equal(t, "accepted", slices.Contains(outcomes, analytics.TooOld), false)
	total := late.total(t, analytics.KindEvent, late.events[0], analytics.Range{Start: p.horizon.Add(-25*time.Hour - time.Second), End: p.horizon}, wantAll)
	want := naiveTotals(p.events, analytics.KindEvent, late.events[0], span{p.horizon.Add(-25*time.Hour - time.Second).UnixMicro(), p.horizon.UnixMicro()}, wantAll)
	equal(t, "totals", total, want)
	verifyClean(t, p.Store, late.tenant)
	ok(t, p.Rebuild(t.Context(), late.tenant, nil))
	p.prune(t)
	verifyClean(t, p.Store, late.tenant)
}

// The pruner has connections of its own, as the compactor does.
func TestPruneBesideABusyPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.record(t, analytics.Event{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: at("2024-03-02T12:00:00Z")})
	w.takePool(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done, err := w.Prune(ctx, at("2024-04-01T00:00:00Z"))
	ok(t, err)
	equal(t, "months that went", fmt.Sprint(done.Months), "[2024-03]")
}

func TestPruneRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.now = func() time.Time { return at("2026-03-15T00:00:00Z") }
	for _, before := range []string{"2025-01-02T00:00:00Z", "2026-03-01T00:00:00Z", "2025-12-31T23:00:00Z"} {
		_, err := w.Prune(t.Context(), at(before))
		equal(t, before, codeOf(err), analytics.CodeInvalid)
	}
	conn, err := w.pool.Acquire(t.Context())
	ok(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", prunerLock)
	ok(t, err)
	done, err := w.Prune(t.Context(), at("2026-02-01T00:00:00Z"))
	ok(t, err)
	equal(t, "busy", done.Busy, true)
	unlock(conn, prunerLock)
	conn.Release()
}

// TestRetention drops what is older than so many months, by itself.
func TestRetention(t *testing.T) {
	t.Parallel()
	p := newPruningProperty(t, 0)
	p.sendAll(t, slices.Clone(p.events))
	ctx, stop := context.WithCancel(t.Context())
	var pruner sync.WaitGroup
	pruner.Go(func() { p.RunPruner(ctx, 6, discard) })
	await.Until(t, "the horizon is raised", func() bool {
		from, err := p.Horizon(t.Context(), p.tenant.ID)
		ok(t, err)
		return from.Equal(p.horizon)
	})
	stop()
	pruner.Wait()
	verifyClean(t, p.Store, p.tenant)
}
