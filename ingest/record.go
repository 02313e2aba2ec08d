package ingest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"footfall/analytics"
)

// MaxEvents is the most events that one request may carry (docs/events.md).
const MaxEvents = 10_000

// Record checks each event and commits those that are good, together with what
// other requests of the tenant send at the same time. A bad event never takes a
// good one with it: the verdicts say what became of each, rejections in order
// of index. What they count as accepted is committed, and no cache holds older
// answers. After an error nothing was stored.
//
// More than MaxEvents are CodeTooLarge.
func (w *Writer) Record(ctx context.Context, tenant int64, events []analytics.EventInput) (analytics.Verdicts, error) {
	if len(events) > MaxEvents {
		return noVerdicts(), tooManyEvents()
	}
	return w.recordAll(ctx, tenant, len(events), func(i int) (*analytics.EventInput, error) { return &events[i], nil })
}

// RecordDecoded is Record for events as a Decoder read them, in any number;
// those it could not read are rejected. The batch is never split: it is
// committed whole.
func (w *Writer) RecordDecoded(ctx context.Context, tenant int64, events []Decoded) (analytics.Verdicts, error) {
	return w.recordAll(ctx, tenant, len(events), func(i int) (*analytics.EventInput, error) { return &events[i].Input, events[i].Err })
}

func noVerdicts() analytics.Verdicts { return analytics.Verdicts{Rejected: []analytics.Rejection{}} }

// recordAll records the n events that at returns, or the reasons why it cannot.
func (w *Writer) recordAll(ctx context.Context, tenant int64, n int, at func(int) (*analytics.EventInput, error)) (analytics.Verdicts, error) {
	verdicts := noVerdicts()
	good, places := checkAll(n, at, w.o.Now(), &verdicts)
	if len(good) == 0 {
		return verdicts, nil
	}
	outcomes, err := w.commit(ctx, tenant, good)
	if err != nil {
		return noVerdicts(), err
	}
	w.judge(ctx, tenant, outcomes, good, places, &verdicts)
	slices.SortFunc(verdicts.Rejected, func(a, b analytics.Rejection) int { return cmp.Compare(a.Index, b.Index) })
	return verdicts, nil
}

// checkAll is the events that may be recorded and their places among the n that at
// returns; the others are rejected.
func checkAll(n int, at func(int) (*analytics.EventInput, error), now time.Time, verdicts *analytics.Verdicts) (good []analytics.Event, places []int) {
	good, places = make([]analytics.Event, 0, n), make([]int, 0, n)
	for i := range n {
		in, err := at(i)
		var e analytics.Event
		if err == nil {
			e, err = in.Check(now)
		}
		if err != nil {
			verdicts.Rejected = append(verdicts.Rejected, rejection(i, err))
			continue
		}
		good, places = append(good, e), append(places, i)
	}
	return good, places
}

// judge adds to the verdicts what became of the events that were committed.
func (w *Writer) judge(ctx context.Context, tenant int64, outcomes []analytics.Outcome, events []analytics.Event, places []int, verdicts *analytics.Verdicts) {
	horizon := sync.OnceValue(func() time.Time {
		from, _ := w.o.Store.Horizon(ctx, tenant) // the others are committed, whatever this says
		return from
	})
	for i, outcome := range outcomes {
		switch outcome {
		case analytics.Accepted:
			verdicts.Accepted++
		case analytics.Duplicate:
			verdicts.Duplicates++
		case analytics.TooOld:
			verdicts.Rejected = append(verdicts.Rejected, rejection(places[i], analytics.Pruned(events[i].At, horizon())))
		default:
			verdicts.Rejected = append(verdicts.Rejected, rejection(places[i], unknownSubject(&events[i])))
		}
	}
}

func rejection(i int, err error) analytics.Rejection {
	code := cmp.Or(analytics.CodeOf(err), analytics.CodeInvalid)
	return analytics.Rejection{Index: i, Code: string(code), Message: err.Error()}
}

func unknownSubject(e *analytics.Event) error {
	return &analytics.Error{Code: analytics.CodeNotFound, Field: e.Kind.String(), Message: "does not exist: " + analytics.Quote(e.Key)}
}

func tooManyEvents() error {
	return analytics.Errorf(analytics.CodeTooLarge, "at most %d events may be sent at once", MaxEvents)
}
