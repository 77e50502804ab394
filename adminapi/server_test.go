package adminapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
)

// raw sends bytes to a server and returns all that comes back.
func raw(t *testing.T, address, request string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestOnTheWire sends what no client library would, to a real server.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHandler(t, adminapi.Options{}))
	t.Cleanup(srv.Close)
	at := srv.Listener.Addr().String()
	tests := []struct {
		name, head string // %s is the address
		status     string
		detail     string
	}{
		{"get", "GET /action-logs/recent?limit=1 HTTP/1.1\nHost: %s", "200 OK", `{"actions":[{"timestamp":"2025-11-13T12:05:00Z"`},
		{"absolute-form", "GET http://%s/action-logs/stats HTTP/1.1\nHost: %[1]s", "200 OK", `{"stats":{"total":4`},
		{"absolute-form-rebound", "GET http://attacker.example/action-logs/stats HTTP/1.1\nHost: %s", "403 Forbidden", "Host header"},
		{"http-1.0", "GET /action-logs/stats HTTP/1.0\nHost: %s", "200 OK", `{"stats":{`},
		{"http-1.0-without-host", "GET /action-logs/stats HTTP/1.0\nX-Address: %s", "403 Forbidden", "Host header"},
		{"body-on-get", "GET /action-logs/stats HTTP/1.1\nHost: %s\nContent-Length: 5\n\nhello", "200 OK", `{"stats":{`},
		{"chunked-body-on-get", "GET /action-logs/stats HTTP/1.1\nHost: %s\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n", "200 OK", `{"stats":{`},
		{"nul-in-path", "GET /action-logs/recent%%00 HTTP/1.1\nHost: %s", "404 Not Found", "no such endpoint"},
		{"dots-post", "POST /action-logs/x/../clear HTTP/1.1\nHost: %s", "404 Not Found", "no such endpoint"},
		{"two-slashes-post", "POST //action-logs//clear HTTP/1.1\nHost: %s", "404 Not Found", "no such endpoint"},
		{"options-star", "OPTIONS * HTTP/1.1\nHost: %s", "200 OK", ""},
		{"upgrade-cross-site", "GET /action-logs/recent HTTP/1.1\nHost: %s\nConnection: Upgrade, close\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nOrigin: https://attacker.example", "403 Forbidden", "another origin"},
		{"rebound", "GET /action-logs/recent HTTP/1.1\nHost: attacker.example\nX-Address: %s", "403 Forbidden", "Host header"},
		{"forwarded", "GET /action-logs/recent HTTP/1.1\nHost: %s\nx-forwarded-for: 127.0.0.1", "403 Forbidden", "Options.TrustedProxies"},
		{"unknown-method", "BREW /action-logs/recent HTTP/1.1\nHost: %s", "405 Method Not Allowed", "this endpoint answers GET, HEAD, OPTIONS only"},
		{"long-query", "GET /action-logs/recent?" + strings.Repeat("x", 100_000) + " HTTP/1.1\nHost: %s", "400 Bad Request", "the query part of the URL is 100000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			head, payload, _ := strings.Cut(tt.head, "\n\n")
			head = strings.ReplaceAll(fmt.Sprintf(head, at), "\n", "\r\n")
			if !strings.Contains(head, "Connection:") {
				head += "\r\nConnection: close"
			}
			answer := raw(t, at, head+"\r\n\r\n"+payload)
			line, _, _ := strings.Cut(answer, "\r\n")
			if !strings.HasSuffix(line, tt.status) || !strings.Contains(answer, tt.detail) {
				t.Errorf("answer is\n%.600s\nwant %s and %s", answer, tt.status, tt.detail)
			}
		})
	}
}

// TestTenMegabytes has a query that no server would take in its headers by
// default: refused by net/http as it is, and by us where it was let through.
func TestTenMegabytes(t *testing.T) {
	t.Parallel()
	for most, want := range map[int]int{0: http.StatusRequestHeaderFieldsTooLarge, 16 << 20: http.StatusBadRequest} {
		srv := httptest.NewUnstartedServer(newHandler(t, adminapi.Options{}))
		srv.Config.MaxHeaderBytes = most
		srv.Start()
		resp, err := srv.Client().Get(srv.URL + "/action-logs/search?q=" + strings.Repeat("x", 10<<20))
		if err != nil {
			if most == 0 { // the server may close before all is sent
				srv.Close()
				continue
			}
			t.Fatal(err)
		}
		if resp.StatusCode != want {
			t.Errorf("with MaxHeaderBytes %d the status is %d, want %d", most, resp.StatusCode, want)
		}
		resp.Body.Close()
		srv.Close()
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHandler(t, adminapi.Options{}))
	defer srv.Close()
	for _, path := range []string{"", "/recent", "/failed", "/service/CaseService", "/stats", "/search", "/active", "/slow", "/nothing", "/recent?limit=x", "/clear"} {
		get, err := srv.Client().Get(srv.URL + "/action-logs" + path)
		if err != nil {
			t.Fatal(err)
		}
		head, err := srv.Client().Head(srv.URL + "/action-logs" + path)
		if err != nil {
			t.Fatal(err)
		}
		whole, none := body(t, get), body(t, head)
		if none != "" || head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s is %d %v with body %q, GET is %d", path, head.StatusCode, head.Header, none, get.StatusCode)
		}
		if int64(len(whole)) != get.ContentLength || head.ContentLength != get.ContentLength {
			t.Errorf("%s has %d bytes, Content-Length %d of GET and %d of HEAD", path, len(whole), get.ContentLength, head.ContentLength)
		}
	}
}

