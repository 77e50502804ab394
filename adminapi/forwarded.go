package adminapi

import (
	"errors"
	"net/netip"
	"strings"
)

// hop is a client as a proxy named it. The zero Addr is one that the proxy
// would not or could not name.
type hop = netip.Addr

// maxHops bounds how many proxies a request is believed to have passed.
const maxHops = 64

var (
	errForwardedFor = errors.New("the X-Forwarded-For header is malformed; allowed are addresses with commas between")
	errForwarded    = errors.New("the Forwarded header is malformed; allowed is what RFC 7239 says, such as for=192.0.2.1")
)

// parseForwardedFor reads the lines of X-Forwarded-For, oldest hop first. An
// entry is an address, with a port or without, or "unknown".
func parseForwardedFor(lines []string) ([]hop, error) {
	var hops []hop
	for _, line := range lines {
		for entry := range strings.SplitSeq(line, ",") {
			h, ok := parseNode(strings.Trim(entry, " \t"), true)
			if !ok || len(hops) == maxHops {
				return nil, errForwardedFor
			}
			hops = append(hops, h)
		}
	}
	return hops, nil
}

// parseForwarded reads the lines of Forwarded, as RFC 7239 has them, oldest
// hop first. An element without "for" is a hop that was not named. Each line
// is read for itself, so that an open quote cannot swallow the next line.
func parseForwarded(lines []string) ([]hop, error) {
	var hops []hop
	for _, line := range lines {
		for rest, more := line, true; more; {
			var h hop
			var ok bool
			if h, rest, more, ok = cutElement(rest); !ok || len(hops) == maxHops {
				return nil, errForwarded
			}
			hops = append(hops, h)
		}
	}
	return hops, nil
}

// cutElement reads one element, pairs separated by semicolons, and what
// follows the comma behind it. more tells whether there was a comma.
func cutElement(s string) (h hop, rest string, more, ok bool) {
	seen := false
	for {
		s = strings.TrimLeft(s, " \t")
		name, tail := cutToken(s)
		if name == "" || tail == "" || tail[0] != '=' {
			return hop{}, "", false, false
		}
		value, tail, ok := cutValue(tail[1:])
		if !ok {
			return hop{}, "", false, false
		}
		if strings.EqualFold(name, "for") {
			if seen {
				return hop{}, "", false, false
			}
			seen = true
			if h, ok = parseNode(value, false); !ok {
				return hop{}, "", false, false
			}
		}
		s = strings.TrimLeft(tail, " \t")
		switch {
		case s == "":
			return h, "", false, true
		case s[0] == ',':
			return h, s[1:], true, true
		case s[0] != ';':
			return hop{}, "", false, false
		}
		s = s[1:]
	}
}

// cutToken cuts a token of RFC 9110 off the front of s.
func cutToken(s string) (token, rest string) {
	i := 0
	for i < len(s) && isTokenChar(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

func isTokenChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// cutValue cuts a token or a quoted string off the front of s.
func cutValue(s string) (value, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		value, rest = cutToken(s)
		return value, rest, value != ""
	}
	var b []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(b), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b = append(b, s[i])
		case c == '\\' || c < ' ' && c != '\t' || c == 0x7f:
			return "", "", false
		default:
			b = append(b, c)
		}
	}
	return "", "", false
}

// parseNode reads who a proxy says it asks for: an IPv4 address, an IPv6
// address in brackets, each with a port or without, "unknown", or a name that
// begins with an underscore. bare allows IPv6 without brackets, as
// X-Forwarded-For has it.
func parseNode(s string, bare bool) (hop, bool) {
	if strings.EqualFold(s, "unknown") || !bare && strings.HasPrefix(s, "_") {
		return hop{}, true
	}
	if !bare && len(s) > len("unknown") && strings.EqualFold(s[:len("unknown:")], "unknown:") {
		return hop{}, validPort(s[len("unknown:"):])
	}
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return hop{}, false
		}
		host, port = s[1:end], s[end+1:]
		a, err := netip.ParseAddr(host)
		if err != nil || a.Is4() || port != "" && (port[0] != ':' || !validPort(port[1:])) {
			return hop{}, false
		}
		return plain(a), true
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i+1:], ':') < 0 {
		host, port = s[:i], s[i+1:]
		if !validPort(port) {
			return hop{}, false
		}
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.Is6() && !bare {
		return hop{}, false
	}
	return plain(a), true
}

// validPort reports whether s is a port of digits, or an obfuscated one.
func validPort(s string) bool {
	if strings.HasPrefix(s, "_") {
		return len(s) > 1
	}
	if s == "" || len(s) > 5 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
