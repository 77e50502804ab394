package adminapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"

	"github.com/coder/websocket"
)

// dial opens a stream over a WebSocket.
func dial(t testing.TB, srv *httptest.Server, query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	c, resp, err := websocket.Dial(ctx, srv.URL+"/action-logs/stream"+query, &websocket.DialOptions{
		HTTPHeader: header, HTTPClient: srv.Client(), CompressionMode: websocket.CompressionContextTakeover,
	})
	if err == nil {
		t.Cleanup(func() { _ = c.CloseNow() })
		c.SetReadLimit(1 << 20)
	}
	return c, resp, err
}

func mustDial(t testing.TB, srv *httptest.Server, query string) *websocket.Conn {
	t.Helper()
	c, _, err := dial(t, srv, query, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// message returns the next message, which is one JSON object.
func message(t testing.TB, c *websocket.Conn) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	kind, text, err := c.Read(ctx)
	if err != nil || kind != websocket.MessageText || !json.Valid(text) {
		t.Fatalf("message is %v %q, %v", kind, text, err)
	}
	return text
}

func actionIn(t testing.TB, c *websocket.Conn) storage.Action {
	t.Helper()
	var a storage.Action
	if text := message(t, c); json.Unmarshal(text, &a) != nil {
		t.Fatalf("message is %s, want an action", text)
	}
	return a
}

// TestSocketSizes has messages of each length that frames tell apart.
func TestSocketSizes(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: &wide{Ring: r}}))
	c, resp, err := dial(t, srv, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if ext := resp.Header.Get("Sec-WebSocket-Extensions"); ext != "" {
		t.Errorf("extensions are %q, want no compression", ext)
	}
	for _, n := range []int{1, 2, 1000, 65_000, 65_200, 65_535, 70_000, 200_000} {
		r.Log("s", strconv.Itoa(n), "", time.Duration(n), nil)
		if a := actionIn(t, c); len(a.Error) != n {
			t.Errorf("the error has %d bytes, want %d", len(a.Error), n)
		}
	}
}

func TestSocketFiltersAndResumes(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	logged(r, 1, 9)
	c := mustDial(t, srv, "?service=s0&last=2")
	logged(r, 10, 12)
	var ids []string
	for _, i := range []int{6, 9, 12} {
		a := actionIn(t, c)
		if ids = append(ids, string(a.ID)); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
	c = mustDial(t, srv, "?service=s0&after="+ids[0])
	for _, i := range []int{9, 12} {
		if a := actionIn(t, c); a.Action != "a"+strconv.Itoa(i) {
			t.Fatalf("action is %s, want a%d", a.Action, i)
		}
	}
}

func TestSocketRefused(t *testing.T) {
	t.Parallel()
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	h2 := func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 }
	tests := []struct {
		name    string
		headers []string
		change  func(*http.Request)
		status  int
		want    string
	}{
		{"no-connection", []string{"Upgrade: websocket", key, "Sec-WebSocket-Version: 13"}, nil, 426, "Connection: Upgrade"},
		{"old-http", []string{"Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13"}, h2, 426, "HTTP/1.1"},
		{"version", []string{"Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 8"}, nil, 426, `Sec-WebSocket-Version is 8; allowed is 13`},
		{"no-key", []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"}, nil, 400, "Sec-WebSocket-Key"},
		{"short-key", []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: QUJD"}, nil, 400, "Sec-WebSocket-Key is QUJD"},
		{"no-hijacker", []string{"Upgrade: WebSocket", "Connection: keep-alive, upgrade", key, "Sec-WebSocket-Version: 13"}, nil, 501, "without an upgrade"},
		{"parameter", []string{"Upgrade: websocket", "Connection: Upgrade", key, "Sec-WebSocket-Version: 13"}, func(r *http.Request) { r.URL.RawQuery = "limit=3" }, 400, "parameter limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", "/action-logs/stream", tt.headers...)
			if tt.change != nil {
				tt.change(r)
			}
			resp := do(newHandler(t, adminapi.Options{}), r)
			if text := detail(t, resp); resp.StatusCode != tt.status || !strings.Contains(text, tt.want) {
				t.Errorf("status %d: %s", resp.StatusCode, text)
			}
		})
	}
}

// TestStreamOrigins has the one rule for origins hold for WebSockets and
// events alike.
func TestStreamOrigins(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r, AllowedOrigins: []string{"https://panel.example.com", "app://panel"}}))
	for _, tt := range []struct {
		header, value string
		allowed       bool
	}{
		{"Origin", "https://attacker.example", false},
		{"Origin", "null", false},
		{"Sec-Fetch-Site", "cross-site", false},
		{"Sec-Fetch-Site", "same-site", false},
		{"Sec-Fetch-Site", "same-origin", true},
		{"Origin", srv.URL, true},
		{"Origin", "https://panel.example.com", true},
		{"Origin", "app://panel", true},
		{"X-Nothing", "no browser", true},
	} {
		t.Run(tt.header+"="+strings.ReplaceAll(tt.value, "/", "_"), func(t *testing.T) {
			t.Parallel()
			_, resp, err := dial(t, srv, "", http.Header{tt.header: {tt.value}})
			if allowed := err == nil; allowed != tt.allowed || !allowed && (resp == nil || resp.StatusCode != 403) {
				t.Errorf("a WebSocket is let in: %v (%v)", allowed, err)
			}
			for _, path := range []string{"/action-logs/stream", "/action-logs/str%65am/"} {
				ctx, cancel := context.WithCancel(context.Background())
				req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+path, nil)
				req.Header.Set(tt.header, tt.value)
				resp, err := srv.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				if got := resp.StatusCode; got == 200 != tt.allowed || got != 200 && got != 403 {
					t.Errorf("GET %s is %d", path, got)
				}
				if origin := resp.Header.Get("Access-Control-Allow-Origin"); tt.header == "Origin" && tt.allowed && tt.value != srv.URL && origin != tt.value {
					t.Errorf("Access-Control-Allow-Origin is %q", origin)
				}
				cancel()
				resp.Body.Close()
			}
		})
	}
}

