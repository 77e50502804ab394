package prom_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"actionlog/adminapi/prom"
	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// width is how wide a bucket of a storage.Histogram is at most, beside the
// durations in it.
const width = 1.0 / 32

// spread returns durations of all sizes, many of them at the bounds of native
// buckets.
func spread(rnd *rand.Rand, n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		seconds := math.Exp2(rnd.Float64()*48 - 32) // 0.2 ns to 18 h
		if i%4 == 0 {
			seconds = nativeBound(rnd.IntN(360) - 240)
		}
		list[i] = time.Duration(seconds*1e9) + time.Duration(i%3) - 1
		list[i] = max(list[i], 0)
	}
	return list
}

// TestNativeBuckets counts durations exactly up to bounds, and compares. A
// native bound cuts through a bucket of the ring's histogram, so that what is
// counted up to it is what lies below some bound at most width away.
func TestNativeBuckets(t *testing.T) {
	t.Parallel()
	durations := spread(rand.New(rand.NewPCG(3, 4)), 20_000)
	h := histogramOf(t, prom.Options{}, counted("s", "a", durations...))
	counts := natives(t, h)
	slices.Sort(durations)
	upTo := func(seconds float64) uint64 {
		n, _ := slices.BinarySearchFunc(durations, seconds, func(d time.Duration, s float64) int {
			if d.Seconds() <= s {
				return -1
			}
			return 1
		})
		return uint64(n)
	}
	if got, want := h.GetZeroCount(), upTo(0); got != want {
		t.Errorf("the zero bucket has %d, want %d", got, want)
	}
	cumulative := h.GetZeroCount()
	apart := 0
	for index := -300; index <= 140; index++ {
		bound := nativeBound(index)
		cumulative += counts[index]
		least, most := upTo(bound*(1-width)), upTo(bound*(1+width))
		if bound < 64e-9 { // each nanosecond has a bucket of its own
			least, most = upTo(bound), upTo(bound)
		}
		if cumulative < least || cumulative > most {
			t.Errorf("up to %g s there are %d, want from %d to %d", bound, cumulative, least, most)
		}
		if cumulative != upTo(bound) {
			apart++
		}
	}
	if apart == 0 {
		t.Error("all counts are exact; the bounds that this test allows are not tested")
	}
}

// TestNativeAsTheLibrary gives the same durations to the library's own
// histogram. Below 64 ns both are exact, so they are the same.
func TestNativeAsTheLibrary(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		theirs := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "x", NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: 1.0 / (1 << 30)})
		var durations []time.Duration
		for range rnd.IntN(100) {
			d := time.Duration(rnd.IntN(1 + rnd.IntN(64)))
			durations = append(durations, d)
			theirs.Observe(d.Seconds())
		}
		var want dto.Metric
		if err := theirs.Write(&want); err != nil {
			t.Fatal(err)
		}
		got := histogramOf(t, prom.Options{}, counted("s", "a", durations...))
		if diff := cmp.Diff(natives(t, want.Histogram), natives(t, got)); diff != "" {
			t.Fatalf("native buckets of %v (-library +ours):\n%s", durations, diff)
		}
		if diff := cmp.Diff(want.Histogram.PositiveDelta, got.PositiveDelta); diff != "" {
			t.Fatalf("deltas of %v (-library +ours):\n%s", durations, diff)
		}
	}
}

// TestNativeQuantile estimates quantiles from native buckets as Prometheus
// does, and compares them with the exact ones.
func TestNativeQuantile(t *testing.T) {
	t.Parallel()
	const most = 1.0905077 * (1 + width) // one native bucket, and one of the ring's
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		typical := math.Exp2(rnd.Float64()*30 - 20)
		var durations []time.Duration
		for range 1 + rnd.IntN(5000) {
			durations = append(durations, 1000+time.Duration(1e9*typical*rnd.ExpFloat64()))
		}
		counts := natives(t, histogramOf(t, prom.Options{}, counted("s", "a", durations...)))
		slices.Sort(durations)
		for _, q := range []float64{0.01, 0.5, 0.95, 0.99} {
			rank := q * float64(len(durations))
			exact := durations[max(int(math.Ceil(rank)), 1)-1].Seconds()
			got := quantile(counts, rank)
			if ratio := got / exact; ratio > most || ratio < 1/most {
				t.Errorf("quantile %g of %d durations is %g, want %g within a factor of %.3f", q, len(durations), got, exact, most)
			}
		}
	}
}

func quantile(counts map[int]uint64, rank float64) float64 {
	below := 0.0
	for index := -300; ; index++ {
		n := float64(counts[index])
		if n > 0 && below+n >= rank {
			return nativeBound(index-1) + (nativeBound(index)-nativeBound(index-1))*(rank-below)/n
		}
		below += n
	}
}

// TestBucketsNeverGoBack adds durations in lots of any size. Some of the
// classic bounds lie in one bucket of the ring's.
func TestBucketsNeverGoBack(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(9, 10))
	opts := prom.Options{Bounds: []time.Duration{1000, 1001, 1e6, 1e9, 1.0001e9, 1.0002e9, 1.0003e9, 24 * time.Hour, 25 * time.Hour}}
	var total storage.Total
	var before *dto.Histogram
	for _, d := range append(spread(rnd, 300), 1000, 1e9, 1e9, 1e9, 1e9) {
		total.Durations.AddBucket(storage.Bucket(d), 1+rnd.Uint64N(7))
		after := histogramOf(t, opts, total)
		if before != nil {
			counts := natives(t, after)
			for index, n := range natives(t, before) {
				if counts[index] < n {
					t.Fatalf("native bucket %d goes from %d to %d", index, n, counts[index])
				}
			}
			for i, b := range before.Bucket {
				if after.Bucket[i].GetCumulativeCount() < b.GetCumulativeCount() {
					t.Fatalf("classic bucket %v goes back to %v", b, after.Bucket[i])
				}
			}
		}
		before = after
	}
}

// TestNativeExtremes counts what lies at the ends.
func TestNativeExtremes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		durations []time.Duration
		zeros     uint64
		want      map[int]uint64
	}{
		{"none", nil, 0, map[int]uint64{}},
		{"negative-and-zero", []time.Duration{-5, 0}, 2, map[int]uint64{}},
		{"nanosecond", []time.Duration{1}, 0, map[int]uint64{-239: 1}},
		{"second", []time.Duration{time.Second}, 0, map[int]uint64{0: 1}}, // its bucket of the ring's goes from 0.990 to 1.007 s, more of which is below
		{"a-gap", []time.Duration{1, 2}, 0, map[int]uint64{-239: 1, -231: 1}},
		{"for-ever", []time.Duration{math.MaxInt64}, 0, map[int]uint64{129: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := histogramOf(t, prom.Options{}, counted("s", "a", test.durations...))
			got := natives(t, h)
			if diff := cmp.Diff(test.want, got); diff != "" || h.GetZeroCount() != test.zeros {
				t.Errorf("%d zeros, want %d, and native buckets (-want +got):\n%s", h.GetZeroCount(), test.zeros, diff)
			}
		})
	}
}
