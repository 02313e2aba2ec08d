package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pages walks a connection and returns the nodes' keys as they came.
func (b *bundle) pages(connection, arguments, key string, first int) (keys []string) {
	b.t.Helper()
	after := ""
	var totals []any
	for range 100 {
		data := at(b.ask(fmt.Sprintf(`{ %s(first: %d %s %s) {
			nodes { %s } edges { cursor node { %s } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
		} }`, connection, first, after, arguments, key, key)), connection)
		edges := at(data, "edges").([]any)
		totals = append(totals, at(data, "totalCount"))
		for i, e := range edges {
			equal(b.t, "node", at(data, fmt.Sprintf("nodes.%d.%s", i, key)), at(e, "node."+key))
			keys = append(keys, at(e, "node."+key).(string))
		}
		equal(b.t, "hasPreviousPage", at(data, "pageInfo.hasPreviousPage"), any(after != ""))
		if n := len(edges); n > 0 {
			equal(b.t, "startCursor", at(data, "pageInfo.startCursor"), at(edges[0], "cursor"))
			equal(b.t, "endCursor", at(data, "pageInfo.endCursor"), at(edges[n-1], "cursor"))
		} else {
			equal(b.t, "endCursor", at(data, "pageInfo.endCursor"), any(nil))
		}
		if at(data, "pageInfo.hasNextPage") != true {
			for _, total := range totals {
				equal(b.t, "totalCount", fmt.Sprint(total), fmt.Sprint(len(keys)))
			}
			return keys
		}
		equal(b.t, "a page that is not the last", len(edges), first)
		after = fmt.Sprintf("after: %q", at(data, "pageInfo.endCursor"))
	}
	b.t.Fatal("the pages do not end")
	return nil
}

// Every list is visited exactly once, whatever the size of a page, ties in its
// order included.
func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 23
	var keys, uuids, events []string
	var campaigns []map[string]any
	for i := range n {
		at := fmt.Sprintf("2026-03-01T%02d:00:00Z", i/4) // four at a time start together
		keys, uuids = append(keys, fmt.Sprintf("k%02d", i)), append(uuids, uuidOf(i))
		b.activate(keys[i], "jazz", at, "2026-04-01T00:00:00Z")
		campaigns = append(campaigns, map[string]any{"campaignKey": keys[i], "title": "t", "scheduledAt": at})
		b.upsertPartners(i, `name: "Same", partnerType: REFERRAL`)
		for v := range i % 5 {
			events = append(events, view(fmt.Sprint(i, "-", v), uuids[i], fmt.Sprint("u", v), "2026-03-01T00:00:00Z"))
		}
	}
	b.ask(`mutation($in: [CampaignInput!]!) { upsertCampaigns(input: $in) { campaigns { id } } }`, map[string]any{"in": campaigns})
	b.record(events...)
	for _, c := range []struct {
		connection, arguments, key string
		want                       []string
		ordered                    bool
	}{
		{"activations", "", "activationId", keys, false},
		{"activations", `filter: { tiers: ["premium"], statuses: [ACTIVATED], eventKeys: ["jazz"], activeAt: "2026-03-01T02:00:00Z" }`, "activationId", keys[:12], false},
		{"activations", `filter: { tiers: ["basic"] }`, "activationId", nil, false},
		{"activations", `filter: { tiers: [] }`, "activationId", nil, false},
		{"campaigns", "", "campaignKey", keys, false},
		{"campaigns", `scheduled: { start: "2026-03-01T01:00:00Z", end: "2026-03-01T03:00:00Z" }`, "campaignKey", keys[4:12], false},
		{"campaigns", `campaignKeys: ["k03", "k22", "k03", "none"]`, "campaignKey", []string{"k22", "k03"}, true},
		{"campaigns", `campaignKeys: []`, "campaignKey", nil, false},
		{"partnerLeaderboard", `range: { dates: { startDate: "2026-03-01", endDate: "2026-03-01" } }`, "uuid", uuids, false},
		{"partnerLeaderboard", `orderBy: { field: NAME, direction: ASC }`, "uuid", uuids, false},
	} {
		t.Run(c.connection+c.arguments, func(t *testing.T) {
			b := b.in(t)
			whole := b.pages(c.connection, c.arguments, c.key, 1000)
			sorted, want := slices.Sorted(slices.Values(whole)), slices.Clone(c.want)
			if c.ordered {
				sorted = whole
			} else {
				slices.Sort(want)
			}
			equal(t, "all of it", strings.Join(sorted, " "), strings.Join(want, " "))
			for _, size := range []int{1, 4, 7, len(whole), len(whole) + 1} {
				if size > 0 {
					equal(t, fmt.Sprint("pages of ", size), strings.Join(b.pages(c.connection, c.arguments, c.key, size), " "), strings.Join(whole, " "))
				}
			}
		})
	}
}

// The order of the lists: latest first, and within a tie one that stays.
func TestListOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("early", "late")
	b.activate("a1", "e", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	b.activate("a2", "e", "2026-03-02T00:00:00.000001Z", "2026-04-01T00:00:00Z")
	b.activate("a3", "e", "2026-03-02T00:00:00Z", "2026-04-01T00:00:00Z")
	matches(t, b.ask(`{ activations { nodes { activationId } } campaigns { nodes { campaignKey } } }`), `{
		"activations": {"nodes": [{"activationId": "a2"}, {"activationId": "a3"}, {"activationId": "a1"}]},
		"campaigns": {"nodes": [{"campaignKey": "late"}, {"campaignKey": "early"}]}
	}`)
}

func TestNode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	b.campaigns("c:o:l", "c")
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	ids := b.ask(fmt.Sprintf(`{ a: activation(activationId: "act") { id } c: campaign(campaignKey: "c:o:l") { id } p: partner(uuid: %q) { id } }`, uuidOf(1)))
	for alias, want := range map[string]string{
		"a": `{"node": {"__typename": "Activation", "id": %q, "eventKey": "jazz"}}`,
		"c": `{"node": {"__typename": "Campaign", "id": %q, "campaignKey": "c:o:l"}}`,
		"p": `{"node": {"__typename": "Partner", "id": %q, "name": "P"}}`,
	} {
		id := at(ids, alias+".id").(string)
		matches(t, b.ask(`query($id: ID!) { node(id: $id) { __typename id ... on Activation { eventKey } ... on Campaign { campaignKey } ... on Partner { name } } }`,
			map[string]any{"id": id}), fmt.Sprintf(want, id))
	}
	for _, id := range []string{"", "!", "QWN0aXZhdGlvbjphY3RfMg", "UGFydG5lcjpub3BlCg", "VGVuYW50OjE", "QWN0aXZhdGlvbg", "QWN0aXZhdGlvbjo", "AAAA"} {
		matches(t, b.ask(`query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}), `{"node": null}`)
	}
}
