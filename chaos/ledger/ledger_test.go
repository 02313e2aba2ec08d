package ledger

import (
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	t.Parallel()
	l := New()
	bounds := func(what string, since, until time.Time, least, most int64) {
		t.Helper()
		if a, b := l.Bounds("x", since, until); a != least || b != most {
			t.Errorf("%s: from %d to %d, want from %d to %d", what, a, b, least, most)
		}
	}
	start := time.Now()
	bounds("nothing", start, start, 0, 0)
	l.Send([]Mark{{"x", ""}, {"x", ""}, {"x", "a"}, {"x", "a"}, {"y", ""}})
	sent := time.Now()
	bounds("before it was sent", sent, start.Add(-time.Nanosecond), 0, 0)
	bounds("sent", sent, sent, 0, 3)
	l.Acknowledge([]Mark{{"x", ""}, {"x", "a"}})
	acked := time.Now()
	bounds("acknowledged", acked, acked, 2, 3)
	bounds("as of before", start, acked, 0, 3)
	l.Send([]Mark{{"x", "a"}, {"x", "b"}})
	l.Acknowledge([]Mark{{"x", "a"}, {"x", "b"}, {"x", ""}})
	bounds("a again, b and the rest", time.Now(), time.Now(), 4, 4)
	bounds("what came later does not count earlier", acked, acked, 2, 3)
}
