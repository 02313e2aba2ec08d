package auth

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"footfall/analytics"
)

// Limit is a rate limit and what is left of it.
type Limit struct {
	Policy     string        // its name
	Limit      int           // requests a minute, and at once after a quiet minute; 0 = no limit
	Remaining  int           // requests that would be let through now
	ResetAfter time.Duration // until Remaining is Limit again
	RetryAfter time.Duration // until the next request is let through; 0 when this one was
}

// SetHeaders says what is left of the limit, and when to come back
// (draft-ietf-httpapi-ratelimit-headers).
func (l Limit) SetHeaders(h http.Header) {
	if l.Limit == 0 {
		return
	}
	h["Ratelimit-Policy"] = policyHeader(l.Policy, l.Limit) // as net/http would write the names
	rest := append(append(append(make([]byte, 0, 48), '"'), l.Policy...), `";r=`...)
	rest = strconv.AppendInt(rest, int64(l.Remaining), 10)
	rest = strconv.AppendInt(append(rest, ";t="...), wholeSeconds(l.ResetAfter), 10)
	h["Ratelimit"] = []string{string(rest)}
	if l.RetryAfter > 0 {
		SetRetryAfter(h, l.RetryAfter)
	}
}

// tighter is the limit of two that refuses, or else has less left of its own.
func tighter(a, b Limit) Limit {
	switch {
	case a.Limit == 0, b.Limit != 0 && b.RetryAfter > a.RetryAfter:
		return b
	case b.Limit == 0, a.RetryAfter > b.RetryAfter:
		return a
	case float64(b.Remaining)/float64(b.Limit) < float64(a.Remaining)/float64(a.Limit):
		return b
	}
	return a
}

type named struct {
	policy string
	limit  int
}

var policyHeaders sync.Map // their values: a gateway has few

func policyHeader(policy string, limit int) []string {
	key := named{policy, limit}
	value, known := policyHeaders.Load(key)
	if !known {
		value, _ = policyHeaders.LoadOrStore(key, []string{`"` + policy + `";q=` + strconv.Itoa(limit) + `;w=60`})
	}
	return value.([]string)
}

// SetRetryAfter says when to come back.
func SetRetryAfter(h http.Header, d time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(wholeSeconds(d), 10))
}

// wholeSeconds rounds a wait up, as headers want it.
func wholeSeconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// policy is one kind of limit: a minute's quota, by the generic cell rate
// algorithm, for each of those it counts.
type policy struct {
	name, what string
	usual      int // for whoever has no limit of its own; 0 = none
	here       *counts
	everywhere *leases // nil: each gateway counts for itself
}

func newPolicy(name, what string, perMinute int, o Options, r *reach) *policy {
	p := &policy{name: name, what: what, usual: perMinute, here: newCounts(o.Now)}
	if o.Shared != nil {
		p.everywhere = newLeases(o.Shared, name, o.Now, o.SharedTimeout, r)
	}
	return p
}

// take counts one of id's. The gateways' common count decides where it can be
// had, and the one of this gateway goes on beside it, to decide where not.
func (p *policy) take(id string, perMinute int) (Limit, error) {
	if perMinute <= 0 {
		return Limit{}, nil
	}
	perMinute = min(perMinute, maxRate)
	var shared Limit
	if p.everywhere != nil {
		if limit, known := p.everywhere.take(id, perMinute); known {
			if shared = limit; limit.RetryAfter > 0 {
				return p.verdict(limit)
			}
		}
	}
	limit, err := p.here.take(id, perMinute, 1)
	if err != nil {
		return Limit{}, err
	}
	return p.verdict(tighter(shared, limit))
}

// spent reports for how long id has nothing left, without counting.
func (p *policy) spent(id string) Limit {
	if p.usual <= 0 {
		return Limit{}
	}
	if p.everywhere != nil {
		if limit := p.everywhere.closed(id, p.usual); limit.RetryAfter > 0 {
			return p.named(limit)
		}
	}
	limit, err := p.here.take(id, p.usual, 0)
	if err != nil {
		return Limit{}
	}
	return p.named(limit)
}

func (p *policy) named(l Limit) Limit {
	l.Policy = p.name
	return l
}

func (p *policy) verdict(l Limit) (Limit, error) {
	l = p.named(l)
	if l.RetryAfter > 0 {
		return l, p.over(l)
	}
	return l, nil
}

func (p *policy) over(l Limit) error {
	return l.spent("at most %d %s a minute, ", l.Limit, p.what)
}

// spent says what the limit is, and when to come back to it.
func (l Limit) spent(format string, a ...any) error {
	wait := wholeSeconds(l.RetryAfter)
	err := analytics.Errorf(analytics.CodeRateLimited, format+"try again in %d s", append(a, wait)...)
	err.RetryAfter = wait
	return err
}
