package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

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

// submit sends events by either way in, and acknowledges those that are pending
// if it is told so.
func (w *writer) submit(ctx context.Context, events []event, check func(accepted, duplicates int) string) {
	send, read := w.post, readVerdicts
	if rand.IntN(3) == 0 {
		send, read = w.mutate, readPayload
	}
	r, err := send(ctx, events)
	if ctx.Err() != nil {
		return
	}
	v, over := refusal(r, err, writeDeadline)
	if !over {
		v = w.accept(r.body, events, read, check)
	}
	w.seen.note("ingest", v, r.took())
}

// post sends events to the ingest path, one a line.
func (w *writer) post(ctx context.Context, events []event) (reply, error) {
	var body strings.Builder
	lines := json.NewEncoder(&body)
	for i := range events {
		_ = lines.Encode(&events[i]) // of strings and numbers
	}
	return w.send(ctx, http.MethodPost, "/v1/events", w.key, body.String(), "Content-Type", "application/x-ndjson")
}

// mutate sends events as a GraphQL mutation.
func (w *writer) mutate(ctx context.Context, events []event) (reply, error) {
	const query = `mutation ($events: [EventInput!]!) { recordEvents(events: $events) { accepted duplicates rejected { code message } } }`
	q := w.graphQL("", http.MethodPost, query, object{"events": events}, nil)
	return w.send(ctx, q.method, q.target, w.key, q.body, "Content-Type", "application/json")
}

// recorded is what became of a batch, in the words of both ways in.
type recorded struct {
	Accepted, Duplicates int
	Rejected             []json.RawMessage
}

func readVerdicts(body []byte) (r recorded, err error) {
	err = json.Unmarshal(body, &r)
	return r, err
}

func readPayload(body []byte) (recorded, error) {
	data, err := dataOf(body)
	if err != nil {
		return recorded{}, err
	}
	var d struct{ RecordEvents recorded }
	err = json.Unmarshal(data, &d)
	return d.RecordEvents, err
}

func (w *writer) accept(body []byte, events []event, read func([]byte) (recorded, error), check func(accepted, duplicates int) string) verdict {
	r, err := read(body)
	if errors.Is(err, errUnavailable) {
		return verdict{unavailable, ""}
	}
	if err != nil {
		return bad("%v: %.300s", err, body)
	}
	if len(r.Rejected) > 0 || r.Accepted+r.Duplicates != len(events) {
		return bad("of %d events: %.300s", len(events), body)
	}
	if why := check(r.Accepted, r.Duplicates); why != "" {
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
