package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
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
