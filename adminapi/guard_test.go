package adminapi_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"actionlog/adminapi"
)

func prefixes(t testing.TB, texts ...string) []netip.Prefix {
	t.Helper()
	p, err := adminapi.ParsePrefixes(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// guardCase is one request, by its method and headers, and what the guard
// says: 0 for letting it in, else a status and a part of the detail.
type guardCase struct {
	name    string
	method  string // GET if empty
	headers string // one a line
	status  int
	detail  string
}

func runGuard(t *testing.T, opts adminapi.Options, tests []guardCase) {
	h := newHandler(t, opts)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := "/action-logs/recent"
			switch tt.method {
			case "POST":
				target = "/action-logs/clear"
			case "":
				tt.method = "GET"
			}
			var headers []string
			if tt.headers != "" {
				headers = strings.Split(tt.headers, "\n")
			}
			resp := do(h, request(tt.method, target, headers...))
			if tt.status == 0 {
				if resp.StatusCode >= 300 {
					t.Fatalf("refused with %d: %s", resp.StatusCode, body(t, resp))
				}
				return
			}
			if resp.StatusCode != tt.status {
				t.Fatalf("status %d, want %d", resp.StatusCode, tt.status)
			}
			if got := detail(t, resp); !strings.Contains(got, tt.detail) || tt.detail == "" {
				t.Errorf("detail is %q, want it to hold %q", got, tt.detail)
			}
		})
	}
}

const (
	byAddress = "this address is not let in"
	byHost    = "Host header"
	byOrigin  = "another origin"
	byProxy   = "Options.TrustedProxies"
)

