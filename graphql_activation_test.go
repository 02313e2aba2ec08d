package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// click is a line of NDJSON: an event page's event.
func click(id, action, event, session, at string) string {
	line := fmt.Sprintf(`{"id":%q,"action":%q,"event":%q,"at":%q`, id, action, event, at)
	if session != "" {
		line += fmt.Sprintf(`,"session":%q`, session)
	}
	return line + "}"
}

// activate creates an activation and returns its token.
func (b *bundle) activate(id, event, start, end string) string {
	b.t.Helper()
	got := b.ask(`mutation($in: CreateActivationInput!) { createActivation(input: $in) { token activation { activationId } } }`,
		map[string]any{"in": map[string]any{
			"activationId": id, "eventKey": event, "eventName": "Name of " + event, "tier": "premium", "startAt": start, "endAt": end,
		}})
	token, _ := at(got, "createActivation.token").(string)
	if at(got, "createActivation.activation.activationId") != id || !strings.HasPrefix(token, "tok_") || len(token) < 26 {
		b.t.Fatalf("created %s", encoded(got))
	}
	return token
}

const everyActivationMeasure = `clickCount outboundClickCount calendarSyncCount uniqueSessionCount uniqueViewSessionCount
	uniqueOutboundSessionCount uniqueCalendarSessionCount outboundSessionRate calendarSessionRate outboundInteractionRate
	calendarInteractionRate outboundClicksPerView calendarSyncsPerView`

