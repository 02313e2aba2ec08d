package main

import (
	"fmt"
	"testing"
)

// watch is a line of NDJSON: a viewer watched.
func watch(id, campaign, visitor string, loggedIn bool, at string, seconds int) string {
	return fmt.Sprintf(`{"id":%q,"action":"watch","campaign":%q,"visitor":%q,"loggedIn":%v,"at":%q,"seconds":%d}`, id, campaign, visitor, loggedIn, at, seconds)
}

// react is a line of NDJSON: a viewer liked, chatted or clicked.
func react(id, action, campaign, visitor, at string) string {
	return fmt.Sprintf(`{"id":%q,"action":%q,"campaign":%q,"visitor":%q,"at":%q}`, id, action, campaign, visitor, at)
}

// campaigns creates a campaign for each key, an hour apart.
func (b *bundle) campaigns(keys ...string) {
	b.t.Helper()
	var in []map[string]any
	for i, key := range keys {
		in = append(in, map[string]any{"campaignKey": key, "title": "Title of " + key, "scheduledAt": fmt.Sprintf("2026-03-01T%02d:00:00Z", i)})
	}
	b.ask(`mutation($in: [CampaignInput!]!) { upsertCampaigns(input: $in) { campaigns { campaignKey } } }`, map[string]any{"in": in})
}

