package admit

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	window = time.Second // that is looked back on
	excess = 1.1         // how much more than passes is let try
	always = .02         // of all requests
)

// throttle turns away what would be turned away anyway: of each tenant's requests
// about as many are let through as were not refused of late, and a tenth more
// ("Handling Overload", Site Reliability Engineering, chapter 21). A tenant of whom
// nothing is refused does not notice.
type throttle struct {
	quietAt atomic.Int64 // until then something was refused lately
	mu      sync.Mutex
	tenants map[int64]*tally
}

// tally is a tenant's last requests, the older ones counting less.
type tally struct {
	asked, refused float64
	at             time.Time
}

// of is the tenant's tally as of now.
func (t *throttle) of(tenant int64, now time.Time) *tally {
	at := t.tenants[tenant]
	if at == nil {
		at = &tally{at: now}
		t.tenants[tenant] = at
	}
	if age := now.Sub(at.at); age > 0 {
		keep := max(0, 1-float64(age)/float64(window))
		at.asked, at.refused, at.at = at.asked*keep, at.refused*keep, now
	}
	return at
}

// let counts a request and reports whether to let it try.
func (t *throttle) let(tenant int64, now time.Time) bool {
	if now.UnixNano() > t.quietAt.Load() {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.of(tenant, now)
	at.asked++
	over := at.asked - excess*max(0, at.asked-at.refused)
	if rand.Float64() >= min(over/(at.asked+1), 1-always) { //nolint:gosec // chance, no secret
		return true
	}
	at.refused++
	return false
}

// refused says that a request of the tenant's was let try in vain.
func (t *throttle) refused(tenant int64, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.UnixNano() > t.quietAt.Load() { // what was counted is long ago
		clear(t.tenants)
	}
	t.quietAt.Store(now.Add(4 * window).UnixNano())
	at := t.of(tenant, now)
	at.asked = max(at.asked, at.refused+1)
	at.refused++
}
