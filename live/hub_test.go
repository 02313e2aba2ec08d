package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"footfall/analytics"
	"footfall/loaders"
)

// world is a Source that tests change, with a Hub over it. Time is the bubble's.
type world struct {
	loaders.Source
	*Hub
	t        *testing.T
	informed atomic.Bool
	asked    atomic.Int64 // for totals

	mu       sync.Mutex
	likes    int64
	audience analytics.Steps
	stale    bool
	err      error
	nounErr  error         // of looking up what totals are of
	during   func()        // called once, when totals were read and nobody knows them yet
	hold     chan struct{} // what totals of the usual tenant wait for, nil for nothing
}

var tenant = analytics.Tenant{ID: 7}

// inBubble runs a test in a bubble, which fails when a goroutine is left.
func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, likes: 1}
		w.informed.Store(true)
		w.Hub = New(Options{Source: w, Informed: w.informed.Load})
		test(t, w)
		w.Close()
	})
}

func (w *world) Campaigns(_ context.Context, _ int64, keys []string) ([]*analytics.Campaign, error) {
	out := make([]*analytics.Campaign, len(keys))
	for i, key := range keys {
		if key != "unknown" {
			out[i] = &analytics.Campaign{CampaignKey: key, Subject: int64(len(key))}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.nounErr != nil {
		return nil, w.nounErr
	}
	return out, nil
}

func (w *world) Totals(_ context.Context, of int64, queries []analytics.Query) ([]analytics.Answer, error) {
	w.asked.Add(1)
	if w.hold != nil && of == tenant.ID {
		<-w.hold
	}
	w.mu.Lock()
	out := make([]analytics.Answer, len(queries))
	for i := range out {
		out[i] = analytics.Answer{AsOf: time.Now(), Stale: w.stale, Audience: w.audience, Totals: []*analytics.Totals{{}}}
		out[i].Totals[0].Of[analytics.Like].Events = w.likes
	}
	err, during := w.err, w.during
	w.during = nil
	w.mu.Unlock()
	if during != nil {
		during()
	}
	return out, err
}

// set changes what the Source says, and tells of the topics, if any.
func (w *world) set(change func(), topics ...analytics.Topic) {
	w.mu.Lock()
	change()
	w.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	set := map[analytics.Topic]bool{}
	for _, name := range topics {
		set[name] = true
	}
	w.Changed(tenant.ID, set)
}

func (w *world) like(topics ...analytics.Topic) { w.set(func() { w.likes++ }, topics...) }

// watch subscribes to the campaign; leave ends that.
func (w *world) watch(key string) (values <-chan *analytics.CampaignLive, leave context.CancelFunc, ending func() error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ctx, ending = WithEnding(ctx)
	values, err := w.Campaign(ctx, loaders.Viewer{Tenant: tenant}, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return values, cancel, ending
}

// take is the value that waits, nil for none.
func take(values <-chan *analytics.CampaignLive) *analytics.CampaignLive {
	synctest.Wait()
	select {
	case v := <-values:
		return v
	default:
		return nil
	}
}

func (w *world) wantLikes(values <-chan *analytics.CampaignLive, likes int64) {
	w.t.Helper()
	switch v := take(values); {
	case v == nil && likes >= 0:
		w.t.Errorf("no value, want %d likes", likes)
	case v != nil && v.Metrics.Likes != likes:
		w.t.Errorf("%d likes, want %d", v.Metrics.Likes, likes)
	}
}

const none = -1

var subject = analytics.SubjectTopic(int64(len("show")))

func TestOneComputationServesAll(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var all []<-chan *analytics.CampaignLive
		var leaves []context.CancelFunc
		for range 1000 {
			values, leave, _ := w.watch("show")
			all, leaves = append(all, values), append(leaves, leave)
		}
		for round := range int64(3) {
			for _, values := range all {
				w.wantLikes(values, 1+round)
			}
			if asked := w.asked.Load(); asked != 1+round {
				t.Fatalf("asked %d times in round %d", asked, round)
			}
			time.Sleep(minInterval)
			w.like(subject)
		}
		if s := w.Stats(); s.Subscribers != 1000 || s.Feeds != 1 {
			t.Errorf("%+v", s)
		}
		for _, leave := range leaves {
			leave()
		}
		synctest.Wait()
		if s := w.Stats(); s.Subscribers != 0 || s.Feeds != 0 || len(w.feeds) != 0 {
			t.Errorf("after all left: %+v, %v", s, w.feeds)
		}
	})
}

func TestAtMostOncePerSecondAndOnlyOnChange(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, _ := w.watch("show")
		w.wantLikes(values, 1)
		start := time.Now()
		for time.Since(start) < 5*time.Second { // a change every millisecond
			w.like(subject)
			time.Sleep(time.Millisecond)
		}
		if n := w.Stats().Computations; n < 5 || n > 6 {
			t.Errorf("%d computations in 5 s", n)
		}
		time.Sleep(minInterval)
		w.wantLikes(values, 5001)
		before := w.Stats().Computations
		time.Sleep(2 * minInterval)
		w.like(analytics.SubjectTopic(99), analytics.TopicPartners) // not what it depends on
		w.Changed(tenant.ID+1, nil)
		time.Sleep(2 * minInterval)
		w.wantLikes(values, none)
		if n := w.Stats().Computations - before; n != 0 {
			t.Errorf("%d computations without a change", n)
		}
		w.like(subject)
		w.wantLikes(values, 5003) // at once: the last was long ago
	})
}

