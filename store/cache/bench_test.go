package cache

import (
	"context"
	"testing"

	"footfall/analytics"
)

func BenchmarkTotals(b *testing.B) {
	w := newWorld(b)
	g := w.gateway(nil)
	tenant := w.tenants[0]
	q := query(w.subject(tenant, "e"))
	q.Want = analytics.WantUniques
	g.record(tenant, "e", 10)
	ask := func(ctx context.Context) {
		if _, err := g.Totals(ctx, tenant, []analytics.Query{q}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			ask(context.Background())
		}
	})
	b.Run("memory/parallel", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				ask(context.Background())
			}
		})
	})
	b.Run("redis", func(b *testing.B) {
		for b.Loop() {
			g.forgetAll()
			ask(context.Background())
		}
	})
	b.Run("store", func(b *testing.B) {
		for b.Loop() {
			ask(analytics.WithFresh(context.Background()))
		}
	})
	b.Run("publish", func(b *testing.B) {
		change := analytics.Change{Tenant: tenant, Seq: 1, Topics: []analytics.Topic{analytics.SubjectTopic(q.Subject)}}
		for b.Loop() {
			g.Publish(context.Background(), change)
		}
	})
}
