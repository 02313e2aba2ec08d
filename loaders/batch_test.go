package loaders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// party is those who ask side by side: size who surely do, or who may.
type party struct {
	size int
	sure bool
}

type partyKey struct{}

// of is a context for each of the party.
func (p *party) of(ctx context.Context) []context.Context {
	return slices.Repeat([]context.Context{context.WithValue(ctx, partyKey{}, p)}, p.size)
}

// list makes the contexts of the elements of a list of n.
func list(ctx context.Context, n int) []context.Context { return (&party{n, true}).of(ctx) }

// aliases makes the contexts of n fields that are alike.
func aliases(ctx context.Context, n int) []context.Context { return (&party{n, false}).of(ctx) }

// parties is the crowd of them.
type parties struct{}

func (parties) Alone(ctx context.Context) bool { return ctx.Value(partyKey{}) == nil }
func (parties) Gather() Gathering              { return asked{} }

// asked counts who of each party has.
type asked map[*party]int

func (a asked) Enter(ctx context.Context) {
	if p, ok := ctx.Value(partyKey{}).(*party); ok {
		a[p]++
	}
}

func (a asked) Whole() bool     { return !a.lacks(true) }
func (a asked) Expecting() bool { return a.lacks(false) }

func (a asked) lacks(sure bool) bool {
	for p, n := range a {
		if p.sure == sure && n < p.size {
			return true
		}
	}
	return false
}

// squares is a batcher that counts its calls.
func squares(calls *atomic.Int64) *batcher[int, int] {
	return newBatcher(parties{}, func(_ context.Context, keys []int) ([]int, error) {
		calls.Add(1)
		out := make([]int, len(keys))
		for i, k := range keys {
			out[i] = k * k
		}
		return out, nil
	})
}

// A hundred elements of a list are one call, whatever the scheduler does.
func TestListIsOneCall(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 100} {
		for range 200 {
			var calls atomic.Int64
			b := squares(&calls)
			b.maxWait = time.Minute
			var all sync.WaitGroup
			for i, ctx := range list(t.Context(), size) {
				all.Go(func() {
					if got, err := b.Load(ctx, i); got != i*i || err != nil {
						t.Errorf("Load(%d) = %d, %v", i, got, err)
					}
				})
			}
			all.Wait()
			if n := calls.Load(); n != 1 {
				t.Fatalf("a list of %d made %d calls", size, n)
			}
		}
	}
}

// Whatever is asked together is answered, each with its own.
func TestEveryLoadIsAnswered(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	b := squares(&calls)
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() {
			if got, err := b.Load(t.Context(), i%300); got != (i%300)*(i%300) || err != nil {
				t.Errorf("Load(%d) = %d, %v", i%300, got, err)
			}
		})
	}
	all.Wait()
	if n := calls.Load(); n < 1 || n > 300 {
		t.Errorf("%d calls", n)
	}
}

// Equal keys of one batch are asked for once.
func TestEqualKeysAreOne(t *testing.T) {
	t.Parallel()
	var asked atomic.Pointer[[]string]
	b := newBatcher(parties{}, func(_ context.Context, keys []string) ([]string, error) {
		asked.Store(&keys)
		return keys, nil
	})
	b.maxWait = time.Minute
	var all sync.WaitGroup
	for i, ctx := range list(t.Context(), 30) {
		all.Go(func() { _, _ = b.Load(ctx, fmt.Sprint(i%3)) })
	}
	all.Wait()
	if got := slices.Sorted(slices.Values(*asked.Load())); strings.Join(got, "") != "012" {
		t.Errorf("asked for %v", got)
	}
}

// An element that never asks holds up the others for a moment only.
func TestMissingElement(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	b := squares(&calls)
	var all sync.WaitGroup
	for i, ctx := range list(t.Context(), 100)[1:] {
		all.Go(func() {
			if got, err := b.Load(ctx, i); got != i*i || err != nil {
				t.Errorf("Load(%d) = %d, %v", i, got, err)
			}
		})
	}
	all.Wait()
}

var errBroken = errors.New("broken")