func TestActivation(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Europe/Paris" })
	b.activate("act_1", "jazz", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z")
	b.record(
		click("1", "click", "jazz", "s1", "2026-03-01T00:00:00Z"),
		click("2", "click", "jazz", "s1", "2026-03-02T10:00:00.5Z"),
		click("3", "click", "jazz", "s2", "2026-03-02T10:00:00Z"),
		click("4", "click", "jazz", "", "2026-03-02T10:00:00Z"),
		click("5", "outbound_click", "jazz", "s2", "2026-03-02T10:01:00Z"),
		click("6", "calendar_sync", "jazz", "s3", "2026-03-07T23:59:59.999999Z"),
		click("7", "click", "jazz", "s9", "2026-03-08T00:00:00Z"),
		click("8", "click", "jazz", "s9", "2026-02-28T23:59:59.999999Z"),
		click("9", "click", "other", "s9", "2026-03-02T10:00:00Z"),
	)
	matches(t, b.ask(`{ activation(activationId: "act_1") {
		id activationId eventKey eventName tier status startAt endAt
		metrics { `+everyActivationMeasure+` range { start end timeZone } }
	} }`), `{"activation": {
		"id": "QWN0aXZhdGlvbjphY3RfMQ", "activationId": "act_1", "eventKey": "jazz", "eventName": "Name of jazz", "tier": "premium",
		"status": "ACTIVATED", "startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-08T00:00:00Z",
		"metrics": {
			"clickCount": 4, "outboundClickCount": 1, "calendarSyncCount": 1,
			"uniqueSessionCount": 3, "uniqueViewSessionCount": 2, "uniqueOutboundSessionCount": 1, "uniqueCalendarSessionCount": 1,
			"outboundSessionRate": 50, "calendarSessionRate": 50, "outboundInteractionRate": 33.3, "calendarInteractionRate": 33.3,
			"outboundClicksPerView": 0.25, "calendarSyncsPerView": 0.25,
			"range": {"start": "2026-03-01T01:00:00+01:00", "end": "2026-03-08T01:00:00+01:00", "timeZone": "Europe/Paris"}
		}
	}}`)
	matches(t, b.ask(`{ activation(activationId: "act_2") { id } }`), `{"activation": null}`)
}

// Two activations on one event are two windows on the same events, and events
// recorded before an activation count in it.
func TestActivationsShareAnEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var lines []string
	for i, at := range []string{
		"2026-03-01T10:07:00.123455Z", "2026-03-01T10:07:00.123456Z", "2026-03-01T10:07:00.123457Z", // around the first's start
		"2026-03-05T23:59:59.999999Z", "2026-03-06T00:00:00Z", // where the second starts
		"2026-03-09T17:00:59.999998Z", "2026-03-09T17:00:59.999999Z", "2026-03-09T17:01:00Z", // around the first's end
	} {
		lines = append(lines, click(fmt.Sprint("e", i), "click", "jazz", fmt.Sprint("s", i%3), at))
	}
	b.record(lines...)
	b.activate("first", "jazz", "2026-03-01T10:07:00.123456Z", "2026-03-09T17:00:59.999999Z")
	b.activate("second", "jazz", "2026-03-06T00:00:00Z", "2026-04-01T00:00:00Z")
	b.activate("between", "jazz", "2026-03-05T23:59:59.999999Z", "2026-03-06T00:00:00Z")
	matches(t, b.ask(`{ activations { nodes { activationId metrics { clickCount uniqueSessionCount } } } }`), `{"activations": {"nodes": [
		{"activationId": "second", "metrics": {"clickCount": 4, "uniqueSessionCount": 3}},
		{"activationId": "between", "metrics": {"clickCount": 1, "uniqueSessionCount": 1}},
		{"activationId": "first", "metrics": {"clickCount": 5, "uniqueSessionCount": 3}}
	]}}`)
	// A part of a window, by instants down to the microsecond.
	matches(t, b.ask(`{ activation(activationId: "first") {
		none: metrics(range: { instants: { start: "2026-03-01T00:00:00Z", end: "2026-03-01T10:07:00.123456Z" } }) { clickCount outboundSessionRate outboundClicksPerView }
		one: metrics(range: { instants: { start: "2026-03-01T00:00:00Z", end: "2026-03-01T10:07:00.123457Z" } }) { clickCount range { start end } }
		two: metrics(range: { instants: { start: "2026-03-01T11:07:00.123456+01:00", end: "2026-03-01T10:08:00Z" } }) { clickCount }
		day: metrics(range: { dates: { startDate: "2026-03-05", endDate: "2026-03-05" } }) { clickCount }
		paris: metrics(range: { dates: { startDate: "2026-03-06", endDate: "2026-03-06" } }, timeZone: "Europe/Paris") { clickCount range { start end timeZone } }
	} }`), `{"activation": {
		"none": {"clickCount": 0, "outboundSessionRate": null, "outboundClicksPerView": null},
		"one": {"clickCount": 1, "range": {"start": "2026-03-01T10:07:00.123456Z", "end": "2026-03-01T10:07:00.123457Z"}},
		"two": {"clickCount": 2},
		"day": {"clickCount": 1},
		"paris": {"clickCount": 2, "range": {"start": "2026-03-06T00:00:00+01:00", "end": "2026-03-07T00:00:00+01:00", "timeZone": "Europe/Paris"}}
	}}`)
}

func TestActivationPrevious(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *settings) { c.zone = "Europe/Paris" })
	b.activate("act", "jazz", "2024-01-01T00:00:00Z", "2026-06-01T00:00:00Z")
	b.record(
		click("1", "click", "jazz", "a", "2026-02-10T12:00:00Z"),
		click("2", "click", "jazz", "a", "2026-01-31T22:59:59.999999Z"), // still January in Paris
		click("3", "click", "jazz", "b", "2026-01-31T23:00:00Z"),        // already February there
		click("4", "click", "jazz", "a", "2025-02-28T12:00:00Z"),
		click("5", "click", "jazz", "b", "2025-02-28T12:00:00Z"),
		click("6", "click", "jazz", "c", "2024-02-29T12:00:00Z"),
	)
	matches(t, b.ask(`{ activation(activationId: "act") {
		february: metrics(range: { dates: { startDate: "2026-02-01", endDate: "2026-02-28" } }) {
			clickCount
			previous { clickCount uniqueSessionCount range { start end } }
			lastYear: previous(by: PREVIOUS_YEAR) { clickCount range { start end } previous(by: PREVIOUS_YEAR) { clickCount range { start end } } }
		}
		hour: metrics(range: { instants: { start: "2026-02-01T00:00:00+01:00", end: "2026-02-01T01:00:00+01:00" } }) {
			clickCount
			previous { clickCount range { start end } }
		}
		all: metrics { clickCount previous { clickCount range { start end } } }
	} }`), `{"activation": {
		"february": {
			"clickCount": 2,
			"previous": {"clickCount": 1, "uniqueSessionCount": 1, "range": {"start": "2026-01-04T00:00:00+01:00", "end": "2026-02-01T00:00:00+01:00"}},
			"lastYear": {
				"clickCount": 2, "range": {"start": "2025-02-01T00:00:00+01:00", "end": "2025-03-01T00:00:00+01:00"},
				"previous": {"clickCount": 0, "range": {"start": "2024-02-01T00:00:00+01:00", "end": "2024-02-29T00:00:00+01:00"}}
			}
		},
		"hour": {"clickCount": 1, "previous": {"clickCount": 1, "range": {"start": "2026-01-31T23:00:00+01:00", "end": "2026-02-01T00:00:00+01:00"}}},
		"all": {"clickCount": 6, "previous": {"clickCount": 0, "range": {"start": "2024-01-01T01:00:00+01:00", "end": "2024-01-01T01:00:00+01:00"}}}
	}}`)
}

