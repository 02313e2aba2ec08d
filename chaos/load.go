package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load is everybody who reads and writes, all the time.
type load struct {
	*world
	client
	questions []question
	seen      seen

	readEvery, writeEvery time.Duration // of each who reads, or writes

	ids     atomic.Int64
	stop    context.CancelFunc // nil while nobody is at work
	workers sync.WaitGroup
}

// start puts everybody to work.
func (l *load) start(ctx context.Context) {
	working, stop := context.WithCancel(ctx)
	l.stop = stop
	for range l.o.readers {
		l.workers.Go(func() {
			every(working, l.readEvery, func() { l.read(ctx) })
		})
	}
	for i := range l.o.writers {
		w := &writer{load: l, tenant: l.tenants[i%len(l.tenants)]}
		l.workers.Go(func() {
			every(working, l.writeEvery, func() { w.write(ctx) })
			for len(w.pending) > 0 && ctx.Err() == nil { // nothing is left open
				w.retry(ctx)
				pause(ctx, 50*time.Millisecond)
			}
		})
	}
}

// end lets everybody finish, and returns when every event is acknowledged.
func (l *load) end() {
	if l.stop != nil {
		l.stop()
		l.workers.Wait()
		l.stop = nil
	}
	l.http.CloseIdleConnections()
}

// every calls f at most so often, from a random moment on.
func every(ctx context.Context, d time.Duration, f func()) {
	pause(ctx, rand.N(d))
	for ctx.Err() == nil {
		began := time.Now()
		f()
		pause(ctx, d-time.Since(began))
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// read asks something, one time in three with no-cache.
func (l *load) read(ctx context.Context) {
	q := l.questions[rand.IntN(len(l.questions))]
	v, took := l.ask(ctx, q, rand.IntN(3) == 0, false, l.truth)
	if ctx.Err() == nil {
		l.seen.note(q.kind, v, took)
	}
}

// writer sends events of one tenant. What was not acknowledged is sent again
// until it is; some that was is sent again too.
type writer struct {
	*load
	*tenant
	pending []event // sent and not acknowledged
	done    []event // the last that were acknowledged
}

func (w *writer) write(ctx context.Context) {
	if len(w.pending) > 0 {
		w.retry(ctx)
		return
	}
	if len(w.done) > 0 && rand.IntN(10) == 0 {
		w.repeat(ctx)
		return
	}
	for range 1 + rand.IntN(2*w.o.batch-1) {
		e := w.draw(fmt.Sprint("e", w.ids.Add(1)))
		w.truth.Send(e.marks)
		w.pending = append(w.pending, e)
	}
	w.submit(ctx, w.pending, func(accepted, duplicates int) string {
		if accepted != len(w.pending) {
			return fmt.Sprintf("%d of %d new events are called duplicates", duplicates, len(w.pending))
		}
		return ""
	})
}

// retry sends again what may have been stored or not.
func (w *writer) retry(ctx context.Context) {
	w.submit(ctx, w.pending, func(int, int) string { return "" })
}

// repeat sends again what was acknowledged.
func (w *writer) repeat(ctx context.Context) {
	w.submit(ctx, w.done, func(accepted, _ int) string {
		if accepted > 0 {
			return fmt.Sprintf("%d of %d acknowledged events are new again", accepted, len(w.done))
		}
		return ""
	})
}

// submit sends events, and acknowledges those that are pending if it is told so.
func (w *writer) submit(ctx context.Context, events []event, check func(accepted, duplicates int) string) {
	var body strings.Builder
	lines := json.NewEncoder(&body)
	for i := range events {
		_ = lines.Encode(&events[i]) // of strings and numbers
	}
	r, err := w.send(ctx, http.MethodPost, "/v1/events", w.key, body.String(), "Content-Type", "application/x-ndjson")
	if ctx.Err() != nil {
		return
	}
	v, over := refusal(r, err, writeDeadline)
	if !over {
		v = w.accept(r.body, events, check)
	}
	w.seen.note("ingest", v, r.took())
}

func (w *writer) accept(body []byte, events []event, check func(accepted, duplicates int) string) verdict {
	var verdicts struct {
		Accepted, Duplicates int
		Rejected             []json.RawMessage
	}
	if err := json.Unmarshal(body, &verdicts); err != nil {
		return bad("%v: %.300s", err, body)
	}
	if len(verdicts.Rejected) > 0 || verdicts.Accepted+verdicts.Duplicates != len(events) {
		return bad("of %d events: %.300s", len(events), body)
	}
	if why := check(verdicts.Accepted, verdicts.Duplicates); why != "" {
		return bad("%s", why)
	}
	if len(w.pending) > 0 {
		for _, e := range w.pending {
			w.truth.Acknowledge(e.marks)
		}
		w.done, w.pending = w.pending, nil
	}
	return verdict{whole, ""}
}

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
