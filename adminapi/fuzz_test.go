package adminapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"actionlog/adminapi"
)

// FuzzHandler throws any request at the handler and holds it to what is true
// of every answer.
func FuzzHandler(f *testing.F) {
	for _, method := range []string{"GET", "POST", "HEAD", "OPTIONS", "BREW", ""} {
		f.Add(method, "/action-logs/recent", "limit=5", "localhost", "", "", "127.0.0.1:1")
	}
	f.Add("GET", "/action-logs/service/a%2Fb", "limit=5&limit=6", "[::1]:80", "http://localhost", "", "[::1]:1")
	f.Add("POST", "/action-logs//clear", "%00", "attacker.example", "null", "", "127.0.0.1:1")
	f.Add("POST", "/action-logs/service/%2e%2e", ";", "localhost.", "", "for=127.0.0.1", "10.0.0.1:1")
	f.Add("GET", "/action-logs/recent\x00", "a=%zz", "localhost", "", "for=\"[::1]\", for=_x", "10.0.0.1:1")
	f.Add("GET", "/action-logs/../x/./", "q=%ff&from=7d&cursor=AQ", "", "app://x", "", "@")
	f.Add("GET", "/action-logs/stream", "service=a&after=b&last=3", "localhost", "", "", "127.0.0.1:1")
	f.Add("GET", "/action-logs/search", "service=a&from=1h&sort=duration&code=5xx", "localhost", "", "", "127.0.0.1:1")
	h := newHandler(f, adminapi.Options{
		TrustedProxies: prefixes(f, "10.0.0.1"), AllowedOrigins: []string{"app://x"},
		OnError: func(_ *http.Request, err error) { panic(err) },
	})
	f.Fuzz(func(t *testing.T, method, path, query, host, origin, forwarded, peer string) {
		r := &http.Request{
			Method: method, Host: host, RemoteAddr: peer, Header: http.Header{}, Body: http.NoBody,
			URL: &url.URL{Path: path, RawQuery: query}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		}
		if decoded, err := url.PathUnescape(path); err == nil {
			r.URL.Path, r.URL.RawPath = decoded, path
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if forwarded != "" {
			r.Header.Set("Forwarded", forwarded)
			r.Header.Set("X-Forwarded-For", forwarded)
		}
		if strings.Contains(r.URL.Path, "stream") { // which ends with its client
			ctx, gone := context.WithCancel(context.Background())
			gone()
			r = r.WithContext(ctx)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		holds(t, r, w)
	})
}

func holds(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	code, header := w.Code, w.Header()
	if code < 200 || code >= 300 && code < 400 || code >= 500 || header.Get("Location") != "" {
		t.Errorf("status %d, Location %q", code, header.Get("Location"))
	}
	if !strings.HasPrefix(header.Get("Cache-Control"), "no-store") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers are %v", header)
	}
	if (code == http.StatusMethodNotAllowed) != (header.Get("Allow") != "") && code != http.StatusNoContent {
		t.Errorf("status %d with Allow %q", code, header.Get("Allow"))
	}
	if code == http.StatusCreated && r.Method != http.MethodPost {
		t.Errorf("%q cleared", r.Method)
	}
	if code == http.StatusNoContent {
		return
	}
	if r.Method == http.MethodHead {
		if w.Body.Len() > 0 {
			t.Errorf("HEAD has a body: %q", w.Body)
		}
		return
	}
	if code == http.StatusOK && header.Get("Content-Type") == "text/event-stream" {
		return
	}
	var form struct {
		Detail    *string
		Actions   *[]json.RawMessage
		Stats     *json.RawMessage
		Message   *string
		Endpoints *json.RawMessage
		Active    *[]json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &form); err != nil || !utf8.Valid(w.Body.Bytes()) {
		t.Fatalf("status %d with body %q: %v", code, w.Body, err)
	}
	if (form.Detail != nil) != (code >= 400) || form.Detail != nil && *form.Detail == "" {
		t.Errorf("status %d with body %q", code, w.Body)
	}
	if header.Get("Content-Type") != "application/json" {
		t.Errorf("Content-Type is %q", header.Get("Content-Type"))
	}
}

// FuzzPeer holds the headers of proxies to what they may do: nobody but
// loopback is let in, whatever a stranger sends, and what a trusted proxy
// appends decides.
func FuzzPeer(f *testing.F) {
	for _, s := range []string{
		"127.0.0.1", "[::1]:1", "for=127.0.0.1", `for="[::1]:1"`, `for="127.0.0.1`, "unknown", "_x", "for=_x;by=1", "a,b", `for="a\"`, "127.0.0.1,", ";", "for=1;for=2",
	} {
		f.Add(s)
	}
	h := newHandler(f, adminapi.Options{Store: empty{}, TrustedProxies: prefixes(f, "10.0.0.1, 127.0.0.1")})
	f.Fuzz(func(t *testing.T, forged string) {
		status := func(peer, xff, forwarded string) int {
			r := request("GET", "/action-logs/recent", "From-Peer: "+peer)
			if xff != "" {
				r.Header.Set("X-Forwarded-For", xff)
			}
			if forwarded != "" {
				r.Header.Set("Forwarded", forwarded)
			}
			return do(h, r).StatusCode
		}
		if got := status("203.0.113.9:1", forged, forged); got != 403 {
			t.Errorf("a stranger who sends %q is answered %d", forged, got)
		}
		for _, peer := range []string{"10.0.0.1:1", "127.0.0.1:1"} {
			if got := status(peer, forged+", 203.0.113.9", ""); got != 403 {
				t.Errorf("a stranger who sends %q to the proxy %s is answered %d", forged, peer, got)
			}
			if got := status(peer, "", forged+", for=203.0.113.9"); got != 403 {
				t.Errorf("a stranger who sends Forwarded: %q to the proxy %s is answered %d", forged, peer, got)
			}
			if got := status(peer, "203.0.113.9", forged); got != 403 {
				t.Errorf("a stranger who sends Forwarded: %q past the proxy %s is answered %d", forged, peer, got)
			}
		}
		if got := status("10.0.0.1:1", forged, ""); got != 403 {
			t.Errorf("a proxy elsewhere that says %q is answered %d", forged, got)
		}
	})
}

func FuzzForwarded(f *testing.F) {
	for _, s := range []string{
		"for=192.0.2.60;proto=http;by=203.0.113.43", `for=192.0.2.43, for="[2001:db8:cafe::17]"`, `For="[2001:DB8::1]:4711"`, "for=_gazonk", "for=unknown:123",
		`for="a\\\"b"`, "for=", "for", "=", ",", ";", "for=1.2.3.4;", "for=1.2.3.4 , by=x", "for=1.2.3.4:99999999",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		hops, err := adminapi.ParseForwarded([]string{line})
		checkHops(t, hops, err)
		if err == nil {
			again, err := adminapi.ParseForwarded([]string{line, "for=192.0.2.1"})
			if len(hops) < 64 && (err != nil || len(again) != len(hops)+1 || again[len(hops)].String() != "192.0.2.1") {
				t.Errorf("a line after %q is read as %v, %v", line, again, err)
			}
			same, err := adminapi.ParseForwarded([]string{line + ",for=192.0.2.1"})
			if len(hops) < 64 && (err != nil || len(same) != len(hops)+1) {
				t.Errorf("an element after %q is read as %v, %v", line, same, err)
			}
		}
	})
}

