package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/internal/await"
)

func wantLookups(t *testing.T, b *bundle, want int) {
	t.Helper()
	if n := b.dir.asked(); n != want {
		t.Errorf("the directory was asked %d times, want %d", n, want)
	}
}

// hold begins a look-up that takes until the channel is closed.
func (b *bundle) hold(t *testing.T, all *sync.WaitGroup, ask func()) chan struct{} {
	t.Helper()
	block := make(chan struct{})
	b.dir.block = block
	all.Go(ask)
	await.Until(t, "the look-up begins", func() bool { return b.dir.asked() > 0 })
	return block
}

func TestAnswersHoldForASecond(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, ask := range map[string]func(context.Context) error{
		"key":   func(ctx context.Context) error { _, err := b.Credential(ctx, b.read); return err },
		"token": func(ctx context.Context) error { _, err := b.Credential(ctx, documented); return err },
		"link": func(ctx context.Context) error {
			_, err := b.OpenLink(ctx, nil, "act_abc123xyz", documented)
			return err
		},
		"unknown": func(ctx context.Context) error { _, err := b.Credential(ctx, "tok_none"); return err },
		"no link": func(ctx context.Context) error { _, err := b.OpenLink(ctx, nil, "act_none", "x"); return err },
	} { // one after the other: they count
		before := b.dir.asked()
		for _, step := range []struct {
			pass   time.Duration
			ctx    context.Context
			wanted int
		}{
			{0, t.Context(), 1},
			{999 * time.Millisecond, t.Context(), 1},
			{time.Millisecond, t.Context(), 2},
			{0, t.Context(), 2},
			{0, analytics.WithFresh(t.Context()), 3},
			{999 * time.Millisecond, t.Context(), 3}, // a fresh answer is remembered too
		} {
			b.pass(step.pass)
			_ = ask(step.ctx)
			if n := b.dir.asked() - before; n != step.wanted {
				t.Errorf("%s: asked %d times, want %d", name, n, step.wanted)
			}
		}
	}
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		see func(*bundle) context.Context
	}{
		"within a second": {func(b *bundle) context.Context { b.pass(time.Second); return context.Background() }},
		"at once, fresh":  {func(*bundle) context.Context { return analytics.WithFresh(context.Background()) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			key := func(ctx context.Context) error { _, err := b.Credential(ctx, b.read); return err }
			token := func(ctx context.Context) error { _, err := b.Credential(ctx, documented); return err }
			link := func(ctx context.Context) error {
				_, err := b.OpenLink(ctx, nil, "act_abc123xyz", documented)
				return err
			}
			if err := errors.Join(key(t.Context()), token(t.Context()), link(t.Context())); err != nil {
				t.Fatal(err)
			}
			b.dir.set(func() {
				for digest, k := range b.dir.keys {
					k.RevokedAt = &start
					b.dir.keys[digest] = k
				}
				l := b.dir.links["act_abc123xyz"]
				l.RevokedAt = &start
				b.dir.links["act_abc123xyz"] = l
			})
			if err := errors.Join(key(t.Context()), token(t.Context()), link(t.Context())); err != nil {
				t.Errorf("not remembered: %v", err)
			}
			ctx := c.see(b)
			if err := key(ctx); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("the key opens still: %v", err)
			}
			if err := token(ctx); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("the token is a principal still: %v", err)
			}
			if err := link(ctx); !errors.Is(err, auth.ErrRevoked) {
				t.Errorf("the link opens still: %v", err)
			}
			b.dir.set(func() { delete(b.dir.links, "act_abc123xyz") })
			if err := link(c.see(b)); !errors.Is(err, auth.ErrNoActivation) {
				t.Errorf("the deleted activation is there still: %v", err)
			}
		})
	}
}

// Links that were remembered, and those that were not there, are looked up again once
// activations changed; keys are not.
func TestChangedLinksAreLookedUpAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made, digest := auth.NewToken()
	open := func(id, token string, want error) {
		t.Helper()
		if _, err := b.OpenLink(t.Context(), nil, id, token); !errors.Is(err, want) {
			t.Errorf("the link of %s: %v, want %v", id, err, want)
		}
	}
	present := func(secret string, want error) {
		t.Helper()
		if _, err := b.Credential(t.Context(), secret); !errors.Is(err, want) {
			t.Errorf("a credential: %v, want %v", err, want)
		}
	}
	open("act_made", made, auth.ErrNoActivation)
	open("act_abc123xyz", documented, nil)
	present(documented, nil)
	present(b.read, nil)
	b.dir.set(func() {
		b.dir.links["act_made"] = analytics.Link{ActivationID: "act_made", TokenDigest: digest}
		delete(b.dir.links, "act_abc123xyz")
	})
	open("act_made", made, auth.ErrNoActivation) // nobody said so
	b.LinksChanged()
	before := b.dir.asked()
	open("act_made", made, nil)
	open("act_abc123xyz", "wrong", auth.ErrNoActivation)
	present(documented, auth.ErrInvalid)
	wantLookups(t, b, before+3)
	open("act_made", made, nil)
	present(b.read, nil)
	wantLookups(t, b, before+3)
}

