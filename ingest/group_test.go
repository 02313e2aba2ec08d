package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"footfall/analytics"
)

func input(id string) analytics.EventInput {
	return analytics.EventInput{ID: id, Action: "click", Event: new("jazz"), At: testNow}
}

// memoryWriter is a Writer over a memory, for use in a synctest bubble.
func memoryWriter(change ...func(*Options)) (*Writer, *memory, *heard) {
	m, h := &memory{seen: map[string]analytics.Event{}, activations: map[string][32]byte{}}, &heard{}
	o := Options{Store: m, Publisher: h, Now: func() time.Time { return testNow }}
	for _, f := range change {
		f(&o)
	}
	return New(o), m, h
}

// result of one Record.
type result struct {
	analytics.Verdicts
	err error
}

// gate holds the commits until it is opened, and counts them.
type gate struct {
	open  chan struct{}
	calls atomic.Int32
}

func (g *gate) wait([]analytics.Event) error {
	g.calls.Add(1)
	<-g.open
	return nil
}

func TestRequestsAreGrouped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, h := memoryWriter()
		g := &gate{open: make(chan struct{})}
		m.before = g.wait
		const n = 50
		results := make([]result, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				// "both" is sent by all: one has it accepted.
				v, err := w.Record(t.Context(), 1, []analytics.EventInput{input("both"), {ID: "bad"}, input(fmt.Sprint(i))})
				results[i] = result{v, err}
			})
			synctest.Wait()
		}
		if g.calls.Load() != 1 {
			t.Errorf("%d commits run at once", g.calls.Load())
		}
		close(g.open)
		wg.Wait()
		for i, r := range results {
			accepted := 1
			if i == 0 {
				accepted = 2
			}
			if r.err != nil || r.Accepted != accepted || r.Duplicates != 2-accepted || len(r.Rejected) != 1 || r.Rejected[0].Index != 1 {
				t.Error(i, r)
			}
		}
		if fmt.Sprint(m.groups) != "[2 98]" || h.count() != 2 {
			t.Error(m.groups, h.count())
		}
		if w.Close(); len(w.lanes) != 0 {
			t.Error(w.lanes)
		}
	})
}

// TestManyEventsAreReadAhead while others of their tenant are committed, and
// nobody else's are.
func TestManyEventsAreReadAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, _ := memoryWriter(func(*Options) {})
		g := &gate{open: make(chan struct{})}
		m.before = g.wait
		var wg sync.WaitGroup
		send := func(tenant int64, n int) {
			in := make([]analytics.EventInput, n)
			for i := range in {
				in[i] = input(fmt.Sprint(i))
			}
			wg.Go(func() {
				if _, err := w.Record(t.Context(), tenant, in); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		send(1, readAheadFrom)     // nobody is before it
		send(1, readAheadFrom-1)   // few
		send(2, 2*readAheadFrom)   // of another tenant
		send(1, 3*readAheadFrom+1) // waits
		if fmt.Sprint(m.ahead) != fmt.Sprint([]int{3*readAheadFrom + 1}) {
			t.Error("read ahead:", m.ahead)
		}
		m.fail = analytics.Unavailable(errors.New("away"))
		send(1, readAheadFrom+1) // is committed all the same
		if len(m.ahead) != 2 {
			t.Error("read ahead:", m.ahead)
		}
		close(g.open)
		wg.Wait()
		w.Close()
	})
}

func TestGroupsAndQueuesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, _ := memoryWriter(func(o *Options) { o.GroupEvents, o.WaitingEvents = 5, 8 })
		g := &gate{open: make(chan struct{})}
		m.before = g.wait
		var wg sync.WaitGroup
		send := func(tenant int64, n int) *result {
			r := &result{}
			wg.Go(func() {
				var in []analytics.EventInput
				for i := range n {
					in = append(in, input(fmt.Sprint(i)))
				}
				r.Verdicts, r.err = w.Record(t.Context(), tenant, in)
			})
			synctest.Wait()
			return r
		}
		results := []*result{send(1, 1), send(1, 3), send(1, 2), send(1, 1), send(1, 2)} // 3 | 2 1 2
		full := send(1, 1)
		if !analytics.IsUnavailable(full.err) || !errors.Is(full.err, errFull) {
			t.Error("a full queue takes more:", full)
		}
		results = append(results, send(2, 100)) // another tenant, and more than a group
		close(g.open)
		wg.Wait()
		for i, r := range results {
			if r.err != nil {
				t.Error(i, r.err)
			}
		}
		for _, n := range m.groups {
			if n > 5 && n != 100 {
				t.Error(m.groups)
			}
		}
		if len(m.groups) != 4 {
			t.Error(m.groups)
		}
		w.Close()
	})
}

func TestABadRequestDoesNotFailItsGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		err    error
		failed int
	}{
		{"poison", errors.New("invalid byte sequence"), 1},
		{"panic", nil, 1},
		{"unavailable", analytics.Unavailable(errors.New("gone")), 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, m, _ := memoryWriter()
				g := &gate{open: make(chan struct{})}
				m.before = func(events []analytics.Event) error {
					_ = g.wait(events)
					for _, e := range events {
						if e.ID == "3" && tc.err == nil {
							panic("out of range")
						} else if e.ID == "3" {
							return tc.err
						}
					}
					return nil
				}
				var failed atomic.Int32
				var wg sync.WaitGroup
				for i := range 6 {
					wg.Go(func() {
						v, err := w.Record(t.Context(), 1, []analytics.EventInput{input(fmt.Sprint(i))})
						switch {
						case err != nil:
							failed.Add(1)
							if v.Rejected == nil || v.Accepted != 0 {
								t.Error(v)
							}
						case v.Accepted != 1:
							t.Error(v)
						}
					})
					synctest.Wait()
				}
				close(g.open)
				wg.Wait()
				if int(failed.Load()) != tc.failed || len(m.stored()) != 6-tc.failed {
					t.Error(failed.Load(), "failed,", len(m.stored()), "stored")
				}
				w.Close()
			})
		})
	}
}

func TestAClientThatGoesAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, _ := memoryWriter()
		g := &gate{open: make(chan struct{})}
		m.before = g.wait
		results := make([]result, 3)
		cancels := make([]context.CancelFunc, 3)
		var wg sync.WaitGroup
		for i := range results {
			var ctx context.Context
			ctx, cancels[i] = context.WithCancel(t.Context())
			wg.Go(func() {
				v, err := w.Record(ctx, 1, []analytics.EventInput{input(fmt.Sprint(i))})
				results[i] = result{v, err}
			})
			synctest.Wait()
		}
		cancels[0]() // its commit runs: it is waited for
		cancels[1]() // waits: it is taken out
		synctest.Wait()
		if results[1].err == nil || !errors.Is(results[1].err, context.Canceled) || !analytics.IsUnavailable(results[1].err) {
			t.Error("not withdrawn:", results[1])
		}
		if results[0].err != nil || results[0].Accepted != 0 {
			t.Error("not waited for:", results[0])
		}
		close(g.open)
		wg.Wait()
		if results[0].Accepted != 1 || results[2].Accepted != 1 || len(m.stored()) != 2 {
			t.Error(results, m.stored())
		}
		cancels[2]()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Record(ctx, 1, []analytics.EventInput{input("x")}); !analytics.IsUnavailable(err) {
			t.Error(err)
		}
		w.Close()
	})
}

func TestACommitThatHangsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, _ := memoryWriter()
		m.before = func([]analytics.Event) error { time.Sleep(31 * time.Second); return nil }
		_, err := w.Record(t.Context(), 1, []analytics.EventInput{input("x")})
		if !analytics.IsUnavailable(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		w.Close()
	})
}

func TestAnIdleLaneCommitsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, _ := memoryWriter()
		begin := time.Now()
		for i := range 10 {
			if _, err := w.Record(t.Context(), 1, []analytics.EventInput{input(fmt.Sprint(i))}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 0 { // the bubble's clock moves only when all sleep
			t.Errorf("waited %s", took)
		}
		w.Close()
	})
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, h := memoryWriter(func(o *Options) { o.GroupEvents = 1 })
		m.before = func([]analytics.Event) error { time.Sleep(time.Second); return nil }
		var accepted atomic.Int32
		for i := range 10 {
			go func() {
				if v, err := w.Record(t.Context(), int64(i%2), []analytics.EventInput{input(fmt.Sprint(i))}); err == nil {
					accepted.Add(int32(v.Accepted))
				}
			}()
		}
		synctest.Wait()
		w.Close()
		if n := len(m.stored()); n != 10 || h.count() != 10 {
			t.Errorf("%d of 10 stored, %d published", n, h.count())
		}
		if _, err := w.Record(t.Context(), 1, []analytics.EventInput{input("late")}); !errors.Is(err, errClosed) || !analytics.IsUnavailable(err) {
			t.Error(err)
		}
		if v, err := w.Record(t.Context(), 1, nil); err != nil || v.Rejected == nil {
			t.Error(v, err)
		}
		synctest.Wait()
		if w.Close(); accepted.Load() != 10 {
			t.Error(accepted.Load())
		}
	})
}

