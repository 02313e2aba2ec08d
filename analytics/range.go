package analytics

import (
	"time"
)

// Range is the half-open span of instants [Start, End).
type Range struct {
	Start, End time.Time
}

// The instants Footfall accepts anywhere. Both are month starts.
var (
	MinInstant = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	MaxInstant = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Always is the range that holds every event.
var Always = Range{MinInstant, MaxInstant}

// Empty reports whether no instant lies in r.
func (r Range) Empty() bool { return !r.Start.Before(r.End) }

// Contains reports whether t lies in r.
func (r Range) Contains(t time.Time) bool { return !t.Before(r.Start) && t.Before(r.End) }

// Intersect is the part of r inside o; an empty result starts and ends at one
// instant of r's side of o.
func (r Range) Intersect(o Range) Range {
	start, end := r.Start, r.End
	if o.Start.After(start) {
		start = o.Start
	}
	if o.End.Before(end) {
		end = o.End
	}
	if end.Before(start) {
		end = start
	}
	return Range{start, end}
}

// Validate checks order and bounds; field names the input in the error.
func (r Range) Validate(field string) error {
	switch {
	case r.Start.Before(MinInstant):
		return Invalidf(field, "must not start before %s, got %s", MinInstant.Format(time.RFC3339), r.Start.Format(time.RFC3339Nano))
	case r.End.After(MaxInstant):
		return Invalidf(field, "must not end after %s, got %s", MaxInstant.Format(time.RFC3339), r.End.Format(time.RFC3339Nano))
	case r.End.Before(r.Start):
		return Invalidf(field, "must not end (%s) before it starts (%s)", r.End.Format(time.RFC3339Nano), r.Start.Format(time.RFC3339Nano))
	}
	return nil
}

// Level is the size of a calendar bucket.
type Level int16

// The levels. Rows of cells exist for days and months; quarter-hours are
// packed inside days.
const (
	LevelQuarter Level = iota
	LevelDay
	LevelMonth
)

// QuarterHour is the finest bucket: every UTC offset in use is a multiple of it.
const QuarterHour = 15 * time.Minute

// cutsQuarters reports whether r begins or ends inside a quarter-hour.
func (r Range) cutsQuarters() bool {
	return insideQuarter(r.Start) || insideQuarter(r.End)
}

func insideQuarter(t time.Time) bool { return !t.Truncate(QuarterHour).Equal(t) }

// QuartersPerDay is how many quarter-hours a UTC day packs.
const QuartersPerDay = 96

// Bucket numbers the buckets of a level: quarter-hours and days since the Unix
// epoch, months since year 0. Numbers of one level are consecutive.
type Bucket int64

// BucketOf is the bucket of the level that holds t.
func BucketOf(level Level, t time.Time) Bucket {
	switch level {
	case LevelQuarter:
		return Bucket(floorDiv(t.Unix(), 900))
	case LevelDay:
		return Bucket(floorDiv(t.Unix(), 86400))
	default:
		u := t.UTC()
		return Bucket(u.Year()*12 + int(u.Month()) - 1)
	}
}

// Start is the first instant of bucket b.
func (b Bucket) Start(level Level) time.Time {
	switch level {
	case LevelQuarter:
		return time.Unix(int64(b)*900, 0).UTC()
	case LevelDay:
		return time.Unix(int64(b)*86400, 0).UTC()
	default:
		year := floorDiv(int64(b), 12)
		return time.Date(int(year), time.Month(int64(b)-year*12+1), 1, 0, 0, 0, 0, time.UTC)
	}
}

// Range is the span of instants of bucket b.
func (b Bucket) Range(level Level) Range { return Range{b.Start(level), (b + 1).Start(level)} }

func ceilBucket(level Level, t time.Time) Bucket {
	b := BucketOf(level, t)
	if b.Start(level).Before(t) {
		b++
	}
	return b
}

// Span is the run of whole buckets [From, To) of one level.
type Span struct {
	Level    Level
	From, To Bucket
}

// Cover is a range cut at bucket borders: whole buckets in at most five spans,
// and the two ends that fall inside a quarter-hour.
type Cover struct {
	Head, Tail Range
	Spans      []Span
}

// Decompose covers r exactly once, by the coarsest buckets that fit.
func Decompose(r Range) Cover {
	if r.Empty() {
		return Cover{}
	}
	from, to := ceilBucket(LevelQuarter, r.Start), BucketOf(LevelQuarter, r.End)
	if from > to { // inside one quarter-hour
		return Cover{Head: r}
	}
	c := Cover{
		Head: Range{r.Start, from.Start(LevelQuarter)},
		Tail: Range{to.Start(LevelQuarter), r.End},
	}
	c.Spans = appendSpans(nil, LevelQuarter, from, to)
	return c
}

// appendSpans covers buckets [from, to) of the level, handing the middle to
// the next coarser level where whole buckets of it fit.
func appendSpans(spans []Span, level Level, from, to Bucket) []Span {
	if from == to {
		return spans
	}
	if level == LevelMonth {
		return append(spans, Span{level, from, to})
	}
	coarse := level + 1
	coarseFrom := ceilBucket(coarse, from.Start(level))
	coarseTo := BucketOf(coarse, to.Start(level))
	if coarseFrom >= coarseTo {
		return append(spans, Span{level, from, to})
	}
	headEnd := BucketOf(level, coarseFrom.Start(coarse))
	tailStart := BucketOf(level, coarseTo.Start(coarse))
	if from < headEnd {
		spans = append(spans, Span{level, from, headEnd})
	}
	spans = appendSpans(spans, coarse, coarseFrom, coarseTo)
	if tailStart < to {
		spans = append(spans, Span{level, tailStart, to})
	}
	return spans
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Hull is the smallest range that holds r and o; an empty range adds nothing.
func (r Range) Hull(o Range) Range {
	if r.Empty() {
		return o
	}
	if o.Start.Before(r.Start) {
		r.Start = o.Start
	}
	if o.End.After(r.End) {
		r.End = o.End
	}
	return r
}