func TestGuardByDefault(t *testing.T) {
	t.Parallel()
	runGuard(t, adminapi.Options{}, []guardCase{
		{name: "this-machine"},
		{name: "ipv6-loopback", headers: "From-Peer: [::1]:4000"},
		{name: "mapped-loopback", headers: "From-Peer: [::ffff:127.0.0.1]:4000"},
		{name: "zoned-loopback", headers: "From-Peer: [::1%lo]:4000"},
		{name: "other-loopback", headers: "From-Peer: 127.9.9.9:4000"},
		{name: "no-port", headers: "From-Peer: 127.0.0.1"},

		{name: "stranger", headers: "From-Peer: 203.0.113.9:4000", status: 403, detail: byAddress},
		{name: "neighbour", headers: "From-Peer: 192.168.1.7:4000", status: 403, detail: byAddress},
		{name: "mapped-stranger", headers: "From-Peer: [::ffff:203.0.113.9]:4000", status: 403, detail: byAddress},
		{name: "link-local-with-zone", headers: "From-Peer: [fe80::1%eth0]:4000", status: 403, detail: byAddress},
		{name: "ipv4-compatible", headers: "From-Peer: [::127.0.0.1]:4000", status: 403, detail: byAddress},
		{name: "nat64", headers: "From-Peer: [64:ff9b::7f00:1]:4000", status: 403, detail: byAddress},
		{name: "unspecified", headers: "From-Peer: 0.0.0.0:4000", status: 403, detail: byAddress},
		{name: "no-peer", headers: "From-Peer: ", status: 403, detail: "unknown"},
		{name: "at-sign-without-a-unix-socket", headers: "From-Peer: @", status: 403, detail: "unknown"},
		{name: "peer-is-a-name", headers: "From-Peer: localhost:80", status: 403, detail: "unknown"},
		{name: "peer-with-leading-zeros", headers: "From-Peer: 127.0.0.01:80", status: 403, detail: "unknown"},

		{name: "forged-forwarded-for", headers: "From-Peer: 203.0.113.9:4000\nX-Forwarded-For: 127.0.0.1", status: 403, detail: byAddress},
		{name: "forged-forwarded", headers: "From-Peer: 203.0.113.9:4000\nForwarded: for=127.0.0.1", status: 403, detail: byAddress},
		{name: "forged-real-ip", headers: "From-Peer: 203.0.113.9:4000\nX-Real-IP: 127.0.0.1", status: 403, detail: byAddress},
		{name: "local-proxy-forwarded-for", headers: "X-Forwarded-For: 203.0.113.9", status: 403, detail: byProxy},
		{name: "local-proxy-empty-forwarded-for", headers: "X-Forwarded-For: ", status: 403, detail: byProxy},
		{name: "local-proxy-for-this-machine", headers: "X-Forwarded-For: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-forwarded", headers: "Forwarded: proto=https", status: 403, detail: byProxy},
		{name: "local-proxy-real-ip", headers: "X-Real-IP: 203.0.113.9", status: 403, detail: byProxy},
		{name: "local-proxy-proto", headers: "X-Forwarded-Proto: https", status: 403, detail: byProxy},
		{name: "local-proxy-host", headers: "X-Forwarded-Host: example.com", status: 403, detail: byProxy},
		{name: "local-proxy-ssl", headers: "X-Forwarded-Ssl: on", status: 403, detail: byProxy},
		{name: "local-proxy-prefix", headers: "X-Forwarded-Prefix: /a", status: 403, detail: byProxy},
		{name: "local-proxy-of-its-own-kind", headers: "x-forwarded-whatever: 1", status: 403, detail: byProxy},
		{name: "local-proxy-original-host", headers: "X-Original-Host: localhost", status: 403, detail: byProxy},
		{name: "local-proxy-original-url", headers: "X-Original-URL: /", status: 403, detail: byProxy},
		{name: "local-proxy-client-ip", headers: "X-Client-IP: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-cluster", headers: "X-Cluster-Client-IP: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-fastly", headers: "Fastly-Client-Ip: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-envoy", headers: "X-Envoy-External-Address: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-cloudflare", headers: "CF-Connecting-IP: 127.0.0.1", status: 403, detail: byProxy},
		{name: "local-proxy-true-client", headers: "True-Client-IP: 127.0.0.1", status: 403, detail: byProxy},
		{name: "other-headers-are-no-marks", headers: "X-Forwarder: 1\nX-Origin: 2\nX-Request-Id: 3\nX-Original: 4"},
		{name: "local-proxy-via", headers: "Via: 1.1 proxy", status: 403, detail: byProxy},
		{name: "local-proxy-post", method: "POST", headers: "X-Forwarded-For: 127.0.0.1", status: 403, detail: byProxy},

		{name: "host-address", headers: "Host: 127.0.0.1:9"},
		{name: "host-without-port", headers: "Host: localhost"},
		{name: "host-empty-port", headers: "Host: localhost:"},
		{name: "host-ipv6", headers: "Host: [::1]:8000"},
		{name: "host-ipv6-without-port", headers: "Host: [::1]"},
		{name: "host-mapped", headers: "Host: [::ffff:127.0.0.1]"},
		{name: "host-upper-case-and-dot", headers: "Host: LocalHost.:8000"},
		{name: "host-below-localhost", headers: "Host: app.localhost:8000"},
		{name: "rebound", headers: "Host: attacker.example:8000", status: 403, detail: byHost},
		{name: "rebound-post", method: "POST", headers: "Host: attacker.example:8000\nOrigin: http://attacker.example:8000\nSec-Fetch-Site: same-origin", status: 403, detail: byHost},
		{name: "rebound-upgrade", headers: "Host: attacker.example\nOrigin: http://attacker.example\nUpgrade: websocket", status: 403, detail: byHost},
		{name: "host-ends-like-localhost", headers: "Host: notlocalhost", status: 403, detail: byHost},
		{name: "host-begins-like-localhost", headers: "Host: localhost.attacker.example", status: 403, detail: byHost},
		{name: "host-begins-like-address", headers: "Host: 127.0.0.1.attacker.example", status: 403, detail: byHost},
		{name: "host-with-user", headers: "Host: localhost@attacker.example", status: 403, detail: byHost},
		{name: "host-user-trick", headers: "Host: localhost:8000@attacker.example", status: 403, detail: byHost},
		{name: "host-unspecified", headers: "Host: 0.0.0.0:8000", status: 403, detail: byHost},
		{name: "host-unspecified-ipv6", headers: "Host: [::]:8000", status: 403, detail: byHost},
		{name: "host-of-the-network", headers: "Host: 192.168.1.7:8000", status: 403, detail: byHost},
		{name: "host-decimal-address", headers: "Host: 2130706433", status: 403, detail: byHost},
		{name: "host-empty", headers: "Host: ", status: 403, detail: byHost},
		{name: "host-dot", headers: "Host: .", status: 403, detail: byHost},
		{name: "host-open-bracket", headers: "Host: [::1", status: 403, detail: byHost},
		{name: "host-bracketed-name", headers: "Host: [localhost]", status: 403, detail: byHost},
		{name: "host-after-bracket", headers: "Host: [::1]x", status: 403, detail: byHost},
		{name: "host-wild-port", headers: "Host: localhost:80x", status: 403, detail: byHost},
		{name: "client-host-does-not-count", headers: "Host: attacker.example\nX-Host: localhost", status: 403, detail: byHost},

		{name: "post-by-a-program", method: "POST"},
		{name: "post-same-origin", method: "POST", headers: "Origin: http://localhost:8000\nSec-Fetch-Site: same-origin"},
		{name: "post-same-origin-old-browser", method: "POST", headers: "Origin: http://LOCALHOST:8000"},
		{name: "post-default-port", method: "POST", headers: "Host: localhost\nOrigin: http://localhost:80"},
		{name: "post-default-port-of-https", method: "POST", headers: "Host: localhost:443\nOrigin: https://localhost"},
		{name: "post-by-the-user", method: "POST", headers: "Sec-Fetch-Site: none"},
		{name: "post-cross-site", method: "POST", headers: "Origin: https://attacker.example\nSec-Fetch-Site: cross-site", status: 403, detail: byOrigin},
		{name: "post-cross-site-without-origin", method: "POST", headers: "Sec-Fetch-Site: cross-site", status: 403, detail: byOrigin},
		{name: "post-cross-site-old-browser", method: "POST", headers: "Origin: https://attacker.example", status: 403, detail: byOrigin},
		{name: "post-same-site", method: "POST", headers: "Origin: http://localhost:3000\nSec-Fetch-Site: same-site", status: 403, detail: byOrigin},
		{name: "post-other-port", method: "POST", headers: "Origin: http://localhost:3000", status: 403, detail: byOrigin},
		{name: "post-other-loopback-name", method: "POST", headers: "Origin: http://127.0.0.1:8000", status: 403, detail: byOrigin},
		{name: "post-null-origin", method: "POST", headers: "Origin: null", status: 403, detail: byOrigin},
		{name: "post-empty-origin", method: "POST", headers: "Origin: ", status: 403, detail: byOrigin},
		{name: "post-file-origin", method: "POST", headers: "Origin: file://", status: 403, detail: byOrigin},
		{name: "post-extension", method: "POST", headers: "Origin: chrome-extension://localhost:8000", status: 403, detail: byOrigin},
		{name: "post-two-origins", method: "POST", headers: "Origin: http://localhost:8000\nOrigin: https://attacker.example", status: 403, detail: byOrigin},
		{name: "post-two-sites", method: "POST", headers: "Sec-Fetch-Site: same-origin\nSec-Fetch-Site: cross-site", status: 403, detail: byOrigin},
		{name: "post-contradiction", method: "POST", headers: "Origin: https://attacker.example\nSec-Fetch-Site: same-origin", status: 403, detail: byOrigin},
		{name: "delete-cross-site", method: "DELETE", headers: "Origin: https://attacker.example", status: 403, detail: byOrigin},
		{name: "unknown-method-cross-site", method: "BREW", headers: "Origin: https://attacker.example", status: 403, detail: byOrigin},

		{name: "get-cross-site-cannot-be-read", headers: "Origin: https://attacker.example\nSec-Fetch-Site: cross-site"},
		{name: "upgrade-by-a-program", headers: "Connection: Upgrade\nUpgrade: websocket"},
		{name: "upgrade-same-origin", headers: "Upgrade: websocket\nOrigin: http://localhost:8000\nSec-Fetch-Site: same-origin"},
		{name: "upgrade-cross-site", headers: "Upgrade: websocket\nOrigin: https://attacker.example\nSec-Fetch-Site: cross-site", status: 403, detail: byOrigin},
		{name: "upgrade-cross-site-old-browser", headers: "Upgrade: WebSocket\nOrigin: https://attacker.example", status: 403, detail: byOrigin},
		{name: "upgrade-other-port", headers: "Upgrade: websocket\nOrigin: http://localhost:3000", status: 403, detail: byOrigin},
		{name: "upgrade-null-origin", headers: "Upgrade: websocket\nOrigin: null", status: 403, detail: byOrigin},
		{name: "upgrade-over-http2", method: "CONNECT", headers: "Origin: https://attacker.example", status: 403, detail: byOrigin},
		{name: "preflight-of-a-stranger", method: "OPTIONS", headers: "Origin: https://attacker.example\nAccess-Control-Request-Method: POST", status: 403, detail: byOrigin},
	})
}

