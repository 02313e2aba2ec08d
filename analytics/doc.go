// Package analytics owns Footfall's vocabulary and its arithmetic: the nouns
// (Activation, Partner, Campaign, Event), ranges and calendars, cells and the
// measures read from them, and the typed errors everything else speaks.
//
// It is pure: no I/O but the zone database's, no clock of its own, nothing of ours
// imported. It must not know Postgres or Redis, nor how requests come in: of HTTP it knows the
// statuses that its errors stand for, of GraphQL how its types are written, since
// the schema's are bound to them. Instants are UTC with microsecond resolution,
// ranges are half-open, durations are microseconds unless a name says seconds.
package analytics
