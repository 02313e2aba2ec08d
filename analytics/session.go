package analytics

import (
	"slices"
	"time"
)

// A portal session ends after this long without a page view, and never lasts
// longer than SessionLimit (contracts.md, section 2).
const (
	SessionIdle  = 30 * time.Minute
	SessionLimit = 4 * time.Hour
)

// Session is one visit: the distinct instants of its page views, ascending, in
// Unix microseconds.
type Session struct {
	Views []int64
}

// Start is the instant of the first page view.
func (s Session) Start() time.Time { return time.UnixMicro(s.Views[0]).UTC() }

// Micros is the time between the first and the last page view.
func (s Session) Micros() int64 { return s.Views[len(s.Views)-1] - s.Views[0] }

// CutSessions cuts the page views of one user at one partner into sessions: a
// view continues the session when it comes less than SessionIdle after the last
// one and less than SessionLimit after the session's start. It depends on the
// set of instants alone.
func CutSessions(views []int64) []Session {
	views = slices.Clone(views)
	slices.Sort(views)
	views = slices.Compact(views)
	var out []Session
	start := 0
	for i := range views {
		idle := i > start && views[i]-views[i-1] >= SessionIdle.Microseconds()
		full := views[i]-views[start] >= SessionLimit.Microseconds()
		if idle || full {
			out = append(out, Session{views[start:i]})
			start = i
		}
	}
	if start < len(views) {
		out = append(out, Session{views[start:]})
	}
	return out
}
