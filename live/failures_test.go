package live

import (
	"errors"
	"testing"
	"time"

	"footfall/analytics"
)

// What failed is tried again a second later, whether or not anything changes, and ends no
// subscription: what cannot be looked up is not gone.
func TestFailuresAreTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(w *world, err error){
		"measures": func(w *world, err error) { w.err = err },
		"the noun": func(w *world, err error) { w.nounErr = err },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				values, _, ending := w.watch("show")
				w.wantLikes(values, 1)
				time.Sleep(minInterval)
				w.set(func() { fail(w, analytics.Unavailable(errors.New("away"))) }, subject)
				w.wantLikes(values, none)
				w.set(func() { fail(w, nil); w.likes++ })
				time.Sleep(minInterval)
				w.wantLikes(values, 2)
				if err := ending(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
