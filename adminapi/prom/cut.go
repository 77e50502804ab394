package prom

import (
	"math/bits"
	"time"

	"actionlog/storage"
)

// cut is where a bound lies among the buckets of a [storage.Histogram]: all
// buckets below bucket lie below it, and of bucket the share num/den. That is
// 1 where the bound is the greatest duration of the bucket; elsewhere it is
// taken for granted that the durations of the bucket lie evenly in it.
type cut struct {
	bucket   int
	num, den uint64
}

// cutAt returns where an inclusive upper bound lies. The last bucket has no
// end, so that nothing of it lies below any bound.
func cutAt(bound time.Duration) cut {
	bucket := storage.Bucket(bound)
	if bucket == storage.Buckets-1 {
		return cut{bucket, 0, 1}
	}
	low, high := storage.BucketBounds(bucket)
	return cut{bucket, uint64(bound - low + 1), uint64(high - low + 1)}
}

// share returns how many of n durations of the bucket lie below the bound, to
// the nearest whole one. Neither that nor the rest ever falls while n grows.
func (c cut) share(n uint64) uint64 {
	hi, lo := bits.Mul64(n, c.num)
	lo, carry := bits.Add64(lo, c.den/2, 0)
	quo, _ := bits.Div64(hi+carry, lo, c.den)
	return quo
}

// cumulate counts the durations up to each bound.
func cumulate(upTo []uint64, h *storage.Histogram, cuts []cut) {
	i, below := 0, uint64(0)
	for bucket, n := range h.All() {
		for ; i < len(cuts) && cuts[i].bucket < bucket; i++ {
			upTo[i] = below
		}
		for ; i < len(cuts) && cuts[i].bucket == bucket; i++ {
			upTo[i] = below + cuts[i].share(n)
		}
		below += n
	}
	for ; i < len(cuts); i++ {
		upTo[i] = below
	}
}
