//go:build unix

package middleware_test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"actionlog/middleware"
	"actionlog/storage/ring"
)

// BenchmarkParallel has every processor ask for one route at full speed, and
// reports what a request costs of all of them together, the handler included.
func BenchmarkParallel(b *testing.B) {
	mw := middleware.New(middleware.Options{Recorder: ring.New(ring.Options{})})
	for name, h := range map[string]http.Handler{
		"bare": benchMux(func(h http.Handler) http.Handler { return h }),
		"ring": benchMux(mw.Handler),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			b.RunParallel(func(pb *testing.PB) {
				r := benchRequest(b)
				w := newSink()
				for pb.Next() {
					r.Pattern = ""
					h.ServeHTTP(w, r)
				}
			})
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime returns what this process has used of all processors.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
