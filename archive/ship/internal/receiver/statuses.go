package receiver

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
	"actionlog/storage"
)

// Deliver makes a destination of the URL and delivers a batch to it.
type Deliver func(t *testing.T, ctx context.Context, url string, batch []storage.Action) (ship.Outcome, error)

// TestFaults checks what every destination makes of a far side that cannot be
// reached, does not let it in, or is something else.
func TestFaults(t *testing.T, deliver Deliver) {
	const page = "<!DOCTYPE html><title>Sign in</title>"
	for _, c := range []struct {
		name   string
		answer Answer
		kind   ship.Kind
		after  time.Duration
		want   string
	}{
		{"busy", Answer{Status: 429, Header: map[string]string{"Retry-After": "7"}}, ship.Unavailable, 7 * time.Second, "429 Too Many Requests"},
		{"busy-date", Answer{Status: 503, Header: map[string]string{"Date": "Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 10:01:30 GMT"}}, ship.Unavailable, 90 * time.Second, "503 Service Unavailable"},
		{"gateway", Answer{Status: 502, Body: page}, ship.Unavailable, 0, "502 Bad Gateway"},
		{"gateway-timeout", Answer{Status: 504}, ship.Unavailable, 0, "504 Gateway Timeout"},
		{"too-large", Answer{Status: 413, Body: "too large"}, ship.TooLarge, 0, "413 Request Entity Too Large: too large"},
		{"unknown", Answer{Status: 401, Body: "who?"}, ship.Unavailable, 0, "401 Unauthorized: who?; it "},
		{"forbidden", Answer{Status: 403}, ship.Unavailable, 0, "it does not let us"},
		{"wrong-path", Answer{Status: 404}, ship.Unavailable, 0, "check the URL"},
		{"wrong-method", Answer{Status: 405}, ship.Unavailable, 0, "check the URL"},
		{"moved", Answer{Status: 307, Header: map[string]string{"Location": "https://other.example/secret"}}, ship.Unavailable, 0, "it sends us on to https://other.example, which is not followed"},
		{"login-page", Answer{Status: 400, Body: page}, ship.Unavailable, 0, "a page of HTML"},
		{"success-page", Answer{Status: 200, Body: page, Header: map[string]string{"Content-Type": "text/html"}}, ship.Unavailable, 0, "check the URL"},
		{"wants-tls", Answer{Status: 400, Body: "Client sent an HTTP request to an HTTPS server.\n"}, ship.Unavailable, 0, "begin with https://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := Play(t, c.answer)
			out, err := deliver(t, t.Context(), p.URL, Actions(3, time.Now()))
			e := checkKind(t, out, err, c.kind)
			if e.After != c.after || !strings.Contains(e.Error(), c.want) {
				t.Errorf("after %s: %s; want %s, and %q", e.After, e, c.after, c.want)
			}
			if strings.Contains(e.Error(), "/secret") {
				t.Errorf("a path shows in: %s", e)
			}
			if n := len(p.Requests()); n != 1 {
				t.Errorf("there were %d requests; want 1", n)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		out, err := deliver(t, t.Context(), "http://"+FreeAddr(t), Actions(3, time.Now()))
		e := checkKind(t, out, err, ship.Unavailable)
		if !strings.Contains(e.Error(), "connection refused") {
			t.Errorf("the error is: %s", e)
		}
	})
	t.Run("cut-off", func(t *testing.T) {
		t.Parallel()
		out, err := deliver(t, t.Context(), "http://"+cutOff(t), Actions(3, time.Now()))
		checkKind(t, out, err, ship.Unavailable)
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		out, err := deliver(t, ctx, Play(t, Answer{Status: 200}).URL, Actions(3, time.Now()))
		if e := checkKind(t, out, err, ship.Unavailable); !errors.Is(e, context.Canceled) {
			t.Errorf("the error is: %s", e)
		}
	})
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		p := Play(t, Answer{Status: 500})
		if out, err := deliver(t, t.Context(), p.URL, nil); err != nil || len(out.Retry)+len(out.Refused) > 0 || len(p.Requests()) > 0 {
			t.Errorf("of an empty batch: %+v, %v, %d requests", out, err, len(p.Requests()))
		}
	})
}

// checkKind checks that err stands for a whole batch.
func checkKind(t *testing.T, out ship.Outcome, err error, kind ship.Kind) *ship.BatchError {
	t.Helper()
	var e *ship.BatchError
	if !errors.As(err, &e) {
		t.Fatalf("the outcome is %+v, %v; want an error for the batch", out, err)
	}
	if e.Kind != kind {
		t.Errorf("the batch is %s: %s; want %s", e.Kind, e, kind)
	}
	return e
}

// cutOff returns the address of a server that answers the half of a reply.
func cutOff(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 1024))
			conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"errors\""))
			conn.Close()
		}
	}()
	return l.Addr().String()
}
