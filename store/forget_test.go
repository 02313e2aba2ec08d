package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"footfall/analytics"
)

// newForgetting is a world with events of which some visitors have many.
func newForgetting(t *testing.T) *property {
	t.Helper()
	p := newProperty(t, 1)
	for batch := range slices.Chunk(p.events, 100) {
		p.record(t, batch...)
	}
	return p
}

// dictionary is the entries of a tenant, as text.
func (p *property) dictionary(t *testing.T) []string {
	t.Helper()
	rows, err := p.pool.Query(t.Context(), "SELECT digest || ' ' || identity_id FROM identities WHERE tenant_id = $1 ORDER BY identity_id", p.tenant.ID)
	ok(t, err)
	var out []string
	for rows.Next() {
		var line string
		ok(t, rows.Scan(&line))
		out = append(out, line)
	}
	ok(t, rows.Err())
	return out
}

// forgot fails when the dictionary still leads from the names to a number.
func (p *property) forgot(t *testing.T, what byte, names ...string) {
	t.Helper()
	key, err := p.identityKey(t.Context(), p.tenant.ID)
	ok(t, err)
	digest := newHasher(key).digest(what, names...)
	for _, entry := range p.dictionary(t) {
		if strings.HasPrefix(strings.ReplaceAll(entry, "-", ""), fmt.Sprintf("%x", digest[:])) {
			t.Errorf("%c %q is still in the dictionary", what, names)
		}
	}
}

// remove forgets with the events, of as many as it tells.
func (p *property) remove(t *testing.T, e Erasure) (done Forgotten, removed int64) {
	t.Helper()
	const count = "SELECT count(*) FROM events WHERE tenant_id = $1"
	var before, after, told int64
	ok(t, p.pool.QueryRow(t.Context(), count, p.tenant.ID).Scan(&before))
	e.Remove = true
	done, err := p.Forget(t.Context(), p.tenant, e)
	ok(t, err)
	ok(t, p.pool.QueryRow(t.Context(), count, p.tenant.ID).Scan(&after))
	for _, of := range done.Events {
		told += of.Events
	}
	equal(t, "events told of", told, before-after)
	return done, before - after
}

// TestForgettingChangesNoCount erases a visitor: no answer changes, nothing leads to
// the number any more, and who comes back is another visitor.
func TestForgettingChangesNoCount(t *testing.T) {
	t.Parallel()
	p := newForgetting(t)
	before, dump := p.dictionary(t), p.dump(t)
	done, err := p.Forget(t.Context(), p.tenant, Erasure{Visitor: "v1"})
	ok(t, err)
	events, sessions := int64(0), map[string]bool{}
	for _, e := range p.events {
		if e.Visitor == "v1" {
			events++
			if e.Session != "" {
				sessions[fmt.Sprint(e.Kind == analytics.KindPartner, e.Session)] = true
			}
		}
	}
	told := int64(0)
	for _, of := range done.Events {
		told += of.Events
	}
	if told < events || events == 0 {
		t.Errorf("told of %d events, there are %d", told, events)
	}
	equal(t, "identities", done.Identities, 1+len(sessions))
	equal(t, "entries left", len(p.dictionary(t)), len(before)-done.Identities)
	equal(t, "derived", p.dump(t), dump)
	p.check(t, "forgotten")
	p.verify(t)
	p.forgot(t, 'v', "v1")
	again := analytics.Event{
		ID: "again", At: at("2026-03-01T10:00:00Z"), Kind: analytics.KindPartner, Action: analytics.PageView, Key: p.partners[0], Visitor: "v1",
	}
	was := p.total(t, analytics.KindPartner, p.partners[0], analytics.Always, wantAll)
	p.record(t, again)
	is := p.total(t, analytics.KindPartner, p.partners[0], analytics.Always, wantAll)
	equal(t, "visitors, once back", is.Of[analytics.PageView].Visitors, was.Of[analytics.PageView].Visitors+1)
	ok(t, p.Rebuild(t.Context(), p.tenant, nil))
	p.verify(t)
}

