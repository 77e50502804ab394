package prom

import (
	"math"
	"time"

	"actionlog/storage"
)

// The native buckets: bucket i ends, inclusive, at 2^(i/8) seconds, so each is
// 9 % wider than the one before. A zero duration has the zero bucket to itself.
const (
	schema        = 3
	perDoubling   = 1 << schema
	zeroThreshold = 1.0 / (1 << 30) // seconds: less than a nanosecond

	// maxGap is how many empty buckets are written out rather than begin
	// another span.
	maxGap = 2
)

// nativeBound returns the greatest whole duration of native bucket i.
func nativeBound(i int) time.Duration {
	return time.Duration(math.Floor(float64(time.Second) * math.Exp2(float64(i)/perDoubling)))
}

// nativePlace is where the durations of one bucket of a [storage.Histogram]
// go: to native bucket index what lies below its bound, the rest to the next.
type nativePlace struct {
	index int
	cut   cut
}

// nativePlaces is indexed by bucket. Bucket 0, of zero durations, has none. The
// last bucket, which has no end, goes where its least duration belongs.
var nativePlaces = func() (places [storage.Buckets]nativePlace) {
	i := int(math.Ceil(perDoubling * math.Log2(1e-9)))
	for bucket := 1; bucket < storage.Buckets; bucket++ {
		low, high := storage.BucketBounds(bucket)
		for nativeBound(i) < low {
			i++
		}
		places[bucket] = nativePlace{i, cut{bucket, 1, 1}}
		if bound := nativeBound(i); bound < high && bucket < storage.Buckets-1 {
			places[bucket].cut = cutAt(bound)
		}
	}
	return places
}()

// nativeWriter writes native buckets, ascending, in the form that they have on
// the wire: spans of buckets in a row, and what each count adds to the one
// before it. Its memory is used again by each histogram.
type nativeWriter struct {
	spans  []span
	deltas []int64
	next   int   // the index behind the last bucket written
	last   int64 // its count

	index int // of the bucket that is being counted
	count uint64
}

// span is a row of buckets: offset is from the end of the span before it, or
// from bucket 0.
type span struct {
	offset int32
	length uint32
}

// write puts h into the spans and deltas, and returns how many durations were
// zero.
func (w *nativeWriter) write(h *storage.Histogram) (zeros uint64) {
	*w = nativeWriter{spans: w.spans[:0], deltas: w.deltas[:0]}
	for bucket, n := range h.All() {
		if bucket == 0 {
			zeros = n
			continue
		}
		place := &nativePlaces[bucket]
		below := place.cut.share(n)
		w.add(place.index, below)
		if above := n - below; above > 0 {
			w.add(place.index+1, above)
		}
	}
	w.flush()
	return zeros
}

// add counts n durations of a bucket that is not below the last one added.
func (w *nativeWriter) add(index int, n uint64) {
	if index != w.index {
		w.flush()
		w.index = index
	}
	w.count += n
}

// flush writes the bucket that is being counted.
func (w *nativeWriter) flush() {
	if w.count == 0 {
		return
	}
	gap := w.index - w.next
	if len(w.spans) == 0 || gap > maxGap {
		w.spans = append(w.spans, span{offset: int32(gap)})
		gap = 0
	}
	for range gap {
		w.put(0)
	}
	w.put(int64(w.count))
	w.next, w.count = w.index+1, 0
}

func (w *nativeWriter) put(count int64) {
	w.spans[len(w.spans)-1].length++
	w.deltas = append(w.deltas, count-w.last)
	w.last = count
}
