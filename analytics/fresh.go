package analytics

import (
	"context"
	"encoding/json"
	"math"
	"time"
)

// AnyAge is the bound of reads that may be answered with whatever is remembered.
const AnyAge time.Duration = math.MaxInt64

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
	var asOf *time.Time
	if !f.AsOf.IsZero() {
		asOf = &f.AsOf
	}
	return json.Marshal(struct {
		AsOf       *time.Time `json:"asOf"`
		AgeSeconds float64    `json:"ageSeconds"`
		Stale      bool       `json:"stale"`
		Sources    Reads      `json:"sources"`
	}{asOf, float64(f.Age.Milliseconds()) / 1000, f.Stale, f.Reads})
}

// Reads counts what was read, by where it was found.
type Reads struct {
	Memory int `json:"memory"` // in process
	Redis  int `json:"redis"`
	Store  int `json:"store"`
	Stale  int `json:"stale"` // remembered past their time
}

// Any reports whether anything was read.
func (r Reads) Any() bool { return r != Reads{} }
