package prom_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/prometheus/client_golang/prometheus"
)

// crowd is as many services and actions as a ring tells apart, each with
// durations over about five octaves and an exemplar of each.
func crowd() *source {
	rnd := rand.New(rand.NewPCG(1, 2))
	s := &source{sinks: map[string]storage.SinkStats{"archive": {Lag: 3, Written: 5}}, inFlight: 7}
	for i := range 2048 {
		t := storage.Total{Service: fmt.Sprintf("Service%d", i%256), Action: fmt.Sprintf("GET /things%d/{id}", i), Success: 990, Failed: 10}
		typical := time.Duration(1e6 * (1 + rnd.ExpFloat64()*100))
		for range 1000 {
			d := typical/8 + time.Duration(rnd.ExpFloat64()*float64(typical))
			t.Durations.Add(d)
			t.Sum += d
		}
		for j := range 6 {
			t.Exemplars = append(t.Exemplars, storage.Exemplar{Duration: typical >> j, Time: time.Unix(int64(j), 0), TraceID: storage.TraceID{1}, SpanID: storage.SpanID{2}})
		}
		s.totals = append(s.totals, t)
	}
	return s
}

// BenchmarkCollect makes the metrics of 2,048 services' actions. The floor is
// the library's registry with as many metrics that are made already.
func BenchmarkCollect(b *testing.B) {
	c := prom.New(prom.Options{Source: crowd()})
	var made []prometheus.Metric
	collect(c, func(m prometheus.Metric) { made = append(made, m) })
	b.Run("collect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			collect(c, func(prometheus.Metric) {})
		}
	})
	for name, collector := range map[string]prometheus.Collector{"registry": c, "registry-floor": ready{c, made}} {
		b.Run(name, func(b *testing.B) {
			registry := prometheus.NewRegistry()
			registry.MustRegister(collector)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := registry.Gather(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// ready is a collector whose metrics are made already.
type ready struct {
	prometheus.Collector
	made []prometheus.Metric
}

func (r ready) Collect(ch chan<- prometheus.Metric) {
	for _, m := range r.made {
		ch <- m
	}
}

func collect(c prometheus.Collector, each func(prometheus.Metric)) {
	ch := make(chan prometheus.Metric, 1024)
	go func() {
		c.Collect(ch)
		close(ch)
	}()
	for m := range ch {
		each(m)
	}
}

// discard is a writer of answers that nobody reads.
type discard struct {
	header http.Header
	n      int64
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { d.n += int64(len(b)); return len(b), nil }

// BenchmarkScrape answers scrapes of 2,048 services' actions in each form, and
// from a ring.
func BenchmarkScrape(b *testing.B) {
	made := prom.New(prom.Options{Source: crowd()}).Handler()
	for _, bench := range []struct {
		name, accept string
		h            http.Handler
	}{
		{"text", "text/plain", made},
		{"openmetrics", openMetrics, made},
		{"protobuf", protobuf, made},
		{"openmetrics-of-a-ring", openMetrics, prom.New(prom.Options{Source: crowdedRing(b)}).Handler()},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("Accept", bench.accept)
			b.ReportAllocs()
			var w discard
			for b.Loop() {
				w = discard{header: http.Header{}}
				bench.h.ServeHTTP(&w, r)
			}
			b.ReportMetric(float64(w.n), "bytes")
		})
	}
}

// crowdedRing is a ring of what a crowd is.
func crowdedRing(b *testing.B) *ring.Ring {
	r := ring.New(ring.Options{})
	b.Cleanup(func() { _ = r.Close(context.Background()) })
	for _, t := range crowd().totals {
		for bucket, n := range t.Durations.All() {
			low, _ := storage.BucketBounds(bucket)
			for range n {
				r.Record(storage.Action{Service: t.Service, Action: t.Action, Duration: low, TraceID: storage.TraceID{1}})
			}
		}
	}
	return r
}

const (
	openMetrics = "application/openmetrics-text;version=1.0.0"
	protobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)