// TestUnixSocket has the peer of a Unix socket be local, whatever Host it
// gives, but not what a proxy on the other end asks for.
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "a.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("Unix sockets are needed: ", err)
	}
	srv := &http.Server{Handler: newHandler(t, adminapi.Options{}), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) }}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	ask := func(method, host string, headers ...string) int {
		req, err := http.NewRequest(method, "http://"+host+"/action-logs/clear", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			req.Header.Set(name, value)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, tt := range []struct {
		host    string
		headers []string
		want    int
	}{
		{"localhost", nil, 201},
		{"unix", nil, 201},
		{"unix", []string{"Origin: https://attacker.example"}, 403},
		{"localhost", []string{"X-Forwarded-For: 203.0.113.9"}, 403},
		{"localhost", []string{"X-Forwarded-For: 127.0.0.1"}, 403},
	} {
		if got := ask("POST", tt.host, tt.headers...); got != tt.want {
			t.Errorf("Host %s, %v: %d, want %d", tt.host, tt.headers, got, tt.want)
		}
	}
}

// TestBehindARealProxy puts the standard library's reverse proxy in front.
func TestBehindARealProxy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts adminapi.Options
		xff  string // what the client forges
		want int
	}{
		"not-configured":   {adminapi.Options{}, "", 403},
		"configured":       {adminapi.Options{TrustedProxies: prefixes(t, "127.0.0.1")}, "", 200},
		"forged-stranger":  {adminapi.Options{TrustedProxies: prefixes(t, "127.0.0.1")}, "203.0.113.9", 403},
		"not-this-machine": {adminapi.Options{TrustedProxies: prefixes(t, "127.0.0.1"), AllowedPrefixes: prefixes(t, "10.0.0.0/8")}, "", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := httptest.NewServer(newHandler(t, tt.opts))
			defer inner.Close()
			target, err := url.Parse(inner.URL)
			if err != nil {
				t.Fatal(err)
			}
			proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(target))
			defer proxy.Close()
			req, err := http.NewRequest("GET", proxy.URL+"/action-logs/stats", nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.xff != "" {
				req.Header.Set("X-Forwarded-For", tt.xff)
			}
			resp, err := proxy.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if text := body(t, resp); resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d: %s", resp.StatusCode, tt.want, text)
			}
		})
	}
}

// TestOverHTTP2 has the same hold where the Host is an :authority and the
// scheme is https.
func TestOverHTTP2(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(newHandler(t, adminapi.Options{}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	for _, tt := range []struct {
		method, host, origin string
		want                 int
	}{
		{"GET", "", "", 200},
		{"HEAD", "", "", 200},
		{"POST", "", srv.URL, 201},
		{"POST", "", "https://attacker.example", 403},
		{"GET", "attacker.example", "", 403},
	} {
		path := "/action-logs/recent"
		if tt.method == "POST" {
			path = "/action-logs/clear"
		}
		req, err := http.NewRequest(tt.method, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if text := body(t, resp); resp.ProtoMajor != 2 || resp.StatusCode != tt.want {
			t.Errorf("%+v: %s %d: %s", tt, resp.Proto, resp.StatusCode, text)
		}
	}
}

// TestWhileRecording asks everything at once while actions arrive and are
// cleared.
func TestWhileRecording(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, Rate: 1e9})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 3000 {
				r.Log(fmt.Sprintf("s%d", i%3), "a", "", time.Duration(i), nil)
			}
		})
	}
	for _, e := range endpoints {
		wg.Go(func() {
			for range 30 {
				resp := do(h, request(e.method, e.target))
				if text := body(t, resp); resp.StatusCode >= 300 || !json.Valid([]byte(text)) {
					t.Errorf("%s %s is %d: %s", e.method, e.target, resp.StatusCode, text)
				}
			}
		})
	}
	wg.Wait()
}

// TestKeepAlive asks many things over one connection, errors among them.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHandler(t, adminapi.Options{}))
	defer srv.Close()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	br := bufio.NewReader(c)
	for _, target := range []string{"/recent", "/nothing", "/recent?limit=x", "/stats", "//", "/recent"} {
		req := request("GET", "/action-logs"+target)
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", req.RequestURI)
		resp, err := http.ReadResponse(br, req)
		if err != nil {
			t.Fatalf("GET %s: %v", target, err)
		}
		if text := body(t, resp); resp.Close || text == "" {
			t.Errorf("GET %s closes the connection: %q", target, text)
		}
	}
}

// TestActiveIsLive has a request in flight be seen.
func TestActiveIsLive(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r})
	begun := r.Begin(r.Intern("CaseService", "POST /cases", "/cases", "POST"), startOf("POST", "/cases"))
	if got := body(t, do(h, request("GET", "/action-logs/active"))); !strings.Contains(got, `"service":"CaseService","action":"POST /cases"`) || !strings.Contains(got, `"path":"/cases"`) {
		t.Errorf("active is %s", got)
	}
	r.End(begun, nil)
	if got := body(t, do(h, request("GET", "/action-logs/active"))); got != `{"active":[]}` {
		t.Errorf("active is %s after the end", got)
	}
}
