package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"footfall/analytics"
)

// job is the events of one request on their way through a lane.
type job struct {
	events   []analytics.Event
	outcomes []analytics.Outcome
	err      error
	done     chan struct{} // closed when outcomes or err are set
}

func (j *job) finish(outcomes []analytics.Outcome, err error) {
	j.outcomes, j.err = outcomes, err
	close(j.done)
}

// lane is one tenant's queue. One goroutine empties it, a group at a time: what
// arrives while a commit runs makes the next group, so an idle lane commits at
// once and a busy one commits few large transactions.
type lane struct {
	queue   []*job
	waiting int // events in queue
}

// commit stores the events and returns their outcomes. An end of ctx takes them
// out of the queue; once their commit has begun it is waited for, since it is
// also that of others and bounded in time. After an error nothing was stored.
func (w *Writer) commit(ctx context.Context, tenant int64, events []analytics.Event) ([]analytics.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, analytics.Unavailable(err)
	}
	w.readAhead(ctx, tenant, events)
	j := &job{events: events, done: make(chan struct{})}
	if err := w.enqueue(tenant, j); err != nil {
		return nil, err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if w.withdraw(tenant, j) {
			return nil, analytics.Unavailable(ctx.Err())
		}
		<-j.done
	}
	return j.outcomes, j.err
}

// readAheadFrom is how many events are worth a look-up of their own.
const readAheadFrom = 500

// readAhead uses the time that many events wait anyway, while others of their
// tenant are committed, where there is room for it.
func (w *Writer) readAhead(ctx context.Context, tenant int64, events []analytics.Event) {
	if len(events) < readAheadFrom {
		return
	}
	w.mu.Lock()
	busy := w.lanes[tenant] != nil && !w.closed
	w.mu.Unlock()
	if !busy {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	w.o.Gate.Spare(func() {
		if err := w.o.Store.ReadAhead(ctx, tenant, events); err != nil {
			w.o.Log.Debug("events are committed without having been read ahead", "tenant", tenant, "error", err)
		}
	})
}

var (
	errClosed = errors.New("the writer is closed")
	errFull   = errors.New("too many events of the tenant are waiting")
)

func (w *Writer) enqueue(tenant int64, j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return analytics.Unavailable(errClosed)
	}
	l := w.lanes[tenant]
	if l == nil {
		l = &lane{}
		w.lanes[tenant] = l
		w.busy.Add(1)
		go w.drainLane(tenant, l)
	}
	if l.waiting > 0 && l.waiting+len(j.events) > w.o.WaitingEvents {
		return analytics.Unavailable(errFull)
	}
	l.queue, l.waiting = append(l.queue, j), l.waiting+len(j.events)
	return nil
}

// withdraw takes the job out of the queue; false when it has left already.
func (w *Writer) withdraw(tenant int64, j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.lanes[tenant]
	if l == nil {
		return false
	}
	i := slices.Index(l.queue, j)
	if i < 0 {
		return false
	}
	l.queue, l.waiting = slices.Delete(l.queue, i, i+1), l.waiting-len(j.events)
	return true
}

// drainLane commits group after group until the lane is empty, and removes it.
func (w *Writer) drainLane(tenant int64, l *lane) {
	defer w.busy.Done()
	for {
		group := w.next(tenant, l)
		if group == nil {
			return
		}
		w.commitGroup(tenant, group)
	}
}

// next takes the longest run of jobs that fits one group, and always one.
func (w *Writer) next(tenant int64, l *lane) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, events := 0, 0
	for n < len(l.queue) && (n == 0 || events+len(l.queue[n].events) <= w.o.GroupEvents) {
		events += len(l.queue[n].events)
		n++
	}
	if n == 0 {
		delete(w.lanes, tenant)
		return nil
	}
	group := slices.Clone(l.queue[:n])
	l.queue, l.waiting = slices.Delete(l.queue, 0, n), l.waiting-events
	return group
}

// commitGroup commits the jobs together. If that fails for a reason that a
// retry will not heal, each is committed alone, so that what is wrong with one
// does not fail the others.
func (w *Writer) commitGroup(tenant int64, group []*job) {
	events := group[0].events
	if len(group) > 1 {
		events = nil
		for _, j := range group {
			events = append(events, j.events...)
		}
	}
	outcomes, err := w.record(tenant, len(group), events)
	switch {
	case err == nil:
		for _, j := range group {
			n := len(j.events)
			j.finish(outcomes[:n:n], nil)
			outcomes = outcomes[n:]
		}
	case len(group) == 1 || analytics.IsUnavailable(err):
		for _, j := range group {
			j.finish(nil, err)
		}
	default:
		w.o.Log.Warn("a group of requests failed, trying each alone", "tenant", tenant, "requests", len(group), "error", err)
		for _, j := range group {
			j.finish(w.record(tenant, 1, j.events))
		}
	}
}

// record stores events and publishes the change, under a context of its own: a
// client that goes away does not abort the commit of the others.
func (w *Writer) record(tenant int64, requests int, events []analytics.Event) (outcomes []analytics.Outcome, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	begin := time.Now()
	defer func() {
		if r := recover(); r != nil { // nothing may leave the lane's jobs waiting
			err = fmt.Errorf("ingest: recording: %w", analytics.Panicked(r))
		}
		w.reportCommit(begin, requests, outcomes, len(events), err)
	}()
	err = w.write(ctx, tenant, func() (change analytics.Change, err error) {
		outcomes, change, err = w.o.Store.Record(ctx, tenant, events)
		if err == nil && len(outcomes) != len(events) {
			err = fmt.Errorf("the store returned %d outcomes for %d events", len(outcomes), len(events))
		}
		return change, err
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

func (w *Writer) reportCommit(begin time.Time, requests int, outcomes []analytics.Outcome, events int, err error) {
	c := Commit{Requests: requests, Events: events, Took: time.Since(begin), Err: err}
	if err == nil {
		for _, o := range outcomes {
			switch o {
			case analytics.Accepted:
				c.Accepted++
			case analytics.Duplicate:
				c.Duplicates++
			case analytics.TooOld:
				c.TooOld++
			default:
				c.Unknown++
			}
		}
	}
	w.o.OnCommit(c)
}