func TestGuardTrustedProxies(t *testing.T) {
	t.Parallel()
	opts := adminapi.Options{
		TrustedProxies:  prefixes(t, "127.0.0.1, 10.0.0.1, 10.0.0.2, fe80::2"),
		AllowedPrefixes: prefixes(t, "loopback", "198.51.100.0/24", "2001:db8::/32"),
	}
	const (
		near = "From-Peer: 10.0.0.1:4000\n"
		here = "From-Peer: 127.0.0.1:4000\n"
		far  = "From-Peer: 203.0.113.9:4000\n"
	)
	runGuard(t, opts, []guardCase{
		{name: "no-proxy"},
		{name: "proxy-says-nothing", headers: near, status: 403, detail: "for whom it asks"},
		{name: "mapped-proxy-says-nothing", headers: "From-Peer: [::ffff:10.0.0.1]:4000", status: 403, detail: "for whom it asks"},
		{name: "for-a-friend", headers: near + "X-Forwarded-For: 198.51.100.7"},
		{name: "for-a-friend-with-port", headers: near + "X-Forwarded-For: 198.51.100.7:1234"},
		{name: "for-a-mapped-friend", headers: near + "X-Forwarded-For: ::ffff:198.51.100.7"},
		{name: "for-an-ipv6-friend", headers: near + "X-Forwarded-For: 2001:db8::7"},
		{name: "for-a-bracketed-friend", headers: near + "X-Forwarded-For: [2001:db8::7]:1234"},
		{name: "for-a-zoned-friend", headers: near + "X-Forwarded-For: 2001:db8::7%eth0"},
		{name: "by-a-mapped-proxy", headers: "From-Peer: [::ffff:10.0.0.1]:4000\nX-Forwarded-For: 198.51.100.7"},
		{name: "by-a-zoned-proxy", headers: "From-Peer: [fe80::2%eth0]:4000\nX-Forwarded-For: 198.51.100.7"},
		{name: "for-a-stranger", headers: near + "X-Forwarded-For: 203.0.113.9", status: 403, detail: byAddress},
		{name: "forged-first", headers: near + "X-Forwarded-For: 198.51.100.7, 203.0.113.9", status: 403, detail: byAddress},
		{name: "forged-first-line", headers: near + "X-Forwarded-For: 198.51.100.7\nX-Forwarded-For: 203.0.113.9", status: 403, detail: byAddress},
		{name: "stranger-first", headers: near + "X-Forwarded-For: 203.0.113.9, 198.51.100.7"},
		{name: "through-two", headers: near + "X-Forwarded-For: 198.51.100.7, 10.0.0.2"},
		{name: "through-two-lines", headers: near + "X-Forwarded-For: 198.51.100.7\nX-Forwarded-For: 10.0.0.2"},
		{name: "through-two-for-a-stranger", headers: near + "X-Forwarded-For: 203.0.113.9, 10.0.0.2", status: 403, detail: byAddress},
		{name: "forged-before-two", headers: near + "X-Forwarded-For: 198.51.100.7, 203.0.113.9, 10.0.0.2", status: 403, detail: byAddress},
		{name: "through-an-unlisted", headers: near + "X-Forwarded-For: 198.51.100.7, 10.0.0.3", status: 403, detail: byAddress},
		{name: "all-trusted", headers: near + "X-Forwarded-For: 10.0.0.2, 10.0.0.1", status: 403, detail: byAddress},
		{name: "unlisted-proxy", headers: far + "X-Forwarded-For: 198.51.100.7", status: 403, detail: byAddress},
		{name: "friend-is-no-proxy", headers: "From-Peer: 198.51.100.7:4000\nX-Forwarded-For: 203.0.113.9"},
		{name: "claims-loopback", headers: near + "X-Forwarded-For: 127.0.0.1", status: 403, detail: "another machine"},
		{name: "claims-loopback-through-two", headers: near + "X-Forwarded-For: 127.0.0.1, 10.0.0.2", status: 403, detail: "another machine"},
		{name: "local-proxy-for-this-machine", headers: here + "X-Forwarded-For: 127.0.0.1"},
		{name: "local-proxy-for-a-stranger", headers: here + "X-Forwarded-For: 203.0.113.9", status: 403, detail: byAddress},
		{name: "local-proxy-forged-loopback", headers: here + "X-Forwarded-For: 127.0.0.1, 203.0.113.9", status: 403, detail: byAddress},
		{name: "local-proxy-says-only-real-ip", headers: here + "X-Real-IP: 203.0.113.9", status: 403, detail: "for whom it asks"},
		{name: "local-proxy-says-only-proto", headers: here + "X-Forwarded-Proto: https", status: 403, detail: "for whom it asks"},
		{name: "unlisted-loopback-proxy", headers: "From-Peer: 127.0.0.2:1\nX-Forwarded-For: 198.51.100.7", status: 403, detail: byProxy},
		{name: "unknown", headers: near + "X-Forwarded-For: unknown", status: 403, detail: "does not know"},
		{name: "unknown-before-a-friend", headers: near + "X-Forwarded-For: unknown, 198.51.100.7"},
		{name: "malformed", headers: near + "X-Forwarded-For: 198.51.100.7, evil", status: 403, detail: "malformed"},
		{name: "malformed-first", headers: near + "X-Forwarded-For: evil, 198.51.100.7", status: 403, detail: "malformed"},
		{name: "empty", headers: near + "X-Forwarded-For: ", status: 403, detail: "malformed"},
		{name: "empty-last", headers: near + "X-Forwarded-For: 198.51.100.7,", status: 403, detail: "malformed"},
		{name: "too-many", headers: near + "X-Forwarded-For: " + strings.Repeat("10.0.0.2, ", 70) + "198.51.100.7", status: 403, detail: "malformed"},

		{name: "forwarded", headers: near + `Forwarded: for=198.51.100.7`},
		{name: "forwarded-all", headers: near + `Forwarded: by=10.0.0.1;FOR="198.51.100.7:99";host=example.com;proto=https`},
		{name: "forwarded-ipv6", headers: near + `Forwarded: for="[2001:db8::7]:99"`},
		{name: "forwarded-ipv6-without-brackets", headers: near + `Forwarded: for="2001:db8::7"`, status: 403, detail: "malformed"},
		{name: "forwarded-escapes", headers: near + `Forwarded: for="198\.51.100.7"`},
		{name: "forwarded-stranger", headers: near + `Forwarded: for=203.0.113.9`, status: 403, detail: byAddress},
		{name: "forwarded-forged-first", headers: near + `Forwarded: for=198.51.100.7, for=203.0.113.9`, status: 403, detail: byAddress},
		{name: "forwarded-forged-quote", headers: near + `Forwarded: for="198.51.100.7, for=203.0.113.9`, status: 403, detail: "malformed"},
		{name: "forwarded-forged-quote-line", headers: near + "Forwarded: for=\"198.51.100.7\nForwarded: for=203.0.113.9", status: 403, detail: "malformed"},
		{name: "forwarded-forged-twice", headers: near + `Forwarded: for=203.0.113.9;for=198.51.100.7`, status: 403, detail: "malformed"},
		{name: "forwarded-through-two", headers: near + `Forwarded: for=198.51.100.7, for=10.0.0.2`},
		{name: "forwarded-obfuscated", headers: near + `Forwarded: for=_secret`, status: 403, detail: "does not know"},
		{name: "forwarded-unknown", headers: near + `Forwarded: for=unknown`, status: 403, detail: "does not know"},
		{name: "forwarded-without-for", headers: near + `Forwarded: proto=https`, status: 403, detail: "does not know"},
		{name: "forwarded-empty", headers: near + `Forwarded: `, status: 403, detail: "malformed"},
		{name: "forwarded-claims-loopback", headers: near + `Forwarded: for="[::1]"`, status: 403, detail: "another machine"},
		{name: "both-agree", headers: near + "X-Forwarded-For: 198.51.100.7\nForwarded: for=198.51.100.7;proto=https"},
		{name: "both-agree-in-the-end", headers: near + "X-Forwarded-For: 198.51.100.7, 10.0.0.2\nForwarded: for=198.51.100.7"},
		{name: "forged-the-other", headers: near + "X-Forwarded-For: 203.0.113.9\nForwarded: for=198.51.100.7", status: 403, detail: "disagree"},
		{name: "forged-the-one", headers: near + "X-Forwarded-For: 198.51.100.7\nForwarded: for=203.0.113.9", status: 403, detail: "disagree"},
		{name: "host-is-still-checked", headers: near + "X-Forwarded-For: 198.51.100.7\nHost: attacker.example", status: 403, detail: byHost},
	})
}

