package adminapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage/ring"

	"go.uber.org/goleak"
)

// TestStreamOutlivesServerTimeouts has a server that gives each request a
// quarter of a second, and a stream that takes longer.
func TestStreamOutlivesServerTimeouts(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r})
	srv := httptest.NewUnstartedServer(h)
	const short = 250 * time.Millisecond
	srv.Config.ReadTimeout, srv.Config.WriteTimeout, srv.Config.IdleTimeout = short, short, short
	srv.Start()
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	s, c := listen(t, srv, ""), mustDial(t, srv, "")
	for i := range 8 {
		time.Sleep(short / 3)
		logged(r, i, i)
		s.action()
		actionIn(t, c)
	}
}

// TestStreamShutdown has http.Server.Shutdown end at once with streams open,
// one of them stuck, because the handler is closed by it.
func TestStreamShutdown(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s, c, silent := listen(t, srv, ""), mustDial(t, srv, ""), upgrade(t, srv)
	defer silent.Close()
	stuck := stuckClient(t, srv)
	defer stuck.Close()
	ended := make(chan error, 2)
	go func() { _, err := io.Copy(io.Discard, s.in); ended <- err }()
	go func() { _, _, _ = c.Read(context.Background()); ended <- nil }()
	for range 3 {
		logged(r, 1, 5000) // more than the stuck client's buffers hold
		time.Sleep(30 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	begun := time.Now()
	if err := srv.Config.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if took := time.Since(begun); took > 9*time.Second {
		t.Errorf("Shutdown took %v", took)
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Errorf("a stream ended with %v", err)
		}
	}
}

// stuckClient opens a stream and reads nothing of it.
func stuckClient(t testing.TB, srv *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	fmt.Fprint(c, "GET /action-logs/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	return c
}

// TestStreamContextOfServer has streams end with the context that the server
// gives to requests.
func TestStreamContextOfServer(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: newRing(t)})
	base, stop := context.WithCancel(context.Background())
	srv := httptest.NewUnstartedServer(h)
	srv.Config.BaseContext = func(net.Listener) context.Context { return base }
	srv.Start()
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	s, c := listen(t, srv, ""), mustDial(t, srv, "")
	stop()
	if rest, err := io.ReadAll(s.in); err != nil || !strings.Contains(string(rest), ": the stream ends") {
		t.Errorf("the stream ends with %q, %v", rest, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, _, err := c.Read(ctx); err == nil || !strings.Contains(err.Error(), "StatusGoingAway") {
		t.Errorf("the WebSocket ends with %v", err)
	}
}

func TestStreamEndsWithStore(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	s, old := listen(t, srv, ""), listen(t, srv, "?after=0")
	logged(r, 1, 100)
	_ = r.Close(context.Background())
	for _, s := range []*sse{s, old} {
		for range 100 {
			s.action()
		}
		if rest, err := io.ReadAll(s.in); err != nil || string(rest) != ": the stream ends: store is closed\n\n" {
			t.Errorf("the stream ends with %q, %v", rest, err)
		}
	}
}

// TestStreamConnectionServesOn has the connection of a stream that has ended
// be good for further requests.
func TestStreamConnectionServesOn(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	srv := startServer(t, newHandler(t, adminapi.Options{Store: r}))
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(c)
	for i, target := range []string{"stream", "recent", "stats"} {
		fmt.Fprintf(c, "GET /action-logs/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", target)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if i == 0 {
			_ = r.Close(context.Background())
		}
		if text := body(t, resp); text == "" {
			t.Errorf("%s is empty", target)
		}
		if i == 0 {
			time.Sleep(1200 * time.Millisecond) // the deadline of the last words has passed
		}
	}
}

// TestStreamBroken has a store that fails, or panics, on the goroutine that
// all streams share.
func TestStreamBroken(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"break", "panic"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			r := newRing(t)
			var told atomic.Int64
			srv := startServer(t, newHandler(t, adminapi.Options{
				Store: &breaking{Ring: r}, OnError: func(*http.Request, error) { told.Add(1) },
			}))
			logged(r, 1, 1)
			s, c := listen(t, srv, ""), mustDial(t, srv, "")
			logged(r, 1, 1)
			s.action()
			actionIn(t, c)
			r.Log("s", action, "", 0, nil)
			if rest, err := io.ReadAll(s.in); err == nil {
				t.Errorf("the stream ends well, with %q", rest)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if _, _, err := c.Read(ctx); err == nil || !strings.Contains(err.Error(), "StatusInternalError") {
				t.Errorf("the WebSocket ends with %v", err)
			}
			if n := told.Load(); n != 2 {
				t.Errorf("OnError heard %d errors, want 2", n)
			}
			s = listen(t, srv, "") // of what comes next the store knows no harm
			logged(r, 2, 2)
			s.action()
		})
	}
}

// TestStreamLeavesNothing has clients vanish in each way, and no goroutine be
// left while the server goes on.
func TestStreamLeavesNothing(t *testing.T) {
	r := ring.New(ring.Options{})
	h := newHandler(t, adminapi.Options{Store: r})
	srv := httptest.NewServer(h)
	before := goleak.IgnoreCurrent()
	stop := make(chan struct{})
	recording := make(chan struct{})
	go func() {
		defer close(recording)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				logged(r, i, i)
			}
		}
	}()
	for i := range 30 {
		var c net.Conn
		if i%2 == 0 {
			c = upgrade(t, srv)
		} else {
			c = stuckClient(t, srv)
			time.Sleep(time.Millisecond)
		}
		if i%3 == 0 {
			_ = c.(*net.TCPConn).SetLinger(0) // a reset
		}
		c.Close()
	}
	close(stop)
	<-recording
	logged(r, 1, 1)
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	if n := h.OpenStreams(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
	srv.Close()
}
