package cli

import (
	"math"
	"time"

	"actionlog/storage"
)

// interval is what a value lies in with some confidence. Either end may be
// infinite where there are too few actions to say.
type interval struct{ low, high float64 }

// normalQuantile returns the z that a share p of the standard normal
// distribution lies below.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

// wilson returns the interval of Wilson (1927) for the share of failures.
func wilson(c storage.Counts, z float64) interval {
	n := float64(c.Total)
	if n == 0 {
		return interval{0, 1}
	}
	p := float64(c.Failed) / n
	centre := p + z*z/(2*n)
	spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	return interval{max((centre-spread)/scale, 0), min((centre+spread)/scale, 1)}
}

// rateDifference returns the interval of b's share of failures less a's, by
// Newcombe (1998), method 10.
func rateDifference(a, b storage.Counts, z float64) interval {
	pa, pb := float64(rateOf(a)), float64(rateOf(b))
	ia, ib := wilson(a, z), wilson(b, z)
	return interval{
		low:  pb - pa - math.Hypot(pb-ib.low, ia.high-pa),
		high: pb - pa + math.Hypot(ib.high-pb, pa-ia.low),
	}
}

// quantileRatio returns the interval of b's quantile over a's, less one. The
// interval of each comes from order statistics and asks nothing of the shape of
// the distribution, ends at the ends of the histogram's buckets, and the two
// are put together as Zou and Donner (2008) do, in logarithms.
func quantileRatio(a, b *storage.Histogram, p, z float64) interval {
	la, ca, ha := logQuantile(a, p, z)
	lb, cb, hb := logQuantile(b, p, z)
	return interval{
		low:  math.Expm1(cb - ca - math.Hypot(cb-lb, ha-ca)),
		high: math.Expm1(cb - ca + math.Hypot(hb-cb, ca-la)),
	}
}

// logQuantile returns the logarithm of a quantile and the ends of its interval.
func logQuantile(h *storage.Histogram, p, z float64) (low, centre, high float64) {
	n := h.Count()
	first, last := quantileRanks(n, p, z)
	low, high = math.Inf(-1), math.Inf(1)
	if first >= 1 {
		bucketLow, _ := storage.BucketBounds(bucketOf(h, uint64(first)))
		low = logDuration(bucketLow)
	}
	if last <= float64(n) {
		_, bucketHigh := storage.BucketBounds(bucketOf(h, uint64(last)))
		high = logDuration(bucketHigh)
	}
	return low, logDuration(h.Quantile(p)), high
}

func logDuration(d time.Duration) float64 { return math.Log(max(float64(d), 1)) }

// quantileRanks returns the ranks, from 1, between which the quantile of the
// distribution lies: so many of n that the binomial distribution allows. A rank
// below 1 or above n is one that there is not.
func quantileRanks(n uint64, p, z float64) (first, last float64) {
	mean, deviation := float64(n)*p, math.Sqrt(float64(n)*p*(1-p))
	if deviation >= 10 {
		// The normal approximation, with a rank to spare at each end.
		return math.Floor(mean - z*deviation - 1), math.Ceil(mean + z*deviation + 2)
	}
	tail := math.Erfc(z/math.Sqrt2) / 2
	first, last = 0, float64(n)+1
	below := 0.0 // the chance that fewer than k of n are below the quantile
	for k := uint64(0); k <= n && float64(k) <= mean+12*deviation+50; k++ {
		if below <= tail {
			first = float64(k)
		}
		below += binomial(n, k, p)
		if 1-below <= tail {
			last = float64(k) + 1
			break
		}
	}
	return first, last
}

// binomial returns the chance of k of n.
func binomial(n, k uint64, p float64) float64 {
	lg := func(v uint64) float64 { g, _ := math.Lgamma(float64(v) + 1); return g }
	return math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// bucketOf returns the bucket of the rank-th shortest.
func bucketOf(h *storage.Histogram, rank uint64) int {
	var seen uint64
	last := 0
	for bucket, n := range h.All() {
		last = bucket
		if seen += n; seen >= rank {
			break
		}
	}
	return last
}
