package admit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"footfall/analytics"
)

func gate(running, waiting int, wait time.Duration) *Gate {
	return New(Options{Class: "test", Running: running, Waiting: waiting, Wait: wait, Log: slog.New(slog.DiscardHandler)})
}

// fill takes room until leave is called.
func (g *Gate) fill(t *testing.T, weight int) (leave func()) {
	t.Helper()
	in, out, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Pass(context.Background(), 1, weight, func() error { close(in); <-out; return nil }); err != nil {
			t.Error(err)
		}
	}()
	<-in
	return func() { close(out); <-done }
}

func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate(2, 1, time.Second)
		first, second := g.fill(t, 1), g.fill(t, 1000) // half of it, whatever it weighs
		var waited time.Duration
		var queue sync.WaitGroup
		queue.Go(func() {
			began := time.Now()
			if err := g.Pass(t.Context(), 1, 1, func() error { waited = time.Since(began); return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if err := g.Pass(t.Context(), 1, 1, nil); !errors.Is(err, analytics.ErrOverloaded) {
			t.Errorf("a full queue takes another: %v", err)
		}
		time.Sleep(300 * time.Millisecond)
		first()
		queue.Wait()
		if waited != 300*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
		third := g.fill(t, 1)
		began := time.Now()
		if err := g.Pass(t.Context(), 1, 1, nil); !errors.Is(err, analytics.ErrOverloaded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := g.Pass(ctx, 1, 1, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("of one who left: %v", err)
		}
		second()
		third()
		broken := errors.New("broken")
		if err := g.Pass(t.Context(), 1, 1, func() error { return broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
		if s := g.Stats(); s != (Stats{Passed: 5, Shed: 2}) {
			t.Errorf("%+v", s)
		}
	})
}

// Who comes when there was no room for a while waits for as long as ever in a short
// queue, as closed loops make it, and not in a long one.
func TestQueueTimeout(t *testing.T) {
	t.Parallel()
	for _, endless := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := gate(1, 100, time.Second)
			leave := g.fill(t, 1)
			if endless {
				time.Sleep(time.Second)
			}
			var queue sync.WaitGroup
			for i := range 2 * longQueue {
				want := time.Second
				if endless && i >= longQueue {
					want /= 10
				}
				queue.Go(func() {
					began := time.Now()
					if err := g.Pass(t.Context(), 1, 1, nil); !errors.Is(err, analytics.ErrOverloaded) || time.Since(began) != want {
						t.Errorf("endless %t, place %d: %v after %s, want %s", endless, i+1, err, time.Since(began), want)
					}
				})
				synctest.Wait()
			}
			queue.Wait()
			leave()
		})
	}
}

// What may be left out is done where there is room, and takes nobody's turn.
func TestSpare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, done := gate(1, 1, time.Second), 0
		g.Spare(func() { done++ })
		leave := g.fill(t, 1)
		g.Spare(func() { done++ })
		leave()
		g.Spare(func() { done++ })
		if done != 2 {
			t.Errorf("done %d times", done)
		}
	})
}

// A panic leaves no room taken.
func TestPanicGivesRoomBack(t *testing.T) {
	t.Parallel()
	g := gate(1, 0, time.Second)
	for range 3 {
		func() {
			defer func() { _ = recover() }()
			_ = g.Pass(t.Context(), 1, 1, func() error { panic("bug") })
		}()
	}
	if err := g.Pass(t.Context(), 1, 1, func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// Of a tenant with five times what passes most is turned away before it is begun;
// others notice nothing, and soon neither does it.
func TestEnter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 100, time.Hour)
		leave := g.fill(t, 1)
		var queue sync.WaitGroup
		queue.Go(func() { _ = g.Pass(t.Context(), 1, 1, func() error { return nil }) })
		synctest.Wait()
		if err := g.Enter(1); err != nil {
			t.Fatal(err)
		}
		tried, asked := 0, 0
		for range 4000 { // five requests for each that passes
			time.Sleep(time.Millisecond)
			passed := false
			for range 5 {
				asked++
				if g.Enter(1) != nil {
					continue
				}
				tried++
				if passed {
					g.turnAway(1)
				}
				passed = true
			}
			if err := g.Enter(2); err != nil {
				t.Fatalf("another tenant: %v", err)
			}
		}
		if tried > asked/2 || tried < asked/50 {
			t.Errorf("%d of %d were begun, a fifth of which can pass", tried, asked)
		}
		if !g.Shedding() {
			t.Error("it is not busy while it turns away")
		}
		leave()
		queue.Wait()
		for range 1000 {
			if err := g.Enter(1); err != nil {
				t.Fatalf("when nothing waits any longer: %v", err)
			}
		}
		time.Sleep(5 * window)
		if g.Shedding() {
			t.Error("it is busy although all is quiet")
		}
		for range 1000 {
			if err := g.Enter(1); err != nil {
				t.Fatalf("when it is quiet: %v", err)
			}
		}
		var none *Gate
		if err := none.Enter(1); err != nil {
			t.Error(err)
		}
	})
}