// An audience moves by itself: no computation, and a value when it did.
func TestTimeAloneChangesTheAudience(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		now := time.Now().UnixMicro()
		w.audience = analytics.Steps{{At: now, Delta: 3}, {At: now + 2_000_000, Delta: -1}, {At: now + 5_000_000, Delta: -2}}
		values, _, _ := w.watch("show")
		var got []string
		for second := range 8 {
			if v := take(values); v != nil {
				got = append(got, fmt.Sprintf("%d:%d", second, v.ViewersNow))
				if !v.At.Equal(time.Now().Truncate(time.Second)) {
					t.Errorf("at %v, now %v", v.At, time.Now())
				}
			}
			time.Sleep(time.Second)
		}
		if fmt.Sprint(got) != "[0:3 2:2 5:0]" {
			t.Errorf("%v", got)
		}
		if n := w.asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestPollsWhenNotInformed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, _ := w.watch("show")
		w.wantLikes(values, 1)
		w.informed.Store(false)
		for likes := range int64(3) {
			w.like()
			time.Sleep(2 * minInterval)
			w.wantLikes(values, 2+likes)
		}
		w.informed.Store(true)
		time.Sleep(2 * minInterval)
		w.like() // which nobody hears of
		time.Sleep(2 * minInterval)
		w.wantLikes(values, none)
		time.Sleep(refresh)
		w.wantLikes(values, 5)
	})
}

func TestAChangeDuringAComputationIsNotLost(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, _ := w.watch("show")
		w.wantLikes(values, 1)
		time.Sleep(minInterval)
		w.set(func() { w.likes, w.during = 2, func() { w.like(subject) } }, subject)
		w.wantLikes(values, 2)
		time.Sleep(minInterval)
		w.wantLikes(values, 3)
	})
}

func TestTheUnreadIsReplacedAndTheSlowAreDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		slow, _, ending := w.watch("show")
		quick, _, _ := w.watch("show")
		for range 5 {
			time.Sleep(minInterval)
			w.like(subject)
			synctest.Wait()
		}
		w.wantLikes(slow, 6) // the latest alone
		w.wantLikes(slow, none)
		for range int(grace/minInterval) + 5 {
			time.Sleep(minInterval)
			w.like(subject)
			take(quick)
		}
		if _, open := <-slow; open {
			t.Error("the slow subscriber is still there")
		}
		if analytics.CodeOf(ending()) != analytics.CodeRateLimited {
			t.Errorf("it ended with %v", ending())
		}
		if s := w.Stats(); s.Subscribers != 1 || s.Dropped != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(minInterval)
		w.like(subject)
		if take(quick) == nil {
			t.Error("the quick one got nothing")
		}
	})
}

func TestFeedsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for i := range maxFeeds {
			w.watch(fmt.Sprint("show", i))
		}
		w.watch("show0") // no other feed
		_, err := w.Campaign(t.Context(), loaders.Viewer{Tenant: tenant}, "one more")
		if analytics.CodeOf(err) != analytics.CodeRateLimited {
			t.Errorf("%v", err)
		}
	})
}

func TestATenantsSubscribersAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		_, leave, _ := w.watch("show")
		count := &w.shareOf(tenant.ID).subscribers
		if n := count.Load(); n != 1 {
			t.Errorf("%d subscribers", n)
		}
		count.Add(maxTenantSubscribers - 1)
		_, err := w.Campaign(t.Context(), loaders.Viewer{Tenant: tenant}, "show")
		if analytics.CodeOf(err) != analytics.CodeRateLimited {
			t.Errorf("one more: %v", err)
		}
		other := loaders.Viewer{Tenant: analytics.Tenant{ID: tenant.ID + 1}}
		if _, err = w.Campaign(t.Context(), other, "show"); err != nil {
			t.Errorf("another tenant: %v", err)
		}
		count.Add(1 - maxTenantSubscribers)
		leave()
		synctest.Wait()
		if n := count.Load(); n != 0 {
			t.Errorf("%d subscribers left", n)
		}
	})
}

// The link's token is in many hands: it leaves room for the tenant's other ones.
func TestALinksShareIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		link, other := loaders.Viewer{Tenant: tenant, ActivationID: "act"}, loaders.Viewer{Tenant: tenant, ActivationID: "other"}
		join := func(v loaders.Viewer, key string) error {
			_, err := w.Campaign(t.Context(), v, key)
			return err
		}
		limited := func(what string, err error) {
			if analytics.CodeOf(err) != analytics.CodeRateLimited {
				t.Errorf("%s: %v", what, err)
			}
		}
		for i := range maxLinkFeeds {
			if err := join(link, fmt.Sprint("show", i)); err != nil {
				t.Fatal(err)
			}
		}
		limited("one feed more", join(link, "one more"))
		for range maxLinkSubscribers - maxLinkFeeds {
			if err := join(link, "show0"); err != nil {
				t.Fatal(err)
			}
		}
		limited("one subscriber more", join(link, "show0"))
		for what, v := range map[string]loaders.Viewer{"another link": other, "a key": {Tenant: tenant}} {
			if err := join(v, "show0"); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// However slow a tenant's queries are, and however many, another's are computed.
func TestATenantHoldsUpItself(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.hold = make(chan struct{})
		for i := range 3 * maxComputing {
			go func() { // it waits for its first value
				_, _ = w.Campaign(t.Context(), loaders.Viewer{Tenant: tenant}, fmt.Sprint("show", i))
			}()
		}
		synctest.Wait()
		other := loaders.Viewer{Tenant: analytics.Tenant{ID: tenant.ID + 1}}
		values, err := w.Campaign(t.Context(), other, "show")
		if err != nil {
			t.Fatal(err)
		}
		w.wantLikes(values, 1)
		close(w.hold)
	})
}

func TestCloseEndsAll(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		values, _, ending := w.watch("show")
		take(values)
		w.Close()
		if _, open := <-values; open || !errors.Is(ending(), errClosing) {
			t.Errorf("open %v, ended with %v", open, ending())
		}
		if _, err := w.Campaign(t.Context(), loaders.Viewer{Tenant: tenant}, "show"); !errors.Is(err, errClosing) {
			t.Errorf("a Hub that is closed: %v", err)
		}
	})
}

// A change that alters no value is no reason to compute more often, nor is a value
// that time alone brought a reason to send the next one sooner.
func TestAtMostOncePerSecondWhateverTheReason(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		now := time.Now().UnixMicro()
		w.audience = analytics.Steps{{At: now, Delta: 2}, {At: now + 10_000_000, Delta: -1}}
		values, _, _ := w.watch("show")
		w.wantLikes(values, 1)
		for range 5000 {
			w.set(func() {}, subject)
			time.Sleep(time.Millisecond)
		}
		if n := w.Stats().Computations; n < 5 || n > 6 {
			t.Errorf("%d computations in 5 s", n)
		}
		w.wantLikes(values, none)
		time.Sleep(5 * time.Second)
		w.wantLikes(values, 1) // one viewer less
		time.Sleep(minInterval / 4)
		w.like(subject)
		w.wantLikes(values, none)
		time.Sleep(minInterval)
		w.wantLikes(values, 2)
	})
}

func TestWhoLeavesTakesNothingFromOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		stays, _, _ := w.watch("show")
		_, leave, _ := w.watch("show")
		w.wantLikes(stays, 1)
		leave()
		synctest.Wait()
		if s := w.Stats(); s.Subscribers != 1 || s.Feeds != 1 {
			t.Errorf("%+v", s)
		}
		time.Sleep(minInterval)
		w.like(subject)
		w.wantLikes(stays, 2)
	})
}
