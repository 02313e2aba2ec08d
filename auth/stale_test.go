package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"footfall/analytics"
	"footfall/auth"
)

func TestStale(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ask := func(ctx context.Context, secret string) (string, error) {
		p, err := b.Credential(ctx, secret)
		if err != nil {
			return "", err
		}
		return p.ID, nil
	}
	for _, secret := range []string{b.read, b.revoked, "tok_none"} {
		_, _ = ask(t.Context(), secret)
	}
	b.dir.failure = errGone
	b.pass(4 * time.Minute)
	if id, err := ask(t.Context(), b.read); id != "key:12" {
		t.Errorf("%q, %v", id, err)
	}
	wantLookups(t, b, 4)
	if id, err := ask(t.Context(), b.read); id != "key:12" { // asked a moment ago, in vain
		t.Errorf("%q, %v", id, err)
	}
	wantLookups(t, b, 4)
	if id, err := ask(analytics.WithFresh(t.Context()), b.read); id != "key:12" {
		t.Errorf("fresh: %q, %v", id, err)
	}
	if _, err := ask(t.Context(), b.revoked); !errors.Is(err, auth.ErrInvalid) {
		t.Errorf("revoked: %v", err)
	}
	for _, never := range []string{documented, "tok_none"} {
		if _, err := ask(t.Context(), never); !errors.Is(err, errGone) {
			t.Errorf("never verified: %v", err)
		}
	}
	b.pass(time.Minute)
	if _, err := ask(t.Context(), b.read); !errors.Is(err, errGone) {
		t.Errorf("verified five minutes ago: %v", err)
	}
	b.dir.failure = nil
	if id, err := ask(t.Context(), b.read); id != "key:12" {
		t.Errorf("back: %q, %v", id, err)
	}
	b.dir.failure = errors.New("store: syntax error")
	b.pass(time.Second)
	if _, err := ask(t.Context(), b.read); err == nil || errors.Is(err, auth.ErrInvalid) {
		t.Errorf("a failed lookup is neither yes nor no: %v", err)
	}
}

func TestStaleOff(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *auth.Options) { o.StaleFor = 0 })
	_, _ = b.Credential(t.Context(), b.read)
	b.dir.failure = errGone
	b.pass(time.Second)
	if _, err := b.Credential(t.Context(), b.read); !errors.Is(err, errGone) {
		t.Error(err)
	}
}

// While the directory hangs, one lookup at a time waits for it, and nobody whose
// credential was verified does.
func TestStaleDoesNotWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.Credential(t.Context(), b.read); err != nil {
		t.Fatal(err)
	}
	b.dir.failure = errGone
	b.pass(2 * time.Second)
	if _, err := b.Credential(t.Context(), b.read); err != nil {
		t.Fatal(err)
	}
	b.dir.mu.Lock()
	b.dir.block = make(chan struct{})
	b.dir.mu.Unlock()
	b.pass(2 * time.Second)
	for range 5 { // would wait for ever
		if p, err := b.Credential(t.Context(), b.read); err != nil || p.ID != "key:12" {
			t.Fatalf("%v, %v", p, err)
		}
	}
	b.dir.mu.Lock()
	close(b.dir.block)
	b.dir.block, b.dir.failure = nil, errNone
	b.dir.mu.Unlock()
	b.pass(4 * time.Second)                               // who knows how the directory is by now
	for deadline := time.Now().Add(10 * time.Second); ; { // the lookup from before may be joined yet
		if _, err := b.Credential(t.Context(), b.read); errors.Is(err, auth.ErrInvalid) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("what the directory knows no more still opens")
		}
	}
}
