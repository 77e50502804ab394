package adminapi_test

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/ui"

	"golang.org/x/time/rate"
)

var anyone = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, adminapi.Options{Store: empty{}, Now: time.Now, Rate: 0.5, Burst: 3, AllowedPrefixes: anyone})
		ask := func(peer string) (int, string) {
			resp := do(h, request("GET", "/action-logs/recent", "From-Peer: "+peer))
			if resp.StatusCode == 429 && !strings.Contains(detail(t, resp), "try again in "+resp.Header.Get("Retry-After")+" s") {
				t.Error("detail and Retry-After differ")
			}
			return resp.StatusCode, resp.Header.Get("Retry-After")
		}
		for i := range 3 {
			if status, _ := ask("127.0.0.1:1"); status != 200 {
				t.Fatalf("request %d of the burst is %d", i, status)
			}
		}
		for range 3 { // asking too early costs nothing
			if status, after := ask("127.0.0.1:2"); status != 429 || after != "2" {
				t.Fatalf("beyond the burst: %d, Retry-After %q, want 429 and 2", status, after)
			}
		}
		if status, _ := ask("127.0.0.2:1"); status != 200 {
			t.Errorf("another peer is %d", status)
		}
		time.Sleep(1200 * time.Millisecond)
		if status, after := ask("127.0.0.1:1"); status != 429 || after != "1" {
			t.Errorf("too early: %d, Retry-After %q, want 429 and 1", status, after)
		}
		time.Sleep(800 * time.Millisecond)
		if status, _ := ask("127.0.0.1:1"); status != 200 {
			t.Errorf("after the time that Retry-After told: %d", status)
		}
		time.Sleep(time.Hour)
		for i := range 4 {
			if status, _ := ask("127.0.0.1:1"); (status == 200) != (i < 3) {
				t.Errorf("request %d after an hour is %d", i, status)
			}
		}
	})
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	t.Parallel()
	for rate, want := range map[rate.Limit]string{0.4: "3", 2: "1", 1: "1", 1e-300: "1073741824"} {
		h := newHandler(t, adminapi.Options{Rate: rate})
		do(h, request("GET", "/action-logs/recent"))
		do(h, request("GET", "/action-logs/recent"))
		if got := do(h, request("GET", "/action-logs/recent")).Header.Get("Retry-After"); got != want {
			t.Errorf("at %v a second Retry-After is %q, want %q", rate, got, want)
		}
	}
}

func TestRateCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		first, second []string
		status        int // of the second, where the burst is one
	}{
		{"same-peer", []string{"From-Peer: 192.0.2.1:1"}, []string{"From-Peer: 192.0.2.1:2"}, 429},
		{"mapped", []string{"From-Peer: 192.0.2.1:1"}, []string{"From-Peer: [::ffff:192.0.2.1]:1"}, 429},
		{"other-ipv4", []string{"From-Peer: 192.0.2.1:1"}, []string{"From-Peer: 192.0.2.2:1"}, 200},
		{"same-ipv6-network", []string{"From-Peer: [2001:db8::1]:1"}, []string{"From-Peer: [2001:db8::ffff:2]:1"}, 429},
		{"other-ipv6-network", []string{"From-Peer: [2001:db8::1]:1"}, []string{"From-Peer: [2001:db8:0:1::1]:1"}, 200},
		{"client-of-a-proxy", []string{"From-Peer: 10.0.0.1:1", "X-Forwarded-For: 192.0.2.1"}, []string{"From-Peer: 192.0.2.1:1"}, 429},
		{"two-clients-of-a-proxy", []string{"From-Peer: 10.0.0.1:1", "X-Forwarded-For: 192.0.2.1"}, []string{"From-Peer: 10.0.0.1:1", "X-Forwarded-For: 192.0.2.2"}, 200},
		{"a-wrong-password", []string{"From-Peer: 192.0.2.1:1", "Authorization: Bearer wrong"}, []string{"From-Peer: 192.0.2.1:1"}, 429},
		{"a-wrong-host", []string{"From-Peer: 192.0.2.1:1", "Host: attacker.example"}, []string{"From-Peer: 192.0.2.1:1"}, 200},
		{"another-origin-upgrades", []string{"From-Peer: 192.0.2.1:1", "Upgrade: websocket", "Origin: https://attacker.example"}, []string{"From-Peer: 192.0.2.1:1"}, 200},
		{"another-origin-reads", []string{"From-Peer: 192.0.2.1:1", "Sec-Fetch-Site: cross-site"}, []string{"From-Peer: 192.0.2.1:1"}, 200},
		{"another-origin-reads-again", []string{"From-Peer: 192.0.2.1:1", "Sec-Fetch-Site: cross-site"}, []string{"From-Peer: 192.0.2.1:1", "Origin: https://other.example"}, 429},
		{"an-allowed-origin", []string{"From-Peer: 192.0.2.1:1", "Origin: app://panel"}, []string{"From-Peer: 192.0.2.1:1"}, 429},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, adminapi.Options{Rate: 0.001, AllowedPrefixes: anyone, TrustedProxies: prefixes(t, "10.0.0.1"), AllowedOrigins: []string{"app://panel"}, Token: "t"})
			do(h, request("GET", "/action-logs/stats", append([]string{"Authorization: Bearer t"}, tt.first...)...))
			resp := do(h, request("GET", "/action-logs/stats", append([]string{"Authorization: Bearer t"}, tt.second...)...))
			if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.status)
			}
		})
	}
}

