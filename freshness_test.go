package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"footfall/analytics"
)

// promise is how old an answer may be. A read that began later than this after
// a write was acknowledged must see it. Both instants are taken by the test, the
// first before the request leaves and the second after the answer came: a slow
// machine makes the check milder, never wrong.
const promise = time.Second

// change is something that can be written, and a number that shows it.
type change struct {
	name  string
	write func(b *bundle, n int)
	query string
	count func(data any) int64 // n after the nth write
}

func numberAt(path string) func(any) int64 { return func(data any) int64 { return number(data, path) } }

func lengthOf(path string) func(any) int64 {
	return func(data any) int64 {
		list, _ := at(data, path).([]any)
		return int64(len(list))
	}
}

// changes are all ways to write. The bundle has the activation act on the event
// jazz, the campaign live and the partner number 1.
var changes = []change{
	{"POST /v1/events, clicks", func(b *bundle, n int) {
		b.record(click(fmt.Sprint("p", n), "click", "jazz", "s", "2026-03-01T00:00:00Z"))
	}, `{ activation(activationId: "act") { metrics { clickCount } } }`, numberAt("activation.metrics.clickCount")},
	{"POST /v1/events, page views", func(b *bundle, n int) {
		b.record(view(fmt.Sprint("v", n), uuidOf(1), fmt.Sprint("u", n), "2026-03-01T00:00:00Z"))
	}, `{ partnerLeaderboard(range: { dates: { startDate: "2026-03-01", endDate: "2026-03-01" } }, first: 1) { edges { engagement { uniqueUsers } } } }`,
		numberAt("partnerLeaderboard.edges.0.engagement.uniqueUsers")},
	{"POST /v1/events, watching", func(b *bundle, n int) {
		b.record(watch(fmt.Sprint("w", n), "live", fmt.Sprint("u", n), true, "2026-03-01T00:00:00Z", 60))
	}, `{ campaigns { nodes { metrics { newLoginViewers peakConcurrentViewers } } } }`, numberAt("campaigns.nodes.0.metrics.peakConcurrentViewers")},
	{"recordEvents", func(b *bundle, n int) {
		b.ask(fmt.Sprintf(`mutation { recordEvents(events: [{ id: "m%d", action: "outbound_click", event: "jazz", at: "2026-03-01T00:00:00Z" }]) { accepted } }`, n))
	}, `{ activation(activationId: "act") { timeSeries(interval: DAY) { points { metrics { outboundClickCount } } } } }`,
		numberAt("activation.timeSeries.points.0.metrics.outboundClickCount")},
	{"createActivation", func(b *bundle, n int) {
		b.activate(fmt.Sprint("act", n), "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	}, `{ activations(first: 1000, filter: { activeAt: "2026-03-01T12:00:00Z" }) { nodes { id } } }`,
		func(data any) int64 { return lengthOf("activations.nodes")(data) - 1 }},
	{"upsertPartners, new ones", func(b *bundle, n int) {
		b.upsertPartners(100+n, `name: "new", partnerType: RESELLER`)
	}, `{ partnerLeaderboard(filter: { partnerType: RESELLER }) { totalCount } }`, numberAt("partnerLeaderboard.totalCount")},
	{"upsertPartners, renamed", func(b *bundle, n int) {
		b.upsertPartners(1, fmt.Sprintf(`name: "%d", partnerType: REFERRAL`, n))
	}, `{ node(id: "` + analytics.EncodeID("Partner", uuidOf(1)) + `") { ... on Partner { name } } }`, nameAt("node.name")},
	{"upsertCampaigns", func(b *bundle, n int) {
		b.ask(fmt.Sprintf(`mutation { upsertCampaigns(input: [{ campaignKey: "live", title: "%d", scheduledAt: "2026-03-01T00:00:00Z" }]) { campaigns { id } } }`, n))
	}, `{ campaign(campaignKey: "live") { title } }`, nameAt("campaign.title")},
}

func nameAt(path string) func(any) int64 {
	return func(data any) (n int64) {
		_, _ = fmt.Sscan(fmt.Sprint(at(data, path)), &n)
		return n
	}
}

// populate makes what changes are about.
func (b *bundle) populate() {
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	b.campaigns("live")
	b.upsertPartners(1, `name: "0", partnerType: REFERRAL`)
}

// counted reads a change's number.
func (b *bundle) counted(c change, header http.Header) int64 {
	b.t.Helper()
	return b.countedAs(c, 0, header)
}

// countedAs asks in a form of its own: what is remembered of whole answers is
// another thing for each, what they are made of is the same.
func (b *bundle) countedAs(c change, form int, header http.Header) int64 {
	b.t.Helper()
	a := b.post(c.query+strings.Repeat(" ", form), nil, header)
	if len(a.errors) > 0 {
		b.t.Fatalf("%s: %s", c.name, a.body)
	}
	return c.count(a.data)
}

// seen reads without no-cache, in ever more forms, until all of them have a
// change that was acknowledged just before.
func (b *bundle) seen(c change, n int64) {
	b.t.Helper()
	acknowledged := time.Now()
	for form, forms := 0, 1; form < forms; {
		asked := time.Now()
		got := b.countedAs(c, form, nil)
		switch late := asked.Sub(acknowledged); {
		case got == n:
			form++
		case late > promise || got > n:
			b.t.Fatalf("%s: a read %v after the write got %d, want %d", c.name, late, got, n)
		case late > time.Duration(forms)*promise/20: // another form, asked for the first time
			b.countedAs(c, forms, nil)
			forms++
		}
	}
}

// After any write on one gateway, the very next read on another sees it with
// no-cache, and every read a second later does without.
func TestWriteHereReadThere(t *testing.T) {
	t.Parallel()
	a := setup(t, withEdge)
	b := a.another()
	a.populate()
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			a, b := a.in(t), b.in(t)
			for n := 1; n <= 8; n++ {
				equal(t, "before", b.counted(c, nil), int64(n-1)) // now it is remembered there
				c.write(a, n)
				if n%2 == 0 {
					equal(t, "the next read with no-cache", b.counted(c, fresh), int64(n))
				}
				b.seen(c, int64(n))
				a.seen(c, int64(n))
			}
		})
	}
}

