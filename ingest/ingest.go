// Package ingest is the one way in: everything that is written to Footfall,
// events, activations, partners and campaigns, is decoded, checked, committed
// and made known here. Events of requests that arrive together are committed
// together, each request with verdicts of its own.
//
// It knows the wire formats of events (docs/events.md) and HTTP as far as POST
// /v1/events needs it. It must not know Postgres, Redis or GraphQL, nor who may
// write what: callers have been authorised before.
package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"footfall/analytics"
	"footfall/internal/quota"
)

// Store is where writes are committed. Each call but ReadAhead is one
// transaction of one tenant: after an error nothing was stored.
type Store interface {
	// ReadAhead looks up what Record will need of the events, so that Record takes
	// less time. It commits nothing, and Record needs no call of it.
	ReadAhead(ctx context.Context, tenant int64, events []analytics.Event) error
	// Record returns one outcome an event, in order. Of two equal events in one
	// call the first is accepted and the second a duplicate.
	Record(ctx context.Context, tenant int64, events []analytics.Event) ([]analytics.Outcome, analytics.Change, error)
	// Horizon is the instant from which on the tenant's events are kept.
	Horizon(ctx context.Context, tenant int64) (time.Time, error)
	CreateActivation(ctx context.Context, tenant int64, a analytics.Activation, token [32]byte) (analytics.Activation, analytics.Change, error)
	SetActivationStatus(ctx context.Context, tenant int64, id string, status analytics.ActivationStatus) (*analytics.Activation, analytics.Change, error)
	DeleteActivation(ctx context.Context, tenant int64, id string) (analytics.Change, error)
	UpsertPartners(ctx context.Context, tenant int64, partners []analytics.Partner) ([]*analytics.Partner, analytics.Change, error)
	UpsertCampaigns(ctx context.Context, tenant int64, campaigns []analytics.Campaign) ([]*analytics.Campaign, analytics.Change, error)
}

// Publisher tells the caches what a commit changed, or leaves it in the store's
// outbox, from where a cache takes it. It is called after the commit and before the
// writer is acknowledged.
type Publisher interface {
	Publish(ctx context.Context, change analytics.Change)
}

// Gate bounds what is written at once.
type Gate interface {
	// Pass calls do when there is room for the tenant's write.
	Pass(ctx context.Context, tenant int64, weight int, do func() error) error
	// Spare calls do if there is room now, and nobody waits for it.
	Spare(do func())
}

type noGate struct{}

func (noGate) Pass(_ context.Context, _ int64, _ int, do func() error) error { return do() }

func (noGate) Spare(do func()) { do() }

// Commit is what Options.OnCommit is told of one call of Store.Record.
type Commit struct {
	Requests, Events, Accepted, Duplicates, Unknown, TooOld int

	Took time.Duration // the publication included
	Err  error         // nil when the events are stored
}

// commitTimeout bounds one transaction.
const commitTimeout = 30 * time.Second

// Options configure New. Only Store is required; a zero takes the default named.
type Options struct {
	Store     Store
	Publisher Publisher        // nil for none
	Now       func() time.Time // time.Now
	Log       *slog.Logger     // discards
	OnCommit  func(Commit)     // nil; must be quick and safe for concurrent use
	Gate      Gate             // nil has all write at once

	GroupEvents   int   // 20,000: the most events of several requests in one commit
	WaitingEvents int   // 100,000: the most events of one tenant that wait for their commit
	BodyBytes     int64 // 512 MiB: the most memory that bodies on their way in may hold together, a quarter of it one tenant's
}

// tenantBytes is what bodies of one tenant may hold of BodyBytes.
func (o *Options) tenantBytes() int64 { return o.BodyBytes / 4 }

// Writer takes writes. It is safe for concurrent use.
type Writer struct {
	o     Options
	held  *quota.Quota[int64] // bytes of bodies on their way in, by tenant
	turns turns

	mu     sync.Mutex
	lanes  map[int64]*lane // by tenant; one exists while its tenant has work
	closed bool
	busy   sync.WaitGroup // one a lane
}

// New makes a Writer. Close it before the Store.
func New(o Options) *Writer {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Gate == nil {
		o.Gate = noGate{}
	}
	if o.OnCommit == nil {
		o.OnCommit = func(Commit) {}
	}
	o.GroupEvents = orDefault(o.GroupEvents, 20_000)
	o.WaitingEvents = orDefault(o.WaitingEvents, 100_000)
	o.BodyBytes = orDefault(o.BodyBytes, 512<<20)
	return &Writer{o: o, held: quota.New[int64](o.BodyBytes, o.tenantBytes()), turns: turns{of: map[int64]*turn{}}, lanes: map[int64]*lane{}}
}

func orDefault[N int | int64](n, def N) N {
	if n <= 0 {
		return def
	}
	return n
}

// Close refuses new events with CodeUnavailable, and returns when all that were
// taken before are committed or failed.
func (w *Writer) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.busy.Wait()
}

// publish tells the caches of a change.
func (w *Writer) publish(ctx context.Context, change analytics.Change) {
	if change.Seq > 0 && w.o.Publisher != nil {
		w.o.Publisher.Publish(ctx, change)
	}
}