func TestWithPreferWait(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 0, "wait=3": 3 * time.Second, "respond-async, wait=10": 10 * time.Second, `Wait = "7"`: 7 * time.Second, "wait=1;x": 0,
		"wait=0": 0, "wait=-1": 0, "wait": 0, "wait=1.5": 0, "wait=99999999999999999999": 0, "waiting=3": 0, "wait=4294967295": 1 << 31 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(""))
			r.Header.Set("Prefer", header)
			w, calls := httptest.NewRecorder(), 0
			WithPreferWait(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				calls++
				until, ok := r.Context().Deadline()
				if ok != (want > 0) || ok && time.Until(until) != want {
					t.Errorf("%q: %s, want %s", header, time.Until(until), want)
				}
			})).ServeHTTP(w, r)
			if calls != 1 {
				t.Errorf("%q: %d calls", header, calls)
			}
			if applied := w.Header().Get("Preference-Applied"); (applied != "") != (want > 0) {
				t.Errorf("%q: %q", header, applied)
			}
		})
	}
}

// While others ask, a tenant has half of a gate, however long its work takes; alone it
// has all.
func TestATenantLeavesHalfToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate(4, 10, time.Second)
		pass := func(tenant int64) error { return g.Pass(t.Context(), tenant, 1, func() error { return nil }) }
		var leaves []func()
		for range 4 {
			leaves = append(leaves, g.fill(t, 1))
		}
		if err := pass(2); !errors.Is(err, analytics.ErrOverloaded) {
			t.Errorf("a gate that one tenant filled alone took another: %v", err)
		}
		for _, leave := range leaves {
			leave()
		}
		if err := pass(2); err != nil {
			t.Error(err)
		}
		leaves = []func(){g.fill(t, 1), g.fill(t, 1)}
		if err := pass(1); !errors.Is(err, analytics.ErrOverloaded) {
			t.Errorf("more than a share: %v", err)
		}
		began := time.Now()
		if err := pass(2); err != nil || time.Since(began) > 0 {
			t.Errorf("another tenant waited %s: %v", time.Since(began), err)
		}
		time.Sleep(company)
		leaves = append(leaves, g.fill(t, 1), g.fill(t, 1)) // nobody else asks any more
		for _, leave := range leaves {
			leave()
		}
	})
}

// What a tenant asked for in vain takes nothing of its share.
func TestASharesRoomComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate(4, 10, time.Second)
		pass := func(tenant int64, do func() error) error { return g.Pass(t.Context(), tenant, 1, do) }
		nothing := func() error { return nil }
		var leaves []func()
		for range 4 {
			leaves = append(leaves, g.fill(t, 1))
		}
		if err := pass(2, nothing); !errors.Is(err, analytics.ErrOverloaded) {
			t.Errorf("a full gate: %v", err)
		}
		for _, leave := range leaves {
			leave()
		}
		if err := pass(1, nothing); err != nil {
			t.Error(err)
		}
		began := time.Now()
		if err := pass(2, func() error { return pass(2, nothing) }); err != nil || time.Since(began) > 0 {
			t.Errorf("its share of two: %v after %s", err, time.Since(began))
		}
	})
}

// While others ask, a tenant has half of the queue.
func TestATenantLeavesHalfOfTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate(1, 4, time.Second)
		pass := func(tenant int64) error { return g.Pass(t.Context(), tenant, 1, func() error { return nil }) }
		for range 3 {
			leave := g.fill(t, 1)
			var queue sync.WaitGroup
			wait := func(tenant int64) {
				queue.Go(func() {
					if err := pass(tenant); err != nil {
						t.Errorf("tenant %d: %v", tenant, err)
					}
				})
				synctest.Wait()
			}
			wait(2)
			wait(1)
			wait(1)
			began := time.Now()
			if err := pass(1); !errors.Is(err, analytics.ErrOverloaded) || time.Since(began) > 0 {
				t.Errorf("the third of one tenant: %v after %s", err, time.Since(began))
			}
			wait(2)
			leave()
			queue.Wait()
		}
	})
}

// What was refused of a tenant is soon forgotten, also while another is refused.
func TestRefusalsAreForgotten(t *testing.T) {
	t.Parallel()
	th, now := throttle{tenants: map[int64]*tally{}}, time.Now()
	for range 1000 {
		th.let(1, now)
		th.refused(1, now)
	}
	now = now.Add(window)
	th.refused(2, now)
	for range 1000 {
		if !th.let(1, now) {
			t.Fatal("turned away for what was refused long ago")
		}
	}
}
