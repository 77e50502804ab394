package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/net/trace"
)

// What records without a line.
var keepers = []peer{
	{
		name: "otelhttp, spans", slug: "otelhttp", kind: keeper, under: "bare", column: "otelhttp",
		module: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			spans := &spans{}
			return otelhttp.NewHandler(routes(h), "cases",
				otelhttp.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))),
				otelhttp.WithMeterProvider(noop.NewMeterProvider())), spans.take
		},
		takes: []string{"the SDK, every span sampled, with a span processor that keeps the last thousand"},
	},
	{
		name: "otelhttp, spans and metrics", slug: "otelhttp-metrics", kind: keeper, under: "bare",
		module: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			spans := &spans{}
			return otelhttp.NewHandler(routes(h), "cases",
				otelhttp.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))),
				otelhttp.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())))), spans.take
		},
		takes: []string{"the same, and the SDK's metrics"},
	},
	{
		name: "golang.org/x/net/trace", slug: "net-trace", kind: keeper, under: "bare", column: "x/net/trace",
		module: "golang.org/x/net",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			mux := routes(h)
			family := fmt.Sprintf("CaseService%d", families.Add(1))
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				tr := trace.New(family, r.URL.Path)
				defer tr.Finish()
				mux.ServeHTTP(w, r)
			})
			return handler, traced(family)
		},
		takes: []string{"a trace with a title and no event, which tells duration and path, neither status nor bytes"},
	},
	{
		name: "promhttp's InstrumentHandlerDuration", slug: "promhttp", kind: keeper, under: "bare", column: "promhttp",
		module: "github.com/prometheus/client_golang",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			registry := prometheus.NewRegistry()
			durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
				Name: "request_duration_seconds", Help: "How long requests took.", Buckets: prometheus.DefBuckets,
			}, []string{"code", "method"})
			registry.MustRegister(durations)
			return promhttp.InstrumentHandlerDuration(durations, routes(h)), observed(registry)
		},
		takes: []string{"a histogram with the default buckets by code and method: counts and durations, no single request"},
	},
}

// spans is a span processor that keeps the last thousand.
type spans struct {
	mu    sync.Mutex
	last  [1000]sdktrace.ReadOnlySpan
	count int
	taken int
}

func (s *spans) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (s *spans) Shutdown(context.Context) error                  { return nil }
func (s *spans) ForceFlush(context.Context) error                { return nil }

func (s *spans) OnEnd(span sdktrace.ReadOnlySpan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[s.count%len(s.last)] = span
	s.count++
}

// take returns the spans that ended since it was last called, as far as they
// are kept.
func (s *spans) take() (all []record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.taken = max(s.taken, s.count-len(s.last)); s.taken < s.count; s.taken++ {
		r := record{status: untold, bytes: untold}
		span := s.last[s.taken%len(s.last)]
		for _, a := range span.Attributes() {
			switch a.Key {
			case "http.response.status_code":
				r.status = int(a.Value.AsInt64())
			case "http.response.body.size":
				r.bytes = a.Value.AsInt64()
			}
		}
		all = append(all, r)
	}
	return all
}

// most is how many records are told of what only counts.
const most = 1000

// families makes the families of traces distinct, which are the process's.
var families atomic.Int64

// allTime is the page of a family that shows all that was ever traced.
const allTime = "11"

var traceCount = regexp.MustCompile(`Count: (\d+)`)

// traced counts the traces of a family, as its page shows them.
func traced(family string) func() []record {
	before := 0
	return func() (all []record) {
		var page bytes.Buffer
		trace.Render(&page, &http.Request{Form: url.Values{"fam": {family}, "b": {allTime}}}, true)
		now := 0
		if found := traceCount.FindSubmatch(page.Bytes()); found != nil {
			now, _ = strconv.Atoi(string(found[1]))
		}
		for before = max(before, now-most); before < now; before++ {
			all = append(all, record{status: untold, bytes: untold})
		}
		return all
	}
}

// observed reads what is new in the histogram of a registry.
func observed(registry *prometheus.Registry) func() []record {
	before := map[string]uint64{} // by code and method
	return func() (all []record) {
		families, err := registry.Gather()
		if err != nil {
			panic(fmt.Sprintf("gather metrics: %v", err))
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				code, key := untold, ""
				for _, l := range m.GetLabel() {
					key += l.GetValue() + " "
					if l.GetName() == "code" {
						code, _ = strconv.Atoi(l.GetValue())
					}
				}
				now := m.GetHistogram().GetSampleCount()
				for range min(now-before[key], most) {
					all = append(all, record{status: code, bytes: untold})
				}
				before[key] = now
			}
		}
		return all
	}
}
