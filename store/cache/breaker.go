package cache

import (
	"log/slog"
	"sync"
	"time"
)

// breaker says when to leave alone what keeps failing: after most failures in a
// row it lets one try pass each rest, until one succeeds.
type breaker struct {
	most int
	rest time.Duration

	mu       sync.Mutex
	failures int
	until    time.Time
}

// allow reports whether to try. Who tries reports how it went.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < b.most {
		return true
	}
	now := time.Now()
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(b.rest)
	return true
}

// report says how a try went, and tells whether that opened or closed the
// breaker.
func (b *breaker) report(failed bool) (opened, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.failures >= b.most
	if !failed {
		b.failures = 0
		return false, was
	}
	b.failures++
	b.until = time.Now().Add(b.rest)
	return !was && b.failures >= b.most, false
}

// tell reports how a try of Redis went, and says in the log, once each, that it is lost
// and that it is back.
func (b *breaker) tell(log *slog.Logger, err error, lost, back string) {
	switch opened, closed := b.report(err != nil); {
	case opened:
		log.Warn(lost, "error", err)
	case closed:
		log.Info(back)
	}
}