// A batch fails as a whole, and the next one starts afresh.
func TestErrorIsShared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail func() ([]int, error)
		want string
	}{
		"an error":        {func() ([]int, error) { return nil, errBroken }, "broken"},
		"a panic":         {func() ([]int, error) { panic("of the source") }, "loaders: a batch: panic: a string"},
		"too few answers": {func() ([]int, error) { return make([]int, 1), nil }, "1 answers to 50"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed atomic.Bool
			b := newBatcher(parties{}, func(_ context.Context, keys []int) ([]int, error) {
				if failed.CompareAndSwap(false, true) {
					return c.fail()
				}
				return keys, nil
			})
			b.maxWait = time.Minute
			var all sync.WaitGroup
			for i, ctx := range list(t.Context(), 50) {
				all.Go(func() {
					if _, err := b.Load(ctx, i); err == nil || !strings.Contains(err.Error(), c.want) {
						t.Errorf("Load(%d) failed with %v, want %q", i, err, c.want)
					}
				})
			}
			all.Wait()
			if got, err := b.Load(t.Context(), 7); got != 7 || err != nil {
				t.Errorf("the next Load = %d, %v", got, err)
			}
		})
	}
}

// Who gives up gets the reason at once; the others get their answer.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := newBatcher(parties{}, func(_ context.Context, keys []int) ([]int, error) {
		<-release
		return keys, nil
	})
	elements := list(t.Context(), 2)
	stays := make(chan int)
	go func() {
		got, err := b.Load(elements[0], 1)
		if err != nil {
			t.Error(err)
		}
		stays <- got
	}()
	ctx, cancel := context.WithCancelCause(elements[1])
	gone := make(chan error)
	go func() {
		_, err := b.Load(ctx, 2)
		gone <- err
	}()
	cancel(errBroken)
	select {
	case err := <-gone:
		if !errors.Is(err, errBroken) {
			t.Errorf("gave up with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("waits although it gave up")
	}
	close(release)
	if got := <-stays; got != 1 {
		t.Errorf("the other got %d", got)
	}
}

// Fields that are alike make one call, however late the scheduler lets them ask; one
// that never asks holds up the others for a moment only.
func TestAliasesAreOneCall(t *testing.T) {
	t.Parallel()
	for _, asking := range []int{3, 2} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int64
			b := squares(&calls)
			began := time.Now()
			var all sync.WaitGroup
			for i, ctx := range aliases(t.Context(), 3)[:asking] {
				all.Go(func() {
					time.Sleep(time.Duration(i) * time.Microsecond)
					if got, err := b.Load(ctx, i); got != i*i || err != nil {
						t.Errorf("Load(%d) = %d, %v", i, got, err)
					}
				})
			}
			all.Wait()
			if n := calls.Load(); n != 1 {
				t.Errorf("%d calls for %d fields", n, asking)
			}
			if took := time.Since(began); took > time.Millisecond {
				t.Errorf("%d of 3 fields waited %s", asking, took)
			}
		})
	}
}

// What is remembered is answered without a batch, but where a batch would wait for
// who asks.
func TestWhatIsRememberedIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ctx   context.Context
		keys  []int
		calls int64
	}{
		{"one", t.Context(), []int{4}, 0}, {"several", t.Context(), []int{4, 6}, 0},
		{"one of them is not remembered", t.Context(), []int{4, 5}, 1}, {"nothing is", t.Context(), []int{5}, 1},
		{"one of a list", list(t.Context(), 1)[0], []int{4}, 1},
	} {
		var calls atomic.Int64
		b := squares(&calls)
		b.recall = func(_ context.Context, keys []int) ([]int, bool) { // even ones
			out := make([]int, len(keys))
			for i, k := range keys {
				if out[i] = k * k; k%2 != 0 {
					return nil, false
				}
			}
			return out, true
		}
		got, err := b.LoadAll(c.ctx, c.keys)
		if err != nil || len(got) != len(c.keys) || got[0] != c.keys[0]*c.keys[0] || calls.Load() != c.calls {
			t.Errorf("%s: %v %v, %d calls", c.name, got, err, calls.Load())
		}
		if one, err := b.Load(c.ctx, c.keys[0]); err != nil || one != c.keys[0]*c.keys[0] {
			t.Errorf("%s: %d %v", c.name, one, err)
		}
	}
}
