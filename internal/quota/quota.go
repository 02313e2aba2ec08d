// Package quota bounds what several take of something: all together, and each alone.
// It must not know what it is nor who they are.
package quota

import (
	"errors"
	"sync"
)

// Why nothing was taken.
var (
	ErrSpent      = errors.New("quota: nothing is left")
	ErrShareSpent = errors.New("quota: nothing is left of this share")
)

// Quota is safe for concurrent use.
type Quota[K comparable] struct {
	most, each int64

	mu    sync.Mutex
	taken int64
	by    map[K]int64
}

// New is a quota of which most may be taken, and each by one.
func New[K comparable](most, each int64) *Quota[K] {
	return &Quota[K]{most: most, each: each, by: map[K]int64{}}
}

// Take takes n, or nothing: then the error is ErrSpent or ErrShareSpent.
func (q *Quota[K]) Take(who K, n int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.by[who]+n > q.each:
		return ErrShareSpent
	case q.taken+n > q.most:
		return ErrSpent
	}
	q.add(who, n)
	return nil
}

// Give gives n back.
func (q *Quota[K]) Give(who K, n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.add(who, -n)
}

func (q *Quota[K]) add(who K, n int64) {
	q.taken += n
	if q.by[who] += n; q.by[who] == 0 {
		delete(q.by, who)
	}
}

// Taken is how much is taken now.
func (q *Quota[K]) Taken() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.taken
}
