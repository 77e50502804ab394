package adminapi_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"actionlog/adminapi"

	"github.com/google/go-cmp/cmp"
)

// TestRefusals holds what is told to who sets an option or sends a request that
// cannot be had. Each is to name the thing and the value, and to say what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	_, err := adminapi.New(adminapi.Options{})
	fmt.Fprintf(&got, "option store-missing\n\t%v\n", err)
	for _, tt := range refusedOptions(t) {
		tt.opts.Store = empty{}
		_, err := adminapi.New(tt.opts)
		fmt.Fprintf(&got, "option %s\n\t%v\n", tt.name, err)
	}
	for _, text := range []string{"nginx", "10.0.0.0/33", "10.0.0.1/8", "::ffff:0.0.0.0/90"} {
		_, err := adminapi.ParsePrefixes(text)
		fmt.Fprintf(&got, "ParsePrefixes(%q)\n\t%v\n", text, err)
	}

	const token = "correct-horse"
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.1/32")}
	everybody := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	for _, tt := range []struct {
		opts    adminapi.Options
		method  string
		target  string
		headers []string
	}{
		{method: "GET", target: "/action-logs/recent?limit=1001"},
		{method: "GET", target: "/action-logs/recent?limit="},
		{method: "GET", target: "/action-logs/recent?limit=1&limit=2"},
		{method: "GET", target: "/action-logs/search?%zz"},
		{method: "GET", target: "/action-logs/search?stauts=failed"},
		{method: "GET", target: "/action-logs/search?cursor=x"},
		{method: "GET", target: "/action-logs/export?format=xml"},
		{method: "GET", target: "/action-logs/timeseries?step=0s"},
		{method: "GET", target: "/action-logs/timeseries?step=1ns"},
		{method: "GET", target: "/action-logs/stream?sort=duration"},
		{method: "GET", target: "/action-logs/stream?last=9999"},
		{method: "GET", target: "/action-logs/stream?after="},
		{method: "GET", target: "/action-logs/stream", headers: []string{"Connection: close", "Upgrade: websocket"}},
		{method: "GET", target: "/action-logs/stream", headers: []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8"}},
		{method: "GET", target: "/action-logs/nothing"},
		{method: "GET", target: "/action-logs/nothing.js"},
		{method: "GET", target: "/action-logs/metrics"},
		{method: "GET", target: "/action-logs/docs"},
		{method: "GET", target: "/action-logs/stream", opts: adminapi.Options{Store: empty{}}},
		{method: "GET", target: "/action-logs/clear"},
		{method: "POST", target: "/action-logs"},
		{method: "POST", target: "/action-logs/clear", opts: adminapi.Options{ReadOnly: true}},
		{method: "POST", target: "/action-logs/clear", headers: []string{"Origin: http://evil.example"}},
		{method: "POST", target: "/action-logs/login"},
		{method: "POST", target: "/action-logs/login", opts: adminapi.Options{Token: token}},
		{method: "POST", target: "/action-logs/login", opts: adminapi.Options{Token: token}, headers: []string{"Content-Type: application/json"}},
		{method: "POST", target: "/action-logs", opts: adminapi.Options{Ingest: true}},
		{method: "POST", target: "/action-logs", opts: adminapi.Options{Ingest: true}, headers: []string{"Content-Type: application/json"}},
		{method: "POST", target: "/action-logs", opts: adminapi.Options{Ingest: true}, headers: []string{"Content-Type: application/json", "Content-Encoding: gzip"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{Token: token}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{Token: token}, headers: []string{"Authorization: Bearer wrong"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{Username: "me", Password: token}, headers: []string{"Authorization: Basic bWU6bm8="}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{Authorize: refuse}},
		{method: "GET", target: "/action-logs/recent", headers: []string{"Host: evil.example"}},
		{method: "GET", target: "/action-logs/recent", headers: []string{"X-Forwarded-For: 192.0.2.1"}},
		{method: "GET", target: "/action-logs/recent", headers: []string{"From-Peer: 192.0.2.1:80"}},
		{method: "GET", target: "/action-logs/recent", headers: []string{"From-Peer: nowhere"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy}, headers: []string{"X-Forwarded-For: x"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy}, headers: []string{"Forwarded: x"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy}, headers: []string{"X-Forwarded-For: unknown"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy}, headers: []string{"X-Forwarded-For: 192.0.2.1"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy, AllowedPrefixes: everybody}, headers: []string{"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.2"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy, AllowedPrefixes: everybody}, headers: []string{"From-Peer: 10.0.0.1:80"}},
		{method: "GET", target: "/action-logs/recent", opts: adminapi.Options{TrustedProxies: proxy, AllowedPrefixes: everybody}, headers: []string{"From-Peer: 10.0.0.1:80", "X-Forwarded-For: 127.0.0.1"}},
	} {
		resp := do(newHandler(t, tt.opts), request(tt.method, tt.target, tt.headers...))
		if resp.StatusCode < 400 {
			t.Errorf("%s %s %v: %d, and nothing is wrong with it", tt.method, tt.target, tt.headers, resp.StatusCode)
			continue
		}
		fmt.Fprintf(&got, "%s %s %s\n\t%d %s\n", tt.method, tt.target, strings.Join(tt.headers, ", "), resp.StatusCode, detail(t, resp))
	}
	text := strings.ReplaceAll(got.String(), " \n", "\n")

	file := filepath.Join("testdata", "errors.txt")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func refuse(*http.Request) error { return errors.New("the vault is closed") }
