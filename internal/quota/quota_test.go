package quota_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"footfall/internal/quota"
)

// Whoever takes and gives, what is taken is what was taken and not given, within both
// bounds.
func TestQuota(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most, each = 100, 40
		q, held := quota.New[int](most, each), map[int]int64{}
		total := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			who, n := rapid.IntRange(1, 5).Draw(t, "who"), rapid.Int64Range(0, 50).Draw(t, "n")
			if rapid.Bool().Draw(t, "give") {
				n = min(n, held[who])
				q.Give(who, n)
				held[who], total = held[who]-n, total-n
			} else {
				var want error
				switch {
				case held[who]+n > each:
					want = quota.ErrShareSpent
				case total+n > most:
					want = quota.ErrSpent
				default:
					held[who], total = held[who]+n, total+n
				}
				if err := q.Take(who, n); !errors.Is(err, want) {
					t.Fatalf("%d took %d: %v, want %v", who, n, err, want)
				}
			}
			if q.Taken() != total {
				t.Fatalf("%d are taken, want %d", q.Taken(), total)
			}
		}
	})
}
