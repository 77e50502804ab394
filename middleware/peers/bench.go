package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"
)

// sink is a response writer that costs nothing, with the interfaces of an
// HTTP/1.1 server's.
type sink struct {
	header http.Header
	code   int
	bytes  int
}

func (s *sink) Header() http.Header                          { return s.header }
func (s *sink) WriteHeader(code int)                         { s.code = code }
func (s *sink) Write(p []byte) (int, error)                  { s.bytes += len(p); return len(p), nil }
func (s *sink) WriteString(p string) (int, error)            { s.bytes += len(p); return len(p), nil }
func (s *sink) ReadFrom(io.Reader) (int64, error)            { return 0, nil }
func (s *sink) Flush()                                       {}
func (s *sink) FlushError() error                            { return nil }
func (s *sink) CloseNotify() <-chan bool                     { return nil }
func (s *sink) SetReadDeadline(time.Time) error              { return nil }
func (s *sink) SetWriteDeadline(time.Time) error             { return nil }
func (s *sink) EnableFullDuplex() error                      { return nil }
func (s *sink) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, http.ErrNotSupported }

var body = []byte(`{"id":7}`)

func create(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	w.Write(body)
}

// wanted is what a peer is to record of create.
var wanted = record{status: http.StatusCreated, bytes: int64(len(body))}

// ballast is what a small service holds: in an empty heap the collector would
// run some hundred times a second, and every row measure it.
var ballast = sync.OnceValue(func() []byte { return make([]byte, 64<<20) })

// newRequest returns the request that all are asked, and what ends it.
func newRequest() (*http.Request, context.CancelFunc) {
	r := httptest.NewRequest("POST", "/cases/7", nil)
	r.RemoteAddr = "192.0.2.1:40123"
	r.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"*/*"}, "Content-Type": {"application/json"}, "X-Request-Id": {"2f1acc6e93d0472b"}}
	ctx, cancel := context.WithCancel(context.Background())
	return r.WithContext(ctx), cancel
}

// measure runs one row. It returns an error, and the numbers are worth
// nothing, if the row does not record the request, before or after.
func measure(b *testing.B, p peer) error {
	defer runtime.KeepAlive(ballast())
	out, err := newTape()
	if err != nil {
		return err
	}
	defer out.Close()
	h, records := p.build(setup{out: out}, create)
	r, cancel := newRequest()
	defer cancel()
	w := &sink{header: http.Header{}}
	if err := checkRecord(p, out, h, records); err != nil {
		return err
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Pattern = ""
		h.ServeHTTP(w, r)
	}
	records() // of the loop, as far as they are kept
	return checkRecord(p, out, h, records)
}

// checkRecord serves one request and compares what was recorded of it.
func checkRecord(p peer, out *tape, h http.Handler, records func() []record) error {
	out.keep(true)
	defer out.keep(false)
	r, cancel := newRequest()
	defer cancel()
	w := &sink{header: http.Header{}}
	h.ServeHTTP(w, r)
	if w.code != http.StatusCreated || w.bytes != len(body) {
		return fmt.Errorf("%s answers %d with %d bytes, want %d with %d", p.slug, w.code, w.bytes, http.StatusCreated, len(body))
	}
	got := records()
	if p.kind == bare {
		return nil
	}
	if len(got) != 1 {
		return fmt.Errorf("%s made %d records of one request: %v", p.slug, len(got), got)
	}
	if s := got[0].status; s != untold && s != wanted.status {
		return fmt.Errorf("%s recorded status %d, want %d", p.slug, s, wanted.status)
	}
	if n := got[0].bytes; n != untold && n != wanted.bytes {
		return fmt.Errorf("%s recorded %d bytes, want %d", p.slug, n, wanted.bytes)
	}
	return nil
}