// A calendar month is compared with the calendar month before it, in every
// bucket of a series too.
func TestActivationSeriesPrevious(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.activate("act", "jazz", "2026-01-15T00:00:00Z", "2026-04-01T00:00:00Z")
	b.record(
		click("1", "click", "jazz", "a", "2026-01-20T12:00:00Z"),
		click("2", "click", "jazz", "a", "2026-02-20T12:00:00Z"),
		click("3", "click", "jazz", "b", "2026-02-21T12:00:00Z"),
	)
	matches(t, b.ask(`{ activation(activationId: "act") { timeSeries(interval: MONTH) { interval timeZone points {
		start end partial metrics { clickCount uniqueSessionCount previous { clickCount range { start end } } }
	} } } }`), `{"activation": {"timeSeries": {"interval": "MONTH", "timeZone": "UTC", "points": [
		{"start": "2026-01-15T00:00:00Z", "end": "2026-02-01T00:00:00Z", "partial": true, "metrics": {"clickCount": 1, "uniqueSessionCount": 1,
			"previous": {"clickCount": 0, "range": {"start": "2026-01-15T00:00:00Z", "end": "2026-01-15T00:00:00Z"}}}},
		{"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z", "partial": false, "metrics": {"clickCount": 2, "uniqueSessionCount": 2,
			"previous": {"clickCount": 1, "range": {"start": "2026-01-15T00:00:00Z", "end": "2026-02-01T00:00:00Z"}}}},
		{"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z", "partial": false, "metrics": {"clickCount": 0, "uniqueSessionCount": 0,
			"previous": {"clickCount": 2, "range": {"start": "2026-02-01T00:00:00Z", "end": "2026-03-01T00:00:00Z"}}}}
	]}}}`)
}

func TestActivationMutations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	made := b.ask(`mutation { createActivation(input: {
		eventKey: "rock", eventName: "Rock & \"Roll\" – été", tier: "basic", startAt: "2026-03-01T01:00:00.123456789+01:00", endAt: "2026-03-03T00:00:00Z", status: PENDING
	}) { token activation { id activationId eventName status startAt metrics { clickCount } } } }`)
	id, _ := at(made, "createActivation.activation.activationId").(string)
	if !strings.HasPrefix(id, "act_") || len(id) < 16 {
		t.Errorf("a random id is %q", id)
	}
	equal(t, "name", at(made, "createActivation.activation.eventName"), any("Rock & \"Roll\" – été"))
	equal(t, "status", at(made, "createActivation.activation.status"), any("PENDING"))
	equal(t, "start", at(made, "createActivation.activation.startAt"), any("2026-03-01T00:00:00.123456Z"))
	equal(t, "clicks", number(made, "createActivation.activation.metrics.clickCount"), 0)

	taken := b.post(`mutation { createActivation(input: { activationId: "act", eventKey: "e", eventName: "n", tier: "t",
		startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { token } }`, nil, nil)
	refused(t, taken, "CONFLICT", "activationId: is taken", "act")
	equal(t, "field", at(any(taken.errors[0].Extensions), "field"), any("activationId"))
	equal(t, "token opens", number(b.as(token).ask(`{ activation(activationId: "act") { metrics { clickCount } } }`), "activation.metrics.clickCount"), 0)

	matches(t, b.ask(`mutation { deleteActivation(activationId: "act") { activationId } }`), `{"deleteActivation": {"activationId": "act"}}`)
	matches(t, b.ask(`{ activation(activationId: "act") { id } }`), `{"activation": null}`)
	equal(t, "the dead token", b.as(token).post(`{ activation(activationId: "act") { id } }`, nil, fresh).status, http.StatusUnauthorized)
	refused(t, b.post(`mutation { deleteActivation(activationId: "act") { activationId } }`, nil, nil), "NOT_FOUND", "activationId: no such activation")
	again := b.post(`mutation { createActivation(input: { activationId: "act", eventKey: "e", eventName: "n", tier: "t",
		startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z" }) { token } }`, nil, nil)
	refused(t, again, "CONFLICT", "act")
}

