package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"footfall/analytics"
)

// Bad input is refused with a word that names the field, the bound and the value.
func TestBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	b.campaigns("c")
	b.upsertPartners(1, `name: "P", partnerType: REFERRAL`)
	const invalid, validation = "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"
	long := strings.Repeat("x", 600)
	activation := func(field string) string {
		in := map[string]string{"eventKey": `"e"`, "eventName": `"n"`, "tier": `"t"`, "startAt": `"2026-03-01T00:00:00Z"`, "endAt": `"2026-03-02T00:00:00Z"`}
		name, value, _ := strings.Cut(field, ": ")
		in[name] = value
		text := ""
		for name, value := range in {
			text += name + ": " + value + " "
		}
		return `mutation { createActivation(input: { ` + text + `}) { token } }`
	}
	partner := func(fields string) string {
		return fmt.Sprintf(`mutation { upsertPartners(input: [{ uuid: %q, name: "n", partnerType: REFERRAL }, { uuid: %q, %s }]) { partners { id } } }`, uuidOf(1), uuidOf(2), fields)
	}
	campaign := func(fields string) string {
		return `mutation { upsertCampaigns(input: [{ scheduledAt: "2026-03-02T00:00:00Z", ` + fields + ` }]) { campaigns { id } } }`
	}
	for _, c := range []struct {
		query, code string
		words       []string
	}{
		{`{ activations(first: 0) { nodes { id } } }`, invalid, []string{"first", "1 to 1000", "0"}},
		{`{ activations(first: 1001) { nodes { id } } }`, invalid, []string{"first", "1 to 1000", "1001"}},
		{`{ campaigns(first: -1) { nodes { id } } }`, invalid, []string{"first", "1 to 1000", "-1"}},
		{`{ partnerLeaderboard(first: -2147483648) { nodes { id } } }`, invalid, []string{"first", "1 to 1000", "-2147483648"}},
		{`{ activations(first: 2000000) { nodes { id } } }`, "COST_LIMIT_EXCEEDED", []string{"100000"}},
		{fmt.Sprintf(`{ activations(filter: { eventKeys: [%s] }) { nodes { id } } }`, strings.Repeat(`"e",`, 2001)), "BAD_USER_INPUT", []string{"filter.eventKeys", "2000", "2001"}},
		{fmt.Sprintf(`{ partnerLeaderboard(filter: { tierUuids: [%s] }) { nodes { id } } }`, strings.Repeat(`"`+uuidOf(1)+`",`, 2001)), "BAD_USER_INPUT", []string{"filter.tierUuids", "2000", "2001"}},
		{fmt.Sprintf(`{ campaigns(campaignKeys: [%s]) { nodes { id } } }`, strings.Repeat(`"c",`, 2001)), "BAD_USER_INPUT", []string{"campaignKeys", "2000", "2001"}},
		{fmt.Sprintf(`{ partnerLeaderboard(where: [%s]) { nodes { id } } }`, strings.Repeat(`{ dimension: PATH, in: [`+strings.Repeat(`"`+strings.Repeat("x", 500)+`",`, 20)+`] }`, 10)), "BAD_USER_INPUT", []string{"where", "65536"}},
		{`{ activations(first: "x") { nodes { id } } }`, validation, []string{"Int", "x"}},
		{`{ activations(first: null) { nodes { id } } }`, validation, []string{"Int!"}},
		{`{ activations(after: "x") { nodes { id } } }`, invalid, []string{"after", `"x"`}},
		{`{ campaigns(after: "x") { nodes { id } } }`, invalid, []string{"after", `"x"`}},
		{`{ partnerLeaderboard(after: "x") { nodes { id } } }`, invalid, []string{"after", `"x"`}},
		{fmt.Sprintf(`{ partnerLeaderboard(after: %q) { nodes { id } } }`, base64.RawURLEncoding.EncodeToString([]byte(strings.ToUpper(uuidOf(1))))), invalid, []string{"after", "not a cursor"}},
		{`{ activations(filter: { activeAt: "yesterday" }) { nodes { id } } }`, invalid, []string{"filter.activeAt", "2026-03-31T12:00:00Z", "yesterday"}},
		{`{ activations(filter: { statuses: [NONE] }) { nodes { id } } }`, validation, []string{"NONE", "ActivationStatus"}},
		{`{ campaigns(scheduled: { start: "2026-03-02T00:00:00Z", end: "2026-03-01T00:00:00Z" }) { nodes { id } } }`, invalid, []string{"scheduled", "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"}},
		{`{ campaign(campaignKey: "c") { timeSeries(interval: YEAR) { points { start } } } }`, validation, []string{"YEAR", "Interval"}},
		{`{ partner(uuid: "x") { id } }`, invalid, []string{"uuid", `"x"`}},
		{`{ partner(uuid: "7d0c1c9e31a24e7b9f57000000000001") { id } }`, invalid, []string{"uuid", "7d0c1c9e31a24e7b9f57000000000001"}},
		{`{ partner { id } }`, validation, []string{"uuid"}},
		{`{ nothing }`, validation, []string{"nothing"}},
		{`{ activation(activationId: "act") { metrics { nothing } } }`, validation, []string{"nothing", "ActivationMetrics"}},
		{`{ activation(activationId: "act") `, "GRAPHQL_PARSE_FAILED", nil},
		{`{ partnerLeaderboard(range: {}) { nodes { id } } }`, validation, []string{"RangeInput", "exactly one"}},
		{`{ partnerLeaderboard(range: { period: LAST_YEAR, dates: { startDate: "2026-01-01", endDate: "2026-01-02" } }) { nodes { id } } }`, validation, []string{"RangeInput", "exactly one"}},
		{`{ partnerLeaderboard(range: { dates: { startDate: "2026-01-03", endDate: "2026-01-02" } }) { nodes { id } } }`, invalid, []string{"range.dates", "2026-01-03", "2026-01-02"}},
		{`{ partnerLeaderboard(range: { dates: { startDate: "2026-02-30", endDate: "2026-03-02" } }) { nodes { id } } }`, invalid, []string{"range.dates.startDate", "2026-02-30"}},
		{`{ partnerLeaderboard(range: { dates: { startDate: "1800-01-01", endDate: "2026-03-02" } }) { nodes { id } } }`, invalid, []string{"range.dates", "1900-01-01", "1800-01-01"}},
		{`{ partnerLeaderboard(range: { dates: { startDate: "2026-01-01", endDate: "9999-12-31" } }) { nodes { id } } }`, invalid, []string{"range.dates", "2200-01-01"}},
		{`{ partnerLeaderboard(range: { instants: { start: "2026-01-03T00:00:00Z", end: "2026-01-02T00:00:00Z" } }) { nodes { id } } }`, invalid, []string{"range.instants", "2026-01-03", "2026-01-02"}},
		{`{ partnerLeaderboard(timeZone: "Mars/Olympus") { nodes { id } } }`, invalid, []string{"timeZone", "IANA", "Mars/Olympus"}},
		{`{ partnerLeaderboard(timeZone: "Local") { nodes { id } } }`, invalid, []string{"timeZone", "Local"}},
		{`{ partnerLeaderboard(timeZone: 3) { nodes { id } } }`, invalid, []string{"timeZone"}},
		{`{ partnerLeaderboard(filter: { tierUuids: ["x"] }) { nodes { id } } }`, invalid, []string{"filter.tierUuids[0]", `"x"`}},
		{`{ partner(uuid: "` + uuidOf(1) + `") { timeSeries(interval: QUARTER_HOUR, range: { dates: { startDate: "2020-01-01", endDate: "2025-12-31" } }) { points { start } } } }`, invalid, []string{"interval", "100000", "QUARTER_HOUR"}},
		{activation(`activationId: "a b"`), invalid, []string{"activationId", "1 to 64", `"a b"`}},
		{activation(`eventKey: ""`), invalid, []string{"eventKey", "1 to 256", "0"}},
		{activation(`eventName: "` + long + `"`), invalid, []string{"eventName", "1 to 512", "600"}},
		{activation(`tier: "` + long + `"`), invalid, []string{"tier", "1 to 64", "600"}},
		{activation(`endAt: "2026-03-01T00:00:00Z"`), invalid, []string{"endAt", "startAt", "2026-03-01T00:00:00Z"}},
		{activation(`startAt: "1899-12-31T23:59:59Z"`), invalid, []string{"startAt", "1900-01-01", "1899-12-31"}},
		{activation(`endAt: "2200-01-01T00:00:00.000001Z"`), invalid, []string{"endAt", "2200-01-01"}},
		{activation(`endAt: "2026-03-02"`), invalid, []string{"input.endAt", "2026-03-31T12:00:00Z", "2026-03-02"}},
		{activation(`status: SOLD`), validation, []string{"SOLD", "ActivationStatus"}},
		{`mutation { upsertPartners(input: []) { partners { id } } }`, invalid, []string{"partners", "1 to 1000", "0"}},
		{partner(`name: "", partnerType: REFERRAL`), invalid, []string{"partners[1].name", "1 to 512", "0"}},
		{partner(`name: "n", partnerType: FRIEND`), validation, []string{"FRIEND", "PartnerType"}},
		{partner(`name: "n", partnerType: REFERRAL, tier: { uuid: "` + uuidOf(3) + `", name: "" }`), invalid, []string{"partners[1].", "1 to 512", "0"}},
		{campaign(`campaignKey: "k", title: ""`), invalid, []string{"campaigns[0].title", "1 to 512", "0"}},
		{campaign(`campaignKey: "", title: "t"`), invalid, []string{"campaigns[0].campaignKey", "1 to 256", "0"}},
		{campaign(`campaignKey: "k", title: "t", campaignId: "01"`), invalid, []string{"campaigns[0].campaignId", "9007199254740991", `"01"`}},
		{campaign(`campaignKey: "k", title: "t", endedAt: "2026-03-02T00:00:00Z"`), invalid, []string{"campaigns[0].endedAt", "startedAt"}},
		{campaign("campaignKey: \"k\\u0000\", title: \"t\""), invalid, []string{"campaigns[0].campaignKey", "NUL"}},
		{`mutation { deleteActivation(activationId: "none") { activationId } }`, "NOT_FOUND", nil},
	} {
		a := b.post(c.query, nil, nil)
		refused(t, a, c.code, c.words...)
		equal(t, "status of "+c.query, a.status, http.StatusOK)
		if t.Failed() {
			t.Fatal(c.query)
		}
	}
	matches(t, b.ask(`{ activations { nodes { activationId } } campaigns { nodes { campaignKey } } partnerLeaderboard { nodes { name } } }`), `{
		"activations": {"nodes": [{"activationId": "act"}]}, "campaigns": {"nodes": [{"campaignKey": "c"}]}, "partnerLeaderboard": {"nodes": [{"name": "P"}]}
	}`) // a list with one bad element changed nothing
}

