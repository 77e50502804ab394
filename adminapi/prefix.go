package adminapi

import (
	"fmt"
	"net/netip"
	"strings"
)

// loopback is who is let in by default.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// ParsePrefixes reads address prefixes such as 10.0.0.0/8, and single
// addresses such as 192.168.1.7 or fe80::1%eth0, from texts that each hold one
// or several, separated by commas or spaces. The word loopback stands for
// 127.0.0.0/8 and ::1/128. A zone is dropped, and IPv4 written as IPv6 becomes
// IPv4. The error names the entry, and what is wrong with it.
func ParsePrefixes(texts ...string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		for _, entry := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' }) {
			if entry == "loopback" {
				prefixes = append(prefixes, loopback...)
				continue
			}
			p, err := parsePrefix(entry)
			if err != nil {
				return nil, fmt.Errorf("parse address prefix %q: %w", entry, err)
			}
			prefixes = append(prefixes, p)
		}
	}
	return prefixes, nil
}

func parsePrefix(entry string) (netip.Prefix, error) {
	if !strings.Contains(entry, "/") {
		a, err := netip.ParseAddr(entry)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("allowed is an address such as 192.168.1.7 or a prefix such as 10.0.0.0/8")
		}
		a = plain(a)
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	host, bits, _ := strings.Cut(entry, "/")
	host, _, _ = strings.Cut(host, "%")
	p, err := netip.ParsePrefix(host + "/" + bits)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("allowed is an address such as 192.168.1.7 or a prefix such as 10.0.0.0/8")
	}
	if p, err = plainPrefix(p); err != nil {
		return netip.Prefix{}, err
	}
	if m := p.Masked(); m != p {
		return netip.Prefix{}, fmt.Errorf("it has bits set beyond its length; %s is the prefix, %s the address", m, p.Addr())
	}
	return p, nil
}

// plain returns the address that a stands for: without a zone, and IPv4 where
// it is IPv4 written as IPv6.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// plainPrefix does the same to a prefix. It refuses one that mixes the two
// families, since nobody can mean it.
func plainPrefix(p netip.Prefix) (netip.Prefix, error) {
	a := p.Addr()
	if !a.Is4In6() {
		return netip.PrefixFrom(a.WithZone(""), p.Bits()), nil
	}
	if p.Bits() < 96 {
		return netip.Prefix{}, fmt.Errorf("it is IPv4 written as IPv6 with a length below 96; write it as IPv4")
	}
	return netip.PrefixFrom(a.Unmap(), p.Bits()-96), nil
}

// plainPrefixes prepares the prefixes of an option for prefixesContain.
func plainPrefixes(option string, prefixes []netip.Prefix) ([]netip.Prefix, error) {
	plain := make([]netip.Prefix, 0, len(prefixes))
	for i, p := range prefixes {
		if !p.IsValid() {
			return nil, fmt.Errorf("adminapi: Options.%s[%d] is no prefix; allowed is one that ParsePrefixes or netip.ParsePrefix makes", option, i)
		}
		q, err := plainPrefix(p)
		if err != nil {
			return nil, fmt.Errorf("adminapi: Options.%s[%d] is %s: %w", option, i, p, err)
		}
		plain = append(plain, q.Masked())
	}
	return plain, nil
}

// prefixesContain reports whether one of the prefixes holds the plain address.
func prefixesContain(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
