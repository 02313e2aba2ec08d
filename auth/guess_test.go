package auth

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"footfall/analytics"
)

// Guessing fills no memory, displaces nobody and takes few connections.
func TestGuessing(t *testing.T) {
	t.Parallel()
	began := time.Now()
	m := newMemory(func() time.Time { return began }, time.Hour) // nothing grows old
	var running, busiest atomic.Int32
	none := func(context.Context) (*credential, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for b := busiest.Load(); n > b && !busiest.CompareAndSwap(b, n); b = busiest.Load() {
		}
		return nil, analytics.Errorf(analytics.CodeNotFound, "not found")
	}
	ask := func(secret string, look lookup) (*credential, error) {
		return m.find(t.Context(), question{tokenKind, Digest(secret)}, look)
	}
	friend := &credential{}
	if _, err := ask("friend", func(context.Context) (*credential, error) { return friend, nil }); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			for j := range 1000 {
				if c, err := ask(strconv.Itoa(i*1000+j), none); c != nil || err != nil {
					t.Errorf("%+v, %v", c, err)
				}
			}
		})
	}
	all.Wait()
	if n := busiest.Load(); n > strangers {
		t.Errorf("%d lookups at a time", n)
	}
	m.unknown.CleanUp()
	if n := m.unknown.EstimatedSize(); n > maxUnknown {
		t.Errorf("%d wrong guesses remembered", n)
	}
	if c, err := ask("friend", none); c != friend || err != nil {
		t.Errorf("displaced: %+v, %v", c, err)
	}
}

// Who is remembered does not queue behind those who guess.
func TestKnownKeysPassTheLookupLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Now, time.Hour)
		yes := func(context.Context) (*credential, error) { return &credential{}, nil }
		if _, err := m.find(t.Context(), question{kind: 'k'}, yes); err != nil {
			t.Fatal(err)
		}
		for range strangers {
			m.gate <- struct{}{}
		}
		ctx, began := analytics.WithFresh(t.Context()), time.Now()
		if _, err := m.find(ctx, question{kind: 'k'}, yes); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if _, err := m.find(ctx, question{kind: 't'}, yes); !analytics.IsUnavailable(err) || time.Since(began) != lookupTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A directory that hangs is one that is unavailable.
func TestLookupTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Now, time.Hour)
		friend := &credential{}
		ask := func(look lookup) (*credential, error) { return m.find(t.Context(), question{}, look) }
		hang := func(ctx context.Context) (*credential, error) {
			<-ctx.Done()
			return nil, analytics.Unavailable(ctx.Err())
		}
		if _, err := ask(hang); !analytics.IsUnavailable(err) {
			t.Error(err)
		}
		if _, err := ask(func(context.Context) (*credential, error) { return friend, nil }); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		if c, err := ask(hang); c != friend || err != nil {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// Who is known waits for a directory no longer than its own time, and the lookup goes on
// for others. A guess waits for its answer, to be counted.
func TestLookupIsWaitedForInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Now, time.Hour)
		slow := func(context.Context) (*credential, error) {
			time.Sleep(lookupTimeout / 2)
			return &credential{}, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), lookupTimeout/4)
		defer cancel()
		if c, err := m.find(ctx, question{}, slow); c == nil || err != nil {
			t.Errorf("%v, %v", c, err)
		}
		time.Sleep(cacheFor)
		ctx, cancel = context.WithTimeout(t.Context(), lookupTimeout/4)
		defer cancel()
		began := time.Now()
		if _, err := m.find(ctx, question{}, slow); !analytics.IsUnavailable(err) || time.Since(began) != lookupTimeout/4 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if c, err := m.find(t.Context(), question{}, slow); c == nil || err != nil || time.Since(began) != lookupTimeout/2 {
			t.Errorf("%v, %v after %v", c, err, time.Since(began))
		}
	})
}

// Guesses whose senders leave are counted like all others.
func TestGuessesThatHangUpAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(time.Now, time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if c, err := m.find(ctx, question{kind: 'k'}, func(context.Context) (*credential, error) {
			time.Sleep(time.Second)
			return nil, nil
		}); c != nil || err != nil {
			t.Errorf("%v, %v: want the answer that there is none", c, err)
		}
	})
}

// A panic in the directory fails its callers and leaves nothing locked.
func TestPanicLeavesNothingLocked(t *testing.T) {
	t.Parallel()
	m := newMemory(time.Now, time.Hour)
	for range 2 * strangers {
		if _, err := m.find(t.Context(), question{}, func(context.Context) (*credential, error) { panic("bug") }); err == nil {
			t.Error("the panic was swallowed")
		}
	}
	if _, err := m.find(t.Context(), question{}, func(context.Context) (*credential, error) { return nil, nil }); err != nil {
		t.Error(err)
	}
}

func TestCountsForget(t *testing.T) {
	t.Parallel()
	c := newCounts(time.Now)
	for i := range maxCounters + 10_000 {
		if _, err := c.take(strconv.Itoa(i), 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	times := c.arrivals.times
	times.CleanUp()
	if n := times.EstimatedSize(); n > maxCounters {
		t.Errorf("%d principals counted", n)
	}
}
