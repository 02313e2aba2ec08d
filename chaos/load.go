package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
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
