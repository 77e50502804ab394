package middleware

import (
	"net/netip"
	"strings"
)

// peer is the peer of a connection: the requests that come over it all have one
// RemoteAddr, the very same string.
type peer struct {
	remote string
	addr   netip.Addr
}

// of returns what peerOf returns, which p remembers until it is asked for
// another one.
func (p *peer) of(remote string) netip.Addr {
	if remote != p.remote {
		p.remote, p.addr = remote, peerOf(remote)
	}
	return p.addr
}

// peerOf returns the address of a RemoteAddr such as "192.0.2.1:1234" or
// "[2001:db8::1%eth0]:1234", without its zone and not mapped, or the zero
// Addr if it is none.
func peerOf(remote string) netip.Addr {
	if a, ok := ipv4(remote); ok {
		return a
	}
	host := remote
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return netip.Addr{}
		}
		host = host[1:end]
	} else if i := strings.IndexByte(host, ':'); i >= 0 && strings.IndexByte(host[i+1:], ':') < 0 {
		host = host[:i]
	}
	if i := strings.IndexByte(host, '%'); i >= 0 {
		host = host[:i]
	}
	if len(host) > len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// ipv4 reads the form that nearly all have: four numbers and a port.
func ipv4(s string) (netip.Addr, bool) {
	var text [len("255.255.255.255:65535") + 1]byte // ends in a byte that is no digit
	if len(s) >= len(text) {
		return netip.Addr{}, false
	}
	copy(text[:], s)
	var a [4]byte
	i := 0
	for field := range a {
		v := uint(text[i] - '0')
		if i++; v > 9 {
			return netip.Addr{}, false
		}
		if d := text[i] - '0'; d <= 9 && v != 0 {
			v = 10*v + uint(d)
			i++
			if d := text[i] - '0'; d <= 9 {
				v = 10*v + uint(d)
				i++
			}
		}
		want := byte('.')
		if field == len(a)-1 {
			want = ':'
		}
		if v > 255 || text[i] != want {
			return netip.Addr{}, false
		}
		a[field] = byte(v)
		i++
	}
	return netip.AddrFrom4(a), true
}
