package rest_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"footfall/analytics"
)

const partners = "/analytics/engagement/partners"

var leaderboardExamples = []example{
	{name: "ok", target: partners, header: bearer("ff_reader")},
	{name: "ok-v1", target: "/v1" + partners, header: bearer("ff_reader")},
	{name: "ok-head", method: http.MethodHead, target: partners, header: bearer("ff_reader")},
	{name: "ok-api-key", target: partners + "?limit=1", header: http.Header{"Authorization": {"aPI-kEY ff_reader"}}},
	{name: "ok-bearer-lower-case", target: partners + "?limit=1", header: http.Header{"Authorization": {"bearer ff_reader"}}},
	{name: "ok-empty", target: partners, header: bearer("ff_bare")},
	{name: "ok-limit", target: partners + "?limit=2&limit=bad", header: bearer("ff_reader")},
	{name: "ok-partner-type", target: partners + "?partner_type=referral", header: bearer("ff_reader")},
	{name: "ok-lead-direction", target: partners + "?lead_direction=received", header: bearer("ff_reader")},
	{name: "ok-lead-direction-all", target: partners + "?lead_direction=all", header: bearer("ff_reader")},
	{name: "ok-partner-uuid", target: partners + "?partner_uuids=" + id(3).String(), header: bearer("ff_reader")},
	{name: "ok-uuids-repeated", target: partners + "?partner_uuids=" + id(3).String() + "&partner_uuids=" + id(4).String(), header: bearer("ff_reader")},
	{name: "ok-uuids-commas", target: partners + "?partner_uuids=" + id(3).String() + ",%20" + id(4).String() + ",", header: bearer("ff_reader")},
	{name: "ok-uuids-brackets", target: partners + "?partner_uuids[]=" + id(3).String() + "&partner_uuids%5B%5D=7D0C1C9E-31A2-4E7B-9F57-0A8F7E1F5A04", header: bearer("ff_reader")},
	{name: "ok-uuids-empty", target: partners + "?partner_uuids=&limit=1", header: bearer("ff_reader")},
	{name: "ok-uuids-unknown", target: partners + "?tier_uuids=" + id(0xee).String(), header: bearer("ff_reader")},
	{name: "ok-category", target: partners + "?category_uuids=" + id(0x22).String(), header: bearer("ff_reader")},
	{name: "ok-tier", target: partners + "?tier_uuids=" + id(0x31).String() + "," + id(0x32).String(), header: bearer("ff_reader")},
	{name: "ok-stage", target: partners + "?stage_uuids=" + id(0x41).String(), header: bearer("ff_reader")},
	{name: "ok-across", target: partners + "?category_uuids=" + id(0x22).String() + "&tier_uuids=" + id(0x32).String(), header: bearer("ff_reader")},
	{name: "ok-unknown-parameter", target: partners + "?limit=1&limits=0&period%5B%5D=x", header: bearer("ff_reader")},
	{name: "ok-lone-date", target: partners + "?limit=1&start_date=2026-02-30", header: bearer("ff_reader")},
	{name: "ok-lone-date-end", target: partners + "?limit=1&start_date=&end_date=2026-02-01", header: bearer("ff_reader")},
	{name: "ok-dates", target: partners + "?limit=1&start_date=2026-02-01&end_date=2026-02-01", header: bearer("ff_reader")},
	{name: "ok-stale", target: partners + "?limit=1", header: bearer("ff_reader"), world: func(w *world) { w.stale = 1500 * time.Millisecond }},
	{name: "not-modified", target: partners, header: http.Header{"Authorization": {"Bearer ff_reader"}, "If-None-Match": {"*"}}},

	{name: "unauthorized-missing", target: partners},
	{name: "unauthorized-scheme", target: partners, header: http.Header{"Authorization": {"Basic ff_reader"}}},
	{name: "unauthorized-unknown", target: partners, header: bearer("ff_nobody")},
	{name: "unauthorized-revoked", target: partners, header: bearer("ff_gone")},
	{name: "unauthorized-first", target: partners + "?limit=0"},
	{name: "forbidden", target: partners, header: bearer("ff_writer")},
	{name: "forbidden-first", target: partners + "?limit=0", header: bearer("ff_writer")},
	{name: "forbidden-activation-token", target: partners, header: bearer("tok_quiet")},
	{name: "bad-period", target: partners + "?period=this_year", header: bearer("ff_reader")},
	{name: "bad-period-upper-case", target: partners + "?period=CURRENT_YEAR", header: bearer("ff_reader")},
	{name: "bad-period-empty", target: partners + "?period=", header: bearer("ff_reader")},
	{name: "ok-bad-period-beside-dates", target: partners + "?period=x&start_date=2026-02-01&end_date=2026-02-01", header: bearer("ff_reader")},
	{name: "bad-start-date", target: partners + "?start_date=2026-02-30&end_date=2026-03-01", header: bearer("ff_reader")},
	{name: "bad-start-date-order", target: partners + "?start_date=2026-03-02&end_date=2026-03-01", header: bearer("ff_reader")},
	{name: "bad-start-date-bound", target: partners + "?start_date=1899-12-31&end_date=2026-03-01", header: bearer("ff_reader")},
	{name: "bad-start-date-bound-zone", target: partners + "?start_date=1900-01-01&end_date=2026-03-01", header: bearer("ff_paris")},
	{name: "bad-end-date", target: partners + "?start_date=2026-02-01&end_date=2026-3-1", header: bearer("ff_reader")},
	{name: "bad-end-date-time", target: partners + "?start_date=2026-02-01&end_date=2026-03-01T00:00:00Z", header: bearer("ff_reader")},
	{name: "bad-end-date-bound", target: partners + "?start_date=2026-02-01&end_date=2200-01-01", header: bearer("ff_reader")},
	{name: "bad-partner-type", target: partners + "?partner_type=vendor", header: bearer("ff_reader")},
	{name: "bad-lead-direction", target: partners + "?lead_direction=%22%0A%FF", header: bearer("ff_reader")},
	{name: "bad-partner-uuids", target: partners + "?partner_uuids=" + id(3).String() + ",x", header: bearer("ff_reader")},
	{name: "bad-category-uuids", target: partners + "?category_uuids[]=%7B7d0c1c9e-31a2-4e7b-9f57-0a8f7e1f5a00%7D", header: bearer("ff_reader")},
	{name: "bad-tier-uuids", target: partners + "?tier_uuids=7d0c1c9e31a24e7b9f570a8f7e1f5a00", header: bearer("ff_reader")},
	{name: "bad-stage-uuids", target: partners + "?stage_uuids=" + id(0x41).String() + "&stage_uuids=null", header: bearer("ff_reader")},
	{name: "bad-limit-zero", target: partners + "?limit=0", header: bearer("ff_reader")},
	{name: "bad-limit-above", target: partners + "?limit=101", header: bearer("ff_reader")},
	{name: "bad-limit-fraction", target: partners + "?limit=2.5", header: bearer("ff_reader")},
	{name: "bad-limit-empty", target: partners + "?limit=", header: bearer("ff_reader")},
	{name: "bad-limit-sign", target: partners + "?limit=%2B5", header: bearer("ff_reader")},
	{name: "bad-limit-zeros", target: partners + "?limit=007", header: bearer("ff_reader")},
	{name: "bad-limit-huge", target: partners + "?limit=99999999999999999999", header: bearer("ff_reader")},
	{name: "bad-limit-badly-encoded", target: partners + "?limit=%zz", header: bearer("ff_reader")},
	{name: "rate-limited", target: partners, header: bearer("ff_reader"), world: func(w *world) { w.rateLimit = 1 }, twice: true},
	{name: "internal", target: partners, header: bearer("ff_reader"), world: func(w *world) { w.failure = errors.New("a secret of ours") }},
	{name: "internal-panic-below", target: partners, header: bearer("ff_reader"), world: func(w *world) { w.panics = true }},
	{name: "internal-panic", target: partners, header: bearer("ff_reader"), world: panicking},
	{name: "unavailable", target: partners, header: bearer("ff_reader"), world: func(w *world) { w.failure = errAway }},
	{name: "unavailable-key", target: partners, header: bearer("ff_reader"), world: func(w *world) { w.failing = errAway }},
	{name: "method", method: http.MethodDelete, target: "/v1" + partners, header: bearer("ff_reader")},
}

func TestLeaderboardListsAreBounded(t *testing.T) {
	t.Parallel()
	list := make([]string, analytics.MaxNamed+1)
	for i := range list {
		list[i] = uuid.NewSHA1(uuid.Nil, []byte(strconv.Itoa(i))).String()
	}
	ask := func(list []string) (int, string) {
		rec := newWorld(t, nil).do(http.MethodGet, partners+"?tier_uuids="+strings.Join(list, ","), bearer("ff_reader"))
		return rec.Code, rec.Body.String()
	}
	if status, body := ask(list); status != http.StatusUnprocessableEntity || !strings.Contains(body, `"querystring/tier_uuids: must have at most 2000 values, got 2001"`) {
		t.Error(status, body)
	}
	if status, body := ask(list[1:]); status != http.StatusOK {
		t.Error(status, body)
	}
}
