package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// trips records what is sent together, and holds each trip until it is let go.
type trips struct {
	lookups
	sent []int // look-ups of each
	hold chan error
}

func newTrips() *trips {
	s := &trips{hold: make(chan error)}
	s.send = func(ctx context.Context, batch []*lookup) {
		s.mu.Lock()
		s.sent = append(s.sent, len(batch))
		s.mu.Unlock()
		select {
		case err := <-s.hold:
			for _, l := range batch {
				l.err = err
			}
		case <-ctx.Done():
			for _, l := range batch {
				l.err = ctx.Err()
			}
		}
	}
	return s
}

// ask looks up so many items and returns where the outcome comes.
func (s *trips) ask(ctx context.Context, items int) <-chan error {
	out := make(chan error, 1)
	go func() { out <- s.do(ctx, newLookup(make([]item, items))) }()
	synctest.Wait()
	return out
}

func TestLookupsGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, gone := newTrips(), errors.New("gone")
		leader, leave := context.WithCancel(t.Context())
		first, second := s.ask(leader, 1), s.ask(t.Context(), 1)
		equal(t, "lone look-ups leave at once", fmt.Sprint(s.sent), "[1 1]")
		waiter, giveUp := context.WithCancel(t.Context())
		var others []<-chan error
		left := s.ask(waiter, 1)
		for range 5 {
			others = append(others, s.ask(t.Context(), 2))
		}
		large := s.ask(t.Context(), fewItems+1)
		equal(t, "a large one waits for nobody", fmt.Sprint(s.sent), "[1 1 1]")
		giveUp()
		equal(t, "who gives up", <-left, context.Canceled)
		leave() // and what was sent for it goes on
		synctest.Wait()
		for range 3 {
			s.hold <- nil
		}
		equal(t, "the second", <-second, nil)
		equal(t, "the large one", <-large, nil)
		if err := <-first; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		synctest.Wait()
		equal(t, "who waited goes together", fmt.Sprint(s.sent), "[1 1 1 5]")
		s.hold <- gone
		for _, other := range others {
			equal(t, "another", <-other, gone)
		}
		synctest.Wait()
		equal(t, "trips under way", s.trips, 0)
		again := s.ask(t.Context(), 1)
		equal(t, "the next leaves at once", fmt.Sprint(s.sent), "[1 1 1 5 1]")
		s.hold <- nil
		equal(t, "the next", <-again, nil)
	})
}

// What takes half of everybody's time leaves none to wait for another's trip.
func TestLookupsOfASlowRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s lookups
		s.send = func(context.Context, []*lookup) { <-time.After(callTimeout / 2) }
		ask := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), callTimeout*3/4)
			defer cancel()
			return s.do(ctx, newLookup(make([]item, 1)))
		}
		equal(t, "the first", ask(), nil)
		outcomes := make(chan error)
		for range 10 {
			go func() { outcomes <- ask() }()
		}
		for range 10 {
			equal(t, "each", <-outcomes, nil)
		}
	})
}

// A trip whose look-ups went with another one does not make Redis fast again.
func TestEmptyTripOfASlowRedis(t *testing.T) {
	s := lookups{trips: 1, slow: true}
	s.trip()
	equal(t, "slow", s.slow, true)
	equal(t, "trips under way", s.trips, 0)
}

// Where Redis hangs, nobody waits longer than for a trip of its own.
func TestLookupsOfAHungRedis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTrips()
		var all []<-chan error
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
			defer cancel()
			all = append(all, s.ask(ctx, 1))
		}
		for _, one := range all {
			equal(t, "each", <-one, context.DeadlineExceeded)
		}
		synctest.Wait()
		equal(t, "trips that somebody waited for", fmt.Sprint(s.sent), "[1 1]")
	})
}

// A trip that panics fails those on it, and those after it go on.
func TestLookupsOutliveAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTrips()
		send := s.send
		s.send = func(ctx context.Context, batch []*lookup) {
			send(ctx, batch)
			if batch[0].err != nil {
				panic(batch[0].err)
			}
		}
		broken := errors.New("broken")
		var all []<-chan error
		for range 2 * tripsAtOnce {
			all = append(all, s.ask(t.Context(), 1))
		}
		for range tripsAtOnce {
			s.hold <- broken
		}
		for _, one := range all[:tripsAtOnce] {
			if err := <-one; err == nil || !strings.Contains(err.Error(), "panic: a *errors.errorString") {
				t.Errorf("who was on it: %v", err)
			}
		}
		s.hold <- nil
		for _, one := range all[tripsAtOnce:] {
			equal(t, "who waited", <-one, nil)
		}
		synctest.Wait()
		equal(t, "trips under way", s.trips, 0)
	})
}
