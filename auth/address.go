package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"footfall/analytics"
)

// Proxies are the networks of the proxies whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks (CIDR).
func ParseProxies(texts []string) (Proxies, error) {
	var out Proxies
	for _, text := range texts {
		if addr, err := netip.ParseAddr(text); err == nil {
			addr = addr.Unmap().WithZone("") // as clients' are
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil || network.Addr().Is4In6() { // clients of such a network come as IPv4
			return nil, fmt.Errorf("must be addresses or networks such as 10.0.0.0/8, got %q", text)
		}
		out = append(out, network.Masked())
	}
	return out, nil
}

func (p Proxies) trust(addr netip.Addr) bool {
	for _, network := range p {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// client is the address that sent r: the peer's, or where that is a proxy we
// trust, the last one in X-Forwarded-For that is none. What was written before
// it anybody may have written.
func (p Proxies) client(r *http.Request) netip.Addr {
	addr, ok := parseAddress(r.RemoteAddr)
	if !ok || !p.trust(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseAddress(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		if addr = hop; !p.trust(addr) {
			break
		}
	}
	return addr
}

// parseAddress reads an address, with or without a port.
func parseAddress(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		var port netip.AddrPort
		if port, err = netip.ParseAddrPort(text); err != nil {
			return netip.Addr{}, false
		}
		addr = port.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// Counted is what stands for the client in counts: its address, or the /64 of it
// that one party is given in IPv6. "" is nobody's.
func (p Proxies) Counted(r *http.Request) string {
	if r == nil {
		return ""
	}
	addr := p.client(r)
	switch {
	case !addr.IsValid():
		return ""
	case addr.Is4():
		return addr.String()
	}
	network, _ := addr.Prefix(64) // never fails: it has 128 bits
	return network.String()
}

// find looks a credential up, for an address that has not been refused too
// often. What is known already it may show all the same: others may be behind
// the same address as who guesses.
func (a *Authenticator) find(ctx context.Context, r *http.Request, q question, look lookup) (*credential, error) {
	if a.failures.usual > 0 && !a.memory.knows(q) {
		if id := a.proxies.Counted(r); id != "" {
			if limit := a.failures.spent(id); limit.RetryAfter > 0 {
				return nil, &refusal{a.failures.over(limit), limit}
			}
		}
	}
	return a.memory.find(ctx, q, look)
}

// refusal is an error, and what is left of the limit that it counts against.
type refusal struct {
	error
	limit Limit
}

func (r *refusal) Unwrap() error { return r.error }

// refused counts a refusal against the limit of the client's address, and is the
// error to answer with. What failed for another reason is not counted.
func (a *Authenticator) refused(r *http.Request, err error) error {
	var before *refusal
	if errors.As(err, &before) || !is(err, analytics.CodeUnauthenticated) && !is(err, analytics.CodeNotFound) && !is(err, analytics.CodeForbidden) {
		return err
	}
	id := a.proxies.Counted(r)
	if id == "" || a.failures.usual <= 0 {
		return err
	}
	limit, over := a.failures.take(id, a.failures.usual)
	if over != nil {
		err = over
	}
	return &refusal{err, limit}
}

// SetHeaders says how to authenticate where err says that this is missing, and what
// is left of the limit that err counts against, if of any.
func SetHeaders(h http.Header, err error) {
	if is(err, analytics.CodeUnauthenticated) {
		h.Set("WWW-Authenticate", `Bearer realm="footfall"`)
	}
	var r *refusal
	if errors.As(err, &r) {
		r.limit.SetHeaders(h)
	}
}
