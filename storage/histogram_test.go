package storage_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"actionlog/storage"
)

// TestBuckets walks over all buckets: they touch, none overlap, and none is
// wider than a thirty-second of where it begins.
func TestBuckets(t *testing.T) {
	t.Parallel()
	next := time.Duration(0)
	for bucket := range storage.Buckets {
		low, high := storage.BucketBounds(bucket)
		if low != next || high < low {
			t.Fatalf("bucket %d is %d to %d, want it to begin at %d", bucket, low, high, next)
		}
		if width := high - low; width > 0 && float64(width) > float64(low)/32 {
			t.Errorf("bucket %d, from %d, is %d wide", bucket, low, width)
		}
		for _, d := range []time.Duration{low, low + (high-low)/2, high} {
			if got := storage.Bucket(d); got != bucket {
				t.Errorf("%d is in bucket %d, want %d", d, got, bucket)
			}
		}
		next = high + 1
	}
	if next < 19*time.Hour {
		t.Errorf("the last bucket ends at %v", next)
	}
	for d, want := range map[time.Duration]int{-1: 0, math.MinInt64: 0, math.MaxInt64: storage.Buckets - 1, next: storage.Buckets - 1} {
		if got := storage.Bucket(d); got != want {
			t.Errorf("%d is in bucket %d, want %d", d, got, want)
		}
	}
}

// exact is the nearest-rank quantile, in whole percent, of sorted durations.
func exact(sorted []time.Duration, percent int) time.Duration {
	rank := (percent*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}

// distributions are ways to draw durations from 1 µs to 1 h.
var distributions = map[string]func(r *rand.Rand) time.Duration{
	"uniform":     func(r *rand.Rand) time.Duration { return time.Microsecond + time.Duration(r.Int64N(int64(time.Hour))) },
	"log-uniform": func(r *rand.Rand) time.Duration { return time.Duration(math.Pow(10, 3+r.Float64()*9.556)) },
	"log-normal": func(r *rand.Rand) time.Duration {
		return min(max(time.Duration(math.Exp(r.NormFloat64()*1.5)*float64(10*time.Millisecond)), time.Microsecond), time.Hour)
	},
	"two-humps": func(r *rand.Rand) time.Duration {
		if r.IntN(20) == 0 {
			return 2*time.Second + time.Duration(r.Int64N(int64(time.Second)))
		}
		return time.Millisecond + time.Duration(r.Int64N(int64(time.Millisecond)))
	},
	"constant": func(*rand.Rand) time.Duration { return 45 * time.Millisecond },
	"edges":    func(r *rand.Rand) time.Duration { return time.Duration(1<<(10+r.IntN(31))) - time.Duration(r.IntN(2)) },
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for name, draw := range distributions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, 8))
			for _, n := range []int{1, 2, 3, 10, 99, 100, 101, 5000} {
				var h storage.Histogram
				durations := make([]time.Duration, n)
				for i := range durations {
					durations[i] = draw(r)
					h.Add(durations[i])
				}
				slices.Sort(durations)
				for percent := 0; percent <= 100; percent++ {
					got, want := h.Quantile(float64(percent)/100), exact(durations, percent)
					if off := math.Abs(float64(got-want)) / float64(want); off > 0.02 {
						t.Errorf("%d durations, %d %%: got %v, want %v: off by %.2f %%", n, percent, got, want, 100*off)
					}
				}
			}
		})
	}
}

func TestQuantileOfFew(t *testing.T) {
	t.Parallel()
	var h storage.Histogram
	if got := h.Quantile(0.5); got != 0 || h.Count() != 0 {
		t.Errorf("an empty histogram has the median %v and the count %d", got, h.Count())
	}
	for d := range time.Duration(60) {
		h.Add(d)
	}
	for p, want := range map[float64]time.Duration{0: 0, 0.5: 29, 1: 59, 0.95: 56, 0.99: 59, 0.07: 4} {
		if got := h.Quantile(p); got != want {
			t.Errorf("%v of 0 to 59 ns: got %d, want %d", p, got, want)
		}
	}
	var seven storage.Histogram
	for d := range time.Duration(100) {
		seven.Add(d % 50)
	}
	if got := seven.Quantile(0.07); got != 3 { // 7 of 100 exactly: the seventh, of 0 0 1 1 2 2 3
		t.Errorf("0.07 of a hundred: got %d, want 3", got)
	}
}

// TestMerge asserts that merging loses nothing: the same as counting all in
// one, whatever the parts.
func TestMerge(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	var whole, merged storage.Histogram
	parts := make([]storage.Histogram, 7)
	for range 10000 {
		d := distributions["log-uniform"](r)
		whole.Add(d)
		parts[r.IntN(len(parts))].Add(d)
	}
	for i := range parts {
		merged.Merge(&parts[i])
	}
	same(t, &whole, &merged)
	merged.Merge(new(storage.Histogram))
	same(t, &whole, &merged)

	// Taking a part out again leaves the others.
	for bucket, n := range parts[0].All() {
		merged.SubBucket(bucket, n)
	}
	var rest storage.Histogram
	for i := range parts[1:] {
		rest.Merge(&parts[1+i])
	}
	same(t, &rest, &merged)

	merged.Reset()
	same(t, new(storage.Histogram), &merged)
	merged.Add(time.Second)
	if merged.Count() != 1 {
		t.Error("a histogram that was reset does not count")
	}
}

func same(t *testing.T, want, got *storage.Histogram) {
	t.Helper()
	if want.Count() != got.Count() {
		t.Fatalf("got the count %d, want %d", got.Count(), want.Count())
	}
	buckets := map[int]uint64{}
	last := -1
	for bucket, n := range want.All() {
		if bucket <= last {
			t.Fatalf("bucket %d comes after %d", bucket, last)
		}
		last = bucket
		buckets[bucket] = n
	}
	for bucket, n := range got.All() {
		if buckets[bucket] != n {
			t.Fatalf("bucket %d: got %d, want %d", bucket, n, buckets[bucket])
		}
		delete(buckets, bucket)
	}
	if len(buckets) > 0 {
		t.Fatalf("missing are %v", buckets)
	}
}

func TestAllStops(t *testing.T) {
	t.Parallel()
	var h storage.Histogram
	h.Add(1)
	h.Add(time.Second)
	for bucket := range h.All() {
		if bucket != 1 {
			t.Errorf("got bucket %d first", bucket)
		}
		break
	}
}