func TestUpsertCampaigns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const all = `id campaignId campaignKey accessKey title status scheduledAt startedAt endedAt`
	matches(t, b.ask(`mutation { upsertCampaigns(input: [
		{ campaignKey: "one", campaignId: "41", title: "Été", scheduledAt: "2026-03-01T10:00:00+02:00" },
		{ campaignKey: "two", title: "Two", scheduledAt: "2026-03-01T09:00:00Z", startedAt: "2026-03-01T09:01:00Z" },
		{ campaignKey: "three", title: "Three", scheduledAt: "2026-03-01T09:00:00Z", startedAt: "2026-03-01T09:01:00Z", endedAt: "2026-03-01T10:00:00Z" }
	]) { campaigns { campaignKey status } } }`), `{"upsertCampaigns": {"campaigns": [
		{"campaignKey": "one", "status": "READY"}, {"campaignKey": "two", "status": "ONAIR"}, {"campaignKey": "three", "status": "ENDED"}
	]}}`)
	matches(t, b.ask(`{ campaign(campaignKey: "one") { `+all+` metrics { peakAt totalViewers averageViewingTime averageLikes } timeSeries(interval: DAY) { points { start } } } none: campaign(campaignKey: "four") { id } }`), `{
		"campaign": {"id": "Q2FtcGFpZ246b25l", "campaignId": "41", "campaignKey": "one", "accessKey": "acme", "title": "Été", "status": "READY",
			"scheduledAt": "2026-03-01T08:00:00Z", "startedAt": null, "endedAt": null,
			"metrics": {"peakAt": null, "totalViewers": 0, "averageViewingTime": null, "averageLikes": null}, "timeSeries": {"points": []}},
		"none": null
	}`)
	// Replaced, with its number kept.
	b.record(watch("w", "one", "v", false, "2026-03-01T08:00:00Z", 60))
	matches(t, b.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "one", title: "Winter", scheduledAt: "2026-03-02T00:00:00Z", startedAt: "2026-03-02T00:00:00Z" }]) {
		campaigns { campaignId title status metrics { totalViewers totalViewingTime } } } }`), `{"upsertCampaigns": {"campaigns": [
		{"campaignId": "41", "title": "Winter", "status": "ONAIR", "metrics": {"totalViewers": 1, "totalViewingTime": 60}}
	]}}`)
	// What is announced has not happened.
	const later = `{"campaignKey": "later", "status": "READY", "startedAt": null, "endedAt": null}`
	matches(t, b.ask(`mutation { upsertCampaigns(input: [{ campaignKey: "later", title: "t", scheduledAt: "2190-03-02T00:00:00Z",
		startedAt: "2190-03-02T00:00:00Z", endedAt: "2190-03-02T01:00:00Z" }, { campaignKey: "on", title: "t", scheduledAt: "2026-03-02T00:00:00Z",
		startedAt: "2026-03-02T00:00:00Z", endedAt: "2190-03-02T01:00:00Z" }]) { campaigns { campaignKey status startedAt endedAt } } }`),
		`{"upsertCampaigns": {"campaigns": [`+later+`, {"campaignKey": "on", "status": "ONAIR", "startedAt": "2026-03-02T00:00:00Z", "endedAt": null}]}}`)
	matches(t, b.ask(`{ campaign(campaignKey: "later") { campaignKey status startedAt endedAt } campaigns(campaignKeys: ["later"]) { nodes { campaignKey status startedAt endedAt } } }`),
		`{"campaign": `+later+`, "campaigns": {"nodes": [`+later+`]}}`)
	taken := b.post(`mutation { upsertCampaigns(input: [{ campaignKey: "four", title: "t", scheduledAt: "2026-03-02T00:00:00Z" },
		{ campaignKey: "five", campaignId: "41", title: "t", scheduledAt: "2026-03-02T00:00:00Z" }]) { campaigns { id } } }`, nil, nil)
	refused(t, taken, "CONFLICT", "another campaign", `"41"`)
	equal(t, "field", at(any(taken.errors[0].Extensions), "field"), any("campaigns[1].campaignId"))
}

// Two tabs are one viewer watching once, intervals are half-open, and touching
// ones are one.
func TestCampaignMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("live")
	b.record(
		watch("1", "live", "ann", true, "2026-03-01T10:00:00Z", 600),  // to 10:10
		watch("2", "live", "ann", false, "2026-03-01T10:05:00Z", 600), // a second tab, to 10:15
		watch("3", "live", "ann", false, "2026-03-01T10:15:00Z", 60),  // touches it
		watch("4", "live", "bob", false, "2026-03-01T10:16:00Z", 30),  // ann has just left
		watch("5", "live", "cid", true, "2026-03-01T10:15:30.5Z", 60), // overlaps both
		watch("6", "live", "dan", false, "2026-03-01T10:16:30Z", 1),   // bob has just left, cid stays until 10:16:30.5
		react("7", "like", "live", "ann", "2026-03-01T10:01:00Z"), react("8", "like", "live", "ann", "2026-03-01T10:02:00Z"),
		react("9", "like", "live", "eve", "2026-03-01T10:03:00Z"), // liked without watching
		react("10", "chat", "live", "bob", "2026-03-01T10:16:01Z"), react("11", "chat", "live", "bob", "2026-03-01T10:16:02Z"),
		react("12", "product_click", "live", "cid", "2026-03-01T10:16:00Z"),
		react("13", "banner_click", "live", "cid", "2026-03-01T10:16:00Z"), react("14", "banner_click", "live", "cid", "2026-03-01T10:16:01Z"),
	)
	matches(t, b.ask(`{ campaign(campaignKey: "live") { metrics {
		totalViewers totalLoginViewers newLoginViewers peakConcurrentViewers peakAt totalViewingTime averageViewingTime
		likes likeViewers averageLikes chats chatViewers averageChats productClicks productClickViewers averageProductClicks bannerClicks
	} } }`), `{"campaign": {"metrics": {
		"totalViewers": 4, "totalLoginViewers": 2, "newLoginViewers": 2, "peakConcurrentViewers": 2, "peakAt": "2026-03-01T10:15:30.5Z",
		"totalViewingTime": 1051, "averageViewingTime": 262.75,
		"likes": 3, "likeViewers": 2, "averageLikes": 1.5, "chats": 2, "chatViewers": 1, "averageChats": 2,
		"productClicks": 1, "productClickViewers": 1, "averageProductClicks": 1, "bannerClicks": 2
	}}}`)
	// A late event joins what was apart: from 10:16 on four watch.
	b.record(watch("15", "live", "dan", false, "2026-03-01T10:15:59Z", 30), watch("16", "live", "ann", false, "2026-03-01T10:16:00Z", 1))
	matches(t, b.ask(`{ campaign(campaignKey: "live") { metrics { peakConcurrentViewers peakAt totalViewingTime } } }`),
		`{"campaign": {"metrics": {"peakConcurrentViewers": 4, "peakAt": "2026-03-01T10:16:00Z", "totalViewingTime": 1082}}}`)
}

// A login viewer is new in the campaign of the first logged in view, whatever
// order the views arrive in; ties go to the smaller event id.
func TestNewLoginViewers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("a", "b", "c")
	counts := func(want string) {
		t.Helper()
		matches(t, b.ask(`{ campaigns { nodes { campaignKey metrics { newLoginViewers totalLoginViewers } } } }`), want)
	}
	row := func(key string, fresh, logins int) string {
		return fmt.Sprintf(`{"campaignKey": %q, "metrics": {"newLoginViewers": %d, "totalLoginViewers": %d}}`, key, fresh, logins)
	}
	board := func(a, b, c [2]int) string {
		return `{"campaigns": {"nodes": [` + row("c", c[0], c[1]) + `,` + row("b", b[0], b[1]) + `,` + row("a", a[0], a[1]) + `]}}`
	}
	b.record(
		watch("m1", "a", "ann", false, "2026-03-01T09:00:00Z", 60), // not logged in: does not count
		watch("m2", "b", "ann", true, "2026-03-01T10:00:00Z", 60),
		watch("m3", "c", "ann", true, "2026-03-01T11:00:00Z", 60),
		watch("m4", "c", "bob", true, "2026-03-01T11:00:00Z", 60),
	)
	counts(board([2]int{0, 0}, [2]int{1, 1}, [2]int{1, 2}))
	b.record(watch("m5", "a", "ann", true, "2026-03-01T09:59:59.999999Z", 60)) // an earlier one comes late
	counts(board([2]int{1, 1}, [2]int{0, 1}, [2]int{1, 2}))
	b.record(watch("m3x", "b", "bob", true, "2026-03-01T11:00:00Z", 60)) // a tie: m3x < m4
	counts(board([2]int{1, 1}, [2]int{1, 2}, [2]int{0, 2}))
	b.record(watch("m9", "a", "bob", true, "2026-03-01T11:00:00Z", 60)) // a tie that changes nothing
	counts(board([2]int{1, 2}, [2]int{1, 2}, [2]int{0, 2}))
	// Another tenant's viewers of the same name are other people.
	other := b.newTenant("other", "UTC")
	o := b.as(b.newKey(other, "ANALYTICS_READ", "EVENTS_WRITE", "ADMIN"))
	o.campaigns("a")
	o.record(watch("m1", "a", "ann", true, "2026-03-05T09:00:00Z", 60))
	matches(t, o.ask(`{ campaigns { nodes { accessKey metrics { newLoginViewers } } } }`), `{"campaigns": {"nodes": [{"accessKey": "other", "metrics": {"newLoginViewers": 1}}]}}`)
	counts(board([2]int{1, 2}, [2]int{1, 2}, [2]int{0, 2}))
}

func TestCampaignSeries(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Asia/Kathmandu" }) // +05:45
	b.campaigns("live")
	b.record(
		watch("1", "live", "ann", true, "2026-03-01T10:10:00Z", 15*60), // 15:55 to 16:10 there
		watch("2", "live", "bob", false, "2026-03-01T11:20:00Z", 60),
		react("3", "like", "live", "ann", "2026-03-01T10:20:00Z"),
	)
	const points = `points { start end partial metrics { totalViewers peakConcurrentViewers peakAt totalViewingTime likes newLoginViewers } }`
	matches(t, b.ask(`{ campaign(campaignKey: "live") { timeSeries(interval: HOUR) { interval timeZone `+points+` } } }`), `{"campaign": {"timeSeries": {"interval": "HOUR", "timeZone": "Asia/Kathmandu", "points": [
		{"start": "2026-03-01T15:00:00+05:45", "end": "2026-03-01T16:00:00+05:45", "partial": false,
		 "metrics": {"totalViewers": 1, "peakConcurrentViewers": 1, "peakAt": "2026-03-01T10:10:00Z", "totalViewingTime": 300, "likes": 0, "newLoginViewers": 1}},
		{"start": "2026-03-01T16:00:00+05:45", "end": "2026-03-01T17:00:00+05:45", "partial": false,
		 "metrics": {"totalViewers": 1, "peakConcurrentViewers": 1, "peakAt": "2026-03-01T10:15:00Z", "totalViewingTime": 600, "likes": 1, "newLoginViewers": 0}},
		{"start": "2026-03-01T17:00:00+05:45", "end": "2026-03-01T18:00:00+05:45", "partial": false,
		 "metrics": {"totalViewers": 1, "peakConcurrentViewers": 1, "peakAt": "2026-03-01T11:20:00Z", "totalViewingTime": 60, "likes": 0, "newLoginViewers": 0}}
	]}}}`)
	matches(t, b.ask(`{ campaign(campaignKey: "live") { timeSeries(interval: MONTH, timeZone: "UTC") { timeZone points { start end metrics { totalViewers totalViewingTime } } } } }`),
		`{"campaign": {"timeSeries": {"timeZone": "UTC", "points": [{"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z", "metrics": {"totalViewers": 2, "totalViewingTime": 960}}]}}}`)
}

// An audience's steps are exact, and it ends with the last viewer.
func TestCampaignAudience(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("live", "empty")
	b.record(
		watch("1", "live", "ann", false, "2026-03-01T10:00:00Z", 60),
		watch("2", "live", "bob", false, "2026-03-01T10:00:20.5Z", 10), // to 10:00:30.5
		watch("3", "live", "cid", false, "2026-03-01T10:00:30.5Z", 30), // bob has just left
		watch("4", "live", "ann", false, "2026-03-01T10:00:10Z", 20),   // a second tab
	)
	matches(t, b.ask(`{ campaign(campaignKey: "live") { audience(points: 4) { stepSeconds points { at viewers } } metrics { peakConcurrentViewers } } }`), `{"campaign": {
		"audience": {"stepSeconds": 16, "points": [
			{"at": "2026-03-01T10:00:00Z", "viewers": 1}, {"at": "2026-03-01T10:00:16Z", "viewers": 2},
			{"at": "2026-03-01T10:00:32Z", "viewers": 2}, {"at": "2026-03-01T10:00:48Z", "viewers": 2}]},
		"metrics": {"peakConcurrentViewers": 2}}}`)
	matches(t, b.ask(`{ campaign(campaignKey: "empty") { audience { stepSeconds points { at } } } }`), `{"campaign": {"audience": {"stepSeconds": 0, "points": []}}}`)
	for _, points := range []int{0, -1, 1001} {
		refused(t, b.post(fmt.Sprintf(`{ campaign(campaignKey: "live") { audience(points: %d) { stepSeconds } } }`, points), nil, nil), "BAD_USER_INPUT", "points")
	}
}
