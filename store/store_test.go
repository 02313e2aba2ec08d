package store

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

// equal fails unless got and want are deeply equal.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// code fails unless err carries the code.
func code(t testing.TB, err error, want analytics.Code) {
	t.Helper()
	var e *analytics.Error
	if !errors.As(err, &e) || e.Code != want {
		t.Fatalf("got error %v, want %s", err, want)
	}
}

// TestEveryKindIsCounted sends one event of each kind through to its totals.
func TestEveryKindIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	noon := at("2026-03-02T12:00:00Z")
	events := []analytics.Event{
		{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: noon},
		{ID: "2", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", Visitor: "v", At: noon.Add(time.Second)},
		{ID: "3", Action: analytics.OutboundClick, Kind: analytics.KindEvent, Key: w.events[0], Session: "s2", At: noon},
		{ID: "4", Action: analytics.CalendarSync, Kind: analytics.KindEvent, Key: w.events[0], At: noon},
		{ID: "5", Action: analytics.PageView, Kind: analytics.KindPartner, Key: w.partners[0], Visitor: "v", At: noon},
		{ID: "6", Action: analytics.PageView, Kind: analytics.KindPartner, Key: w.partners[0], Visitor: "v", At: noon.Add(20 * time.Minute)},
		{ID: "7", Action: analytics.PageView, Kind: analytics.KindPartner, Key: w.partners[0], Visitor: "v", Session: "s", At: noon},
		{ID: "8", Action: analytics.Watch, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: "v", At: noon, Seconds: 30, LoggedIn: true},
		{ID: "9", Action: analytics.Watch, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: "v2", At: noon.Add(10 * time.Second), Seconds: 30},
		{ID: "10", Action: analytics.Like, Kind: analytics.KindCampaign, Key: w.campaigns[0], Visitor: "v2", At: noon},
		{ID: "11", Action: analytics.PageView, Kind: analytics.KindPartner, Key: uuid.Max.String(), Visitor: "v2", At: noon},
		{ID: "1", Action: analytics.Click, Kind: analytics.KindEvent, Key: w.events[0], Session: "s", At: noon},
	}
	want := make([]analytics.Outcome, len(events))
	want[10], want[11] = analytics.Unknown, analytics.Duplicate
	equal(t, "outcomes", w.record(t, events...), want)
	again := w.record(t, events...)
	if slices.Contains(again, analytics.Accepted) {
		t.Fatalf("sent again: %v", again)
	}
	for _, r := range []analytics.Range{analytics.Always, {Start: noon, End: noon.Add(time.Hour)}, {Start: noon.Add(-time.Hour), End: noon.AddDate(1, 0, 0)}} {
		checkThinThread(t, w, r)
	}
	ragged := analytics.Range{Start: noon.Add(time.Second), End: noon.Add(16 * time.Minute)}
	clicks := w.total(t, analytics.KindEvent, w.events[0], ragged, wantAll)
	equal(t, "clicks in a ragged range", clicks.Of[analytics.Click], analytics.Total{Events: 1, Sessions: 1})
}

func checkThinThread(t *testing.T, w *world, r analytics.Range) {
	t.Helper()
	event := w.total(t, analytics.KindEvent, w.events[0], r, wantAll)
	equal(t, "click", event.Of[analytics.Click], analytics.Total{Events: 2, Sessions: 1})
	equal(t, "outbound", event.Of[analytics.OutboundClick], analytics.Total{Events: 1, Sessions: 1})
	equal(t, "calendar", event.Of[analytics.CalendarSync], analytics.Total{Events: 1})
	equal(t, "sessions", event.Sessions, int64(2))
	partner := w.total(t, analytics.KindPartner, w.partners[0], r, wantAll)
	equal(t, "page views", partner.Of[analytics.PageView], analytics.Total{Events: 3, Starts: 2, Micros: 20 * 60e6, Visitors: 1})
	campaign := w.total(t, analytics.KindCampaign, w.campaigns[0], r, wantAll)
	equal(t, "watch", campaign.Of[analytics.Watch], analytics.Total{Events: 2, Micros: 60e6, Visitors: 2})
	equal(t, "login", campaign.Of[analytics.WatchLogin], analytics.Total{Starts: 1, Visitors: 1})
	equal(t, "like", campaign.Of[analytics.Like], analytics.Total{Events: 1, Visitors: 1})
	equal(t, "peak", []int64{campaign.Peak, campaign.PeakAt}, []int64{2, at("2026-03-02T12:00:10Z").UnixMicro()})
	counts := w.total(t, analytics.KindEvent, w.events[0], r, 0)
	equal(t, "counts only", counts.Of[analytics.Click], analytics.Total{Events: 2})
}