// TestForgettingWithItsEvents erases a visitor and takes the events out: everything
// is as if they had never been sent, and the caches are told.
func TestForgettingWithItsEvents(t *testing.T) {
	t.Parallel()
	p := newForgetting(t)
	pending, err := p.Pending(t.Context(), 10_000, 1_000_000)
	ok(t, err)
	done, removed := p.remove(t, Erasure{Visitor: "v1"})
	equal(t, "known, removed", []bool{done.Known, done.Removed}, []bool{true, true})
	mine := map[string]bool{}
	for _, e := range p.events {
		if e.Visitor == "v1" && e.Kind == analytics.KindEvent && e.Session != "" {
			mine[e.Session] = true
		}
	}
	p.events = slices.DeleteFunc(p.events, func(e analytics.Event) bool {
		return e.Visitor == "v1" || e.Kind == analytics.KindEvent && e.Visitor == "" && mine[e.Session]
	})
	p.check(t, "removed")
	p.verify(t)
	after, err := p.Pending(t.Context(), 10_000, 1_000_000)
	ok(t, err)
	equal(t, "words to the caches", len(after), len(pending)+1)
	again, err := p.Forget(t.Context(), p.tenant, Erasure{Visitor: "v1", Remove: true})
	ok(t, err)
	equal(t, "forgotten twice", again, Forgotten{})
	acts, err := p.AuditLog(t.Context(), analytics.AuditFilter{Name: "forget", Most: 10})
	ok(t, err)
	equal(t, "acts", len(acts), 1)
	equal(t, "what the log says", acts[0].Detail, map[string]any{"identities": float64(done.Identities), "eventsRemoved": float64(removed)})
}

func TestForgettingASession(t *testing.T) {
	t.Parallel()
	p := newForgetting(t)
	done, err := p.Forget(t.Context(), p.tenant, Erasure{Sessions: []string{"s1", "nobody's"}})
	ok(t, err)
	equal(t, "identities", done.Identities, 1)
	p.check(t, "forgotten")
	p.verify(t)
	p.remove(t, Erasure{Sessions: []string{"s2"}})
	p.events = slices.DeleteFunc(p.events, func(e analytics.Event) bool { return e.Kind == analytics.KindEvent && e.Session == "s2" })
	p.check(t, "removed")
	p.verify(t)
}

// TestForgettingWherePruned: the dictionary is erased, but events that went cannot be
// taken out of the counts.
func TestForgettingWherePruned(t *testing.T) {
	t.Parallel()
	p := newPruningProperty(t, 1)
	p.events = append(p.events, analytics.Event{
		ID: "gone", At: at("2026-02-10T10:00:00Z"), Kind: analytics.KindPartner, Action: analytics.PageView, Key: p.partners[0], Visitor: "v1", Session: "gone",
	})
	p.sendAll(t, slices.Clone(p.events))
	p.prune(t)
	entries := p.dictionary(t)
	_, err := p.Forget(t.Context(), p.tenant, Erasure{Visitor: "v1", Remove: true})
	equal(t, "removal", codeOf(err), analytics.CodeGone)
	equal(t, "nothing happened", p.dictionary(t), entries)
	done, err := p.Forget(t.Context(), p.tenant, Erasure{Visitor: "v1", Sessions: []string{"gone"}})
	ok(t, err)
	equal(t, "known", done.Known, true)
	p.forgot(t, 'v', "v1")
	p.forgot(t, 'p', "gone", "v1") // which no event tells any more
	p.checkPruned(t, "forgotten", p.events)
}

// TestActsNameNobody looks for what was erased, and for secrets, in the audit log.
func TestActsNameNobody(t *testing.T) {
	t.Parallel()
	p := newForgetting(t)
	_, err := p.Forget(t.Context(), p.tenant, Erasure{Visitor: "v1", Sessions: []string{"s7"}})
	ok(t, err)
	acts, err := p.AuditLog(t.Context(), analytics.AuditFilter{Name: "forget", Most: 10})
	ok(t, err)
	equal(t, "acts", len(acts), 1)
	for name, value := range acts[0].Detail {
		if _, number := value.(float64); !number {
			t.Errorf("%s: %v is no number", name, value)
		}
	}
	equal(t, "target", acts[0].Target, "")
}
