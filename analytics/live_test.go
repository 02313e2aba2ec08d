package analytics

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// At every whole second, an audience says what its viewers' watched time says.
func TestAudienceIsExactAtWholeSeconds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		epoch := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
		micros := rapid.Int64Range(-5_000_000, 8_000_000)
		var steps Steps
		viewers := make([]Intervals, rapid.IntRange(0, 6).Draw(t, "viewers"))
		for i := range viewers {
			for range rapid.IntRange(1, 3).Draw(t, "spans") {
				from := epoch.UnixMicro() + micros.Draw(t, "from")
				viewers[i] = viewers[i].Union(Watching{from, from + rapid.Int64Range(1, 3).Draw(t, "seconds")*1_000_000})
			}
			steps = append(steps, viewers[i].Steps()...)
		}
		asOf := epoch.Add(time.Duration(rapid.Int64Range(0, 999_999).Draw(t, "as of")) * time.Microsecond)
		audience := steps.normalize().after(asOf)
		for second := range 14 {
			at := epoch.Add(time.Duration(second) * time.Second)
			want := int64(0)
			for _, v := range viewers {
				for _, w := range v {
					if w.From <= at.UnixMicro() && at.UnixMicro() < w.To {
						want++
					}
				}
			}
			if got := audience.Level(at); got != want {
				t.Fatalf("%d s on: %d, want %d of %v", second, got, want, audience)
			}
		}
		if before := audience.Level(epoch.Add(-time.Hour)); before != audience.Level(epoch) {
			t.Fatalf("before it begins: %d, then %d", before, audience.Level(epoch))
		}
		if len(audience) > 14 {
			t.Fatalf("%d steps for 12 seconds", len(audience))
		}
	})
}
