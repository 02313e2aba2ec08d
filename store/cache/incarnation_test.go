package cache

import (
	"testing"

	"footfall/internal/await"
)

// TestAnotherHistoryStartsCold: what Redis holds of a store is not believed of the
// one that was restored in its place.
func TestAnotherHistoryStartsCold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant := w.tenants[0]
	subject := w.subject(tenant, "e")
	of := func(name string) func(*Options) {
		return func(o *Options) { o.Incarnation = func() string { return name } }
	}
	a, same, other := w.gateway(of("a")), w.gateway(of("a")), w.gateway(of("b"))
	a.record(tenant, "e", 3)
	a.mustClicks(tenant, subject)
	await.Until(t, "the answer is in Redis", func() bool {
		same.forgetAll()
		same.mustClicks(tenant, subject)
		return same.Stats().HitsRedis > 0
	})
	if n := other.mustClicks(tenant, subject); n != 3 {
		t.Errorf("%d clicks", n)
	}
	if hits := other.Stats().HitsRedis; hits != 0 {
		t.Errorf("%d answers of another history were believed", hits)
	}
}
