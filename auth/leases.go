package auth

import (
	"context"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// Shared counts for all gateways together, by the generic cell rate algorithm
// with a minute's quota as its burst.
type Shared interface {
	// Take counts as many of n permits as key has left, which may be none.
	Take(ctx context.Context, key string, perMinute, n int) (Grant, error)
}

// Grant is what Shared gave.
type Grant struct {
	Permits    int
	Remaining  int           // what that left
	ResetAfter time.Duration // until all are left again
	RetryAfter time.Duration // until one is, where Permits is 0
}

const (
	leaseFor   = time.Second // how long permits may lie unspent
	leaseShare = 100         // a lease is at most this part of the limit
)

// leases are permits of Shared that this gateway took ahead, so that few
// requests wait for it. A lease begins with one permit and doubles while it is
// spent within its time: who asks rarely leaves nothing lying, and who asks often
// is counted in memory. What lies unspent lapses.
type leases struct {
	shared  Shared
	name    string
	now     func() time.Time
	timeout time.Duration // with Shared, of those who wait for it
	reach   *reach
	of      *otter.Cache[string, *lease]
}

func newLeases(shared Shared, name string, now func() time.Time, timeout time.Duration, r *reach) *leases {
	return &leases{
		shared: shared, name: name, now: now, timeout: timeout, reach: r,
		of: otter.Must(&otter.Options[string, *lease]{
			MaximumSize: maxCounters, ExpiryCalculator: otter.ExpiryAccessing[string, *lease](quietFor),
		}),
	}
}

// lease is one counted party's.
type lease struct {
	mu       sync.Mutex
	asking   chan struct{} // closed when Shared has answered; nil while nobody asks
	waiting  int           // for that
	left     int           // permits to spend
	size     int           // of the last grant
	granted  time.Time
	lapses   time.Time
	others   int       // permits that the last grant left for all
	full     time.Time // when all are left again
	reopens  time.Time // before, there is nothing
	answered bool      // the last question
}

// take spends a permit, or says when there will be one. It is unknown where
// Shared does not answer in time.
func (s *leases) take(id string, perMinute int) (limit Limit, known bool) {
	l := s.lease(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	var expired <-chan time.Time
	for {
		now := s.now()
		l.lapse(now)
		switch {
		case l.left > 0:
			l.left--
			if l.brisk(now) && l.asking == nil && s.reach.ok() {
				s.ask(l, id, perMinute, now)
			}
			return l.limit(perMinute, now), true
		case now.Before(l.reopens):
			return l.limit(perMinute, now), true
		case !s.reach.ok():
			if l.asking == nil && s.reach.try(now) { // nobody waits for this one
				s.ask(l, id, perMinute, now)
			}
			return Limit{}, false
		}
		if l.asking == nil {
			s.ask(l, id, perMinute, now)
		}
		if expired == nil {
			timer := time.NewTimer(s.timeout)
			defer timer.Stop()
			expired = timer.C
		}
		if !l.wait(expired) {
			return Limit{}, false
		}
	}
}

// closed says for how long id has nothing left, as far as this gateway knows.
func (s *leases) closed(id string, perMinute int) Limit {
	l, ok := s.of.GetIfPresent(id)
	if !ok {
		return Limit{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limit(perMinute, s.now())
}

func (s *leases) lease(id string) *lease {
	if l, ok := s.of.GetIfPresent(id); ok {
		return l
	}
	l, _ := s.of.SetIfAbsent(id, &lease{size: 1})
	return l
}

// ask has Shared give the next permits; the lease is locked.
func (s *leases) ask(l *lease, id string, perMinute int, now time.Time) {
	done := make(chan struct{})
	l.asking = done
	n := max(l.next(perMinute, now), l.waiting+1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		defer cancel()
		grant, err := s.shared.Take(ctx, s.name+":"+id, perMinute, n)
		s.reach.report(s.now(), err)
		l.mu.Lock()
		defer l.mu.Unlock()
		if err == nil {
			l.accept(grant, s.now())
		}
		l.answered, l.asking = err == nil, nil
		close(done)
	}()
}

// wait lets go of the lease until Shared has answered, and reports whether it
// has, in time.
func (l *lease) wait(expired <-chan time.Time) bool {
	asking := l.asking
	l.waiting++
	l.mu.Unlock()
	answered := false
	select {
	case <-asking:
		answered = true
	case <-expired:
	}
	l.mu.Lock()
	l.waiting--
	return answered && l.answered
}

// next is how many permits to ask for: as many as will be spent in their time.
func (l *lease) next(perMinute int, now time.Time) int {
	most := max(1, perMinute/leaseShare)
	switch {
	case l.brisk(now), l.left == 0 && now.Sub(l.granted) < leaseFor/2:
		return min(2*l.size, most)
	case l.left == 0 && now.Before(l.lapses):
		return min(l.size, most)
	}
	return 1
}

// brisk reports whether the lease will be spent in less than half its time, and
// soon.
func (l *lease) brisk(now time.Time) bool {
	return l.size > 1 && l.left <= l.size/4 && now.Sub(l.granted) < leaseFor*3/8
}

func (l *lease) accept(g Grant, now time.Time) {
	if g.Permits == 0 {
		l.reopens = now.Add(g.RetryAfter)
	} else {
		l.left += g.Permits
		l.size, l.granted, l.lapses = g.Permits, now, now.Add(leaseFor)
	}
	l.others, l.full = g.Remaining, now.Add(g.ResetAfter)
}

func (l *lease) lapse(now time.Time) {
	if l.left > 0 && !now.Before(l.lapses) {
		l.left, l.size = 0, 1
	}
}

// limit is what the lease knows of the limit.
func (l *lease) limit(perMinute int, now time.Time) Limit {
	limit := Limit{Limit: perMinute, Remaining: min(perMinute, l.left+l.others), ResetAfter: max(0, l.full.Sub(now))}
	if l.left == 0 && now.Before(l.reopens) {
		limit.RetryAfter, limit.Remaining = l.reopens.Sub(now), 0
	}
	return limit
}
