package store

import "testing"

// What waits is read up to so many changes, and with the one that makes up so many
// topics.
func TestPendingIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	_, err := w.pool.Exec(t.Context(), "DELETE FROM outbox")
	ok(t, err)
	_, err = w.pool.Exec(t.Context(), "INSERT INTO outbox (tenant_id, topics) SELECT $1, ARRAY['a', 'b', 'c'] FROM generate_series(1, 3)", w.tenant.ID)
	ok(t, err)
	for bounds, want := range map[[2]int]int{{10, 100}: 3, {2, 100}: 2, {10, 7}: 3, {10, 6}: 2, {10, 4}: 2, {10, 3}: 1, {10, 1}: 1} {
		changes, err := w.Pending(t.Context(), bounds[0], bounds[1])
		ok(t, err)
		equal(t, "changes", len(changes), want)
		for i, c := range changes {
			equal(t, "topics", len(c.Topics), 3)
			if i > 0 && c.Seq <= changes[i-1].Seq {
				t.Errorf("%v comes after %v", c, changes[i-1])
			}
		}
	}
}
