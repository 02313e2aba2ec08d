package admit

import (
	"context"
	"errors"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// weighed is a Source that sees how much room its call left.
type weighed struct {
	loaders.Source
	gate *Gate
	left int64
	err  error
}

func (w *weighed) look() error {
	for w.left = 0; w.gate.room.TryAcquire(1); w.left++ {
	}
	w.gate.room.Release(w.left)
	return w.err
}

func (w *weighed) Activations(context.Context, int64, []string) ([]*analytics.Activation, error) {
	return nil, w.look()
}

func (w *weighed) Totals(context.Context, int64, []analytics.Query) ([]analytics.Answer, error) {
	return nil, w.look()
}

// A read weighs more the more it reads, up to half of the gate.
func TestReadsAreWeighed(t *testing.T) {
	t.Parallel()
	w := &weighed{gate: gate(10, 0, time.Second), err: errors.New("broken")}
	reads := Reads(w, w.gate)
	ranges := func(n int) analytics.Query { return analytics.Query{Ranges: make([]analytics.Range, n)} }
	for _, c := range []struct {
		of     []analytics.Query
		weight int64
	}{
		{[]analytics.Query{ranges(1)}, 1},
		{[]analytics.Query{ranges(perSlot - 1)}, 1},
		{[]analytics.Query{ranges(perSlot)}, 2},
		{[]analytics.Query{ranges(perSlot), ranges(perSlot)}, 3},
		{[]analytics.Query{ranges(1000 * perSlot)}, 5},
	} {
		if _, err := reads.Totals(t.Context(), 1, c.of); !errors.Is(err, w.err) || w.left != 10-c.weight {
			t.Errorf("%d queries: %v with room for %d, want for %d", len(c.of), err, w.left, 10-c.weight)
		}
	}
	if _, err := reads.Activations(t.Context(), 1, make([]string, 3*perSlot)); !errors.Is(err, w.err) || w.left != 6 {
		t.Errorf("activations: %v with room for %d", err, w.left)
	}
}
