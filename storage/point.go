package storage

import (
	"encoding/json"
	"math/bits"
	"slices"
	"time"
)

// MaxPoints is the most points that a series has.
const MaxPoints = 100_000

// Point describes the actions that ended within one step of time. Its JSON
// form is that of a [Summary] with the key time before the others, and the key
// buckets behind them where there are any.
type Point struct {
	Time time.Time // when the step begins
	Summary

	// Buckets counts the durations for a heat map, coarser than the
	// quantiles are taken from: bucket i is the durations below
	// PointBounds()[i] and not below the bound before it; there is one more
	// bucket than bounds. Those behind the last that is not zero are left
	// out, so that a step without an action has none.
	Buckets []int64
}

const (
	firstBound = 16 // of the durations in the first bucket, 2^16 ns and more are not
	lastBound  = 36

	// PointBuckets is the number of buckets of a [Point], trailing zeros
	// included.
	PointBuckets = lastBound - firstBound + 2
)

// PointBounds returns the upper bounds, exclusive, of all buckets of a [Point]
// but the last: the powers of two from 2^16 ns, which is 65.536 µs, to 2^36 ns,
// 68.7 s.
func PointBounds() []time.Duration {
	bounds := make([]time.Duration, PointBuckets-1)
	for i := range bounds {
		bounds[i] = 1 << (firstBound + i)
	}
	return bounds
}

// NewPoint returns the point of a step that begins at t. durations are not
// kept; longest is the greatest of them.
func NewPoint(t time.Time, counts Counts, durations *Histogram, longest time.Duration) Point {
	p := Point{Time: t, Summary: summarize(counts, durations, longest)}
	var buckets [PointBuckets]int64
	used := 0
	for bucket, n := range durations.All() {
		low, _ := BucketBounds(bucket)
		i := PointBucket(low)
		buckets[i] += int64(n)
		used = i + 1
	}
	if used > 0 {
		p.Buckets = slices.Clone(buckets[:used])
	}
	return p
}

// PointBucket returns which of a point's buckets d falls into, from 0 to
// PointBuckets-1. The buckets of a [Histogram] never lie across a bound.
func PointBucket(d time.Duration) int {
	if d < 0 {
		return 0
	}
	return min(max(bits.Len64(uint64(d))-firstBound, 0), PointBuckets-1)
}

type pointJSON struct {
	Time time.Time `json:"time"`
	summaryJSON
	Buckets []int64 `json:"buckets,omitempty"`
}

// MarshalJSON encodes the point with its durations in milliseconds.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{p.Time, p.wire(), p.Buckets})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Point) UnmarshalJSON(b []byte) error {
	var w pointJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = Point{Time: w.Time, Summary: w.summary(), Buckets: w.Buckets}
	return nil
}
