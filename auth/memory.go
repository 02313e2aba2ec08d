package auth

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"

	"footfall/analytics"
)

const (
	maxKnown      = 10_000          // credentials remembered
	maxUnknown    = 10_000          // wrong guesses remembered, apart, so that guessing displaces nobody
	strangers     = 4               // lookups at a time of what is not remembered, so that guessing leaves the directory's other connections free
	lookupTimeout = 2 * time.Second // with the directory
	cacheFor      = time.Second     // how long an answer holds: a revocation works by then
)

// question is what a directory is asked, in fixed space: the digest of a
// secret, or of an activation's id.
type question struct {
	kind   byte
	digest [32]byte
}

// The kinds of question.
const (
	keyKind        = 'k' // an API key
	tokenKind      = 't' // an activation's token
	activationKind = 'a' // an activation's id
)

func (q question) name() string { return string(q.kind) + string(q.digest[:]) }

// credential is a directory's answer.
type credential struct {
	principal *Principal
	digest    [32]byte                 // of the secret that it is given for
	active    func(now time.Time) bool // neither revoked nor expired
}

type lookup func(context.Context) (*credential, error)

// memory remembers a directory's answers for a moment, and while the directory
// is unavailable, the good ones for longer.
type memory struct {
	now      func() time.Time
	staleFor time.Duration
	gate     chan struct{}
	flights  singleflight.Group
	turn     atomic.Uint64 // counts arrivals of fresh callers, starts of lookups and changes
	changed  atomic.Uint64 // the turn of the last change of links
	known    *otter.Cache[question, answer]
	unknown  *otter.Cache[question, answer]
}

type answer struct {
	credential *credential // nil: there is none
	turn       uint64      // in which the directory was asked
	asked      time.Time   // the directory, with whatever result
	verified   time.Time   // by the directory
	standIn    bool        // the directory could not tell
}

func newMemory(now func() time.Time, staleFor time.Duration) *memory {
	return &memory{
		now: now, staleFor: staleFor, gate: make(chan struct{}, strangers),
		known:   otter.Must(&otter.Options[question, answer]{MaximumSize: maxKnown}),
		unknown: otter.Must(&otter.Options[question, answer]{MaximumSize: maxUnknown}),
	}
}

// find answers q from memory or by look, nil when there is no such credential.
// Of each question one lookup runs at a time, for all who ask meanwhile; a
// fresh ctx wants one that began after it asked.
func (m *memory) find(ctx context.Context, q question, look lookup) (*credential, error) {
	since := m.since(q)
	fresh := analytics.Fresh(ctx)
	if fresh {
		since = m.turn.Add(1)
	} else if a, ok := m.recall(q); ok {
		return a.credential, nil
	}
	ask := func() (any, error) { return m.askOnce(ctx, q, look) }
	if a, ok := m.stillAway(q); ok && !fresh {
		m.flights.DoChan(q.name(), ask)
		return a.credential, nil
	}
	for {
		asked, err := m.together(ctx, q, ask)
		if err != nil {
			return nil, err
		}
		if asked.turn >= since {
			return asked.credential, nil
		}
	}
}

// together is the answer of the lookup of q that runs, or of a new one. It is waited for
// as long as ctx goes on; a guess waits for its own in any case, to be counted.
func (m *memory) together(ctx context.Context, q question, ask func() (any, error)) (answer, error) {
	if !m.knows(q) {
		v, err, _ := m.flights.Do(q.name(), ask)
		a, _ := v.(answer)
		return a, err
	}
	select {
	case asked := <-m.flights.DoChan(q.name(), ask):
		a, _ := asked.Val.(answer)
		return a, asked.Err
	case <-ctx.Done():
		return answer{}, analytics.Unavailable(ctx.Err())
	}
}

// askOnce asks for all who wait: a caller that goes away does not fail the others, and
// what panics fails them all.
func (m *memory) askOnce(ctx context.Context, q question, look lookup) (a answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("auth: a lookup: %w", analytics.Panicked(p))
		}
	}()
	if a, ok := m.recall(q); ok && !analytics.Fresh(ctx) {
		return a, nil
	}
	return m.ask(context.WithoutCancel(ctx), q, look)
}

// recall finds an answer young enough to be given without asking again.
func (m *memory) recall(q question) (answer, bool) {
	a, ok := m.known.GetIfPresent(q)
	if !ok {
		a, ok = m.unknown.GetIfPresent(q)
	}
	return a, ok && m.now().Sub(a.asked) < cacheFor && a.turn >= m.since(q)
}

// linksChanged has links looked up again: there are new ones, or some are gone.
func (m *memory) linksChanged() {
	now := m.turn.Add(1)
	for was := m.changed.Load(); was < now && !m.changed.CompareAndSwap(was, now); was = m.changed.Load() {
	}
}

// since is the turn before which an answer to q may be wrong.
func (m *memory) since(q question) uint64 {
	if q.kind == keyKind {
		return 0
	}
	return m.changed.Load()
}

// knows reports whether q was ever answered with a credential, lately enough to be
// remembered.
func (m *memory) knows(q question) bool {
	_, ok := m.known.GetIfPresent(q)
	return ok
}

// stillAway finds an answer that may stand in for a directory that could not tell
// a moment ago: then nobody waits to hear that it still cannot.
func (m *memory) stillAway(q question) (answer, bool) {
	a, ok := m.known.GetIfPresent(q)
	now := m.now()
	return a, ok && a.standIn && a.turn >= m.since(q) && now.Sub(a.asked) < lookupTimeout+cacheFor && now.Sub(a.verified) < m.staleFor
}

func (m *memory) ask(ctx context.Context, q question, look lookup) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	old, known := m.known.GetIfPresent(q)
	if !known {
		select {
		case m.gate <- struct{}{}:
			defer func() { <-m.gate }()
		case <-ctx.Done():
			return answer{}, analytics.Unavailable(ctx.Err())
		}
	}
	a := answer{turn: m.turn.Add(1), asked: m.now()} // an answer is as old as its question
	found, err := look(ctx)
	switch {
	case err == nil:
		a.credential, a.verified = found, a.asked
	case analytics.CodeOf(err) == analytics.CodeNotFound:
		a.verified = a.asked
	case analytics.IsUnavailable(err) && known && a.asked.Sub(old.verified) < m.staleFor:
		a.credential, a.verified, a.standIn = old.credential, old.verified, true
	default:
		return answer{}, err
	}
	m.remember(q, a)
	return a, nil
}

func (m *memory) remember(q question, a answer) {
	if a.credential == nil {
		m.known.Invalidate(q)
		m.unknown.Set(q, a)
		return
	}
	m.unknown.Invalidate(q)
	m.known.Set(q, a)
}
