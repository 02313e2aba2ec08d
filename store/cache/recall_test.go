package cache

import (
	"context"
	"testing"

	"footfall/analytics"
)

// What memory holds is recalled as long as it is believed, all of it or nothing, and
// counts as any other answer does.
func TestRecall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	tenant, subject, other := w.tenants[0], w.subject(w.tenants[0], "e"), w.subject(w.tenants[0], "f")
	known, unknown := query(subject), query(other)
	recall := func(ctx context.Context, queries ...analytics.Query) (n int, ok bool) {
		t.Helper()
		before := g.Stats().HitsMemory
		out, ok := g.RecallTotals(ctx, tenant, queries)
		if hits := g.Stats().HitsMemory - before; hits != int64(len(out)) || ok != (len(out) == len(queries)) {
			t.Errorf("%d answers, %v, %d hits", len(out), ok, hits)
		}
		return len(out), ok
	}
	if _, ok := recall(t.Context(), known); ok {
		t.Error("recalled before anything was read")
	}
	g.record(tenant, "e", 3)
	equal(t, "clicks", g.mustClicks(tenant, subject), 3)
	ctx, recorder := WithRecorder(t.Context())
	if _, ok := recall(ctx, known); !ok {
		t.Error("what was read is not recalled")
	}
	if f := recorder.Freshness(); f.Reads.Memory != 1 || f.AsOf.IsZero() {
		t.Errorf("written down as %+v", f)
	}
	for name, ask := range map[string]func() (int, bool){
		"one more than is known": func() (int, bool) { return recall(t.Context(), known, unknown) },
		"as of now":              func() (int, bool) { return recall(analytics.WithFresh(t.Context()), known) },
	} {
		if _, ok := ask(); ok {
			t.Errorf("%s: recalled", name)
		}
	}
	g.record(tenant, "e", 1)
	if _, ok := recall(t.Context(), known); ok {
		t.Error("recalled after a write")
	}
}