// TestRateForgets floods the limiter with peers.
func TestRateForgets(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: empty{}, Rate: 0.001, RatePeers: 100, AllowedPrefixes: anyone})
	ask := func(peer string) int {
		return do(h, request("GET", "/action-logs/recent", "From-Peer: "+peer)).StatusCode
	}
	for i := range 1000 {
		if got := ask(fmt.Sprintf("10.0.%d.%d:1", i/256, i%256)); got != 200 {
			t.Fatalf("peer %d is %d", i, got)
		}
		if got := ask("192.0.2.1:1"); (got == 200) != (i == 0) {
			t.Fatalf("the peer that keeps asking is %d after %d others", got, i)
		}
	}
	if got := h.RememberedPeers(); got != 100 {
		t.Errorf("%d peers are remembered, want 100", got)
	}
	if got := ask("10.0.0.1:1"); got != 200 {
		t.Errorf("a peer long forgotten is %d", got)
	}
	do(h, request("GET", "/action-logs/recent", "From-Peer: nobody"))
	if got := h.RememberedPeers(); got != 100 {
		t.Errorf("%d peers are remembered after a refused one, want 100", got)
	}
}

// TestRateForgetsNoStrangers has who is not let in leave no trace.
func TestRateForgetsNoStrangers(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Rate: 1})
	for i := range 50 {
		do(h, request("GET", "/action-logs/recent", fmt.Sprintf("From-Peer: 192.0.2.%d:1", i)))
	}
	if got := h.RememberedPeers(); got != 0 {
		t.Errorf("%d strangers are remembered", got)
	}
}

func TestRateUnderConcurrency(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: empty{}, Rate: 0.0001, Burst: 50, RatePeers: 8, AllowedPrefixes: anyone})
	var ok atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for range 40 {
				if do(h, request("GET", "/action-logs/recent")).StatusCode == 200 {
					ok.Add(1)
				}
				do(h, request("GET", "/action-logs/recent", fmt.Sprintf("From-Peer: 10.0.0.%d:1", g%4)))
			}
		})
	}
	wg.Wait()
	if got := ok.Load(); got != 50 {
		t.Errorf("%d requests were let in, want the burst of 50", got)
	}
}

// TestRateLetsPagesLoad has the dashboard come whole: a browser asks for all of
// its files at once.
func TestRateLetsPagesLoad(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(ui.Files(), "*.[cj]s*")
	if err != nil || len(files) < 20 {
		t.Fatalf("the files are %v (%v)", files, err)
	}
	for _, headers := range [][]string{nil, {"Sec-Fetch-Site: same-origin"}} {
		h := newHandler(t, adminapi.Options{Rate: 2})
		ask := func(target string) int { return do(h, request("GET", target, headers...)).StatusCode }
		for _, name := range files {
			target := "/action-logs/ui/" + name
			if name == "client.js" {
				target = "/action-logs/client.js"
			}
			if status := ask(target); status != 200 {
				t.Errorf("%s is %d", target, status)
			}
		}
		if page, api, more := ask("/action-logs/"), ask("/action-logs/stats"), ask("/action-logs/stats"); page != 200 || api != 200 || more != 429 {
			t.Errorf("the page is %d, the API %d and then %d", page, api, more)
		}
	}
	guessed := newHandler(t, adminapi.Options{Rate: 2, Authorize: refuseAll})
	for i := range 4 {
		resp := do(guessed, request("GET", "/action-logs/client.js"))
		if want := map[bool]int{true: 403, false: 429}[i < 2]; resp.StatusCode != want {
			t.Errorf("guess %d at who authorizes is %d, want %d", i, resp.StatusCode, want)
		}
	}
}
