package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// client returns next with the client's address in RemoteAddr where the peer
// is one of the proxies, so that actions tell the client and not the proxy. It
// stands around the service alone: the admin API reads the header itself.
func client(proxies []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && holds(proxies, peer.Addr().Unmap()) {
			if addr, ok := lastClient(proxies, r.Header.Values("X-Forwarded-For")); ok {
				changed := *r // what the server gave is not ours to change
				changed.RemoteAddr = net.JoinHostPort(addr.String(), "0")
				r = &changed
			}
		}
		next.ServeHTTP(w, r)
	})
}

// lastClient returns the last address that is not a proxy's own: what stands
// before it, anybody may have written.
func lastClient(proxies []netip.Prefix, lines []string) (netip.Addr, bool) {
	entries := strings.Split(strings.Join(lines, ","), ",")
	for i := len(entries) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(entries[i]))
		if err != nil {
			return netip.Addr{}, false
		}
		if addr = addr.Unmap(); !holds(proxies, addr) {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

func holds(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
