package auth

import (
	"time"

	"footfall/analytics"
)

// budgets is a quantity a minute for each principal, by the same algorithm as
// the rate limit: a minute's quantity may be spent at once, and comes back
// evenly.
type budgets struct {
	usual int // where a principal has none of its own; 0 = no budget
	*counts
}

func newBudgets(usual int, now func() time.Time) *budgets { return &budgets{usual, newCounts(now)} }

// of is the principal's budget, 0 for none.
func (b *budgets) of(p *Principal) int {
	if p.Budget != nil {
		return min(*p.Budget, maxRate)
	}
	return min(b.usual, maxRate)
}

func (b *budgets) take(p *Principal, cost int) (Limit, error) {
	perMinute := b.of(p)
	if perMinute <= 0 {
		return Limit{}, nil
	}
	if cost > perMinute {
		return Limit{Limit: perMinute}, analytics.Errorf(analytics.CodeTooExpensive, "cost must be at most a minute's budget of %d, got %d", perMinute, cost)
	}
	limit, err := b.counts.take(p.ID, perMinute, cost)
	if err != nil {
		return Limit{}, err
	}
	if cost == 0 {
		limit.RetryAfter = 0
	}
	if limit.RetryAfter > 0 {
		return limit, limit.spent("the cost budget of %d a minute has %d left, the operation costs %d: ", limit.Limit, limit.Remaining, cost)
	}
	return limit, nil
}

// Charge takes the cost of one operation from p's budget; 0 only looks at it.
// When too little is left nothing is taken, the error is
// analytics.CodeRateLimited and Limit says when to come back; where no minute's
// budget would do, it is analytics.CodeTooExpensive. A Limit of 0 is no budget.
func (a *Authenticator) Charge(p *Principal, cost int64) (Limit, error) {
	if p == nil {
		return Limit{}, ErrMissing
	}
	return a.budgets.take(p, int(cost))
}
