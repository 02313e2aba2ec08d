package analytics

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Watching is a span of time watched, in Unix microseconds, half-open.
type Watching struct{ From, To int64 }

// Intervals is a set of instants: disjoint, ascending, never touching. It is
// one viewer's watched time; two tabs are one viewer watching once.
type Intervals []Watching

// Union merges more spans into s; overlapping and touching ones become one.
func (s Intervals) Union(more ...Watching) Intervals {
	all := slices.Concat(s, more)
	slices.SortFunc(all, func(a, b Watching) int { return cmp.Compare(a.From, b.From) })
	var out Intervals
	for _, w := range all {
		if w.From >= w.To {
			continue
		}
		if n := len(out); n > 0 && w.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, w.To)
		} else {
			out = append(out, w)
		}
	}
	return out
}

// Micros is the total length.
func (s Intervals) Micros() int64 {
	total := int64(0)
	for _, w := range s {
		total += w.To - w.From
	}
	return total
}

// EachQuarter calls f for each quarter-hour that s touches, with the instant
// from which it does and for how many microseconds.
func (s Intervals) EachQuarter(f func(at time.Time, micros int64)) {
	const quarter = int64(QuarterHour / time.Microsecond)
	for _, w := range s {
		for from := w.From; from < w.To; {
			to := min(w.To, (floorDiv(from, quarter)+1)*quarter)
			f(time.UnixMicro(from).UTC(), to-from)
			from = to
		}
	}
}

// Step is a change of the number of viewers at an instant (Unix microseconds).
type Step struct {
	At    int64
	Delta int64
}

// Steps is a signed change of an audience: ascending, one step an instant, no
// zero. Steps add up, so a viewer's merged intervals can change in any order.
type Steps []Step

// Steps are the joins and leaves of s.
func (s Intervals) Steps() Steps {
	steps := make(Steps, 0, 2*len(s))
	for _, w := range s {
		steps = append(steps, Step{w.From, 1}, Step{w.To, -1})
	}
	return steps.normalize()
}

// normalize sorts, adds up what falls on one instant, and drops zeros.
func (s Steps) normalize() Steps {
	slices.SortFunc(s, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	out := s[:0]
	for _, step := range s {
		if n := len(out); n > 0 && out[n-1].At == step.At {
			out[n-1].Delta += step.Delta
			continue
		}
		if n := len(out); n > 0 && out[n-1].Delta == 0 {
			out = out[:n-1]
		}
		out = append(out, step)
	}
	if n := len(out); n > 0 && out[n-1].Delta == 0 {
		out = out[:n-1]
	}
	return out
}

// Peak is the largest audience within r and the first instant it is reached;
// steps before r count as who is watching when it starts. The instant is zero
// when nobody watches in r.
func (s Steps) Peak(r Range) (int64, time.Time) {
	from, to := r.Start.UnixMicro(), r.End.UnixMicro()
	level, peak, at := int64(0), int64(0), int64(0)
	i := 0
	for ; i < len(s) && s[i].At <= from; i++ {
		level += s[i].Delta
	}
	if from < to && level > 0 {
		peak, at = level, from
	}
	for ; i < len(s) && s[i].At < to; i++ {
		level += s[i].Delta
		if level > peak {
			peak, at = level, s[i].At
		}
	}
	if peak == 0 {
		return 0, time.Time{}
	}
	return peak, time.UnixMicro(at).UTC()
}

// since is s with all that happened up to t as one step at t. It reuses s.
func (s Steps) since(t time.Time) Steps {
	at, level, n := t.UnixMicro(), int64(0), 0
	for ; n < len(s) && s[n].At <= at; n++ {
		level += s[n].Delta
	}
	if n == 0 {
		return s
	}
	s[n-1] = Step{at, level}
	return s[n-1:]
}

func (s Steps) encode(day Bucket) []byte {
	var out []byte
	last := day.Start(LevelDay).UnixMicro()
	for _, step := range s {
		out = binary.AppendUvarint(out, uint64(step.At-last))
		out = binary.AppendVarint(out, step.Delta)
		last = step.At
	}
	return out
}

func decodeSteps(day Bucket, data []byte) (Steps, error) {
	const least = 4 // bytes of a step, mostly: a gap of some seconds or less, and a delta
	out := make(Steps, 0, len(data)/least)
	last, end := day.Start(LevelDay).UnixMicro(), (day + 1).Start(LevelDay).UnixMicro()
	for len(data) > 0 {
		gap, n := binary.Uvarint(data)
		if n <= 0 || gap >= uint64(end-last) {
			return nil, fmt.Errorf("steps: %w", errCorrupt)
		}
		delta, m := binary.Varint(data[n:])
		if m <= 0 {
			return nil, fmt.Errorf("steps: %w", errCorrupt)
		}
		last += int64(gap)
		out = append(out, Step{last, delta})
		data = data[n+m:]
	}
	return out, nil
}