func TestGuardAllowedPrefixes(t *testing.T) {
	t.Parallel()
	opts := adminapi.Options{
		AllowedPrefixes: []netip.Prefix{
			netip.MustParsePrefix("::ffff:198.51.100.0/120"), netip.MustParsePrefix("10.1.2.3/8"),
			netip.PrefixFrom(netip.MustParseAddr("fe80::1"), 128),
		},
		AllowedHosts: []string{"Panel.Example.COM.", "198.51.100.1", "[2001:db8::1]"},
	}
	runGuard(t, opts, []guardCase{
		{name: "mapped-prefix", headers: "From-Peer: 198.51.100.7:4000"},
		{name: "mapped-prefix-and-peer", headers: "From-Peer: [::ffff:198.51.100.7]:4000"},
		{name: "unmasked-prefix", headers: "From-Peer: 10.200.0.1:4000"},
		{name: "zone", headers: "From-Peer: [fe80::1%eth0]:4000"},
		{name: "outside", headers: "From-Peer: 198.51.101.7:4000", status: 403, detail: byAddress},
		{name: "loopback-is-replaced", status: 403, detail: byAddress},
		{name: "host-allowed", headers: "From-Peer: 10.0.0.1:1\nHost: panel.example.com:8443"},
		{name: "host-allowed-upper-case", headers: "From-Peer: 10.0.0.1:1\nHost: PANEL.example.com."},
		{name: "host-allowed-address", headers: "From-Peer: 10.0.0.1:1\nHost: 198.51.100.1"},
		{name: "host-allowed-ipv6", headers: "From-Peer: 10.0.0.1:1\nHost: [2001:db8:0::1]:80"},
		{name: "host-below-allowed", headers: "From-Peer: 10.0.0.1:1\nHost: x.panel.example.com", status: 403, detail: byHost},
		{name: "localhost-stays", headers: "From-Peer: 10.0.0.1:1\nHost: localhost"},
		{name: "allowed-peer-behind-its-own-proxy", headers: "From-Peer: 10.0.0.1:1\nX-Forwarded-For: 192.168.0.1\nVia: 1.1 squid"},
	})
}

