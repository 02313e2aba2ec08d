package cache

import (
	"context"
	"sync"
	"time"
)

// origin is where an answer comes from.
type origin uint8

const (
	fromMemory origin = iota
	fromRedis
	fromStore
	fromStale
)

// found is an answer, where it comes from and when it was last known to be
// right.
type found struct {
	value any
	from  origin
	right time.Time
}

// purpose is what a load is for: a value, which may be remembered from so long
// ago at most if the store is out of reach.
type purpose struct {
	key
	maxAge time.Duration
}

// sharedLoad is one load, for all flights that it answers. Whoever waits may leave;
// when nobody is left it is broken off. The lock of all flights guards it.
type sharedLoad struct {
	flights []*flight
	flying  int // of them
	waiting int // for any of them
	end     context.CancelFunc
}

// flight is a question on its way.
type flight struct {
	purpose
	load  *sharedLoad
	stamp stamp
	began time.Time
	done  chan struct{} // closed when found or err is set
	found found
	err   error
}

// flights are the loads under way that others may join.
type flights struct {
	mu   sync.Mutex
	open map[purpose]*flight
}

func newFlights() *flights { return &flights{open: map[purpose]*flight{}} }

// joinFor is how old a load may be for a reader to join it when there is no way
// to know whether something changed since it began.
const joinFor = 500 * time.Millisecond

// join is a flight for each item, and the places of those that the caller must
// see to, whose load end breaks off. A reader shares a load that began before it as
// long as it would believe an answer that old: no change was heard of, and we would
// have heard (informed), or it is young.
func (f *flights) join(items []item, stamps []stamp, maxAge time.Duration, informed bool, end context.CancelFunc) (all []*flight, led []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, own := time.Now(), &sharedLoad{end: end}
	all = make([]*flight, len(items))
	for i, it := range items {
		to := purpose{it.key, maxAge}
		at := f.open[to]
		if at == nil || at.stamp != stamps[i] || !informed && now.Sub(at.began) > joinFor {
			at = &flight{purpose: to, load: own, stamp: stamps[i], began: now, done: make(chan struct{})}
			own.flights = append(own.flights, at)
			own.flying++
			f.open[to] = at
			led = append(led, i)
		}
		at.load.waiting++
		all[i] = at
	}
	return all, led
}

// leave says that one who joined these flights waits no longer. A load that
// nobody waits for is broken off, and nobody joins it.
func (f *flights) leave(all []*flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range all {
		l := at.load
		if l.waiting--; l.waiting > 0 || l.flying == 0 {
			continue
		}
		for _, at := range l.flights {
			f.close(at)
		}
		l.end()
	}
}

// close lets nobody join a flight any longer.
func (f *flights) close(at *flight) {
	if f.open[at.purpose] == at {
		delete(f.open, at.purpose)
	}
}

// land ends a flight.
func (f *flights) land(at *flight, got found, err error) {
	f.mu.Lock()
	f.close(at)
	at.load.flying--
	f.mu.Unlock()
	at.found, at.err = got, err
	close(at.done)
}
