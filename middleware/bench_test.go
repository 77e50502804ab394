package middleware_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// sinkWriter is a response writer that costs nothing, with the interfaces of
// an HTTP/1.1 server's.
type sinkWriter struct {
	header http.Header
	code   int
	bytes  int
}

func newSink() *sinkWriter { return &sinkWriter{header: http.Header{}} }

func (s *sinkWriter) Header() http.Header               { return s.header }
func (s *sinkWriter) WriteHeader(code int)              { s.code = code }
func (s *sinkWriter) Write(p []byte) (int, error)       { s.bytes += len(p); return len(p), nil }
func (s *sinkWriter) WriteString(p string) (int, error) { s.bytes += len(p); return len(p), nil }
func (s *sinkWriter) ReadFrom(io.Reader) (int64, error) { return 0, nil }
func (s *sinkWriter) Flush()                            {}
func (s *sinkWriter) FlushError() error                 { return nil }
func (s *sinkWriter) CloseNotify() <-chan bool          { return nil }
func (s *sinkWriter) SetReadDeadline(time.Time) error   { return nil }
func (s *sinkWriter) SetWriteDeadline(time.Time) error  { return nil }
func (s *sinkWriter) EnableFullDuplex() error           { return nil }
func (s *sinkWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

var benchBody = []byte(`{"id":7}`)

func benchHandler(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusCreated)
	w.Write(benchBody)
}

func benchRequest(tb testing.TB) *http.Request {
	r := httptest.NewRequest("POST", "/cases/7", nil)
	r.RemoteAddr = "192.0.2.1:40123"
	r.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"*/*"}, "Content-Type": {"application/json"}, "X-Request-Id": {"2f1acc6e93d0472b"}}
	ctx, cancel := context.WithCancel(context.Background())
	tb.Cleanup(cancel)
	return r.WithContext(ctx)
}

func benchMux(wrap func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /cases/{id}", benchHandler)
	mux.HandleFunc("GET /cases/{id}", benchHandler)
	mux.HandleFunc("GET /cases", benchHandler)
	return wrap(mux)
}

// heap is what a small service holds: in an empty heap the collector would run
// some hundred times a second, and every row measure it.
var heap = sync.OnceValue(func() []byte { return make([]byte, 64<<20) })

func run(b *testing.B, h http.Handler) {
	b.Helper()
	defer runtime.KeepAlive(heap())
	r := benchRequest(b)
	w := newSink()
	b.ReportAllocs()
	for b.Loop() {
		r.Pattern = ""
		h.ServeHTTP(w, r)
	}
}

// floorWriter is the least that any middleware must do.
type floorWriter struct {
	http.ResponseWriter
	code, bytes int
}

func (f *floorWriter) WriteHeader(code int) {
	f.code = code
	f.ResponseWriter.WriteHeader(code)
}

func (f *floorWriter) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	f.bytes += n
	return n, err
}

func BenchmarkNetHTTP(b *testing.B) {
	bare := func(h http.Handler) http.Handler { return h }
	b.Run("bare", func(b *testing.B) { run(b, benchMux(bare)) })
	b.Run("floor", func(b *testing.B) {
		var f floorWriter
		var took time.Duration
		epoch := time.Now()
		run(b, benchMux(func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				began := time.Since(epoch)
				f = floorWriter{ResponseWriter: w}
				h.ServeHTTP(&f, r)
				took += time.Since(epoch) - began
			})
		}))
	})
	for name, opts := range benchOptions() {
		b.Run(name, func(b *testing.B) { run(b, benchMux(middleware.New(opts).Handler)) })
	}
	b.Run("action", func(b *testing.B) {
		mw := middleware.New(middleware.Options{Recorder: &null{epoch: time.Now()}})
		run(b, benchMux(func(h http.Handler) http.Handler { return mw.Action("CaseService", "createCase", h) }))
	})
}

// BenchmarkBareLine is a handler that logs the same fields itself.
func BenchmarkBareLine(b *testing.B) {
	log := zerolog.New(io.Discard)
	epoch := time.Now()
	run(b, benchMux(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Since(epoch)
			f := &floorWriter{ResponseWriter: w}
			h.ServeHTTP(f, r)
			took := time.Since(epoch) - began
			log.Info().Time("timestamp", epoch.Add(took)).Str("service", "CaseService").Str("action", r.Pattern).
				Str("status", "success").Int64("duration", took.Milliseconds()).Str("id", "01jd8x6c3v2m7q9k5h4t0000000").
				Int64("durationNs", int64(took)).
				Dict("http", zerolog.Dict().Str("method", r.Method).Str("route", "/cases/{id}").Str("path", r.URL.Path).
					Int("code", f.code).Int("bytes", f.bytes).Str("remote", r.RemoteAddr).
					Str("requestId", r.Header.Get("X-Request-Id"))).Send()
		})
	}))
}

func benchOptions() map[string]middleware.Options {
	all := map[string]middleware.Options{}
	for name, rec := range map[string]storage.Recorder{"null": &null{epoch: time.Now()}, "ring": ring.New(ring.Options{})} {
		log := zerolog.New(io.Discard)
		all[name] = middleware.Options{Recorder: rec}
		all[name+"-line"] = middleware.Options{Recorder: rec, Logger: &log}
		all[name+"-context"] = middleware.Options{Recorder: rec, Context: true}
		all[name+"-all"] = middleware.Options{Recorder: rec, Logger: &log, ContextLogger: true, EchoRequestID: true}
	}
	return all
}

func BenchmarkBunrouter(b *testing.B) {
	router := func(opts ...bunrouter.Option) http.Handler {
		r := bunrouter.New(opts...)
		r.POST("/cases/:id", func(w http.ResponseWriter, r bunrouter.Request) error {
			benchHandler(w, r.Request)
			return nil
		})
		return r
	}
	b.Run("bare", func(b *testing.B) { run(b, router()) })
	for name, opts := range benchOptions() {
		b.Run(name, func(b *testing.B) { run(b, router(bunrouter.Use(middleware.New(opts).Bunrouter))) })
	}
}
