package demo

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"footfall/analytics"
)

// source makes the events of one kind of traffic, day after day. What starts on
// a day may run on into the next, but nothing comes before the day it is asked
// for, nor at the span's end or later.
type source interface {
	day(d int, out *batch)
}

// span is the days that sample data covers.
type span struct {
	start time.Time // of day 0
	end   int64     // Unix milliseconds
	days  int
}

func (o Options) span() span {
	return span{o.start(), o.end().UnixMilli(), int(o.end().Sub(o.start()) / (24 * time.Hour))}
}

// at is the start of day d in Unix milliseconds.
func (s span) at(d int) int64 { return s.start.UnixMilli() + int64(d)*dayMillis }

// dayOf is the day that holds an instant; it may lie outside the span.
func (s span) dayOf(at int64) int {
	d := (at - s.start.UnixMilli()) / dayMillis
	if at < s.at(int(d)) {
		d--
	}
	return int(d)
}

// fit moves a visit of some length so far forward that it ends within the span.
func (s span) fit(start, length int64) int64 { return min(start, s.end-1-length) }

// batch gathers the events of a day. Its order is that of the instants, and
// within one that of the adding.
type batch struct {
	events []analytics.EventInput
	order  []place
}

type place struct {
	at    int64 // Unix milliseconds
	index int
}

func (b *batch) add(at int64, e *analytics.EventInput) {
	e.At = time.UnixMilli(at).UTC()
	b.order = append(b.order, place{at, len(b.events)})
	b.events = append(b.events, *e)
}

// drain passes on what comes before the instant, in order; false when yield
// wants no more.
func (b *batch) drain(before int64, yield func(*analytics.EventInput) bool) bool {
	slices.SortFunc(b.order, func(x, y place) int { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.index, y.index)) })
	done := 0
	for ; done < len(b.order) && b.order[done].at < before; done++ {
		if !yield(&b.events[b.order[done].index]) {
			return false
		}
	}
	var rest batch
	for _, p := range b.order[done:] {
		rest.order = append(rest.order, place{p.at, len(rest.events)})
		rest.events = append(rest.events, b.events[p.index])
	}
	clear(b.events)
	b.events, b.order = append(b.events[:0], rest.events...), append(b.order[:0], rest.order...)
	return true
}

// stream merges sources, made anew for each run, from day first on, and numbers
// the events that have no id yet.
func stream(s span, first int, sources func() []source) iter.Seq[analytics.EventInput] {
	return func(yield func(analytics.EventInput) bool) {
		made, all, number := &batch{}, sources(), 0
		pass := func(e *analytics.EventInput) bool {
			if e.ID == "" {
				number++
				e.ID = fmt.Sprintf("demo-%08d", number)
			}
			return yield(*e)
		}
		for d := first; d < s.days; d++ {
			for _, from := range all {
				from.day(d, made)
			}
			if !made.drain(s.at(d+1), pass) {
				return
			}
		}
	}
}
