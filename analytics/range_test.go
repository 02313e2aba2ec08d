package analytics_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"footfall/analytics"
)

// genInstant draws an instant between two, in microseconds, often on or right
// beside a border of a quarter-hour, a day or a month.
func genInstant(first, last time.Time) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.UnixMicro(rapid.Int64Range(first.UnixMicro(), last.UnixMicro()).Draw(t, "instant")).UTC()
		switch rapid.IntRange(0, 5).Draw(t, "border") {
		case 0:
			return at
		case 1:
			at = at.Truncate(time.Second)
		case 2:
			at = at.Truncate(15 * time.Minute)
		case 3:
			at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
		default:
			at = time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		}
		at = at.Add(time.Duration(rapid.SampledFrom([]int64{0, 0, 0, -1, 1}).Draw(t, "beside")) * time.Microsecond)
		switch {
		case at.Before(first):
			return first
		case at.After(last):
			return last
		}
		return at
	})
}

func genRange(first, last time.Time) *rapid.Generator[analytics.Range] {
	return rapid.Custom(func(t *rapid.T) analytics.Range {
		a := genInstant(first, last).Draw(t, "start")
		length := rapid.SampledFrom([]time.Duration{0, time.Microsecond, 14 * time.Minute, 15 * time.Minute, time.Hour, 30 * time.Hour, 40 * 24 * time.Hour, 1 << 62}).Draw(t, "length")
		until := last
		if last.Sub(a) > length {
			until = a.Add(length)
		}
		return analytics.Range{Start: a, End: genInstant(a, until).Draw(t, "end")}
	})
}

// piece is a bucket by its instants.
type piece struct {
	level analytics.Level
	span  span
}

// naivePieces walks the range quarter-hour by quarter-hour, taking the largest
// bucket that starts there and fits.
func naivePieces(r analytics.Range) (head, tail span, pieces []piece) {
	at := r.Start.Truncate(15 * time.Minute)
	if at.Before(r.Start) {
		at = at.Add(15 * time.Minute)
	}
	if at.After(r.End) {
		return spanOf(r), span{}, nil
	}
	head = span{r.Start.UnixMicro(), at.UnixMicro()}
	for {
		next, level := at.Add(15*time.Minute), analytics.LevelQuarter
		if at.Hour() == 0 && at.Minute() == 0 && !at.AddDate(0, 0, 1).After(r.End) {
			next, level = at.AddDate(0, 0, 1), analytics.LevelDay
		}
		if at.Day() == 1 && at.Hour() == 0 && at.Minute() == 0 && !at.AddDate(0, 1, 0).After(r.End) {
			next, level = at.AddDate(0, 1, 0), analytics.LevelMonth
		}
		if next.After(r.End) {
			return head, span{at.UnixMicro(), r.End.UnixMicro()}, pieces
		}
		pieces = append(pieces, piece{level, span{at.UnixMicro(), next.UnixMicro()}})
		at = next
	}
}

func TestDecomposeCoversExactlyOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := genRange(analytics.MinInstant, analytics.MaxInstant).Draw(t, "range")
		head, tail, want := naivePieces(r)
		cover := analytics.Decompose(r)
		if len(cover.Spans) > 5 {
			t.Fatalf("%d spans, want at most five: %v", len(cover.Spans), cover.Spans)
		}
		var got []piece
		for _, s := range cover.Spans {
			if s.From >= s.To {
				t.Fatalf("empty span %v in %v", s, cover.Spans)
			}
			for b := s.From; b < s.To; b++ {
				got = append(got, piece{s.Level, spanOf(b.Range(s.Level))})
			}
		}
		same(t, "buckets", got, want)
		for name, ends := range map[string][2]span{"head": {spanOf(cover.Head), head}, "tail": {spanOf(cover.Tail), tail}} {
			got, want := ends[0], ends[1]
			if got.from >= got.to && want.from >= want.to {
				continue // nothing is nothing, wherever it is
			}
			same(t, name, got, want)
			if got.to-got.from >= quarter {
				t.Fatalf("%s of %v is a quarter-hour or more", name, r)
			}
		}
	})
}

