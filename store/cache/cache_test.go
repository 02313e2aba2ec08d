package cache

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
	"footfall/internal/await"
)

func logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestEverySourceMethodRemembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.gateway(nil), w.gateway(nil)
	tenant := w.tenants[0]
	subject := w.subject(tenant, "e")
	activations, err := w.ListActivations(t.Context(), tenant, analytics.ActivationFilter{}, analytics.Page{First: 1})
	ok(t, err)
	_, change, err := w.UpsertCampaigns(t.Context(), tenant, []analytics.Campaign{{CampaignKey: "c", Title: "C", ScheduledAt: day.Start}})
	ok(t, err)
	a.Publish(t.Context(), change)
	group, partner := &analytics.PartnerGroup{UUID: uuid.New(), Name: "G"}, uuid.New()
	_, change, err = w.UpsertPartners(t.Context(), tenant, []analytics.Partner{{
		UUID: partner, Name: "P", PartnerType: analytics.Referral, Tier: group, Categories: []*analytics.PartnerGroup{group},
	}})
	ok(t, err)
	a.Publish(t.Context(), change)
	a.record(tenant, "e", 3)

	questions := map[string]func(g *gateway) (any, error){
		"activations": func(g *gateway) (any, error) {
			return g.Activations(t.Context(), tenant, []string{activations[0].ActivationID, "none"})
		},
		"list of activations": func(g *gateway) (any, error) {
			return g.ListActivations(t.Context(), tenant, analytics.ActivationFilter{Tiers: []string{"gold"}}, analytics.Page{First: 5})
		},
		"no activations": func(g *gateway) (any, error) {
			return g.ListActivations(t.Context(), tenant, analytics.ActivationFilter{Tiers: []string{}}, analytics.Page{First: 5})
		},
		"partners": func(g *gateway) (any, error) {
			return g.Partners(t.Context(), tenant, []uuid.UUID{uuid.Nil, partner})
		},
		"list of partners": func(g *gateway) (any, error) { return g.ListPartners(t.Context(), tenant) },
		"campaigns":        func(g *gateway) (any, error) { return g.Campaigns(t.Context(), tenant, []string{"none", "c"}) },
		"list of campaigns": func(g *gateway) (any, error) {
			return g.ListCampaigns(t.Context(), tenant, analytics.CampaignFilter{Scheduled: &day, Keys: []string{"c"}}, analytics.Page{First: 5})
		},
		"count of activations": func(g *gateway) (any, error) {
			return g.CountActivations(t.Context(), tenant, analytics.ActivationFilter{Tiers: []string{"gold"}})
		},
		"count of campaigns": func(g *gateway) (any, error) {
			return g.CountCampaigns(t.Context(), tenant, analytics.CampaignFilter{Keys: []string{"c", "none"}})
		},
		"totals": func(g *gateway) (any, error) {
			q := query(subject)
			q.Want = analytics.WantUniques
			answers, err := g.Totals(t.Context(), tenant, []analytics.Query{q})
			for i := range answers {
				answers[i].AsOf = time.Time{} // either gateway's: an answer is given before it is kept
			}
			return answers, err
		},
		"extents": func(g *gateway) (any, error) { return g.Extents(t.Context(), tenant, []int64{subject, 999}) },
	}
	for name, ask := range questions {
		stored, err := ask(a)
		ok(t, err)
		await.Until(t, name+" is in Redis", func() bool {
			before := b.Stats()
			b.forgetAll()
			got, err := ask(b)
			ok(t, err)
			if !reflect.DeepEqual(got, stored) {
				t.Fatalf("%s: got %+v, want %+v", name, got, stored)
			}
			after := b.Stats()
			return after.HitsRedis > before.HitsRedis && after.Misses == before.Misses
		})
		before := b.Stats()
		got, err := ask(b)
		ok(t, err)
		if after := b.Stats(); after.HitsMemory == before.HitsMemory || after.HitsRedis+after.Misses != before.HitsRedis+before.Misses {
			t.Errorf("%s: not remembered in process: %+v, then %+v", name, before, after)
		}
		if !reflect.DeepEqual(got, stored) {
			t.Errorf("%s: got %+v, want %+v", name, got, stored)
		}
	}
	if corrupt := b.Stats().Corrupt; corrupt != 0 {
		t.Errorf("corrupt: %d", corrupt)
	}
}

func TestNothingAskedIsNothingSaid(t *testing.T) {
	t.Parallel()
	c := New(Options{})
	a, err := c.Totals(t.Context(), 1, nil)
	ok(t, err)
	equal(t, "answers", len(a), 0)
}

func TestStampedeIsOneLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	subject := w.subject(w.tenants[0], "e")
	g.record(w.tenants[0], "e", 7)
	g.next.calls.Store(0)
	release := make(chan struct{})
	g.next.hooks(func(context.Context) error { <-release; return nil }, nil)
	var done sync.WaitGroup
	for range 200 {
		ctx := newWaiting()
		done.Go(func() {
			if n, err := g.clicks(ctx, w.tenants[0], subject); n != 7 || err != nil {
				t.Errorf("clicks: %d, %v", n, err)
			}
		})
		<-ctx.at
	}
	close(release)
	done.Wait()
	equal(t, "calls of the store", g.next.calls.Load(), 1)
}

func TestWhatIsMissingIsOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	tenant := w.tenants[0]
	var queries []analytics.Query
	for _, e := range []string{"a", "b", "c", "d"} {
		queries = append(queries, query(w.subject(tenant, e)))
		g.record(tenant, e, len(queries))
	}
	_, err := g.Totals(t.Context(), tenant, queries[:2])
	ok(t, err)
	calls, asked := g.next.calls.Load(), g.next.asked.Load()
	ctx, recorder := WithRecorder(t.Context())
	answers, err := g.Totals(ctx, tenant, append(slices.Clone(queries), queries[3])) // a repeat is asked once
	ok(t, err)
	for i, want := range []int64{1, 2, 3, 4, 4} {
		equal(t, "clicks", answers[i].Totals[0].Of[analytics.Click].Events, want)
	}
	equal(t, "calls", g.next.calls.Load()-calls, 1)
	equal(t, "asked", g.next.asked.Load()-asked, 2)
	equal(t, "hits", recorder.Freshness().Reads.Memory+recorder.Freshness().Reads.Redis, 2)
	equal(t, "misses", recorder.Freshness().Reads.Store, 3)
}

func TestWhoGivesUpFailsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	subject := w.subject(w.tenants[0], "e")
	g.record(w.tenants[0], "e", 2)
	release, begun := make(chan struct{}), make(chan struct{})
	g.next.hooks(func(ctx context.Context) error {
		close(begun)
		<-release
		return ctx.Err()
	}, nil)
	impatient, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := g.clicks(impatient, w.tenants[0], subject)
		left <- err
	}()
	await.Value(t, "the load begins", begun)
	stayed, other := make(chan int64), newWaiting()
	go func() {
		n, err := g.clicks(other, w.tenants[0], subject)
		if err != nil {
			t.Error(err)
		}
		stayed <- n
	}()
	await.Value(t, "the other waits", other.at)
	leave()
	if err := await.Value(t, "who left is told", left); !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(release)
	equal(t, "clicks", await.Value(t, "who stayed is answered", stayed), 2)
}

// A load is broken off with the last who waits for it, and that says nothing of
// the store.
func TestNobodyLeftEndsTheLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(undrained)
	subject := w.subject(w.tenants[0], "e")
	g.record(w.tenants[0], "e", 2)
	begun, ended := make(chan struct{}, 100), make(chan error, 100)
	g.next.hooks(func(ctx context.Context) error {
		begun <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return analytics.Unavailable(ctx.Err()) // as a cancelled statement looks
	}, nil)
	for range 2 * g.source.most {
		var all sync.WaitGroup
		ctx, leave := context.WithCancel(t.Context())
		ask := func(ctx context.Context) {
			all.Go(func() {
				if _, err := g.clicks(ctx, w.tenants[0], subject); !errors.Is(err, context.Canceled) {
					t.Errorf("who left got %v", err)
				}
			})
		}
		ask(ctx)
		await.Value(t, "the load begins", begun)
		second, leaveToo := context.WithCancel(t.Context())
		other := &waiting{Context: second, at: make(chan struct{})}
		ask(other)
		await.Value(t, "the other waits", other.at)
		leave()
		select {
		case err := <-ended:
			t.Errorf("%v, although one waits", err)
		default:
		}
		leaveToo()
		if err := await.Value(t, "the load ends", ended); !errors.Is(err, context.Canceled) {
			t.Errorf("the load ended with %v", err)
		}
		all.Wait()
	}
	g.next.hooks(nil, nil)
	equal(t, "clicks, afterwards", g.mustClicks(w.tenants[0], subject), 2)
	if !g.source.allow() {
		t.Error("the store counts as failing")
	}
}

// That a caller had no more time says nothing of the store.
func TestOwnDeadlinesAreNotTheStores(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(nil)
	g.next.hooks(func(ctx context.Context) error {
		<-ctx.Done()
		return analytics.Unavailable(ctx.Err()) // as a statement looks whose time is over
	}, nil)
	for range 2 * g.source.most {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := g.Totals(ctx, w.tenants[0], make([]analytics.Query, mostRemembered+1)) // which nobody shares
		cancel()
		if !analytics.IsUnavailable(err) {
			t.Errorf("whose time is over got %v", err)
		}
	}
	for range 2 { // one would be let through as a try
		equal(t, "the store is asked", g.source.allow(), true)
	}
}

func TestLoadErrorsAreNotShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(nil)
	tenant, good := w.tenants[0], query(w.subject(w.tenants[0], "good"))
	g.record(tenant, "good", 1)
	bad := query(w.subject(tenant, "bad"))
	release, begun := make(chan struct{}), make(chan struct{})
	var first sync.Once
	g.next.hooks(func(context.Context) (err error) {
		first.Do(func() {
			close(begun)
			<-release
			err = analytics.Invalidf("range", "is too old")
		})
		return err
	}, nil)
	failed := make(chan error)
	go func() {
		_, err := g.Totals(context.Background(), tenant, []analytics.Query{good, bad})
		failed <- err
	}()
	<-begun
	answered, other := make(chan error), newWaiting()
	go func() {
		_, err := g.Totals(other, tenant, []analytics.Query{good})
		answered <- err
	}()
	<-other.at
	close(release)
	if err := <-failed; err == nil {
		t.Error("the bad query was answered")
	}
	ok(t, <-answered)
}

func TestPanicOfALoadIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.gateway(nil)
	g.next.hooks(func(context.Context) error { panic("boom") }, nil)
	if _, err := g.clicks(t.Context(), w.tenants[0], 1); err == nil {
		t.Error("no error")
	}
	g.next.hooks(nil, nil)
	_, err := g.clicks(t.Context(), w.tenants[0], 1)
	ok(t, err)
}

func TestLevelOneAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis = ""
	g, other := w.gateway(nil), w.gateway(nil)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g.record(tenant, "e", 1)
	equal(t, "clicks", g.mustClicks(tenant, subject), 1)
	equal(t, "clicks elsewhere", other.mustClicks(tenant, subject), 1)
	await.Until(t, "the answer is remembered", func() bool { // the drain may forget it
		before := g.next.calls.Load()
		equal(t, "clicks", g.mustClicks(tenant, subject), 1)
		return g.next.calls.Load() == before
	})

	g.record(tenant, "e", 1)
	equal(t, "own write, at once", g.mustClicks(tenant, subject), 2)
	equal(t, "fresh elsewhere, at once", other.freshClicks(tenant, subject), 2)
	g.record(tenant, "e", 1)
	await.Within(t, time.Second, "another's write", func() bool { return other.mustClicks(tenant, subject) == 3 })

	w.write(tenant, "e", 1) // by a command that has no cache
	await.Within(t, time.Second, "a command's write", func() bool { return g.mustClicks(tenant, subject) == 4 })
	await.Until(t, "the outbox is empty", func() bool {
		pending, err := w.Pending(t.Context(), 10, 1_000_000)
		ok(t, err)
		return len(pending) == 0
	})
}

// A leaderboard of very many partners is read each time, and leaves what is remembered
// of others alone. It says how fresh it is, and fails as any read does.
func TestVeryManyAreNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenant, subject := w.tenants[0], w.subject(w.tenants[0], "e")
	g := w.gateway(nil)
	g.record(tenant, "e", 3)
	equal(t, "clicks", g.mustClicks(tenant, subject), 3)
	many := make([]analytics.Query, mostRemembered+1)
	for i := range many {
		many[i] = query(subject + int64(i))
	}
	stamps := len(g.memory.stamps)
	for range 2 {
		before := g.Stats()
		ctx, recorder := WithRecorder(t.Context())
		got, err := g.Totals(ctx, tenant, many)
		ok(t, err)
		equal(t, "answers", len(got), len(many))
		equal(t, "clicks of the first", got[0].Totals[0].Of[analytics.Click].Events, int64(3))
		equal(t, "misses", g.Stats().Misses-before.Misses, int64(len(many)))
		if f := recorder.Freshness(); f.Reads.Store != len(many) || f.AsOf.IsZero() || f.Age > time.Minute {
			t.Errorf("freshness %+v", f)
		}
	}
	equal(t, "stamps", len(g.memory.stamps), stamps)
	g.next.hooks(func(context.Context) error { return analytics.Unavailable(errors.New("away")) }, nil)
	if _, err := g.Totals(t.Context(), tenant, many); !analytics.IsUnavailable(err) {
		t.Errorf("the store is away: %v", err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory(1000, 1<<20, 1<<18)
	for subject := range int64(20_000) {
		items := []item{{totalsKey(1, query(subject)), time.Hour}}
		m.keep(items[0].key, &entry{value: subject, size: 300, stamp: m.stampsOf(items)[0], until: time.Now().Add(time.Hour)}, time.Now(), 0)
	}
	m.entries.CleanUp()
	if n := m.entries.EstimatedSize(); n > 1000 {
		t.Errorf("%d entries", n)
	}
	if n := len(m.stamps); n > 1000 {
		t.Errorf("%d stamps", n)
	}
}
