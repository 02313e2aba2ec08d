package ingest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"footfall/analytics"
)

// TestWritesOfATenantTakeTurns, those of events and of nouns together, and nobody
// else waits for them.
func TestWritesOfATenantTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m, h := memoryWriter()
		g := &gate{open: make(chan struct{})}
		m.before = g.wait
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := w.Record(t.Context(), 1, []analytics.EventInput{input("first")}); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // it is being committed
		upsert := func(ctx context.Context, tenant int64) error {
			_, err := w.UpsertPartners(ctx, tenant, []analytics.PartnerInput{{UUID: uuid.New(), Name: "Acme", PartnerType: analytics.Reseller}})
			return err
		}
		if err := upsert(t.Context(), 2); err != nil || h.count() != 1 {
			t.Error("another tenant waits:", err)
		}
		left, leave := context.WithCancel(t.Context())
		for range maxTurns {
			wg.Go(func() {
				if err := upsert(left, 1); !analytics.IsUnavailable(err) || !errors.Is(err, context.Canceled) {
					t.Error("who left:", err)
				}
			})
		}
		synctest.Wait()
		if err := upsert(t.Context(), 1); !errors.Is(err, analytics.ErrOverloaded) {
			t.Error("too many wait:", err)
		}
		leave()
		synctest.Wait()
		wg.Go(func() {
			if err := upsert(t.Context(), 1); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if h.count() != 1 {
			t.Error("a write overtook the tenant's other")
		}
		close(g.open)
		wg.Wait()
		if w.Close(); h.count() != 3 || len(w.turns.of) != 0 {
			t.Error(h.count(), w.turns.of)
		}
	})
}