func TestDecomposeOfNothing(t *testing.T) {
	t.Parallel()
	at := utc(t, "2026-03-01T00:00:00Z")
	for name, r := range map[string]analytics.Range{
		"empty":     {Start: at, End: at},
		"backwards": {Start: at, End: at.Add(-time.Hour)},
	} {
		c := analytics.Decompose(r)
		if !c.Head.Empty() || !c.Tail.Empty() || len(c.Spans) > 0 {
			t.Errorf("%s: got %+v", name, c)
		}
	}
}

// A bucket holds an instant exactly if its range does; numbers are consecutive.
func TestBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := genInstant(analytics.MinInstant, analytics.MaxInstant).Draw(t, "instant")
		for level, want := range map[analytics.Level]analytics.Range{
			analytics.LevelQuarter: {Start: at.Truncate(15 * time.Minute), End: at.Truncate(15 * time.Minute).Add(15 * time.Minute)},
			analytics.LevelDay: {
				Start: time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC),
				End:   time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, time.UTC),
			},
			analytics.LevelMonth: {
				Start: time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC),
				End:   time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC),
			},
		} {
			b := analytics.BucketOf(level, at)
			same(t, "range", b.Range(level), want)
			same(t, "next", analytics.BucketOf(level, want.End), b+1)
			same(t, "elsewhere", analytics.BucketOf(level, at.In(time.FixedZone("", 20_700))), b)
		}
	})
}

func TestRangeIntersect(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gen := genRange(utc2026, utc2026.AddDate(0, 0, 2))
		a, b := gen.Draw(t, "a"), gen.Draw(t, "b")
		both := a.Intersect(b)
		for _, at := range []time.Time{a.Start, a.End, b.Start, b.End, a.Start.Add(-1), a.End.Add(-1), b.Start.Add(-1), b.End.Add(-1)} {
			in := func(r analytics.Range) bool { return !at.Before(r.Start) && at.Before(r.End) }
			if both.Contains(at) != (in(a) && in(b)) {
				t.Fatalf("%v in %v ∩ %v = %v: %v", at, a, b, both, both.Contains(at))
			}
		}
		if both.End.Before(both.Start) {
			t.Fatalf("%v ends before it starts", both)
		}
	})
}

var utc2026 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestRangeValidate(t *testing.T) {
	t.Parallel()
	min, max := utc(t, "1900-01-01T00:00:00Z"), utc(t, "2200-01-01T00:00:00Z")
	for _, c := range []struct {
		name       string
		start, end time.Time
		says       []string // nil for a valid range
	}{
		{"everything", min, max, nil},
		{"empty", utc2026, utc2026, nil},
		{"too early", min.Add(-time.Microsecond), max, []string{"1900-01-01T00:00:00Z", "1899-12-31T23:59:59.999999Z"}},
		{"too late", min, max.Add(time.Microsecond), []string{"2200-01-01T00:00:00Z", "2200-01-01T00:00:00.000001Z"}},
		{"backwards", utc2026, utc2026.Add(-time.Microsecond), []string{"2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"}},
	} {
		err := analytics.Range{Start: c.start, End: c.end}.Validate("when")
		refused(t, c.name, err, "when", c.says)
	}
}

// refused checks that err is bad input in the field whose message holds every
// one of says; nil says mean that there must be no error.
func refused(t *testing.T, name string, err error, field string, says []string) {
	t.Helper()
	if says == nil {
		if err != nil {
			t.Errorf("%s: unexpected error: %v", name, err)
		}
		return
	}
	bad, isOurs := err.(*analytics.Error) //nolint:errorlint // the package returns it bare
	if !isOurs {
		t.Errorf("%s: got %v, want an *analytics.Error", name, err)
		return
	}
	if bad.Code != analytics.CodeInvalid || bad.Field != field {
		t.Errorf("%s: got code %s in field %q, want %s in %q", name, bad.Code, bad.Field, analytics.CodeInvalid, field)
	}
	for _, word := range says {
		if !strings.Contains(bad.Message, word) {
			t.Errorf("%s: message %q lacks %q", name, bad.Message, word)
		}
	}
}
