// Package ledger knows what any number may be: it keeps when each thing that
// counts was first sent and when it was first acknowledged. Numbers only grow
// with the events, so an answer must hold all that was acknowledged by some
// instant, and nothing that had not been sent when it came. It must know neither
// events nor who asks.
package ledger

import (
	"slices"
	"sync"
	"time"
)

// Mark counts one thing in one tally: a session among the sessions of an event
// page, say. Without a thing it counts for itself, as each event does.
type Mark struct{ Tally, Thing string }

// Ledger is what was sent and acknowledged. It is safe for concurrent use.
type Ledger struct {
	mu      sync.Mutex
	began   time.Time
	tallies map[string]*tally
}

// New makes an empty Ledger.
func New() *Ledger { return &Ledger{began: time.Now(), tallies: map[string]*tally{}} }

// tally holds instants in order, on the process's own clock.
type tally struct {
	sent, acked       []time.Duration
	knownAs, provenAs map[string]bool // things sent, and acknowledged
}

// Send notes marks that are about to be sent, for the first time.
func (l *Ledger) Send(marks []Mark) {
	l.each(marks, func(t *tally, thing string, now time.Duration) { t.sent = note(t.sent, t.knownAs, thing, now) })
}

// Acknowledge notes that marks were acknowledged, for the first time.
func (l *Ledger) Acknowledge(marks []Mark) {
	l.each(marks, func(t *tally, thing string, now time.Duration) { t.acked = note(t.acked, t.provenAs, thing, now) })
}

func (l *Ledger) each(marks []Mark, f func(t *tally, thing string, now time.Duration)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.began)
	for _, m := range marks {
		t := l.tallies[m.Tally]
		if t == nil {
			t = &tally{knownAs: map[string]bool{}, provenAs: map[string]bool{}}
			l.tallies[m.Tally] = t
		}
		f(t, m.Thing, now)
	}
}

func note(instants []time.Duration, seen map[string]bool, thing string, now time.Duration) []time.Duration {
	if thing != "" {
		if seen[thing] {
			return instants
		}
		seen[thing] = true
	}
	return append(instants, now)
}

// Bounds are what a tally may be in an answer that holds what was acknowledged
// by since, and came at until.
func (l *Ledger) Bounds(name string, since, until time.Time) (least, most int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tallies[name]
	if t == nil {
		return 0, 0
	}
	return upTo(t.acked, since.Sub(l.began)), upTo(t.sent, until.Sub(l.began))
}

func upTo(instants []time.Duration, at time.Duration) int64 {
	n, _ := slices.BinarySearch(instants, at+1)
	return int64(n)
}
