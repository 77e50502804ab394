package adminapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwardMarks are the headers, besides all of forwardFamilies, by which
// proxies say that they ask for someone else.
var forwardMarks = [...]string{
	"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip",
	"Fastly-Client-Ip", "X-Envoy-External-Address",
}

// forwardFamilies are what the names of more such headers begin with. Every
// proxy has some of its own: -For, -Host, -Proto, -Ssl, -Prefix, -Url.
var forwardFamilies = [...]string{"X-Forwarded-", "X-Original-"}

// forwarded returns the header that shows that the request came through a
// proxy, or "". Of several it is the first by name.
func forwarded(h http.Header) (mark string) {
	for name := range h {
		if marks(name) && (mark == "" || name < mark) {
			mark = name
		}
	}
	return mark
}

func marks(name string) bool {
	for _, family := range forwardFamilies {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return slices.Contains(forwardMarks[:], name)
}

// peer is who asks.
type peer struct {
	addr netip.Addr // plain
	unix bool       // over a Unix socket and through no proxy
}

// peerOf finds out who asks: the far end of the connection, or, where that is
// a trusted proxy, the right-most address in its headers that is not. On this
// machine a local program without such headers may be at the far end, too.
func (g *guard) peerOf(r *http.Request) (peer, error) {
	direct, ok := connectionPeer(r)
	if !ok {
		return peer{}, forbidden("the peer's address is unknown")
	}
	mark, proxy := forwarded(r.Header), prefixesContain(g.proxies, direct.addr)
	switch {
	case mark == "" && proxy && !direct.addr.IsLoopback():
		return peer{}, errForWhom // nobody else asks from a machine that is a proxy
	case mark == "":
		return direct, nil
	case !proxy:
		if direct.addr.IsLoopback() {
			return peer{}, forbidden("this request came through a proxy on this machine (it has the header " + mark +
				"); to let its clients be told apart, list the proxy in Options.TrustedProxies")
		}
		return direct, nil
	}
	addr, err := g.throughProxies(direct.addr, r.Header)
	return peer{addr: addr}, err
}

// connectionPeer returns the far end of the connection.
func connectionPeer(r *http.Request) (peer, bool) {
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return peer{addr: plain(ap.Addr())}, true
	}
	if a, err := netip.ParseAddr(r.RemoteAddr); err == nil {
		return peer{addr: plain(a)}, true
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && strings.HasPrefix(local.Network(), "unix") {
		return peer{addr: netip.AddrFrom4([4]byte{127, 0, 0, 1}), unix: true}, true
	}
	return peer{}, false
}

// throughProxies follows the headers of a trusted proxy. Where both headers
// are there they must agree: a proxy that knows one of them passes the other
// on as the client forged it.
func (g *guard) throughProxies(direct netip.Addr, h http.Header) (netip.Addr, error) {
	_, hasFor := h["X-Forwarded-For"]
	_, hasForwarded := h["Forwarded"]
	var byFor, byForwarded netip.Addr
	if hasFor {
		hops, err := parseForwardedFor(h["X-Forwarded-For"])
		if err != nil {
			return netip.Addr{}, forbidden(err.Error())
		}
		if byFor, err = g.rightmost(direct, hops); err != nil {
			return netip.Addr{}, err
		}
	}
	if hasForwarded {
		hops, err := parseForwarded(h["Forwarded"])
		if err != nil {
			return netip.Addr{}, forbidden(err.Error())
		}
		if byForwarded, err = g.rightmost(direct, hops); err != nil {
			return netip.Addr{}, err
		}
	}
	switch {
	case hasFor && hasForwarded && byFor != byForwarded:
		return netip.Addr{}, forbidden("the X-Forwarded-For and Forwarded headers disagree about who asks")
	case hasFor:
		return byFor, nil
	case hasForwarded:
		return byForwarded, nil
	}
	return netip.Addr{}, errForWhom
}

var errForWhom = forbidden("the proxy does not say for whom it asks; it must set X-Forwarded-For or Forwarded")

// rightmost returns the right-most hop that is not a trusted proxy, or the
// left-most where all are. Loopback as another machine saw it is that machine,
// not this one, so it is refused unless a hop on this machine said it.
func (g *guard) rightmost(direct netip.Addr, hops []hop) (netip.Addr, error) {
	said := direct
	for i := len(hops) - 1; i >= 0; i-- {
		h := hops[i]
		switch {
		case !h.IsValid():
			return netip.Addr{}, forbidden("the proxy does not know for whom it asks")
		case h.IsLoopback() && !said.IsLoopback():
			return netip.Addr{}, forbidden("a proxy on another machine claims to ask for this one")
		case i == 0 || !prefixesContain(g.proxies, h):
			return h, nil
		}
		said = h
	}
	return netip.Addr{}, forbidden("the proxy does not say for whom it asks")
}