// TestSocketMisses has a client resume behind what is long gone.
func TestSocketMisses(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	logged(r, 1, 1)
	after := string(r.Newest())
	const total = 40_000
	for range total {
		r.Log("s", "a", "", 1, nil)
	}
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	c := mustDial(t, srv, "?after="+after)
	var m struct{ Missed int }
	if text := message(t, c); json.Unmarshal(text, &m) != nil || m.Missed == 0 || string(text) != `{"missed":`+strconv.Itoa(m.Missed)+`}` {
		t.Fatalf("message is %s, want a count of what was missed", text)
	}
	for range total - m.Missed {
		actionIn(t, c)
	}
	logged(r, 2, 2)
	if a := actionIn(t, c); a.Action != "a2" {
		t.Errorf("after %d actions and %d missed comes %s", total-m.Missed, m.Missed, a.Action)
	}
}

// TestSocketHearsTheClient has a client's close answered, its ping too, and
// its messages refused.
func TestSocketHearsTheClient(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	c := mustDial(t, srv, "")
	reading := c.CloseRead(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	<-reading.Done()

	c = mustDial(t, srv, "")
	if err := c.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(ctx); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("a message is answered with %v", err)
	}
}

// TestSocketEnds has a client hear that the server stops, or the store.
func TestSocketEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reason string
		end          func(*adminapi.Handler, io.Closer)
	}{
		{"handler", "the server is shutting down", func(h *adminapi.Handler, _ io.Closer) { _ = h.Close() }},
		{"store", "store is closed", func(_ *adminapi.Handler, store io.Closer) { _ = store.Close() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRing(t)
			h := newHandler(t, adminapi.Options{Store: r})
			srv := startServer(t, h)
			c := mustDial(t, srv, "")
			logged(r, 1, 1)
			actionIn(t, c)
			go tt.end(h, closer(func() error { return r.Close(context.Background()) }))
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_, _, err := c.Read(ctx)
			var closed websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != websocket.StatusGoingAway || closed.Reason != tt.reason {
				t.Errorf("the end is %v", err)
			}
		})
	}
}

type closer func() error

func (f closer) Close() error { return f() }

// TestSocketSilent has a client that answers no ping be given up, and one that
// does not read its close not hold up the server.
func TestSocketSilent(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, StreamHeartbeat: 50 * time.Millisecond, StreamTimeout: 100 * time.Millisecond})
	srv := startServer(t, h)
	c := upgrade(t, srv)
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	rest, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("the connection is not closed: %v", err)
	}
	if n := strings.Count(string(rest), "\x89\x00"); n < 2 {
		t.Errorf("%d pings came: %q", n, rest)
	}
}

func TestSocketCloseDoesNotWaitForTheClient(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: newRing(t)})
	srv := startServer(t, h)
	c := upgrade(t, srv)
	defer c.Close()
	begun := time.Now()
	_ = h.Close()
	if took := time.Since(begun); took > 9*time.Second {
		t.Errorf("Close took %v", took)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	rest, _ := io.ReadAll(c)
	if !strings.Contains(string(rest), "\x88\x1d\x03\xe9the server is shutting down") {
		t.Errorf("the last words are %q", rest)
	}
}

// upgrade opens a WebSocket without a library, and reads the answer's head.
func upgrade(t testing.TB, srv *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET /action-logs/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	head, one := "", make([]byte, 1)
	for !strings.HasSuffix(head, "\r\n\r\n") {
		if _, err := c.Read(one); err != nil {
			t.Fatal(err)
		}
		head += string(one)
	}
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		t.Fatalf("answer is %s", head)
	}
	return c
}

func TestSocketOverTLS(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, Token: "t0ken"})
	srv := httptest.NewTLSServer(h)
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	if _, resp, err := dial(t, srv, "", nil); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without the token the answer is %v, %v", resp, err)
	}
	c, _, err := dial(t, srv, "", http.Header{"Authorization": {"Bearer t0ken"}})
	if err != nil {
		t.Fatal(err)
	}
	logged(r, 1, 600) // more than a record of TLS holds
	for i := range 600 {
		if a := actionIn(t, c); a.Action != "a"+strconv.Itoa(i+1) {
			t.Fatalf("action %d is %s", i+1, a.Action)
		}
	}
}
