package middleware_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
)

// TestAllocations fixes what a request costs beyond its handler.
func TestAllocations(t *testing.T) {
	logger := zerolog.New(io.Discard)
	for _, tt := range []struct {
		name string
		opts middleware.Options
		want float64
	}{
		{"plain", middleware.Options{}, 0},
		{"line", middleware.Options{Logger: &logger}, 0},
		{"context", middleware.Options{Context: true}, 2},
		{"echo", middleware.Options{EchoRequestID: true}, 1},
		{"all", middleware.Options{Logger: &logger, ContextLogger: true, EchoRequestID: true}, 3},
	} {
		tt.opts.Recorder = &null{}
		mw := middleware.New(tt.opts)
		router := bunrouter.New(bunrouter.Use(mw.Bunrouter))
		router.POST("/cases", func(w http.ResponseWriter, r bunrouter.Request) error {
			benchHandler(w, r.Request)
			return nil
		})
		for name, h := range map[string]http.Handler{
			"handler":   mw.Handler(http.HandlerFunc(benchHandler)),
			"action":    mw.Action("S", "a", http.HandlerFunc(benchHandler)),
			"bunrouter": router,
			"name": mw.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				middleware.Name(w, "S", "a")
			})),
		} {
			t.Run(tt.name+"-"+name, func(t *testing.T) {
				r := httptest.NewRequest("POST", "/cases", nil)
				r.Header.Set("X-Request-Id", "abc")
				r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
				w := newSink()
				if got := testing.AllocsPerRun(2000, func() { h.ServeHTTP(w, r) }); got > tt.want+raceAllocs {
					t.Errorf("%v allocations, want %v", got, tt.want)
				}
			})
		}
	}
}