func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "192.0.2.1:80, ::1", "[::1]:80,unknown", "::ffff:1.2.3.4", "fe80::1%eth0", "", ",", "[", "]", "[::1", "1.2.3.4:", "::1:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		hops, err := adminapi.ParseForwardedFor([]string{line})
		checkHops(t, hops, err)
		if err == nil && len(hops) != strings.Count(line, ",")+1 {
			t.Errorf("%q has %d hops", line, len(hops))
		}
	})
}

func checkHops(t *testing.T, hops []netip.Addr, err error) {
	t.Helper()
	if (err == nil) != (len(hops) > 0) || len(hops) > 64 {
		t.Errorf("%d hops and error %v", len(hops), err)
	}
	for _, h := range hops {
		if h.Is4In6() || h.Zone() != "" {
			t.Errorf("hop %v is not plain", h)
		}
	}
}

func FuzzParsePrefixes(f *testing.F) {
	for _, s := range []string{"10.0.0.0/8", "::1", "fe80::1%eth0/64", "::ffff:10.0.0.0/104", "loopback, 1.2.3.4", "1.2.3.4/", "/8", "::/0", "%", "::%/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefixes, err := adminapi.ParsePrefixes(text)
		if err != nil {
			if len(prefixes) > 0 || !strings.HasPrefix(err.Error(), "parse address prefix ") {
				t.Errorf("%q: %v, %v", text, prefixes, err)
			}
			return
		}
		for _, p := range prefixes {
			if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() || p.Addr().Zone() != "" || !p.Contains(p.Addr()) {
				t.Errorf("%q is read as %v", text, p)
			}
			again, err := adminapi.ParsePrefixes(p.String())
			if err != nil || len(again) != 1 || again[0] != p {
				t.Errorf("%v is read back as %v, %v", p, again, err)
			}
		}
		if _, err := adminapi.New(adminapi.Options{Store: empty{}, AllowedPrefixes: prefixes}); err != nil {
			t.Errorf("%q is refused as an option: %v", text, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"/action-logs/recent", "/action-logs/", "", "/", "//", "/action%2Dlogs/%2e%2e", "/action-logs/a%2Fb/", "/%", "/action-logs/%00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		path, ok := adminapi.Below("/action-logs", escaped)
		if !ok {
			return
		}
		segments := strings.Split(path, "/")
		if segments[0] != "" || path != "/" && strings.HasSuffix(path, "/") || strings.Contains(path, "//") || strings.ContainsRune(path, 0) {
			t.Errorf("%q becomes %q", escaped, path)
		}
		for _, s := range segments {
			if s == "." || s == ".." {
				t.Errorf("%q becomes %q", escaped, path)
			}
		}
		if again, ok := adminapi.Below("/action-logs", "/action-logs"+path); !ok || again != path {
			t.Errorf("%q becomes %q, and that %q", escaped, path, again)
		}
	})
}
