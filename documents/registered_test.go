package documents

import (
	"context"
	"strings"
	"testing"
)

// shared is what several gateways share, and may hold anything.
type shared map[string]string

func (s shared) Document(_ context.Context, hash string) (string, bool) {
	text, ok := s[hash]
	return text, ok
}
func (s shared) KeepDocument(_ context.Context, hash, text string) { s[hash] = text }

func TestRegistered(t *testing.T) {
	t.Parallel()
	ctx, both := t.Context(), shared{}
	one, other, alone := NewRegistered(both), NewRegistered(both), NewRegistered(nil)
	text := "{ a }"
	hash := Hash(text)
	for name, r := range map[string]*Registered{"one": one, "other": other, "alone": alone} {
		if got, ok := r.Text(ctx, hash); ok {
			t.Errorf("%s knows %q", name, got)
		}
	}
	one.Keep(ctx, hash, text)
	for name, r := range map[string]*Registered{"one": one, "other": other} {
		if got, ok := r.Text(ctx, hash); !ok || got != text {
			t.Errorf("%s knows %q, %v", name, got, ok)
		}
	}
	delete(both, hash) // remembered since
	if _, ok := other.Text(ctx, hash); !ok {
		t.Error("what was shared is not remembered")
	}
	alone.Keep(ctx, hash, text)
	if _, ok := alone.Text(ctx, hash); !ok {
		t.Error("what is kept in process alone is not known")
	}
}

func TestRegisteredBelievesHashes(t *testing.T) {
	t.Parallel()
	hash, long := Hash("{ a }"), strings.Repeat(" ", MaxLength+1)
	both := shared{hash: "mutation { b }", Hash(long): long, "short": "{ a }"}
	r := NewRegistered(both)
	for _, name := range []string{hash, Hash(long), "short", "", strings.ToUpper(hash)} {
		if text, ok := r.Text(t.Context(), name); ok {
			t.Errorf("%s is %.20q", name, text)
		}
	}
	delete(both, Hash(long))
	r.Keep(t.Context(), Hash(long), long)
	if len(both) != 2 {
		t.Error("a document that is too long is kept")
	}
}