func TestDeleteHereReadThere(t *testing.T) {
	t.Parallel()
	a := setup(t, withEdge)
	b := a.another()
	token := a.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	const query = `{ activation(activationId: "act") { id } activations { nodes { id } } }`
	for range 3 { // remembered
		equal(t, "listed", len(at(b.post(query, nil, nil).data, "activations.nodes").([]any)), 1)
		equal(t, "link", b.do(http.MethodGet, "/api/partner-stats/act?token="+token, "", nil).status, http.StatusOK)
	}
	a.ask(`mutation { deleteActivation(activationId: "act") { activationId } }`)
	deleted := time.Now()
	matches(t, b.ask(query), `{"activation": null, "activations": {"nodes": []}}`)
	equal(t, "link with no-cache", b.do(http.MethodGet, "/api/partner-stats/act?token="+token, "", fresh).status, http.StatusNotFound)
	for {
		asked := time.Now()
		gone := at(b.post(query, nil, nil).data, "activation") == nil &&
			b.do(http.MethodGet, "/api/partner-stats/act?token="+token, "", nil).status == http.StatusNotFound
		if gone {
			break
		}
		if asked.Sub(deleted) > promise {
			t.Fatal("the activation is still there")
		}
	}
}

// recordAndDie commits an event as a writer does that dies before it can tell.
func (b *bundle) recordAndDie(id string) {
	b.t.Helper()
	_, _, err := b.store.Record(context.WithoutCancel(b.t.Context()), b.tenant.ID, []analytics.Event{
		{ID: id, Action: analytics.Click, Kind: analytics.KindEvent, Key: "jazz", At: instantOf("2026-03-01T00:00:00Z")},
	})
	if err != nil {
		b.t.Error(err)
	}
}

func TestWriterDies(t *testing.T) {
	t.Parallel()
	clicks := changes[0]
	for name, change := range map[string]func(*settings){"with Redis": func(*settings) {}, "without Redis": withoutRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := setup(t, withEdge, change)
			b := a.another()
			a.populate()
			for n := int64(1); n <= 4; n++ {
				equal(t, "before", b.counted(clicks, nil), n-1)
				a.recordAndDie(fmt.Sprint("d", n))
				if n%2 == 0 {
					equal(t, "the next read with no-cache", b.counted(clicks, fresh), n)
				}
				b.seen(clicks, n)
				a.seen(clicks, n)
			}
		})
	}
}

// A change in a database that several gateways share without a Redis is seen in
// time, too.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	a := setup(t, withEdge, withoutRedis)
	b := a.another()
	a.populate()
	for n := 1; n <= 3; n++ {
		for range 3 {
			equal(t, "before", b.counted(changes[0], nil), int64(n-1))
		}
		changes[0].write(a, n)
		equal(t, "where it was written", a.counted(changes[0], nil), int64(n))
		b.seen(changes[0], int64(n))
	}
}
