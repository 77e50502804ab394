package prom_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
)

// classics returns the counts of the classic buckets, and checks their bounds.
func classics(t testing.TB, h *dto.Histogram, bounds ...time.Duration) []uint64 {
	t.Helper()
	if len(h.Bucket) != len(bounds)+1 {
		t.Fatalf("there are %d buckets, want %d", len(h.Bucket), len(bounds)+1)
	}
	var counts []uint64
	for i, b := range h.Bucket {
		want := math.Inf(1)
		if i < len(bounds) {
			want = bounds[i].Seconds()
		}
		if b.GetUpperBound() != want {
			t.Errorf("bucket %d ends at %g, want %g", i, b.GetUpperBound(), want)
		}
		counts = append(counts, b.GetCumulativeCount())
	}
	return counts
}

// TestClassicBuckets places durations by bounds.
func TestClassicBuckets(t *testing.T) {
	t.Parallel()
	low, high := storage.BucketBounds(storage.Bucket(time.Second)) // 0.990 to 1.007 s
	repeat := func(n int, list ...time.Duration) (all []time.Duration) {
		for range n {
			all = append(all, list...)
		}
		return all
	}
	tests := []struct {
		name      string
		bounds    []time.Duration
		durations []time.Duration
		want      []uint64
	}{
		{"none", []time.Duration{1, 2}, nil, []uint64{0, 0, 0}},
		{"inclusive", []time.Duration{10, 20}, []time.Duration{0, 9, 10, 11, 20, 21}, []uint64{3, 5, 6}},
		{"no-bounds", []time.Duration{}, []time.Duration{1, 2}, []uint64{2}},
		{"where-the-ring-has-a-bound", []time.Duration{low - 1, high}, []time.Duration{low - 1, low, high, high + 1}, []uint64{1, 3, 4}},
		{"shared", []time.Duration{low + (high-low)/4, low + (high-low)/2}, repeat(100, low), []uint64{25, 50, 100}},
		{"shared-among-others", []time.Duration{low + (high-low)/2}, append(repeat(100, low), 5, high+1), []uint64{51, 102}},
		{"below-all", []time.Duration{time.Second, time.Minute}, []time.Duration{5}, []uint64{1, 1, 1}},
		{"above-all", []time.Duration{time.Microsecond}, []time.Duration{time.Hour}, []uint64{0, 1}},
		{"longer-than-the-ring-tells", []time.Duration{19 * time.Hour, 21 * time.Hour}, []time.Duration{18 * time.Hour, 20 * time.Hour, 30 * time.Hour}, []uint64{1, 1, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := histogramOf(t, prom.Options{Bounds: test.bounds}, counted("s", "a", test.durations...))
			if diff := cmp.Diff(test.want, classics(t, h, test.bounds...)); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClassicBounds compares the default bounds with exact counts. What is
// counted up to a bound is what lies below one at most width away.
func TestClassicBounds(t *testing.T) {
	t.Parallel()
	durations := spread(rand.New(rand.NewPCG(11, 12)), 5000)
	h := histogramOf(t, prom.Options{}, counted("s", "a", durations...))
	if n := len(h.Bucket); n != 17 || h.Bucket[0].GetUpperBound() != 0.0005 || h.Bucket[15].GetUpperBound() != 60 {
		t.Fatalf("%d buckets from %v to %v, want 17 from 0.5 ms to a minute", n, h.Bucket[0], h.Bucket[n-2])
	}
	for _, b := range h.Bucket[:16] {
		least, most := 0, 0
		for _, d := range durations {
			if d.Seconds() <= b.GetUpperBound()*(1-width) {
				least++
			}
			if d.Seconds() <= b.GetUpperBound()*(1+width) {
				most++
			}
		}
		if got := int(b.GetCumulativeCount()); got < least || got > most {
			t.Errorf("up to %g s there are %d, want from %d to %d", b.GetUpperBound(), got, least, most)
		}
	}
}

// TestSum goes beyond what a time.Duration can hold.
func TestSum(t *testing.T) {
	t.Parallel()
	total := counted("s", "a", 90*time.Minute, time.Millisecond)
	if got := histogramOf(t, prom.Options{}, total).GetSampleSum(); got != 5400.001 {
		t.Errorf("sum is %v, want 5400.001", got)
	}
	total.Sum = math.MaxInt64
	total.Sum += time.Hour
	if got, want := histogramOf(t, prom.Options{}, total).GetSampleSum(), 9.223372036854775e9+3600; got < want || got > want+1 {
		t.Errorf("sum is %v, want %v", got, want)
	}
}

// TestExemplars looks for each exemplar where those who scrape look for it.
func TestExemplars(t *testing.T) {
	t.Parallel()
	total := counted("s", "a", time.Millisecond, 2*time.Millisecond, time.Second, time.Hour)
	example := func(d time.Duration, after int, id byte) storage.Exemplar {
		return storage.Exemplar{Duration: d, Time: noon.Add(time.Duration(after) * time.Millisecond), TraceID: storage.TraceID{id}, SpanID: storage.SpanID{id}}
	}
	total.Exemplars = []storage.Exemplar{
		example(time.Millisecond, 30, 1), example(2*time.Millisecond, 20, 2), example(time.Second, 10, 3), example(time.Hour, 40, 4),
	}
	total.Exemplars[3].SpanID = storage.SpanID{}
	bounds := []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second}
	h := histogramOf(t, prom.Options{Bounds: bounds}, total)

	show := func(e *dto.Exemplar) string {
		if e == nil {
			return ""
		}
		var labels []string
		for _, l := range e.Label {
			labels = append(labels, l.GetName()+"="+l.GetValue())
		}
		return strings.Join(append(labels, e.Timestamp.AsTime().Format("05.000"), time.Duration(e.GetValue()*1e9).String()), " ")
	}
	var native, classic []string
	for _, e := range h.Exemplars {
		native = append(native, show(e))
	}
	for _, b := range h.Bucket {
		classic = append(classic, show(b.Exemplar))
	}
	const (
		one   = "span_id=0100000000000000 trace_id=01000000000000000000000000000000 00.030 1ms"
		two   = "span_id=0200000000000000 trace_id=02000000000000000000000000000000 00.020 2ms"
		three = "span_id=0300000000000000 trace_id=03000000000000000000000000000000 00.010 1s"
		four  = "trace_id=04000000000000000000000000000000 00.040 1h0m0s"
	)
	if diff := cmp.Diff([]string{three, two, one, four}, native); diff != "" {
		t.Errorf("native exemplars, oldest first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{one, "", three, four}, classic); diff != "" {
		t.Errorf("exemplars of classic buckets (-want +got):\n%s", diff)
	}
}

// TestExemplarsInOrder replaces the exemplar of an octave, which goes from 134
// to 268 ms, with one of the next bucket. No bucket falls back to an older one.
func TestExemplarsInOrder(t *testing.T) {
	t.Parallel()
	s := &source{totals: []storage.Total{counted("s", "a", 100*time.Millisecond, 200*time.Millisecond, 260*time.Millisecond)}}
	c := prom.New(prom.Options{Source: s, Bounds: []time.Duration{250 * time.Millisecond}})
	example := func(d time.Duration, after int) storage.Exemplar {
		return storage.Exemplar{Duration: d * time.Millisecond, Time: noon.Add(time.Duration(after) * time.Second), TraceID: storage.TraceID{1}}
	}
	tests := []struct {
		given []storage.Exemplar
		want  []float64 // by bucket; 0 is none
	}{
		{nil, []float64{0, 0}},
		{[]storage.Exemplar{example(100, 1), example(200, 2)}, []float64{0.2, 0}},
		{[]storage.Exemplar{example(100, 1), example(260, 3)}, []float64{0.2, 0.26}},
		{[]storage.Exemplar{example(110, 4), example(260, 3)}, []float64{0.11, 0.26}},
		{[]storage.Exemplar{example(110, 4), example(220, 5)}, []float64{0.22, 0.26}},
	}
	for i, test := range tests {
		s.totals[0].Exemplars = test.given
		var got []float64
		for _, b := range gather(t, c)["actionlog_action_duration_seconds"].Metric[0].Histogram.Bucket {
			got = append(got, b.GetExemplar().GetValue())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("step %d: exemplars of the buckets (-want +got):\n%s", i, diff)
		}
	}
}

// TestExemplarsOfTheFuture has an action of a clock that is ahead not hide those
// that come after it.
func TestExemplarsOfTheFuture(t *testing.T) {
	t.Parallel()
	s := &source{totals: []storage.Total{counted("s", "a", time.Millisecond)}}
	c := prom.New(prom.Options{Source: s, Bounds: []time.Duration{time.Second}, Now: func() time.Time { return noon }})
	for _, test := range []struct{ ahead, want time.Duration }{
		{-time.Second, -time.Second}, {23 * time.Hour, -time.Second}, {time.Minute, time.Minute}, {time.Minute + 1, time.Minute},
	} {
		s.totals[0].Exemplars = []storage.Exemplar{{Duration: time.Millisecond, Time: noon.Add(test.ahead), TraceID: storage.TraceID{1}}}
		h := gather(t, c)["actionlog_action_duration_seconds"].Metric[0].Histogram
		if got := h.Bucket[0].GetExemplar().GetTimestamp().AsTime().Sub(noon); got != test.want {
			t.Errorf("after one of %v ahead that of %v is told, want %v", test.ahead, got, test.want)
		}
		if ahead := test.ahead > time.Minute; ahead != (len(h.Exemplars) == 0) {
			t.Errorf("one of %v ahead: %d native exemplars", test.ahead, len(h.Exemplars))
		}
	}
}