// The same for variables. What is found before anything runs names the variable,
// anything else the argument.
func TestBadVariables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		query string
		value any
		code  string
		words []string
	}{
		{`query($v: TimeZone) { partnerLeaderboard(timeZone: $v) { nodes { id } } }`, "Mars", "BAD_USER_INPUT", []string{"$v: ", "Mars"}},
		{`query($v: Int!) { partnerLeaderboard(first: $v) { nodes { id } } }`, "x", "BAD_USER_INPUT", []string{"$v", "Int"}},
		{`query($v: Int!) { partnerLeaderboard(first: $v) { nodes { id } } }`, nil, "BAD_USER_INPUT", []string{"$v", "null"}},
		{`query($v: Int!) { partnerLeaderboard(first: $v) { nodes { id } } }`, 5000, "BAD_USER_INPUT", []string{"first", "5000"}},
		{`query($v: UUID!) { partner(uuid: $v) { id } }`, 5, "BAD_USER_INPUT", []string{"$v: ", "5"}},
		{`query($v: [UUID!]) { partnerLeaderboard(filter: { partnerUuids: $v }) { nodes { id } } }`, []any{uuidOf(1), nil}, "BAD_USER_INPUT", []string{"$v[1]", "null"}},
		{`query($v: PartnerFilter) { partnerLeaderboard(filter: $v) { nodes { id } } }`, map[string]any{"partnerUuids": []any{"x"}}, "BAD_USER_INPUT", []string{"$v.partnerUuids[0]", `"x"`}},
		{`query($v: PartnerFilter) { partnerLeaderboard(filter: $v) { nodes { id } } }`, map[string]any{"none": 1}, "BAD_USER_INPUT", []string{"$v.none"}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"dates": map[string]any{"startDate": "20260101", "endDate": "2026-01-01"}}, "BAD_USER_INPUT", []string{"$v.dates.startDate", "20260101"}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"period": nil}, "", nil},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"period": "YESTERYEAR"}, "BAD_USER_INPUT", []string{"$v.period: must be one of ", "LAST_30_DAYS", `got "YESTERYEAR"`}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"period": "last_30_days"}, "BAD_USER_INPUT", []string{"$v.period: must be one of ", `got "last_30_days"`}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"period": "LAST_MONTH is not a valid Period Did you mean x"}, "BAD_USER_INPUT", []string{"$v.period: must be one of ", `got "LAST_MONTH is not a valid Period Did you mean x"`}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, map[string]any{"period": true}, "BAD_USER_INPUT", []string{"$v.period: must be one of "}},
		{`query($v: RangeInput) { partnerLeaderboard(range: $v) { nodes { id } } }`, "LAST_30_DAYS", "BAD_USER_INPUT", []string{"$v: must be a RangeInput"}},
		{`query($v: [DimensionFilter!]) { partnerLeaderboard(where: $v) { nodes { id } } }`, []any{map[string]any{"dimension": "COLOUR"}}, "BAD_USER_INPUT", []string{"$v[0].dimension: must be one of ", `got "COLOUR"`}},
		{`query($v: [DimensionFilter!]) { partnerLeaderboard(where: $v) { nodes { id } } }`, []any{map[string]any{}}, "BAD_USER_INPUT", []string{"$v[0].dimension: must be defined"}},
		{`query($v: Int) { partnerLeaderboard(first: $v) { nodes { id } } }`, 5.5, "BAD_USER_INPUT", []string{"$v: must be an integer of 32 bits (Int)"}},
		{`query($v: Int, $w: Int!) { partnerLeaderboard(first: $v) { totalCount } more: partnerLeaderboard(first: $w) { totalCount } }`, 5, "BAD_USER_INPUT", []string{"$w: must be defined"}},
		{`query($v: Int) { partnerLeaderboard(first: $v) { nothing } }`, "x", "GRAPHQL_VALIDATION_FAILED", []string{"nothing"}},
		{`query($v: Int) { partnerLeaderboard(range: { period: YESTERYEAR }, first: $v) { nodes { id } } }`, 5, "GRAPHQL_VALIDATION_FAILED", []string{"YESTERYEAR"}},
		{`mutation($v: [EventInput!]!) { recordEvents(events: $v) { accepted } }`, []any{map[string]any{"id": "1", "action": "click", "event": "e", "at": "now"}}, "BAD_USER_INPUT", []string{"$v[0].at", "now"}},
	} {
		a := b.post(c.query, map[string]any{"v": c.value}, nil)
		if len(a.errors) != 1 || c.code != "" && a.errors[0].code() != c.code {
			t.Errorf("%s with %v gave %s", c.query, c.value, a.body)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(a.errors[0].Message, w) {
				t.Errorf("the message %q does not say %q", a.errors[0].Message, w)
			}
		}
	}
}

