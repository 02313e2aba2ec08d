package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// seen is what became of the requests since it was last taken.
type seen struct {
	mu sync.Mutex
	tally
	lastBad time.Time
}

// tally counts outcomes.
type tally struct {
	outcomes [wrong + 1]int
	reads    int
	writes   int
	wrongs   map[string]int // by what is wrong
	refusals map[string]int
	took     []time.Duration // of what was whole

	slowestRead, slowestWrite time.Duration
	slow                      string // the read that took longest
}

func (s *seen) note(kind string, v verdict, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[v.outcome]++
	if kind == "ingest" {
		s.writes++
		s.slowestWrite = max(s.slowestWrite, took)
	} else {
		s.reads++
		if took > s.slowestRead {
			s.slowestRead, s.slow = took, kind
		}
	}
	switch v.outcome {
	case whole:
		s.took = append(s.took, took)
		return
	case wrong:
		s.wrongs = count(s.wrongs, kind+": "+v.why)
	case refused:
		s.refusals = count(s.refusals, kind+": "+v.why)
	}
	s.lastBad = time.Now()
}

func count(of map[string]int, what string) map[string]int {
	if of == nil {
		of = map[string]int{}
	}
	of[what]++
	return of
}

// take is what was seen, and begins anew.
func (s *seen) take() tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally
	s.tally = tally{}
	return t
}

// quiet is how long ago something was not answered whole.
func (s *seen) quiet() (last time.Time, ago time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastBad, time.Since(s.lastBad)
}

func (t *tally) total() int { return t.reads + t.writes }

// percentile is of what was answered whole, by nearest rank.
func (t *tally) percentile(p int) time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	slices.Sort(t.took)
	return t.took[(len(t.took)*p+99)/100-1]
}

// most are the commonest of what was counted, at most n.
func most(of map[string]int, n int) []string {
	names := slices.Collect(maps.Keys(of))
	slices.SortFunc(names, func(a, b string) int { return of[b] - of[a] })
	names = names[:min(n, len(names))]
	for i, name := range names {
		names[i] = fmt.Sprintf("%d × %s", of[name], name)
	}
	return names
}
