package prom_test

import (
	"context"
	"errors"
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// full reports whether a tool that is missing is a failure.
func full() bool { return os.Getenv("ACTIONLOG_FULL") == "1" }

// source is a source of what it is given.
type source struct {
	totals   []storage.Total
	err      error
	sinks    map[string]storage.SinkStats
	inFlight int
}

func (s *source) Totals(context.Context) ([]storage.Total, error) { return s.totals, s.err }
func (s *source) Sinks() map[string]storage.SinkStats             { return s.sinks }
func (s *source) InFlight() int                                   { return s.inFlight }

// backlogged is a source that knows its backlog.
type backlogged struct{ *source }

func (backlogged) Backlog() int { return 16384 }

// shelf is an archive of what it is given.
type shelf struct {
	size  int64
	began time.Time
	err   error
}

func (s shelf) Active() (int64, time.Time) { return s.size, s.began }
func (s shelf) Err() error                 { return s.err }

var noon = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

// counted returns a total of successes of these durations.
func counted(service, action string, durations ...time.Duration) storage.Total {
	t := storage.Total{Service: service, Action: action, Success: int64(len(durations))}
	for _, d := range durations {
		t.Durations.Add(d)
		t.Sum += d
	}
	return t
}

// sample is a source of a little of everything.
func sample() backlogged {
	chat := counted("ChatService", "sendMessage", 250*time.Millisecond, 90*time.Millisecond, 2*time.Minute)
	chat.Success, chat.Failed = 2, 1
	chat.Exemplars = []storage.Exemplar{
		{Duration: 90 * time.Millisecond, Time: noon, TraceID: storage.TraceID{0xab, 1}, SpanID: storage.SpanID{0xcd}},
		{Duration: 2 * time.Minute, Time: noon.Add(time.Second), TraceID: storage.TraceID{0xab, 2}},
	}
	return backlogged{&source{
		totals: []storage.Total{chat, counted("CaseService", `GET "/cases"`, 1500*time.Microsecond)},
		sinks: map[string]storage.SinkStats{
			"archive": {Written: 4},
			"sqlite":  {Lag: 7, Written: 1, Missed: 2, LastError: "database is locked"},
		},
		inFlight: 3,
	}}
}

func sampleOptions() prom.Options {
	return prom.Options{
		Source:  sample(),
		Archive: shelf{size: 1234, began: noon.Add(-12 * time.Hour), err: errors.New("no space left")},
		Now:     func() time.Time { return noon },
	}
}

// gather returns the families of a collector, by name.
func gather(t testing.TB, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	list, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range list {
		byName[f.GetName()] = f
	}
	return byName
}

// histogramOf returns the only histogram of durations.
func histogramOf(t testing.TB, opts prom.Options, total storage.Total) *dto.Histogram {
	t.Helper()
	opts.Source = &source{totals: []storage.Total{total}}
	f := gather(t, prom.New(opts))["actionlog_action_duration_seconds"]
	if f == nil || len(f.Metric) != 1 {
		t.Fatalf("histograms are %v, want one", f)
	}
	return f.Metric[0].Histogram
}

// natives returns the counts of the native buckets that have any, after checking that
// they are in the form that Prometheus takes.
func natives(t testing.TB, h *dto.Histogram) map[int]uint64 {
	t.Helper()
	if h.GetSchema() != 3 || h.GetZeroThreshold() <= 0 {
		t.Fatalf("schema is %d with a zero threshold of %g, want 3 and more than zero", h.GetSchema(), h.GetZeroThreshold())
	}
	counts := map[int]uint64{}
	index, count, n := 0, int64(0), 0
	sum := h.GetZeroCount()
	for i, s := range h.PositiveSpan {
		if i > 0 && s.GetOffset() < 1 || s.GetLength() == 0 {
			t.Fatalf("span %d is %v", i, s)
		}
		index += int(s.GetOffset())
		for range s.GetLength() {
			count += h.PositiveDelta[n]
			if count < 0 {
				t.Fatalf("native bucket %d has %d", index, count)
			}
			if count > 0 {
				counts[index] = uint64(count)
			}
			sum += uint64(count)
			n++
			index++
		}
	}
	if n != len(h.PositiveDelta) || sum != h.GetSampleCount() {
		t.Fatalf("%d of %d deltas lie in spans, and buckets have %d of %d durations", n, len(h.PositiveDelta), sum, h.GetSampleCount())
	}
	return counts
}

// nativeBound is where Prometheus takes a native bucket of schema 3 to end, in
// seconds.
func nativeBound(index int) float64 { return math.Exp2(float64(index) / 8) }
