package adminapi_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
)

// streamed is the action that the benchmarks send: some 400 bytes of JSON.
func streamed() storage.Action {
	return storage.Action{
		Time: noon, Service: "CaseService", Action: "POST /cases/{id}", Duration: 45 * time.Millisecond,
		HTTP: &storage.HTTP{Method: "POST", Route: "/cases/{id}", Path: "/cases/123456", Code: 200, Bytes: 512, RequestID: "request-123456"},
	}
}

// readers count the bytes that they are given.
type readers struct {
	bytes atomic.Int64
}

// await waits until the readers have had n bytes in all.
func (r *readers) await(n int64) {
	for r.bytes.Load() < n {
		runtime.Gosched()
	}
}

// discard is a writer of an answer that goes nowhere.
type discard struct {
	nowhere
	readers *readers
}

func (d *discard) Write(b []byte) (int, error) {
	d.readers.bytes.Add(int64(len(b)))
	return len(b), nil
}

func (d *discard) Flush() {}

// BenchmarkStream sends actions to many readers. An operation is one action for one of
// them; to see the cost on one core run it with -cpu 1. The floor writes the
// same bytes to as many connections, as large pieces.
func BenchmarkStream(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("no-network-%d", n), func(b *testing.B) { benchStream(b, n, "", listenNowhere) })
	}
	b.Run("no-network-filtered-100", func(b *testing.B) {
		benchStream(b, 100, "?status=success&service=CaseService&min_duration=1ms", listenNowhere)
	})
	b.Run("events-100", func(b *testing.B) { benchStream(b, 100, "", listenEvents) })
	b.Run("websocket-100", func(b *testing.B) { benchStream(b, 100, "", listenSocket) })
	b.Run("floor-tcp-100", func(b *testing.B) { benchPlain(b, 100) })
}

// burst is how many actions are recorded before all readers are waited for.
const burst = 4096

func benchStream(b *testing.B, n int, query string, listen func(*testing.B, *adminapi.Handler, string, *readers, int)) {
	r := newRing(b)
	h := newHandler(b, adminapi.Options{Store: r, MaxStreams: n, MaxStreamsPerPeer: n})
	b.Cleanup(func() { _ = h.Close() })
	all := &readers{}
	listen(b, h, query, all, n)
	r.Record(streamed())
	time.Sleep(200 * time.Millisecond) // all have begun
	begun := all.bytes.Load()
	r.Record(streamed())
	time.Sleep(200 * time.Millisecond)
	each := all.bytes.Load() - begun // bytes of an action, for all
	if each < int64(n)*300 {
		b.Fatalf("an action took %d bytes for %d readers", each, n)
	}
	at := all.bytes.Load()
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += burst * n {
		for range burst {
			r.Record(streamed())
		}
		at += each * burst
		all.await(at)
	}
	b.SetBytes(each / int64(n))
}

func listenNowhere(b *testing.B, h *adminapi.Handler, query string, all *readers, n int) {
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(func() { cancel(); wg.Wait() })
	for range n {
		wg.Go(func() {
			w := &discard{nowhere{header: http.Header{}}, all}
			h.ServeHTTP(w, request("GET", "/action-logs/stream"+query).WithContext(ctx))
		})
	}
}

func listenEvents(b *testing.B, h *adminapi.Handler, query string, all *readers, n int) {
	srv := startServer(b, h)
	for range n {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET /action-logs/stream%s HTTP/1.0\r\nHost: localhost\r\n\r\n", query)
		go count(c, all)
	}
}

func listenSocket(b *testing.B, h *adminapi.Handler, query string, all *readers, n int) {
	srv := startServer(b, h)
	for range n {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "GET /action-logs/stream%s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", query)
		go count(c, all)
	}
}

// count reads a connection to its end.
func count(c net.Conn, all *readers) {
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		all.bytes.Add(int64(n))
	}
}

// benchPlain writes what the streams write, without them.
func benchPlain(b *testing.B, n int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	all := &readers{}
	var conns []net.Conn
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		far, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		defer far.Close()
		go count(c, all)
		conns = append(conns, far)
	}
	a := streamed()
	a.ID = "01kb3q7m5e4c1n0hz2q0000000"
	message := a.AppendJSON(nil)
	piece := bytes.Repeat(message, 64<<10/len(message))
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	b.ResetTimer()
	var at int64
	for done := 0; done < b.N; done += burst * n {
		var wg sync.WaitGroup
		for _, c := range conns {
			wg.Go(func() {
				for left := burst * len(message); left > 0; left -= len(piece) {
					_, _ = c.Write(piece[:min(left, len(piece))])
				}
			})
		}
		wg.Wait()
		at += int64(burst * len(message) * n)
		all.await(at)
	}
}
