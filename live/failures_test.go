package live

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"footfall/analytics"
	"footfall/loaders"
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

// What panics between two computations ends the subscription, and nothing else.
func TestPanicsEndTheirFeedAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		others, _, _ := w.watch("show")
		w.wantLikes(others, 1)
		shown := 0
		q := query[int]{
			read: func(context.Context, *loaders.Loaders) (func(time.Time) int, error) {
				return func(time.Time) int {
					if shown++; shown > 1 {
						panic("cannot show")
					}
					return shown
				}, nil
			},
			same: func(a, b int) bool { return a == b },
		}
		for range 2 {
			shown = 0
			ctx, ending := WithEnding(t.Context())
			values, err := subscribe(ctx, w.Hub, loaders.Viewer{Tenant: tenant}, "broken", q)
			if err != nil || <-values != 1 {
				t.Fatalf("the first value: %v", err)
			}
			time.Sleep(2 * minInterval)
			synctest.Wait()
			if _, open := <-values; open || ending() == nil {
				t.Errorf("open: %t, ended with %v", open, ending())
			}
		}
		w.like(subject)
		w.wantLikes(others, 2)
	})
}

// A change while something is computed leads to another computation.
func TestWhatIsStaleIsAskedForAgain(t *testing.T) {
	inBubble(t, func(_ *testing.T, w *world) {
		values, leave, _ := w.watch("show")
		defer leave()
		w.wantLikes(values, 1)
		w.set(func() { w.stale = true }, subject)
		time.Sleep(minInterval)
		w.wantLikes(values, none)
		w.set(func() { w.stale = false; w.likes++ })
		time.Sleep(minInterval)
		w.wantLikes(values, 2)
		w.set(func() { w.likes++ })
		time.Sleep(minInterval)
		w.wantLikes(values, none) // of a fresh one it hears
	})
}

func TestUnknownEndsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, ending := WithEnding(t.Context())
		_, err := w.Campaign(ctx, loaders.Viewer{Tenant: tenant}, "unknown")
		if analytics.CodeOf(err) != analytics.CodeNotFound || ending() != nil {
			t.Errorf("%v, ended with %v", err, ending())
		}
		synctest.Wait()
		if s := w.Stats(); s.Feeds != 0 || s.Subscribers != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestFailuresAreBorneForAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, ending := w.watch("show")
		w.wantLikes(values, 1)
		w.set(func() { w.err = analytics.Unavailable(errors.New("away")) }, subject)
		time.Sleep(grace / 2)
		w.wantLikes(values, none)
		w.set(func() { w.err = nil })
		w.like()
		time.Sleep(2 * minInterval)
		w.wantLikes(values, 2)
		w.set(func() { w.err = analytics.Unavailable(errors.New("away")) }, subject)
		time.Sleep(grace + 2*minInterval)
		if _, open := <-values; open {
			t.Error("it goes on")
		}
		if analytics.CodeOf(ending()) != analytics.CodeUnavailable {
			t.Errorf("it ended with %v", ending())
		}
		synctest.Wait()
		if n := w.Stats().Feeds; n != 0 {
			t.Errorf("%d feeds left", n)
		}
	})
}
