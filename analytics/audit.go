package analytics

import (
	"context"
	"time"
)

// AuditEntry is an administrative act as the audit log keeps it. Neither target nor
// detail ever holds a secret, nor what an erasure erased.
type AuditEntry struct {
	ID     int64
	At     time.Time
	Actor  string         // "ops@host", the operating system's user, or "key:12", an API key
	Name   string         // such as "key.create"
	Tenant string         // access key; "" for the whole database
	Target string         // what was acted on; "" where the name says it
	Detail map[string]any // what else is worth knowing
}

// AuditFilter picks acts; zero values pass all.
type AuditFilter struct {
	Tenant       int64
	Name         string // the act, or all of a noun: "key"
	Actor        string
	Since, Until time.Time
	Most         int
}

type actorKey struct{}

// WithActor says who acts under ctx.
func WithActor(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// Actor is who acts under ctx, "unknown" when nothing says so.
func Actor(ctx context.Context) string {
	if who, ok := ctx.Value(actorKey{}).(string); ok {
		return who
	}
	return "unknown"
}
