package adminapi_test

import (
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/adminapi"
)

// TestStreamSlowClient has a client that reads a byte now and then, over each
// protocol: all others get everything at once, and it loses its connection.
func TestStreamSlowClient(t *testing.T) {
	t.Parallel()
	r := newRing(t)
	h := newHandler(t, adminapi.Options{Store: r, StreamTimeout: 500 * time.Millisecond})
	srv := startServer(t, h)
	slow := []net.Conn{stuckClient(t, srv), slowSocket(t, srv)}
	var quick []*sse
	for range 2 {
		quick = append(quick, listen(t, srv, ""))
	}
	var wg sync.WaitGroup
	for _, c := range slow {
		wg.Go(func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(30 * time.Second))
			for one := make([]byte, 1); ; time.Sleep(20 * time.Millisecond) {
				if _, err := c.Write(nil); err != nil {
					return
				}
				if _, err := c.Read(one); err != nil {
					return
				}
			}
		})
	}
	long := errors.New(strings.Repeat("word ", 200)) // so that the buffers on the way are full some time
	const rounds, each = 60, 200
	for round := range rounds {
		begun := time.Now()
		for i := range each {
			r.Log("s", "a", "", time.Duration(round*each+i), long)
		}
		for _, s := range quick {
			for i := range each {
				if a := s.action(); int(a.Duration) != round*each+i {
					t.Fatalf("action %d is %d", round*each+i, a.Duration)
				}
			}
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("round %d took %v", round, took)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); h.OpenStreams() > len(quick); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d streams are open, want %d", h.OpenStreams(), len(quick))
		}
	}
	for _, c := range slow {
		c.Close()
	}
	wg.Wait()
}

func slowSocket(t testing.TB, srv *httptest.Server) net.Conn {
	c := upgrade(t, srv)
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	return c
}

// TestStreamMisses has a client that stops reading until far more was recorded
// than the ring holds: what it gets and what it missed are all there was, and
// it can go on from there.
func TestStreamMisses(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?min_duration=1ns"} {
		t.Run("query="+strings.Trim(query, "?"), func(t *testing.T) {
			t.Parallel()
			r := newRing(t)
			h := newHandler(t, adminapi.Options{Store: r, StreamTimeout: time.Minute})
			h.HoldTail(1 << 20)
			srv := startServer(t, h)
			s := listen(t, srv, query)
			if _, err := s.read(); err != nil {
				t.Fatal(err)
			}
			const total = 100_000
			for i := range total {
				r.Log("s", "a", "", time.Duration(i+1), nil)
				if i%1000 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			var got, missed, at int
			for at < total {
				e := s.next()
				if e.name == "missed" {
					var n int
					fmt.Sscanf(e.data, `{"missed":%d}`, &n)
					missed, at = missed+n, at+n
					continue
				}
				var d int
				if _, err := fmt.Sscanf(e.data[strings.Index(e.data, `"durationNs":`):], `"durationNs":%d`, &d); err != nil || d != at+1 {
					t.Fatalf("after %d actions and %d missed comes %s", got, missed, e.data)
				}
				got, at = got+1, at+1
			}
			if missed == 0 || got == 0 {
				t.Errorf("%d came and %d were missed; want some of both", got, missed)
			}
			t.Logf("%d came and %d were missed", got, missed)
			logged(r, 7, 7)
			if a := s.action(); a.Action != "a7" {
				t.Errorf("then comes %+v", a)
			}
		})
	}
}
