package cli

import (
	"math"

	"actionlog/storage"
)

// ratesDiffer reports whether Fisher's exact test (1935) tells two shares of
// failures apart, with half of what z leaves out on either side. Unlike an
// interval of Newcombe it keeps its word where failures are few and the
// stretches unlike: one failure of a hundred, beside five of ten thousand, is
// nothing yet.
func ratesDiffer(a, b storage.Counts, z float64) bool {
	if rateOf(a) > rateOf(b) {
		a, b = b, a
	}
	return manyOf(b.Failed, a.Failed+b.Failed, b.Total, a.Total+b.Total) <= math.Erfc(z/math.Sqrt2)/2
}

// manyOf returns the chance that so many or more of all failures are among the
// n that are drawn of all actions.
func manyOf(failed, allFailed, n, all int64) float64 {
	log := logChoose(allFailed, failed) + logChoose(all-allFailed, n-failed) - logChoose(all, n)
	term, sum := 1.0, 1.0
	for k := failed; term > 1e-16*sum; k++ {
		term *= float64(allFailed-k) / float64(k+1) * float64(n-k) / float64(all-allFailed-n+k+1)
		sum += term
	}
	return min(math.Exp(log)*sum, 1)
}

// logChoose returns the logarithm of in how many ways k of n can be chosen.
func logChoose(n, k int64) float64 {
	lg := func(v int64) float64 { g, _ := math.Lgamma(float64(v) + 1); return g }
	return lg(n) - lg(k) - lg(n-k)
}
