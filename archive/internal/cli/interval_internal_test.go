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

// TestFewFailures holds, by adding up the chances of all that can happen, that a
// share of failures that is the same is taken for another no more often than
// stated, also where one stretch is long and the other short.
func TestFewFailures(t *testing.T) {
	t.Parallel()
	for _, comparisons := range []float64{1, 36, 576} {
		alpha := (1 - confidence) / comparisons
		z := normalQuantile(1 - alpha/2)
		for _, rate := range []float64{0.0005, 0.002, 0.02, 0.2} {
			for _, n := range [][2]uint64{{30, 30}, {300, 300}, {300, 3000}, {100, 20_000}} {
				chanceA, chanceB := chances(n[0], rate), chances(n[1], rate)
				alarms := 0.0
				for failedA, pa := range chanceA {
					for failedB, pb := range chanceB {
						if pa*pb < 1e-12 {
							continue
						}
						a, b := &sum{}, &sum{}
						a.counts = storage.Counts{Total: int64(n[0]), Failed: int64(failedA)}
						b.counts = storage.Counts{Total: int64(n[1]), Failed: int64(failedB)}
						if compareRates(pair{}, a, b, z).kind != unsure {
							alarms += pa * pb
						}
					}
				}
				if alarms > alpha {
					t.Errorf("rate %v of %v: an alarm in %.1e comparisons, not %.1e", rate, n, alarms, alpha)
				}
			}
		}
	}
}

// chances returns those of 0, 1, … failures of n.
func chances(n uint64, rate float64) []float64 {
	mean := float64(n) * rate
	list := make([]float64, int(min(float64(n), mean+9*math.Sqrt(mean)+9))+1)
	for k := range list {
		list[k] = binomial(n, uint64(k), rate)
	}
	return list
}

// TestUnlikeStretches holds that quantiles of a short and a long stretch are taken
// for others no more often than stated.
func TestUnlikeStretches(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	z := normalQuantile(0.975)
	for _, share := range []float64{0.5, 0.95} {
		for _, n := range [][2]int{{60, 4000}, {4000, 60}, {200, 1000}} {
			alarms, trials := 0, 400
			for range trials {
				a, b := drawn(r, n[0], 10*time.Millisecond, 0), drawn(r, n[1], 10*time.Millisecond, 0)
				if compareQuantiles(pair{}, "", share, a, b, z).kind != unsure {
					alarms++
				}
			}
			if alarms > trials*75/1000 { // three deviations above 5 %
				t.Errorf("quantile %v of %v: %d of %d comparisons find what is not there", share, n, alarms, trials)
			}
		}
	}
}

// TestFisher holds values of textbooks.
func TestFisher(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		failed, allFailed, n, all int64
		want                      float64
	}{
		{3, 4, 4, 8, 0.242857},      // the tea taster, 17 of 70
		{10, 12, 13, 30, 0.0004652}, // criminal twins
		{0, 5, 10, 100, 1},
		{2, 2, 3, 5, 0.3},
		{5, 5, 5, 5, 1},
	} {
		if got := manyOf(test.failed, test.allFailed, test.n, test.all); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%+v: %.7f", test, got)
		}
	}
	if manyOf(90_000, 100_000, 1_000_000, 10_000_000) > 1e-300 {
		t.Error("nine times as many as there should be are likely")
	}
}
