package adminapi

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// checkHost refuses a request whose Host header is no name of this machine: a
// page whose own name was made to point here would otherwise be same-origin.
func (g *guard) checkHost(r *http.Request) error {
	name, ok := hostName(r.Host)
	if ok && (name == "localhost" || strings.HasSuffix(name, ".localhost") || g.hosts[name]) {
		return nil
	}
	if a, err := netip.ParseAddr(name); ok && err == nil {
		a = plain(a)
		if a == netip.IPv6Loopback() || a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == localAddr(r) || g.hosts[a.String()] {
			return nil
		}
	}
	return forbidden("the Host header is not a name that this server is known by; names are added with Options.AllowedHosts")
}

// localAddr returns the address that the connection came in on.
func localAddr(r *http.Request) netip.Addr {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if tcp, ok := local.(*net.TCPAddr); ok {
		return plain(tcp.AddrPort().Addr())
	}
	if local == nil {
		return netip.Addr{}
	}
	ap, _ := netip.ParseAddrPort(local.String())
	return plain(ap.Addr())
}

// hostName returns the name or address of a Host header, without port,
// brackets and the dot of a fully qualified name, in lower case.
func hostName(host string) (string, bool) {
	name, port := host, ""
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return "", false
		}
		name, port = host[1:end], host[end+1:]
		if a, err := netip.ParseAddr(name); err != nil || a.Is4() {
			return "", false
		}
	} else if i := strings.IndexByte(host, ':'); i >= 0 {
		name, port = host[:i], host[i:]
	}
	if port != "" && (port[0] != ':' || len(port) > 1 && !digits(port[1:])) {
		return "", false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name, name != "" && len(name) <= 255
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 5
}

// hostSet reads Options.AllowedHosts.
func hostSet(names []string) (map[string]bool, error) {
	set := make(map[string]bool, len(names))
	for i, given := range names {
		name := strings.ToLower(strings.TrimSuffix(given, "."))
		if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
			set[plain(a).String()] = true
			continue
		}
		if name == "" || len(name) > 255 || strings.IndexFunc(name, reserved) >= 0 {
			return nil, fmt.Errorf("adminapi: Options.AllowedHosts[%d] is %q; allowed is a name such as panel.example.com or an address, without scheme, port and wildcard", i, given)
		}
		set[name] = true
	}
	return set, nil
}