// A link opens as soon as its activation is acknowledged, and no longer when it is
// deleted, whatever was asked a moment before.
func TestLinksFollowTheirActivations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	open := func(token string) int {
		return b.do(http.MethodGet, "/api/partner-stats/act?token="+token, "", nil).status
	}
	equal(t, "before it is made", open("tok_x"), http.StatusNotFound)
	token := b.activate("act", "jazz", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
	equal(t, "its link", open(token), http.StatusOK)
	equal(t, "a wrong token", open("tok_x"), http.StatusForbidden)
	b.ask(`mutation { deleteActivation(activationId: "act") { activationId } }`)
	equal(t, "its link once it is deleted", open(token), http.StatusNotFound)
	equal(t, "a wrong token once it is deleted", open("tok_x"), http.StatusNotFound)
	equal(t, "its token as a credential", b.as(token).post(`{ activation(activationId: "act") { id } }`, nil, nil).status, http.StatusUnauthorized)
}

// refused checks that an answer holds one error, with the code and all the words
// in its message.
func refused(t testing.TB, a answer, code string, words ...string) {
	t.Helper()
	if len(a.errors) != 1 || a.errors[0].code() != code {
		t.Errorf("got %d %s, want one %s", a.status, a.body, code)
		return
	}
	for _, w := range words {
		if !strings.Contains(a.errors[0].Message, w) {
			t.Errorf("the message %q does not say %q", a.errors[0].Message, w)
		}
	}
}

// An order goes on, and its link with it.
func TestActivationStatus(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.ask(`mutation { createActivation(input: { activationId: "act", eventKey: "jazz", eventName: "Jazz", tier: "t",
		startAt: "2026-03-01T00:00:00Z", endAt: "2026-03-02T00:00:00Z", status: PENDING }) { token } }`)
	token, _ := at(made, "createActivation.token").(string)
	for _, step := range []struct {
		status string
		report int
	}{{"PENDING", http.StatusConflict}, {"PROCESSING", http.StatusConflict}, {"ACTIVATED", http.StatusOK}, {"DISMISSED", http.StatusConflict}, {"ACTIVATED", http.StatusOK}} {
		const set = `mutation($to: ActivationStatus!) { setActivationStatus(activationId: "act", status: $to) { activation { activationId eventKey status endAt } } }`
		matches(t, b.ask(set, map[string]any{"to": step.status}), fmt.Sprintf(`{"setActivationStatus": {"activation":
			{"activationId": "act", "eventKey": "jazz", "status": %q, "endAt": "2026-03-02T00:00:00Z"}}}`, step.status))
		matches(t, b.ask(`{ activation(activationId: "act") { status } }`), fmt.Sprintf(`{"activation": {"status": %q}}`, step.status))
		equal(t, step.status, b.as("").do(http.MethodGet, "/api/partner-stats/act?token="+token, "", fresh).status, step.report)
	}
	refused(t, b.post(`mutation { setActivationStatus(activationId: "none", status: ACTIVATED) { activation { id } } }`, nil, nil), "NOT_FOUND", "activationId: no such activation", "none")
}
