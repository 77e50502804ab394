package storage

import (
	"iter"
	"math"
	"math/bits"
	"time"
)

// Histogram counts durations in fixed log-linear buckets: 32 an octave, so
// that the middle of a bucket is within 1.6 % of all that fell into it. All
// histograms have the same buckets, so merging two loses nothing. Below 64 ns
// each nanosecond has a bucket of its own; above 19 hours all share the last.
//
// The zero Histogram is empty and ready. It costs 256 bytes an octave in use.
// It is not safe for concurrent use.
type Histogram struct {
	octaves [octaves]*[perOctave]uint64
	n       uint64
}

const (
	perOctave = 32
	octaves   = 42

	// Buckets is the number of buckets of every [Histogram].
	Buckets = octaves * perOctave
)

// Bucket returns the bucket that d falls into, from 0 to Buckets-1. A
// negative d counts as zero.
//
// With s = max(0, bit length of d in nanoseconds - 6), the bucket is
// 32*s + d>>s: the octave, and the five bits after the leading one.
func Bucket(d time.Duration) int {
	if d < 0 {
		d = 0
	}
	shift := max(bits.Len64(uint64(d))-6, 0)
	return min(shift*perOctave+int(uint64(d)>>shift), Buckets-1)
}

// BucketBounds returns the least and the greatest duration of a bucket, both
// inclusive.
func BucketBounds(bucket int) (low, high time.Duration) {
	if bucket < 2*perOctave {
		return time.Duration(bucket), time.Duration(bucket)
	}
	shift := bucket/perOctave - 1
	low = time.Duration(bucket-shift*perOctave) << shift
	return low, low + 1<<shift - 1
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) { h.AddBucket(Bucket(d), 1) }

// AddBucket counts n durations of a bucket.
func (h *Histogram) AddBucket(bucket int, n uint64) {
	o := h.octaves[uint(bucket)/perOctave]
	if o == nil {
		o = new([perOctave]uint64)
		h.octaves[bucket/perOctave] = o
	}
	o[uint(bucket)%perOctave] += n
	h.n += n
}

// SubBucket takes n durations of a bucket back; they must have been counted.
func (h *Histogram) SubBucket(bucket int, n uint64) {
	h.octaves[bucket/perOctave][bucket%perOctave] -= n
	h.n -= n
}

// Merge adds all that other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, from := range other.octaves {
		if from == nil {
			continue
		}
		to := h.octaves[i]
		if to == nil {
			to = new([perOctave]uint64)
			h.octaves[i] = to
		}
		for j, n := range from {
			to[j] += n
		}
	}
	h.n += other.n
}

// Count returns how many durations were counted.
func (h *Histogram) Count() uint64 { return h.n }

// All ranges over the buckets that are not empty, shortest first, with their
// counts.
func (h *Histogram) All() iter.Seq2[int, uint64] {
	return func(yield func(int, uint64) bool) {
		for i, o := range h.octaves {
			if o == nil {
				continue
			}
			for j, n := range o {
				if n != 0 && !yield(i*perOctave+j, n) {
					return
				}
			}
		}
	}
}

// Quantile returns the duration that a share p of those counted does not
// exceed, by the nearest-rank definition: the middle of the bucket that holds
// the ceil(p*n)-th shortest. It is 0 for an empty histogram; p is from 0 to 1.
func (h *Histogram) Quantile(p float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	const fuzz = 1 - 1e-15 // a share such as 0.07 is a little more than that in binary
	rank := min(max(uint64(math.Ceil(p*float64(h.n)*fuzz)), 1), h.n)
	var seen uint64
	for bucket, n := range h.All() {
		if seen += n; seen >= rank {
			low, high := BucketBounds(bucket)
			return low + (high-low)/2
		}
	}
	return 0
}

// Reset forgets all counts and keeps the memory.
func (h *Histogram) Reset() {
	for _, o := range h.octaves {
		if o != nil {
			clear(o[:])
		}
	}
	h.n = 0
}
