package cache

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"footfall/analytics"
)

// schema is the version of everything below, the fields of nouns included:
// raise it when any of it changes. A value of another version is a miss.
const schema = 5

var (
	errCorrupt = errors.New("cache: value cannot be read")
	errSchema  = errors.New("cache: value of another version")
)

// envelope is a value in Redis. Right is when the value was last known to be
// right: the instant before it was read.
type envelope struct {
	token   token // the topic's before the value was read
	right   time.Time
	until   time.Time
	payload []byte
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode writes schema, checksum of the rest, token, right, until, payload.
func (e *envelope) encode() []byte {
	b := make([]byte, 5, 5+len(token{})+20+len(e.payload))
	b[0] = schema
	b = append(b, e.token[:]...)
	b = binary.AppendVarint(b, e.right.UnixMicro())
	b = binary.AppendVarint(b, e.until.UnixMicro())
	b = append(b, e.payload...)
	binary.BigEndian.PutUint32(b[1:], crc32.Checksum(b[5:], castagnoli))
	return b
}

func decodeEnvelope(b []byte) (*envelope, error) {
	switch {
	case len(b) == 0:
		return nil, errCorrupt
	case b[0] != schema:
		return nil, errSchema
	case len(b) < 5+len(token{}) || binary.BigEndian.Uint32(b[1:]) != crc32.Checksum(b[5:], castagnoli):
		return nil, errCorrupt
	}
	e := &envelope{token: token(b[5:])}
	r := reader{b: b[5+len(e.token):]}
	e.right, e.until = time.UnixMicro(r.varint()), time.UnixMicro(r.varint())
	e.payload = r.b
	return e, r.err
}

// encodeAnswer writes the instant, the totals, whether they were truncated, the
// groups with their values and totals, the dimension that was lost, what is gone,
// the totals of the rest, and the audience.
func encodeAnswer(a analytics.Answer) ([]byte, error) {
	b := binary.AppendVarint(nil, a.AsOf.UnixMicro())
	b = appendTotals(b, a.Totals)
	truncated := uint64(0)
	if a.Truncated {
		truncated = 1
	}
	b = binary.AppendUvarint(b, truncated)
	b = binary.AppendUvarint(b, uint64(len(a.Groups)))
	for _, g := range a.Groups {
		b = binary.AppendUvarint(b, uint64(len(g.Values)))
		for _, v := range g.Values {
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		}
		b = appendTotals(b, g.Totals)
	}
	b = append(binary.AppendUvarint(b, uint64(len(a.Lost))), a.Lost...)
	if a.Gone == (analytics.Gone{}) {
		b = append(b, 0)
	} else {
		b = appendVarints(append(b, 1), a.Gone.At.UnixMicro(), a.Gone.EventsFrom.UnixMicro())
	}
	return appendSteps(appendTotals(b, a.Other), a.Audience), nil
}

// appendTotals writes their number, and of each the actions that have any, each
// with its numbers, then sessions and peak.
func appendTotals(b []byte, totals []*analytics.Totals) []byte {
	b = binary.AppendUvarint(b, uint64(len(totals)))
	for _, t := range totals {
		var mask uint64
		for action := range t.Of {
			if t.Of[action] != (analytics.Total{}) {
				mask |= 1 << action
			}
		}
		b = binary.AppendUvarint(b, mask)
		for action := range t.Of {
			if mask&(1<<action) != 0 {
				of := &t.Of[action]
				b = appendVarints(b, of.Events, of.Starts, of.Micros, of.Sessions, of.Visitors)
			}
		}
		b = appendVarints(b, t.Sessions, t.Peak, t.PeakAt)
	}
	return b
}

func decodeAnswer(b []byte) (analytics.Answer, error) {
	r := reader{b: b}
	a := analytics.Answer{AsOf: time.UnixMicro(r.varint()).UTC()}
	a.Totals = r.totals()
	a.Truncated = r.uvarint() == 1
	for range r.count() {
		g := analytics.Group{}
		for range r.count() {
			g.Values = append(g.Values, r.text())
		}
		g.Totals = r.totals()
		a.Groups = append(a.Groups, g)
	}
	a.Lost = analytics.Dimension(r.text())
	if r.uvarint() == 1 {
		a.Gone = analytics.Gone{At: time.UnixMicro(r.varint()).UTC(), EventsFrom: time.UnixMicro(r.varint()).UTC()}
	}
	if other := r.totals(); len(other) > 0 {
		a.Other = other
	}
	a.Audience = r.steps()
	if r.err == nil && len(r.b) > 0 {
		r.err = errCorrupt
	}
	return a, r.err
}

// totals reads what appendTotals wrote.
func (r *reader) totals() []*analytics.Totals {
	out := slices.Repeat([]*analytics.Totals{analytics.Nothing}, int(r.count()))
	for i := range out {
		var t analytics.Totals
		mask := r.uvarint()
		if mask>>len(t.Of) != 0 {
			r.b, r.err = nil, errCorrupt
			return out
		}
		for action := range t.Of {
			if mask&(1<<action) != 0 {
				of := &t.Of[action]
				r.varints(&of.Events, &of.Starts, &of.Micros, &of.Sessions, &of.Visitors)
			}
		}
		r.varints(&t.Sessions, &t.Peak, &t.PeakAt)
		out[i] = t.Keep()
	}
	return out
}

func encodeJSON[V any](v V) ([]byte, error) { return json.Marshal(v) }

func decodeJSON[V any](b []byte) (v V, err error) {
	err = json.Unmarshal(b, &v)
	return v, err
}

func appendVarints(b []byte, ns ...int64) []byte {
	for _, n := range ns {
		b = binary.AppendVarint(b, n)
	}
	return b
}

// appendSteps writes the number of steps, and of each the time since the one
// before it and the change.
func appendSteps(b []byte, steps analytics.Steps) []byte {
	b = binary.AppendUvarint(b, uint64(len(steps)))
	last := int64(0)
	for _, step := range steps {
		b = appendVarints(b, step.At-last, step.Delta)
		last = step.At
	}
	return b
}

func (r *reader) steps() analytics.Steps {
	var steps analytics.Steps
	last := int64(0)
	for range r.count() {
		last += r.varint()
		steps = append(steps, analytics.Step{At: last, Delta: r.varint()})
	}
	return steps
}

// reader reads varints until one cannot be read.
type reader struct {
	b   []byte
	err error
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

// count reads how many follow, each of which takes a byte or more.
func (r *reader) count() uint64 {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.b, r.err = nil, errCorrupt
		return 0
	}
	return n
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) varints(to ...*int64) {
	for _, v := range to {
		*v = r.varint()
	}
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.b, r.err = nil, errCorrupt
		return
	}
	r.b = r.b[n:]
}