// TestGuardLocalAddress has the server known by the address that the
// connection came in on, whatever names it has.
func TestGuardLocalAddress(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{AllowedPrefixes: prefixes(t, "192.168.1.0/24 fe80::/10 loopback")})
	tests := []struct {
		name  string
		local net.Addr
		host  string
		want  int
	}{
		{"itself", &net.TCPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 8000}, "192.168.1.7:8000", 200},
		{"any-port", &net.TCPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 8000}, "192.168.1.7", 200},
		{"zone", &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "eth0"}, "[fe80::1%25eth0]:8000", 200},
		{"other-type", addr("192.168.1.7:8000"), "192.168.1.7", 200},
		{"other-address", &net.TCPAddr{IP: net.IPv4(192, 168, 1, 7), Port: 8000}, "192.168.1.8:8000", 403},
		{"odd-type", addr("nonsense"), "192.168.1.7", 403},
		{"unknown", nil, "192.168.1.7", 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", "/action-logs/recent", "From-Peer: 192.168.1.9:1", "Host: "+tt.host)
			if tt.local != nil {
				r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, tt.local))
			}
			if resp := do(h, r); resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, tt.want, body(t, resp))
			}
		})
	}
}

type addr string

func (addr) Network() string  { return "test" }
func (a addr) String() string { return string(a) }