// An event that does not count is named, and takes no other with it.
func TestRecordEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.campaigns("c")
	b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z")
	at := `at: "2026-03-02T00:00:00Z"`
	matches(t, b.ask(`mutation { recordEvents(events: [
		{ id: "1", action: "click", event: "jazz", session: "s", `+at+`, source: "mail", medium: "m", campaignTag: "t", referrer: "r", path: "/p", country: "fr", device: "phone" },
		{ id: "1", action: "click", event: "jazz", session: "s", `+at+` },
		{ id: "2", action: "jump", event: "jazz", `+at+` },
		{ id: "3", action: "click", event: "jazz", `+at+`, seconds: 3000000000 },
		{ id: "4", action: "page_view", partner: "`+uuidOf(7)+`", visitor: "v", `+at+` },
		{ id: "5", action: "watch", campaign: "c", visitor: "v", seconds: 60, loggedIn: true, `+at+` },
		{ id: "6", action: "watch", campaign: "c", visitor: "v", seconds: 0, `+at+` },
		{ id: "7", action: "click", event: "jazz", country: "FRA", `+at+` },
		{ id: "8", action: "click", event: "jazz", at: "2199-01-01T00:00:00Z" }
	]) { accepted duplicates rejected { index code message } } }`), `{"recordEvents": {"accepted": 2, "duplicates": 1, "rejected": [
		{"index": 2, "code": "BAD_USER_INPUT", "message": "action: must be one of click, outbound_click, calendar_sync, page_view, watch, like, chat, product_click, banner_click, got \"jump\""},
		{"index": 3, "code": "BAD_USER_INPUT", "message": "seconds: goes with action watch only, not with click"},
		{"index": 4, "code": "NOT_FOUND", "message": "partner: does not exist: \"`+uuidOf(7)+`\""},
		{"index": 6, "code": "BAD_USER_INPUT", "message": "seconds: must be from 1 to 86400, got 0"},
		{"index": 7, "code": "BAD_USER_INPUT", "message": "country: must be two letters such as FR (ISO 3166-1 alpha-2), got \"FRA\""},
		{"index": 8, "code": "BAD_USER_INPUT", "message": "at: must not be more than 24 h in the future, got 2199-01-01T00:00:00Z"}
	]}}`)
	matches(t, b.ask(`{ activation(activationId: "act") { metrics { clickCount } } campaign(campaignKey: "c") { metrics { totalViewers } } }`),
		`{"activation": {"metrics": {"clickCount": 1}}, "campaign": {"metrics": {"totalViewers": 1}}}`)
	matches(t, b.ask(`mutation { recordEvents(events: []) { accepted duplicates rejected { index } } }`), `{"recordEvents": {"accepted": 0, "duplicates": 0, "rejected": []}}`)
}

