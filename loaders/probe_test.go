package loaders

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestProbe(t *testing.T) {
	for _, n := range []int{1, 100} {
		bad := 0
		var took time.Duration
		for range 2000 {
			var calls atomic.Int64
			b := newBatcher(func(_ context.Context, keys []int) ([]int, error) { calls.Add(1); return keys, nil })
			var all sync.WaitGroup
			s := time.Now()
			for i := range n {
				all.Go(func() { b.Load(t.Context(), i) })
			}
			all.Wait()
			took += time.Since(s)
			if calls.Load() != 1 {
				bad++
			}
		}
		fmt.Println(n, "split", bad, "of 2000, mean", took/2000)
	}
}
