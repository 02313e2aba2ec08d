package cache

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// memory is level 1. An entry carries the stamp that its topic had before the
// entry was read. To forget a topic is to drop its stamp: whoever asks next
// gives it a new one, never used before, that no entry carries. So a load that
// began before a change cannot pass for current after it, and nothing needs to
// be searched for. What was forgotten stays for when the store is out of reach.
type memory struct {
	entries *otter.Cache[key, *entry]

	mu     sync.RWMutex
	stamps map[topic]stamp
	last   stamp
	most   int // of stamps
	large  int // the bytes of a value that is not kept: it would push out too many others
}

// stamp marks a time in which a topic did not change, as far as we heard.
type stamp uint64

// entrySize is what an entry takes beside its value, roughly.
const entrySize = 450

// entry is a value and what is known of it. Whoever keeps it says the first four.
type entry struct {
	value any
	size  int
	stamp stamp     // that its topic had before it was read
	until time.Time // when it is not believed any longer

	right atomic.Int64  // last known to be right, Unix nanoseconds
	stays time.Duration // from when it was kept
}

func newMemory(entries, bytes, large int) *memory {
	least := max(bytes/entries, 1) // what an entry weighs at least, so that one bound keeps both
	return &memory{
		stamps: map[topic]stamp{},
		most:   entries,
		large:  large,
		entries: otter.Must(&otter.Options[key, *entry]{
			MaximumWeight:    uint64(bytes),
			Weigher:          func(k key, e *entry) uint32 { return uint32(min(max(e.size+len(k.what)+entrySize, least), 1<<31)) },
			ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[key, *entry]) time.Duration { return e.Value.stays }),
		}),
	}
}

// stampsOf are the stamps of the items' topics, made where there is none.
func (m *memory) stampsOf(items []item) []stamp {
	out := make([]stamp, len(items))
	if m.readStamps(items, out) {
		return out
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.stamps) >= m.most {
		clear(m.stamps)
	}
	for i, it := range items {
		s, ok := m.stamps[it.topic]
		if !ok {
			m.last++
			s = m.last
			m.stamps[it.topic] = s
		}
		out[i] = s
	}
	return out
}

func (m *memory) readStamps(items []item, out []stamp) (all bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all = true
	for i, it := range items {
		s, ok := m.stamps[it.topic]
		out[i], all = s, all && ok
	}
	return all
}

func (m *memory) forget(topics []topic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range topics {
		delete(m.stamps, t)
	}
}

func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.stamps)
}

// recall is the entry if it is current under the stamp.
func (m *memory) recall(k key, s stamp, now time.Time) *entry {
	e, ok := m.entries.GetIfPresent(k)
	if !ok || e.stamp != s || !now.Before(e.until) {
		return nil
	}
	return e
}

// remains is the entry, current or not; nil when there is none.
func (m *memory) remains(k key) *entry {
	e, _ := m.entries.GetIfPresent(k)
	return e
}

// keep remembers an entry that was last known to be right at right. It stays for
// stale after its time.
func (m *memory) keep(k key, e *entry, right time.Time, stale time.Duration) {
	e.right.Store(right.UnixNano())
	e.stays = time.Until(e.until) + stale
	if e.stays > 0 && e.size < m.large {
		m.entries.Set(k, e)
	}
}
