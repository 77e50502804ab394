package middleware

import (
	"net/netip"
	"strings"
)

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
	var a [4]byte
	var value, digits, field int
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			value = value*10 + int(c-'0')
			if digits++; value > 255 || digits > 3 || digits > 1 && value < 10 {
				return netip.Addr{}, false
			}
		case digits > 0 && (c == '.' && field < 3 || c == ':' && field == 3):
			a[field] = byte(value)
			if c == ':' {
				return netip.AddrFrom4(a), true
			}
			field++
			value, digits = 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	return netip.Addr{}, false
}
