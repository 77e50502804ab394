package middleware

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"actionlog/storage"
)

const (
	traceText = "0af7651916cd43dd8448eb211c80319c"
	spanText  = "b7ad6b7169203331"
)

var traceparents = []struct {
	name, value string
	ok          bool
}{
	{"sampled", "00-" + traceText + "-" + spanText + "-01", true},
	{"unknown-flags", "00-" + traceText + "-" + spanText + "-ff", true},
	{"later-version", "cc-" + traceText + "-" + spanText + "-01", true},
	{"later-version-with-more", "01-" + traceText + "-" + spanText + "-01-what-the-future-holds", true},
	{"later-version-with-dash", "01-" + traceText + "-" + spanText + "-01-", true},
	{"later-version-glued", "01-" + traceText + "-" + spanText + "-01x", false},
	{"version-0-with-more", "00-" + traceText + "-" + spanText + "-01-", false},
	{"version-ff", "ff-" + traceText + "-" + spanText + "-01", false},
	{"version-upper-case", "0A-" + traceText + "-" + spanText + "-01", false},
	{"trace-upper-case", "00-" + strings.ToUpper(traceText) + "-" + spanText + "-01", false},
	{"span-upper-case", "00-" + traceText + "-" + strings.ToUpper(spanText) + "-01", false},
	{"trace-zero", "00-" + strings.Repeat("0", 32) + "-" + spanText + "-01", false},
	{"span-zero", "00-" + traceText + "-" + strings.Repeat("0", 16) + "-01", false},
	{"short", "00-" + traceText + "-" + spanText + "-0", false},
	{"empty", "", false},
	{"no-hex", "00-" + traceText + "-" + spanText + "-0g", false},
	{"underscores", strings.ReplaceAll("00-"+traceText+"-"+spanText+"-01", "-", "_"), false},
	{"space-before", " 00-" + traceText + "-" + spanText + "-01", false},
	{"space-after", "00-" + traceText + "-" + spanText + "-01 ", false},
}

func TestParseTraceparent(t *testing.T) {
	t.Parallel()
	for _, tt := range traceparents {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			trace, span, ok := parseTraceparent(tt.value)
			if ok != tt.ok {
				t.Fatalf("%q is valid: %v, want %v", tt.value, ok, tt.ok)
			}
			if ok && (trace.String() != traceText || span.String() != spanText) {
				t.Errorf("ids %s and %s", trace, span)
			}
			if !ok && (!trace.IsZero() || !span.IsZero()) {
				t.Errorf("ids %s and %s of an invalid header", trace, span)
			}
		})
	}
}

// FuzzTraceparent compares with a regular expression written from the text of
// the recommendation.
func FuzzTraceparent(f *testing.F) {
	for _, tt := range traceparents {
		f.Add(tt.value)
	}
	grammar := regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-(?s:.*))?$`)
	f.Fuzz(func(t *testing.T, s string) {
		trace, span, ok := parseTraceparent(s)
		m := grammar.FindStringSubmatch(s)
		want := m != nil && m[1] != "ff" && (m[1] != "00" || m[5] == "") &&
			strings.Trim(m[2], "0") != "" && strings.Trim(m[3], "0") != ""
		if ok != want {
			t.Fatalf("%q is valid: %v, want %v", s, ok, want)
		}
		if ok && (trace.String() != m[2] || span.String() != m[3]) {
			t.Fatalf("%q has ids %s and %s", s, trace, span)
		}
	})
}

func TestPeerOf(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:1234":              "192.0.2.1",
		"0.0.0.0:0":                   "0.0.0.0",
		"255.255.255.255:65535":       "255.255.255.255",
		"192.0.2.1":                   "192.0.2.1",
		"[2001:db8::1]:443":           "2001:db8::1",
		"[fe80::1%eth0]:443":          "fe80::1",
		"[::ffff:192.0.2.1]:443":      "192.0.2.1",
		"[::ffff:192.0.2.1%eth0]:443": "192.0.2.1",
		"2001:db8::1":                 "2001:db8::1",
		"":                            "invalid IP",
		"@":                           "invalid IP",
		"/run/app.sock":               "invalid IP",
		"localhost:80":                "invalid IP",
		"[::1":                        "invalid IP",
		"256.0.0.1:80":                "invalid IP",
		"1.2.3:80":                    "invalid IP",
		"1.2.3.4.5:80":                "invalid IP",
		"01.2.3.4:80":                 "invalid IP",
		"1..2.3:80":                   "invalid IP",
		"1.2.3.4.":                    "invalid IP",
		strings.Repeat("1", 1000):     "invalid IP",
	} {
		if got := peerOf(remote).String(); got != want {
			t.Errorf("the peer of %q is %s, want %s", remote, got, want)
		}
	}
}

// FuzzPeerOf compares with the standard library, which is slower.
func FuzzPeerOf(f *testing.F) {
	for _, s := range []string{"192.0.2.1:80", "[2001:db8::1]:80", "[fe80::1%eth0]:80", "[::ffff:1.2.3.4]:80", "1.2.3.04:80", "::1", "x:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := peerOf(s)
		if got.Zone() != "" || got.Is4In6() {
			t.Fatalf("the peer of %q is %s", s, got)
		}
		host, port, err := net.SplitHostPort(s)
		if err != nil || len(host) > 45 || strings.Trim(port, "0123456789") != "" {
			return
		}
		want, err := netip.ParseAddr(host)
		if strings.HasSuffix(host, "%") {
			return // an empty zone is no address to netip, and no harm here
		}
		if want = want.WithZone("").Unmap(); err == nil && got != want {
			t.Fatalf("the peer of %q is %s, want %s", s, got, want)
		}
	})
}

// FuzzErrorOfBody shows that whatever a handler answers has a text that is
// bounded, or none.
func FuzzErrorOfBody(f *testing.F) {
	for _, s := range []string{`{"detail":"x"}`, `{"error":{"message":"m"}}`, `{"a":[{},1`, "plain", "\xff", `{"detail":"\ud800"}`, "<p>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		var b body
		b.add(nil, p)
		if text := b.text(); len(text) > 3*storage.MaxError {
			t.Fatalf("%d bytes of text", len(text))
		}
	})
}

// TestBounds shows that neither names nor patterns are remembered without end.
func TestBounds(t *testing.T) {
	t.Parallel()
	var ns names
	for i := range maxNames + 10 {
		name := strings.Repeat("x", i%1000) + string(rune('a'+i/1000))
		if n := ns.of("s", name); n.action != name {
			t.Fatalf("name %d is %q", i, n.action)
		}
	}
	if n := len(*ns.known.Load()); n > maxNames {
		t.Errorf("%d names are remembered", n)
	}
	var rs routes
	rs.init(smallTable)
	for i := range maxRoutes + 10 {
		pattern := "/" + strings.Repeat("x", i%1000) + string(rune('a'+i/1000))
		if r := rs.of(pattern); r.path != pattern {
			t.Fatalf("route %d is %q", i, r.path)
		}
	}
	if rs.count > maxRoutes {
		t.Errorf("%d routes are remembered", rs.count)
	}
	m := &Middleware{}
	m.unnamed.routes.init(largeTable)
	for i := range maxJoins + 10 {
		outer := "/" + strings.Repeat("x", i+1)
		if r := m.below(outer+"/y", "/y", outer+"/", "GET /y"); r.path != outer+"/y" {
			t.Fatalf("%q below %q is %q", "GET /y", outer, r.path)
		}
	}
	if n := len(*m.unnamed.routes.of("GET /y").joined.Load()); n > maxJoins {
		t.Errorf("%d joins are remembered", n)
	}
}