// Keys that cannot be stored name nothing, and do no harm to what stands beside them.
func TestKeysThatAreNoText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "e", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
	partner := analytics.PartnerInput{UUID: [16]byte{15: 1}, Name: "p", PartnerType: analytics.Referral}
	_, err := b.writer.UpsertPartners(t.Context(), b.tenant.ID, []analytics.PartnerInput{partner})
	ok(t, err)
	matches(t, b.ask(`{
		good: activation(activationId: "act") { activationId }
		bad: activation(activationId: "a\u0000") { id }
		campaign(campaignKey: "a\u0000") { id }
		node(id: "`+analytics.EncodeID("Activation", "\xff")+`") { id }
		partner: node(id: "`+analytics.EncodeID("Partner", "{"+partner.UUID.String()+"}")+`") { id }
		campaigns(campaignKeys: ["a\u0000"]) { nodes { id } }
		none: activations(filter: { eventKeys: ["a\u0000"] }) { nodes { id } }
		some: activations(filter: { eventKeys: ["a\u0000", "e"] }) { nodes { activationId } }
	}`), `{
		"good": {"activationId": "act"}, "bad": null, "campaign": null, "node": null, "partner": null,
		"campaigns": {"nodes": []}, "none": {"nodes": []}, "some": {"nodes": [{"activationId": "act"}]}
	}`)
}
