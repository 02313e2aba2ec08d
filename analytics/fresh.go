package analytics

import "context"

type freshKey struct{}

// WithFresh asks that reads under ctx see every acknowledged write: past all
// caches and replicas (Cache-Control: no-cache).
func WithFresh(ctx context.Context) context.Context { return context.WithValue(ctx, freshKey{}, true) }

// Fresh reports whether ctx asks for that.
func Fresh(ctx context.Context) bool { return ctx.Value(freshKey{}) != nil }
