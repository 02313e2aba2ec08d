package rest_test

import (
	"errors"
	"net/http"
)

const (
	campaignPath   = "/v2/a1b2c3d4/campaign/stats"
	seedCampaigns  = campaignPath + "?from=2022-07-08T00:00:00Z&to=2022-07-09T00:00:00Z"
	marchCampaigns = campaignPath + "?from=2026-03-20T00:00:00Z&to=2026-03-27T00:00:00Z"
)

var campaignExamples = []example{
	{name: "ok-seed", target: seedCampaigns, header: bearer("ff_reader")},
	{name: "ok", target: marchCampaigns, header: bearer("ff_reader")},
	{name: "ok-head", method: http.MethodHead, target: marchCampaigns, header: bearer("ff_reader")},
	{name: "ok-none", target: campaignPath + "?from=2025-03-20T00:00:00Z&to=2025-03-21T00:00:00Z", header: bearer("ff_reader")},
	{name: "ok-equal", target: campaignPath + "?from=2022-07-08T06:30:00Z&to=2022-07-08T06:30:00Z", header: bearer("ff_reader")},
	{name: "ok-from-inclusive", target: campaignPath + "?from=2026-03-25T09:00:00Z&to=2026-03-25T09:00:01Z", header: bearer("ff_reader")},
	{name: "ok-to-exclusive", target: campaignPath + "?from=2026-03-25T08:00:00Z&to=2026-03-25T09:00:00Z", header: bearer("ff_reader")},
	{name: "ok-keys", target: marchCampaigns + "&campaignKeys=nobody,%20to-come%20,to-come,", header: bearer("ff_reader")},
	{name: "ok-keys-empty", target: marchCampaigns + "&campaignKeys=%20,", header: bearer("ff_reader")},
	{name: "ok-keys-repeated", target: marchCampaigns + "&campaignKeys=on-air&campaignKeys=to-come", header: bearer("ff_reader")},
	{name: "ok-keys-unknown", target: marchCampaigns + "&campaignKeys=nobody", header: bearer("ff_reader")},
	{name: "ok-keys-impossible", target: marchCampaigns + "&campaignKeys=%00,%ff", header: bearer("ff_reader")},
	{name: "ok-unknown-parameter", target: marchCampaigns + "&limit=0&from=never", header: bearer("ff_reader")},
	{name: "not-modified", method: http.MethodHead, target: marchCampaigns, header: http.Header{"Authorization": {"Bearer ff_reader"}, "If-None-Match": {"*"}}},

	{name: "unauthorized-missing", target: marchCampaigns},
	{name: "unauthorized-unknown", target: marchCampaigns, header: bearer("ff_nobody")},
	{name: "unauthorized-revoked", target: marchCampaigns, header: bearer("ff_gone")},
	{name: "unauthorized-first", target: campaignPath},
	{name: "forbidden-other-key", target: marchCampaigns, header: bearer("ff_paris")},
	{name: "forbidden-other-key-first", target: campaignPath, header: bearer("ff_paris")},
	{name: "forbidden-no-access-key", target: "/v2/nobody/campaign/stats?from=2026-03-20T00:00:00Z&to=2026-03-27T00:00:00Z", header: bearer("ff_reader")},
	{name: "forbidden-scope", target: marchCampaigns, header: bearer("ff_writer")},
	{name: "forbidden-activation-token", target: marchCampaigns, header: bearer("tok_quiet")},
	{name: "bad-from-missing", target: campaignPath + "?to=2026-03-27T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-to-missing", target: campaignPath + "?from=2026-03-27T00:00:00Z&to=", header: bearer("ff_reader")},
	{name: "bad-from-date", target: campaignPath + "?from=2026-03-20&to=2026-03-27T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-from-fraction", target: campaignPath + "?from=2026-03-20T00:00:00.5Z&to=2026-03-27T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-from-offset", target: campaignPath + "?from=2026-03-20T00:00:00%2B00:00&to=2026-03-27T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-from-day", target: campaignPath + "?from=2026-02-30T00:00:00Z&to=2026-03-01T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-from-bound", target: campaignPath + "?from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-to-bound", target: campaignPath + "?from=2199-12-31T00:00:00Z&to=2200-01-01T00:00:01Z", header: bearer("ff_reader")},
	{name: "bad-to-hour", target: campaignPath + "?from=2026-03-20T00:00:00Z&to=2026-03-21T7:00:00Z", header: bearer("ff_reader")},
	{name: "bad-to-lower-case", target: campaignPath + "?from=2026-03-20T00:00:00Z&to=2026-03-21T07:00:00z", header: bearer("ff_reader")},
	{name: "bad-order", target: campaignPath + "?from=2026-03-20T00:00:01Z&to=2026-03-20T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-span", target: campaignPath + "?from=2026-03-20T00:00:00Z&to=2026-03-27T00:00:01Z", header: bearer("ff_reader")},
	{name: "rate-limited", target: marchCampaigns, header: bearer("ff_reader"), world: func(w *world) { w.rateLimit = 1 }, twice: true},
	{name: "internal", target: marchCampaigns, header: bearer("ff_reader"), world: func(w *world) { w.failure = errors.New("a secret of ours") }},
	{name: "internal-panic-below", target: marchCampaigns, header: bearer("ff_reader"), world: func(w *world) { w.panics = true }},
	{name: "internal-panic", target: marchCampaigns, header: bearer("ff_reader"), world: panicking},
	{name: "unavailable", target: marchCampaigns, header: bearer("ff_reader"), world: func(w *world) { w.failure = errAway }},
	{name: "method", method: http.MethodPut, target: marchCampaigns, header: bearer("ff_reader")},
}
