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
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// list makes the contexts under which the executor resolves one field of the
// elements of a list of n, or of m lists of n when they lie in a list of m.
func list(ctx context.Context, m, n int) (elements []context.Context) {
	field := graphql.CollectedField{Field: &ast.Field{Name: "metrics"}}
	for i := range m {
		outer := graphql.WithFieldContext(ctx, &graphql.FieldContext{Result: make([]int, m)})
		outer = graphql.WithFieldContext(outer, &graphql.FieldContext{Index: &i})
		inner := graphql.WithFieldContext(outer, &graphql.FieldContext{Result: make([]*string, n)})
		for j := range n {
			element := graphql.WithFieldContext(inner, &graphql.FieldContext{Index: &j})
			elements = append(elements, graphql.WithFieldContext(element, &graphql.FieldContext{Field: field}))
		}
	}
	return elements
}

// squares is a batcher that counts its calls.
func squares(calls *atomic.Int64) *batcher[int, int] {
	return newBatcher(func(_ context.Context, keys []int) ([]int, error) {
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
	for _, shape := range [][2]int{{1, 1}, {1, 100}, {10, 10}} {
		for range 200 {
			var calls atomic.Int64
			b := squares(&calls)
			b.maxWait = time.Minute
			var all sync.WaitGroup
			for i, ctx := range list(t.Context(), shape[0], shape[1]) {
				all.Go(func() {
					if got, err := b.Load(ctx, i); got != i*i || err != nil {
						t.Errorf("Load(%d) = %d, %v", i, got, err)
					}
				})
			}
			all.Wait()
			if n := calls.Load(); n != 1 {
				t.Fatalf("%d lists of %d made %d calls", shape[0], shape[1], n)
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
	b := newBatcher(func(_ context.Context, keys []string) ([]string, error) {
		asked.Store(&keys)
		return keys, nil
	})
	b.maxWait = time.Minute
	var all sync.WaitGroup
	for i, ctx := range list(t.Context(), 1, 30) {
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
	for i, ctx := range list(t.Context(), 1, 100)[1:] {
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
			b := newBatcher(func(_ context.Context, keys []int) ([]int, error) {
				if failed.CompareAndSwap(false, true) {
					return c.fail()
				}
				return keys, nil
			})
			b.maxWait = time.Minute
			var all sync.WaitGroup
			for i, ctx := range list(t.Context(), 1, 50) {
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
	b := newBatcher(func(_ context.Context, keys []int) ([]int, error) {
		<-release
		return keys, nil
	})
	elements := list(t.Context(), 1, 2)
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
