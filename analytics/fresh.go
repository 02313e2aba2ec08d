package analytics

import (
	"context"
	"math"
	"strconv"
	"time"
)

// AnyAge is the bound of reads that may be answered with whatever is remembered.
const AnyAge time.Duration = math.MaxInt64

// ReplicaLag is how far a replica may be behind, and yet be asked for what has not
// changed for that long.
const ReplicaLag = 10 * time.Second

// freshest is how exactly it is known when something remembered was right. Who
// wants less asks for what was never remembered.
const freshest = time.Second

type maxAgeKey struct{}

// WithMaxAge asks that nothing read under ctx was last known to be right longer
// ago than age, which is at least 0; of several bounds the strictest counts. Less
// than a second is WithFresh.
func WithMaxAge(ctx context.Context, age time.Duration) context.Context {
	if age < freshest {
		age = 0
	}
	if age >= MaxAge(ctx) {
		return ctx
	}
	return context.WithValue(ctx, maxAgeKey{}, age)
}

// WithAnyAge takes back what was asked before.
func WithAnyAge(ctx context.Context) context.Context {
	if MaxAge(ctx) == AnyAge {
		return ctx
	}
	return context.WithValue(ctx, maxAgeKey{}, AnyAge)
}

// MaxAge is the bound of reads under ctx, AnyAge when there is none.
func MaxAge(ctx context.Context) time.Duration {
	if age, ok := ctx.Value(maxAgeKey{}).(time.Duration); ok {
		return age
	}
	return AnyAge
}

// WithFresh asks that reads under ctx see every acknowledged write: past all
// caches and replicas (Cache-Control: no-cache).
func WithFresh(ctx context.Context) context.Context { return WithMaxAge(ctx, 0) }

// Fresh reports whether ctx asks for that.
func Fresh(ctx context.Context) bool { return MaxAge(ctx) == 0 }

// Freshness says how fresh the reads behind an answer were.
type Freshness struct {
	AsOf  time.Time     // when the oldest measure was read; zero when none was
	Age   time.Duration // since the oldest of all was last known to be right
	Stale bool          // something was remembered past its time, the store being out of reach
	Reads Reads

	MaxAge time.Duration // the strictest bound of any read, AnyAge for none
}

// MarshalJSON writes what extensions.freshness says.
func (f Freshness) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 160), `{"asOf":`...)
	if f.AsOf.IsZero() {
		b = append(b, "null"...)
	} else {
		b = append(f.AsOf.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
	}
	b = strconv.AppendFloat(append(b, `,"ageSeconds":`...), float64(f.Age.Milliseconds())/1000, 'f', -1, 64)
	b = strconv.AppendBool(append(b, `,"stale":`...), f.Stale)
	b = append(b, `,"sources":{`...)
	for i, n := range []struct {
		name  string
		count int
	}{{"memory", f.Reads.Memory}, {"redis", f.Reads.Redis}, {"store", f.Reads.Store}, {"stale", f.Reads.Stale}} {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), n.name...), `":`...)
		b = strconv.AppendInt(b, int64(n.count), 10)
	}
	return append(b, "}}"...), nil
}

// Reads counts what was read, by where it was found.
type Reads struct {
	Memory int // in process
	Redis  int
	Store  int
	Stale  int // remembered past their time
}

// Any reports whether anything was read.
func (r Reads) Any() bool { return r != Reads{} }
