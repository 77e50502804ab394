package adminapi_test

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"actionlog/adminapi"

	"golang.org/x/time/rate"
)

// refused is a value of an option that is refused.
type refused struct {
	name string
	opts adminapi.Options
	want string
}

func refusedOptions(t *testing.T) []refused {
	t.Helper()
	return []refused{
		{"base-path-relative", adminapi.Options{BasePath: "logs"}, `Options.BasePath is "logs"`},
		{"base-path-two-slashes", adminapi.Options{BasePath: "/a//b"}, `Options.BasePath is "/a//b"`},
		{"base-path-dots", adminapi.Options{BasePath: "/a/../b"}, `Options.BasePath`},
		{"base-path-escape", adminapi.Options{BasePath: "/a%2Fb"}, `Options.BasePath`},
		{"base-path-pattern", adminapi.Options{BasePath: "/{x}"}, `Options.BasePath`},
		{"base-path-parameter", adminapi.Options{BasePath: "/:x"}, `Options.BasePath`},
		{"base-path-only-slashes", adminapi.Options{BasePath: "//"}, `Options.BasePath`},
		{"rate-negative", adminapi.Options{Rate: -1}, "Options.Rate is -1"},
		{"rate-nan", adminapi.Options{Rate: rate.Limit(math.NaN())}, "Options.Rate is NaN"},
		{"streams-negative", adminapi.Options{MaxStreams: -1}, "Options.MaxStreams is -1"},
		{"peer-streams-negative", adminapi.Options{MaxStreamsPerPeer: -1}, "Options.MaxStreamsPerPeer is -1"},
		{"heartbeat-negative", adminapi.Options{StreamHeartbeat: -1}, "Options.StreamHeartbeat is -1ns"},
		{"stream-timeout-negative", adminapi.Options{StreamTimeout: -1}, "Options.StreamTimeout is -1ns"},
		{"burst-negative", adminapi.Options{Burst: -1}, "Options.Burst is -1"},
		{"peers-negative", adminapi.Options{RatePeers: -1}, "Options.RatePeers is -1"},
		{"token-with-space", adminapi.Options{Token: "s3cret token"}, "Options.Token"},
		{"token-with-newline", adminapi.Options{Token: "s3cret\n"}, "Options.Token"},
		{"token-not-ascii", adminapi.Options{Token: "s3crét"}, "Options.Token"},
		{"ingest-without-recorder", adminapi.Options{Ingest: true}, "Options.Ingest is set"},
		{"ingest-token-without-ingest", adminapi.Options{IngestToken: "s3cret"}, "not Options.Ingest"},
		{"ingest-token-is-token", adminapi.Options{IngestToken: "s3cret", Token: "s3cret", Ingest: true, Recorder: newRing(t)}, "Options.IngestToken is Options.Token"},
		{"ingest-token-with-space", adminapi.Options{IngestToken: "s3cret t", Ingest: true, Recorder: newRing(t)}, "Options.IngestToken holds"},
		{"username-alone", adminapi.Options{Username: "s3cret"}, "only one is set"},
		{"password-alone", adminapi.Options{Password: "s3cret"}, "only one is set"},
		{"username-with-colon", adminapi.Options{Username: "s3cret:x", Password: "s3cret"}, "colon"},
		{"prefix-zero", adminapi.Options{AllowedPrefixes: make([]netip.Prefix, 1)}, "Options.AllowedPrefixes[0]"},
		{"prefix-mixed", adminapi.Options{AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("::ffff:0.0.0.0/90")}}, "below 96"},
		{"proxy-zero", adminapi.Options{TrustedProxies: make([]netip.Prefix, 1)}, "Options.TrustedProxies[0]"},
		{"host-empty", adminapi.Options{AllowedHosts: []string{""}}, `Options.AllowedHosts[0] is ""`},
		{"host-with-port", adminapi.Options{AllowedHosts: []string{"ok", "a.example:80"}}, `Options.AllowedHosts[1] is "a.example:80"`},
		{"host-with-scheme", adminapi.Options{AllowedHosts: []string{"https://a.example"}}, "Options.AllowedHosts[0]"},
		{"host-wildcard", adminapi.Options{AllowedHosts: []string{"*.example"}}, "Options.AllowedHosts[0]"},
		{"origin-any", adminapi.Options{AllowedOrigins: []string{"*"}}, `Options.AllowedOrigins[0] is "*"`},
		{"origin-any-host", adminapi.Options{AllowedOrigins: []string{"https://*"}}, `Options.AllowedOrigins[0]`},
		{"origin-null", adminapi.Options{AllowedOrigins: []string{"null"}}, "sandboxed"},
		{"origin-without-scheme", adminapi.Options{AllowedOrigins: []string{"a.example"}}, "Options.AllowedOrigins[0]"},
		{"origin-with-path", adminapi.Options{AllowedOrigins: []string{"https://a.example/"}}, "Options.AllowedOrigins[0]"},
		{"origin-with-user", adminapi.Options{AllowedOrigins: []string{"https://x@a.example"}}, "Options.AllowedOrigins[0]"},
		{"origin-malformed", adminapi.Options{AllowedOrigins: []string{"https://[::1"}}, "Options.AllowedOrigins[0]"},
	}
}