// What stands in while the directory is away does so no longer once activations changed, as
// soon as the directory can tell again.
func TestChangedLinksHaveNoStandIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	open := func() error {
		_, err := b.OpenLink(t.Context(), nil, "act_abc123xyz", documented)
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	b.pass(2 * time.Second)
	b.dir.set(func() { b.dir.failure = analytics.Unavailable(errors.New("away")) })
	if err := open(); err != nil {
		t.Errorf("nothing stands in: %v", err)
	}
	b.dir.set(func() { b.dir.failure = nil; delete(b.dir.links, "act_abc123xyz") })
	b.LinksChanged()
	if err := open(); !errors.Is(err, auth.ErrNoActivation) {
		t.Errorf("it still stands in: %v", err)
	}
}

// A look-up that began before activations changed is no answer to who asks after.
func TestChangedLinksJoinNoOlderLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	block := b.hold(t, &all, func() { _, _ = b.OpenLink(t.Context(), nil, "act_abc123xyz", documented) })
	b.dir.set(func() { b.dir.block = nil })
	b.LinksChanged()
	all.Go(func() {
		if _, err := b.OpenLink(t.Context(), nil, "act_abc123xyz", documented); err != nil {
			t.Errorf("the link: %v", err)
		}
	})
	close(block)
	all.Wait()
	if n := b.dir.asked(); n != 2 {
		t.Errorf("%d look-ups, want one before the change and one after", n)
	}
}

func TestExpiryIsCheckedAtUse(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *auth.Options) { o.StaleFor = time.Hour })
	b.pass(time.Minute - time.Nanosecond)
	if _, err := b.Credential(t.Context(), b.expiring); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Nanosecond) // remembered, but over
	_, err := b.Credential(t.Context(), b.expiring)
	if !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("an expired key opens: %v", err)
	}
	wantLookups(t, b, 1)
	b.dir.failure = errGone
	b.pass(time.Minute)
	if _, err := b.Credential(t.Context(), b.expiring); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("an expired key opens while the directory is away: %v", err)
	}
}

func TestOneLookupForAll(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]func(*bundle) string{
		"known":   func(b *bundle) string { return b.read },
		"unknown": func(*bundle) string { return "tok_none" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() { _, _ = b.Credential(t.Context(), secret(b)) })
			}
			all.Wait()
			wantLookups(t, b, 1)
		})
	}
}

// A fresh caller must not be given the answer of a lookup that began before
// it asked: the change it knows of may lie between.
func TestFreshJoinsNoOlderLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	block := b.hold(t, &all, func() { _, _ = b.Credential(t.Context(), b.read) })
	b.dir.set(func() {
		k := b.dir.keys[auth.Digest(b.read)]
		k.RevokedAt = &start
		b.dir.keys[auth.Digest(b.read)] = k
		b.dir.block = nil
	})
	var calling sync.WaitGroup
	calling.Add(20)
	for range 20 {
		all.Go(func() {
			calling.Done()
			if _, err := b.Credential(analytics.WithFresh(context.Background()), b.read); !errors.Is(err, auth.ErrInvalid) {
				t.Errorf("a fresh caller joined an older lookup: %v", err)
			}
		})
	}
	calling.Wait()
	close(block)
	all.Wait()
	if n := b.dir.busiest.Load(); n != 1 {
		t.Errorf("%d lookups of one key at a time", n)
	}
}

func TestACancelledCallerFailsNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	block := b.hold(t, &all, func() { _, _ = b.Credential(ctx, b.read) })
	all.Go(func() {
		if _, err := b.Credential(t.Context(), b.read); err != nil {
			t.Error(err)
		}
	})
	cancel()
	close(block)
	all.Wait()
	if n := b.dir.asked(); n != 1 {
		t.Errorf("%d look-ups", n)
	}
}
