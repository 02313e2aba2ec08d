package live

import (
	"testing"
	"time"
)

// However long each computation takes, as when the database is slow for once.
func TestAtMostOncePerSecondWhateverItTakes(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, _ := w.watch("show")
		w.wantLikes(values, 1)
		last := time.Now()
		for i := range 10 {
			took := time.Duration(1+8*(i%2)) * minInterval / 10
			w.set(func() { w.likes, w.during = w.likes+1, func() { time.Sleep(took) } }, subject)
			if v := <-values; v.Metrics.Likes != int64(i+2) {
				t.Errorf("%d likes, want %d", v.Metrics.Likes, i+2)
			}
			if since := time.Since(last); since < minInterval {
				t.Errorf("value %d came %v after the one before", i+2, since)
			}
			last = time.Now()
		}
	})
}
