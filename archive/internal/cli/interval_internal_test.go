package cli

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"actionlog/storage"
)

// drawn returns actions whose durations are log-normal about a median, and of
// which a share fails.
func drawn(r *rand.Rand, n int, median time.Duration, rate float64) *sum {
	s := &sum{}
	for range n {
		a := storage.Action{Status: storage.Success, Duration: time.Duration(float64(median) * math.Exp(0.8*r.NormFloat64()))}
		if r.Float64() < rate {
			a.Status = storage.Failed
		}
		s.add(&a)
	}
	return s
}

// TestFalseAlarms holds that where nothing differs, one comparison of many pairs
// in twenty, and no more, finds anything.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{5, 40, 300, 3000} {
		alarms, trials := 0, 120
		for range trials {
			a, b := map[pair]*sum{}, map[pair]*sum{}
			for i := range 6 {
				p := pair{"S", string(rune('a' + i))}
				a[p], b[p] = drawn(r, n, 40*time.Millisecond, 0.05), drawn(r, n, 40*time.Millisecond, 0.05)
			}
			for _, c := range compare(a, b) {
				if c.kind != unsure {
					alarms++
					break
				}
			}
		}
		if alarms > trials/10 {
			t.Errorf("of %d actions each: %d of %d comparisons find what is not there", n, alarms, trials)
		}
	}
}

// TestCoverage holds that the interval of one ratio holds the true one 95 times
// in 100, and is not so wide that it always would.
func TestCoverage(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	z := normalQuantile(0.975)
	for _, p := range []float64{0.5, 0.95} {
		for _, n := range []int{60, 400, 4000} {
			held, trials := 0, 300
			for range trials {
				a, b := drawn(r, n, 10*time.Millisecond, 0), drawn(r, n, 15*time.Millisecond, 0)
				if i := quantileRatio(&a.durations, &b.durations, p, z); i.low <= 0.5 && 0.5 <= i.high {
					held++
				}
			}
			if held < trials*93/100 {
				t.Errorf("quantile %v of %d: %d of %d intervals hold the true ratio", p, n, held, trials)
			}
		}
	}
}

// TestFinds holds that what differs is found, and on which side.
func TestFinds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	p, q, gonePair, newPair := pair{"S", "slower"}, pair{"S", "fails"}, pair{"S", "gone"}, pair{"S", "new"}
	a := map[pair]*sum{p: drawn(r, 5000, 20*time.Millisecond, 0.01), q: drawn(r, 5000, 20*time.Millisecond, 0.01), gonePair: drawn(r, 5, 1, 0)}
	b := map[pair]*sum{p: drawn(r, 5000, 24*time.Millisecond, 0.01), q: drawn(r, 5000, 20*time.Millisecond, 0.03), newPair: drawn(r, 7, 1, 0)}
	forth, back := kinds(compare(a, b)), kinds(compare(b, a))
	if forth[p] != slower || forth[q] != failsMore || forth[gonePair] != gone || forth[newPair] != isNew {
		t.Errorf("from a to b: %v", forth)
	}
	if back[p] != faster || back[q] != failsLess || back[gonePair] != isNew || back[newPair] != gone {
		t.Errorf("from b to a: %v", back)
	}
}

func kinds(changes []change) map[pair]changeKind {
	m := map[pair]changeKind{}
	for _, c := range changes {
		if c.kind != unsure {
			m[c.pair] = c.kind
		}
	}
	return m
}

// TestIntervals holds values that tables of these methods give.
func TestIntervals(t *testing.T) {
	t.Parallel()
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.0006 {
			t.Errorf("%s is %.4f, not %.4f", name, got, want)
		}
	}
	z := normalQuantile(0.975)
	near("z", z, 1.9600)
	w := wilson(storage.Counts{Total: 263, Failed: 81}, z) // Newcombe 1998a, table I
	near("Wilson's lower end", w.low, 0.2553)
	near("Wilson's upper end", w.high, 0.3662)
	d := rateDifference(storage.Counts{Total: 80, Failed: 48}, storage.Counts{Total: 70, Failed: 56}, z) // Newcombe 1998b, table II, turned round
	near("the lower end of the difference", d.low, 0.0524)
	near("the upper end of the difference", d.high, 0.3339)
	if first, last := quantileRanks(20, 0.5, z); first != 6 || last != 15 { // tables of order statistics
		t.Errorf("the median of 20 lies between ranks %v and %v, not 6 and 15", first, last)
	}
	if first, last := quantileRanks(3, 0.5, z); first != 0 || last != 4 {
		t.Errorf("the median of 3 lies between ranks %v and %v, not outside of all", first, last)
	}
}
