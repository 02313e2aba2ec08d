package demo

import (
	"testing"
	"time"

	"footfall/analytics"
)

// counted is what a plain count of raw events finds.
type counted struct {
	clicks, outbound, calendar                       int
	all, viewing, outboundSessions, calendarSessions int
}

// count looks at the events of one key within a window, one by one.
func count(tenant *Tenant, key string, within func(time.Time) bool) counted {
	actions, seen := map[string]int{}, map[string]map[string]bool{"": {}, "click": {}, "outbound_click": {}, "calendar_sync": {}}
	for e := range tenant.Events {
		if e.Event == nil || *e.Event != key || !within(e.At) {
			continue
		}
		actions[e.Action]++
		if e.Session != nil {
			seen[""][*e.Session], seen[e.Action][*e.Session] = true, true
		}
	}
	return counted{
		actions["click"], actions["outbound_click"], actions["calendar_sync"],
		len(seen[""]), len(seen["click"]), len(seen["outbound_click"]), len(seen["calendar_sync"]),
	}
}

func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	want := counted{1250, 342, 158, 892, 867, 298, 142}
	for _, o := range []Options{
		options(1, .02), options(99, .05), {Scale: MinScale, Today: Earliest}, {Scale: MinScale, Today: today.AddDate(8, 0, 0)},
	} {
		tenant := &Generate(o)[0]
		a := tenant.Activations[0]
		if tenant.AccessKey != "a1b2c3d4" || *a.ActivationID != "act_abc123xyz" || a.Token != "tok_secure_token_here" {
			t.Fatalf("%s begins with activation %s and token %s", tenant.AccessKey, *a.ActivationID, a.Token)
		}
		if got := a.StartAt.Format(time.RFC3339Nano) + " " + a.EndAt.Format(time.RFC3339Nano); got != "2026-03-01T00:00:00Z 2026-03-31T23:59:59.999Z" {
			t.Errorf("the window is %s", got)
		}
		if a.EventKey != "jazz-sunset-2026-03-15" || a.EventName != "Jazz Night at Le Sunset" || a.Tier != "premium" || a.Status != nil {
			t.Errorf("the activation is %+v", a)
		}
		for _, other := range tenant.Activations[1:] {
			if other.Token != "" || other.EventKey == a.EventKey {
				t.Errorf("activation %s on %s has token %q", *other.ActivationID, other.EventKey, other.Token)
			}
		}
		window := analytics.Range{Start: a.StartAt, End: a.EndAt}
		if got := count(tenant, a.EventKey, window.Contains); got != want {
			t.Errorf("counted %+v, want %+v", got, want)
		}
		checkEdges(t, tenant, window)
	}
}

// checkEdges looks for events on both sides of both ends of the window.
func checkEdges(t *testing.T, tenant *Tenant, window analytics.Range) {
	t.Helper()
	for name, at := range map[string]time.Time{
		"just before the start": window.Start.Add(-time.Millisecond), "the start": window.Start,
		"just before the end": window.End.Add(-time.Millisecond), "the end": window.End, "after the end": window.End.Add(time.Millisecond),
	} {
		if count(tenant, exampleKey, at.Equal).clicks == 0 {
			t.Errorf("no click at %s", name)
		}
	}
	before := count(tenant, exampleKey, window.Start.After)
	after := count(tenant, exampleKey, func(at time.Time) bool { return !at.Before(window.End) })
	if before.clicks < 50 || after.clicks < 40 || after.outbound < 3 || after.calendar < 3 {
		t.Errorf("before the window %+v, after it %+v", before, after)
	}
}