func TestOptionsRefused(t *testing.T) {
	t.Parallel()
	tests := refusedOptions(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.opts.Store = empty{}
			_, err := adminapi.New(tt.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "adminapi: ") {
				t.Fatalf("error is %v, want one that holds %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3cr") {
				t.Errorf("error tells a secret: %v", err)
			}
		})
	}
	if _, err := adminapi.New(adminapi.Options{}); err == nil || !strings.Contains(err.Error(), "Options.Store") {
		t.Errorf("without a store the error is %v", err)
	}
}

func TestParsePrefixes(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"nothing", " , ", ""},
		{"prefix", "10.0.0.0/8", "10.0.0.0/8"},
		{"address", "192.168.1.7", "192.168.1.7/32"},
		{"ipv6-address", "2001:db8::1", "2001:db8::1/128"},
		{"ipv6-prefix", "2001:db8::/32", "2001:db8::/32"},
		{"several", "10.0.0.0/8,192.168.1.7\n ::1", "10.0.0.0/8 192.168.1.7/32 ::1/128"},
		{"loopback", "loopback", "127.0.0.0/8 ::1/128"},
		{"mapped-address", "::ffff:192.168.1.7", "192.168.1.7/32"},
		{"mapped-prefix", "::ffff:10.0.0.0/104", "10.0.0.0/8"},
		{"zone", "fe80::1%eth0", "fe80::1/128"},
		{"zone-and-length", "fe80::%eth0/64", "fe80::/64"},
		{"everything", "0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0"},
		{"error-name", "localhost", `error: parse address prefix "localhost": allowed is an address`},
		{"error-length", "10.0.0.0/33", `error: parse address prefix "10.0.0.0/33": allowed is an address`},
		{"error-no-length", "10.0.0.0/", `error: parse address prefix "10.0.0.0/"`},
		{"error-mask", "10.0.0.0/255.0.0.0", `error: parse address prefix "10.0.0.0/255.0.0.0"`},
		{"error-short", "10/8", `error: parse address prefix "10/8"`},
		{"error-leading-zero", "010.0.0.1", `error: parse address prefix "010.0.0.1"`},
		{"error-port", "10.0.0.1:80", `error: parse address prefix "10.0.0.1:80"`},
		{"error-bits", "10.1.2.3/8", `it has bits set beyond its length; 10.0.0.0/8 is the prefix, 10.1.2.3 the address`},
		{"error-mixed", "::ffff:0.0.0.0/90", `length below 96`},
		{"error-second", "10.0.0.0/8,x", `error: parse address prefix "x"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := adminapi.ParsePrefixes(tt.text)
			var texts []string
			for _, p := range got {
				texts = append(texts, p.String())
			}
			text := strings.Join(texts, " ")
			if err != nil {
				text = "error: " + err.Error()
			}
			if strings.HasPrefix(tt.name, "error") && strings.Contains(text, tt.want) {
				return
			}
			if text != tt.want {
				t.Errorf("ParsePrefixes(%q) is %q, want %q", tt.text, text, tt.want)
			}
		})
	}
}
