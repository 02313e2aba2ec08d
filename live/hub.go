// Package live owns subscriptions: what is computed for them, when, and how it
// reaches the subscribers. Those who watch the same thing share one feed, which
// asks the Source once, however many they are. It must not know the store, the
// transports, or who asks.
package live

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// How often feeds do what.
const (
	// minInterval is the least time between two values of a feed, and between two
	// computations; the pace of polling too.
	minInterval = time.Second
	// refresh is after how long a feed is computed anew although nothing said that
	// it changed: calendars turn.
	refresh = 10 * time.Second
	// grace is how long a feed may fail before it ends, and how long a
	// subscriber may leave a value unread before it is dropped.
	grace          = 30 * time.Second
	computeTimeout = 10 * time.Second
)

// The bounds of a Hub.
const (
	maxFeeds             = 1000    // of a tenant: distinct queries
	maxSubscribers       = 100_000 // of all
	maxTenantSubscribers = 20_000
	maxLinkFeeds         = 10 // of one link, whose token many people have
	maxLinkSubscribers   = 2000
	maxComputing         = 4 // feeds at a time, so that requests find connections free
	maxTenantComputing   = 2 // of one tenant
)

var (
	errClosing = analytics.Errorf(analytics.CodeUnavailable, "the gateway is closing, subscribe again")
	errSlow    = analytics.Errorf(analytics.CodeRateLimited, "a value was left unread for %d s: read faster, or select less", int(grace.Seconds()))
)

// Options configure New.
type Options struct {
	Source loaders.Source
	// Informed reports whether Changed is told of every change, other processes'
	// too. While it is not, feeds poll. Nil is never.
	Informed func() bool
	Log      *slog.Logger
}

// Hub holds the feeds. It is safe for concurrent use.
type Hub struct {
	o         Options
	ctx       context.Context //nolint:containedctx // the Hub's life, which feeds share
	cancel    context.CancelFunc
	computing chan struct{}
	running   sync.WaitGroup

	mu     sync.Mutex // taken before any feed's
	closed bool
	feeds  map[int64]map[feedKey]anyFeed // by tenant
	shares map[int64]*share              // by tenant

	subscribers, feedCount        atomic.Int64
	computations, failed, dropped atomic.Int64
}

// feedKey is what the subscribers of a feed have in common beside the tenant.
type feedKey struct {
	activation string // whose token it is, "" for an API key
	query      string // the field and its arguments
}

// anyFeed is a feed of whatever values.
type anyFeed interface {
	size() int // in subscribers
	hear(topics map[analytics.Topic]bool)
	end(err error)
}

// New makes a Hub. Close ends it.
func New(o Options) *Hub {
	if o.Informed == nil {
		o.Informed = func() bool { return false }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{o: o, computing: make(chan struct{}, maxComputing), feeds: map[int64]map[feedKey]anyFeed{}, shares: map[int64]*share{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Changed says that something of the tenant did: these topics, or with nil any;
// tenant 0 is every tenant. It does not wait for anything.
func (h *Hub) Changed(tenant int64, topics map[analytics.Topic]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for of, feeds := range h.feeds {
		if tenant != 0 && of != tenant {
			continue
		}
		for _, f := range feeds {
			f.hear(topics)
		}
	}
}

// Close ends all subscriptions, and waits until nothing is computed any more.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	feeds := h.feeds
	h.feeds = map[int64]map[feedKey]anyFeed{}
	h.mu.Unlock()
	h.cancel()
	for _, of := range feeds {
		for _, f := range of {
			f.end(errClosing)
		}
	}
	h.running.Wait()
}

// Stats is what a Hub holds and did.
type Stats struct {
	Subscribers, Feeds            int64 // now
	Computations, Failed, Dropped int64 // so far; subscribers are dropped
}

// Stats is the state of things.
func (h *Hub) Stats() Stats {
	return Stats{
		Subscribers: h.subscribers.Load(), Feeds: h.feedCount.Load(),
		Computations: h.computations.Load(), Failed: h.failed.Load(), Dropped: h.dropped.Load(),
	}
}

// join makes s a subscriber of the feed with the key, which is started if there
// is none.
func join[V any](h *Hub, viewer loaders.Viewer, key feedKey, q query[V], s *subscriber[V]) (*feed[V], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tenant := viewer.Tenant.ID
	switch {
	case h.closed:
		return nil, errClosing
	case h.subscribers.Load() >= maxSubscribers:
		return nil, analytics.Errorf(analytics.CodeUnavailable, "too many subscriptions, try again later")
	case h.shareOf(tenant).subscribers.Load() >= maxTenantSubscribers:
		return nil, analytics.Errorf(analytics.CodeRateLimited, "at most %d subscriptions of a tenant at a time", maxTenantSubscribers)
	}
	f, ok := h.feeds[tenant][key].(*feed[V])
	if err := h.admitLink(tenant, key, !ok); err != nil {
		return nil, err
	}
	if !ok {
		if len(h.feeds[tenant]) >= maxFeeds {
			return nil, analytics.Errorf(analytics.CodeRateLimited, "at most %d different subscriptions of a tenant at a time", maxFeeds)
		}
		if h.feeds[tenant] == nil {
			h.feeds[tenant] = map[feedKey]anyFeed{}
		}
		f = newFeed(h, viewer, key, q)
		h.feeds[tenant][key] = f
		h.feedCount.Add(1)
	}
	h.subscribers.Add(1)
	f.share.subscribers.Add(1)
	f.add(s)
	if !ok {
		h.running.Go(f.run)
	}
	return f, nil
}

// admitLink refuses one subscriber more, and maybe one feed, of a link that has as many
// as it may. The lock is held.
func (h *Hub) admitLink(tenant int64, key feedKey, newFeed bool) error {
	if key.activation == "" {
		return nil
	}
	feeds, subscribers := 0, 0
	for k, f := range h.feeds[tenant] {
		if k.activation == key.activation {
			feeds++
			subscribers += f.size()
		}
	}
	switch {
	case subscribers >= maxLinkSubscribers:
		return analytics.Errorf(analytics.CodeRateLimited, "at most %d subscriptions of a link at a time", maxLinkSubscribers)
	case newFeed && feeds >= maxLinkFeeds:
		return analytics.Errorf(analytics.CodeRateLimited, "at most %d different subscriptions of a link at a time", maxLinkFeeds)
	}
	return nil
}

// share is what a tenant has of the Hub.
type share struct {
	subscribers atomic.Int64
	computing   chan struct{}
}

// shareOf is the tenant's. The lock is held.
func (h *Hub) shareOf(tenant int64) *share {
	if h.shares[tenant] == nil {
		h.shares[tenant] = &share{computing: make(chan struct{}, maxTenantComputing)}
	}
	return h.shares[tenant]
}

// forget takes the feed off the Hub, if it is there. The lock is held.
func forget[V any](h *Hub, f *feed[V]) {
	tenant := f.viewer.Tenant.ID
	if h.feeds[tenant][f.key] == anyFeed(f) {
		delete(h.feeds[tenant], f.key)
		if len(h.feeds[tenant]) == 0 {
			delete(h.feeds, tenant)
		}
	}
}

// transient reports whether err may go away by itself.
func transient(err error) bool {
	switch analytics.CodeOf(err) {
	case "", analytics.CodeUnavailable, analytics.CodeInternal:
		return true
	}
	return false
}