func TestPublication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if v, err := b.Record(t.Context(), 7, []analytics.EventInput{input("a")}); err != nil || v.Accepted != 1 {
		t.Error(v, err)
	}
	if b.heard.count() != 1 || b.heard.changes[0].Tenant != 7 {
		t.Error(b.heard.changes)
	}
	if v, err := b.Record(t.Context(), 7, []analytics.EventInput{input("a")}); err != nil || v.Duplicates != 1 || b.heard.count() != 1 {
		t.Error("a change of nothing is published:", v, err, b.heard.changes)
	}
	w, _, _ := memoryWriter(func(o *Options) { o.Publisher = nil })
	if v, err := w.Record(t.Context(), 7, []analytics.EventInput{input("a")}); err != nil || v.Accepted != 1 {
		t.Error(v, err)
	}
}

// TestManyClients runs everything at once, for the race detector: what is
// acknowledged adds up to what is stored.
func TestManyClients(t *testing.T) {
	t.Parallel()
	var commits, events atomic.Int64
	b := setup(t, func(o *Options) {
		o.OnCommit = func(c Commit) {
			commits.Add(1)
			events.Add(int64(c.Accepted))
		}
	})
	b.store.before = func([]analytics.Event) error { time.Sleep(time.Millisecond); return nil }
	const clients, requests = 16, 20
	var accepted, duplicates atomic.Int64
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for r := range requests {
				body := click(-1) + "\n" + click(c*requests+r) + "\nbad"
				a := b.post(t, ndjson, strings.NewReader(body))
				if a.Accepted+a.Duplicates != 2 || len(a.Rejected) != 1 {
					t.Error(a.Status, a.Body)
				}
				accepted.Add(int64(a.Accepted))
				duplicates.Add(int64(a.Duplicates))
			}
		})
	}
	wg.Wait()
	const n = clients * requests
	if accepted.Load() != n+1 || duplicates.Load() != n-1 || len(b.store.stored()) != n+1 || events.Load() != n+1 {
		t.Error(accepted.Load(), duplicates.Load(), len(b.store.stored()), events.Load())
	}
	if commits.Load() >= n {
		t.Errorf("%d commits for %d requests: not grouped", commits.Load(), n)
	}
}

// TestEventsOfPrunedTimeAreRejected: each by itself, with the bound.
func TestEventsOfPrunedTimeAreRejected(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.horizon = testNow.Add(-time.Hour)
	old, young := testNow.Add(-time.Hour-time.Microsecond), testNow.Add(-time.Hour)
	in := func(id string, at time.Time) analytics.EventInput {
		return analytics.EventInput{ID: id, Action: "click", Event: new("e"), At: at}
	}
	v, err := b.Record(t.Context(), 1, []analytics.EventInput{in("1", old), in("2", young), in("3", old)})
	if err != nil || v.Accepted != 1 || len(v.Rejected) != 2 {
		t.Fatal(v, err)
	}
	for i, place := range []int{0, 2} {
		r := v.Rejected[i]
		if r.Index != place || r.Code != "GONE" || !strings.Contains(r.Message, "must not be before 2026-03-02T11:00:00Z") ||
			!strings.Contains(r.Message, "got 2026-03-02T10:59:59.999999Z") {
			t.Errorf("%+v", r)
		}
	}

	b.store.horizonAway = true
	asked := b.store.horizonAsked
	v, err = b.Record(t.Context(), 1, []analytics.EventInput{in("4", old), in("5", old), in("6", old)})
	if err != nil || len(v.Rejected) != 3 || b.store.horizonAsked != asked+1 {
		t.Errorf("%+v, %v: the horizon was asked for %d times", v, err, b.store.horizonAsked-asked)
	}
}
