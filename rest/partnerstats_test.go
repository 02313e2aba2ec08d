package rest_test

import (
	"context"
	"errors"
	"net/http"
	"time"

	"footfall/analytics"
	"footfall/auth"
	"footfall/rest"
)

const documented = "/api/partner-stats/act_abc123xyz?token=tok_secure_token_here"

var errAway = analytics.Unavailable(errors.New("postgres is away"))

var partnerStatsExamples = []example{
	{name: "ok", target: documented},
	{name: "ok-csv", target: documented + "&format=csv"},
	{name: "ok-head", method: http.MethodHead, target: documented},
	{name: "ok-head-csv", method: http.MethodHead, target: documented + "&format=csv"},
	{name: "ok-format-upper-case", target: documented + "&format=CSV"},
	{name: "ok-format-repeated", target: documented + "&format=json&format=csv"},
	{name: "ok-format-empty", target: documented + "&format="},
	{name: "ok-token-repeated", target: documented + "&token=other"},
	{name: "ok-token-trimmed", target: "/api/partner-stats/act_abc123xyz?token=%20tok_secure_token_here%09"},
	{name: "ok-unknown-parameter", target: documented + "&colour=red&%zz=%zz"},
	{name: "ok-encoded-path", target: "/api/partner-stats/%61ct_abc123xyz?token=tok_secure_token_here"},
	{name: "ok-no-denominator", target: "/api/partner-stats/act_quiet?token=tok_quiet"},
	{name: "ok-no-denominator-csv", target: "/api/partner-stats/act_quiet?token=tok_quiet&format=csv"},
	{name: "ok-whole-rates", target: "/api/partner-stats/act_whole?token=tok_whole"},
	{name: "ok-whole-rates-csv", target: "/api/partner-stats/act_whole?token=tok_whole&format=csv"},
	{name: "ok-above-100", target: "/api/partner-stats/act_formula?token=tok_formula"},
	{name: "ok-csv-formula", target: "/api/partner-stats/act_formula?token=tok_formula&format=csv"},
	{name: "ok-rate-limit", target: documented, world: func(w *world) { w.rateLimit = 60 }},
	{name: "ok-stale", target: documented, world: func(w *world) { w.stale = 1500 * time.Millisecond }},
	{name: "ok-edge", target: documented, world: func(w *world) { w.edgeTTL = time.Second }, twice: true},

	{name: "token-missing", target: "/api/partner-stats/act_abc123xyz"},
	{name: "token-missing-csv", target: "/api/partner-stats/act_abc123xyz?format=csv"},
	{name: "token-missing-no-activation", target: "/api/partner-stats/act_nobody"},
	{name: "token-empty", target: "/api/partner-stats/act_abc123xyz?token="},
	{name: "token-blank", target: "/api/partner-stats/act_abc123xyz?token=%20+%09"},
	{name: "not-found", target: "/api/partner-stats/act_nobody?token=tok_secure_token_here"},
	{name: "not-found-csv", target: "/api/partner-stats/act_nobody?token=tok_secure_token_here&format=csv"},
	{name: "not-found-slash", target: "/api/partner-stats/a%2Fb?token=tok_secure_token_here"},
	{name: "not-found-binary", target: "/api/partner-stats/%00%ff?token=tok_secure_token_here"},
	{name: "not-found-deleted", target: "/api/partner-stats/act_deleted?token=tok_deleted"},
	{name: "token-wrong", target: "/api/partner-stats/act_abc123xyz?token=tok_quiet"},
	{name: "token-wrong-csv", target: "/api/partner-stats/act_abc123xyz?token=tok_quiet&format=csv"},
	{name: "token-wrong-badly-encoded", target: "/api/partner-stats/act_abc123xyz?token=%zz"},
	{name: "token-wrong-of-revoked", target: "/api/partner-stats/act_revoked?token=tok_quiet"},
	{name: "token-is-an-api-key", target: "/api/partner-stats/act_abc123xyz?token=ff_reader"},
	{name: "token-revoked", target: "/api/partner-stats/act_revoked?token=tok_revoked"},
	{name: "pending", target: "/api/partner-stats/act_pending?token=tok_pending"},
	{name: "processing", target: "/api/partner-stats/act_processing?token=tok_processing"},
	{name: "dismissed", target: "/api/partner-stats/act_dismissed?token=tok_dismissed&format=csv"},
	{name: "unavailable", target: documented, world: func(w *world) { w.failure = errAway }},
	{name: "unavailable-csv", target: documented + "&format=csv", world: func(w *world) { w.failure = errAway }},
	{name: "gone", target: documented, world: func(w *world) { w.gone = analytics.Gone{At: now.Add(-time.Minute), EventsFrom: now} }},
	{name: "gone-csv", target: documented + "&format=csv", world: func(w *world) { w.gone = analytics.Gone{At: now.Add(-time.Minute), EventsFrom: now} }},
	{name: "unavailable-link", target: documented, world: func(w *world) { w.failing = errAway }},
	{name: "rate-limited", target: documented, world: func(w *world) { w.rateLimit = 1 }, twice: true},
	{name: "method", method: http.MethodPost, target: documented},
	{name: "method-options", method: http.MethodOptions, target: documented},
	{name: "internal", target: documented, world: func(w *world) { w.failure = errors.New("a secret of ours") }},
	{name: "internal-refused-range", target: documented, world: func(w *world) { w.failure = analytics.Invalidf("range", "is too old") }},
	{name: "internal-panic-below", target: documented, world: func(w *world) { w.panics = true }},
	{name: "internal-panic", target: documented, world: panicking},
	{name: "internal-panic-head", method: http.MethodHead, target: documented, world: panicking},
}

// panicking breaks what a transport calls itself: nothing recovers but Do.
func panicking(w *world) { w.auth = panicker{} }

type panicker struct{ rest.Authenticator }

func (panicker) OpenLink(_ context.Context, _ *http.Request, _, token string) (*auth.Principal, error) {
	panic("the token is " + token)
}

func (panicker) Authenticate(_ context.Context, r *http.Request) (*auth.Principal, error) {
	panic(r.Header.Get("Authorization"))
}
