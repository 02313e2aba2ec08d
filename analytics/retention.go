package analytics

import "time"

// YoungestHorizon is how near to now events may be pruned at most. What is younger
// need not be compared with any horizon.
const YoungestHorizon = 31 * 24 * time.Hour

// Gone says why a query has no answer: its range begins or ends at an instant
// inside a quarter-hour, and the events that would have to be counted there are
// kept from another instant on only. The zero value is that nothing is missing.
type Gone struct {
	At, EventsFrom time.Time
}

// GoneAt is why a ragged end cannot be counted.
func GoneAt(end Range, eventsFrom time.Time) Gone {
	at := end.End
	if insideQuarter(end.Start) {
		at = end.Start
	}
	return Gone{at.UTC(), eventsFrom.UTC()}
}

// err is nil when nothing is missing.
func (g Gone) err() error {
	if g.EventsFrom.IsZero() {
		return nil
	}
	return Errorf(CodeGone, "the range begins or ends at %s, inside a quarter-hour, and events are kept from %s on: before that, and for viewers of a campaign within a day after it, give a range whose both ends are at a quarter-hour",
		g.At.Format(time.RFC3339Nano), g.EventsFrom.Format(time.RFC3339))
}

// Pruned says that an event came too late to be told from one that was counted.
func Pruned(at, eventsFrom time.Time) error {
	if eventsFrom.IsZero() { // not known
		return Errorf(CodeGone, "at: events of %s are not kept any more: whether it was counted before cannot be told", at.UTC().Format(time.RFC3339Nano))
	}
	return Errorf(CodeGone, "at: must not be before %s, from when on events are kept, got %s: whether it was counted before cannot be told any more",
		eventsFrom.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339Nano))
}
