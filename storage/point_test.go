package storage_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

func TestPointJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	summary := storage.Summary{Counts: storage.Counts{Total: 2, Failed: 1}, P50: 1500 * time.Microsecond, Max: time.Second}
	tests := map[string]struct {
		point storage.Point
		want  string
	}{
		"full":  {storage.Point{Time: at, Summary: summary, Buckets: []int64{0, 2}}, `{"time":"2026-11-22T12:00:00Z","total":2,"failed":1,"p50":1.5,"p95":0,"p99":0,"max":1000,"buckets":[0,2]}`},
		"empty": {storage.Point{Time: at}, `{"time":"2026-11-22T12:00:00Z","total":0,"failed":0,"p50":0,"p95":0,"p99":0,"max":0}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := json.Marshal(test.point)
			if err != nil || string(b) != test.want {
				t.Errorf("got %s, %v; want %s", b, err, test.want)
			}
			var back storage.Point
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.point, back); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPointBuckets(t *testing.T) {
	t.Parallel()
	bounds := storage.PointBounds()
	if len(bounds) != storage.PointBuckets-1 || bounds[0] != 65_536 || bounds[len(bounds)-1] != 1<<36 {
		t.Fatalf("bounds are %v", bounds)
	}
	tests := map[string]struct {
		durations []time.Duration
		want      []int64
	}{
		"none":          {nil, nil},
		"zero":          {[]time.Duration{0}, []int64{1}},
		"below-a-bound": {[]time.Duration{bounds[0] - 1, bounds[1] - 1}, []int64{1, 1}},
		"at-a-bound":    {[]time.Duration{bounds[0], bounds[1], bounds[1]}, []int64{0, 1, 2}},
		"beyond-all":    {[]time.Duration{bounds[20], 1 << 62}, []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, pointOf(test.durations).Buckets); diff != "" {
				t.Errorf("buckets (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPointBucketsByCounting compares with a count by the bounds.
func TestPointBucketsByCounting(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var durations []time.Duration
		var want [storage.PointBuckets]int64
		for range 1 + r.IntN(50) {
			d := time.Duration(r.Int64() >> r.IntN(63))
			durations = append(durations, d)
			i := 0
			for i < storage.PointBuckets-1 && d >= storage.PointBounds()[i] {
				i++
			}
			want[i]++
			if got := storage.PointBucket(d); got != i {
				t.Fatalf("%v is in the bucket %d, want %d", d, got, i)
			}
		}
		var got [storage.PointBuckets]int64
		p := pointOf(durations)
		copy(got[:], p.Buckets)
		if got != want || p.Buckets[len(p.Buckets)-1] == 0 {
			t.Fatalf("%v: buckets are %v, want %v without the zeros at the end", durations, p.Buckets, want)
		}
	}
}

func pointOf(durations []time.Duration) storage.Point {
	var h storage.Histogram
	for _, d := range durations {
		h.Add(d)
	}
	return storage.NewPoint(time.Unix(0, 0), storage.Counts{Total: int64(len(durations))}, &h, 0)
}
