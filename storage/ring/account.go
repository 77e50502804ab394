package ring

import (
	"context"
	"math"

	"actionlog/storage"
)

// kind is the successes, or the failures, of a service and action: twice the
// index of the pair, and one more for failures. What is counted for good is
// counted by kind, so that a total and the number of its failures can never
// disagree with their durations.
type kind int32

const (
	kindFailure kind = 1

	kinds = 2 * (maxPairs + maxServices)
)

func kindOf(pair int32, hasFailed bool) kind {
	if hasFailed {
		return kind(pair)<<1 | kindFailure
	}
	return kind(pair) << 1
}

func (k kind) pair() int32  { return int32(k >> 1) }
func (k kind) failed() bool { return k&kindFailure != 0 }

// accounts are the counts that never go back. They survive a clear.
type accounts struct {
	kinds     []account
	exemplars []*[storage.PointBuckets]storage.Exemplar // by pair
}

type account struct {
	sum       int64 // of all durations
	durations storage.Histogram
}

// of returns the account of a kind. It is good until the next call.
func (t *accounts) of(k kind) *account {
	for int(k) >= len(t.kinds) {
		t.kinds = append(t.kinds, account{}, account{})
	}
	return &t.kinds[k]
}

// add counts a duration that falls into the bucket.
func (a *account) add(duration int64, bucket int) {
	a.sum = addSum(a.sum, duration)
	a.durations.AddBucket(bucket, 1)
}

// merge counts what was counted elsewhere.
func (a *account) merge(sum int64, durations *storage.Histogram) {
	a.sum = addSum(a.sum, sum)
	a.durations.Merge(durations)
}

// addSum adds durations, of which none is negative. A sum beyond what a
// duration can be stays the greatest that there is.
func addSum(x, y int64) int64 {
	if y > math.MaxInt64-x {
		return math.MaxInt64
	}
	return x + y
}

// example keeps an action that has a trace id as the exemplar of its octave.
func (t *accounts) example(pair int32, e storage.Exemplar) {
	for int(pair) >= len(t.exemplars) {
		t.exemplars = append(t.exemplars, nil)
	}
	if t.exemplars[pair] == nil {
		t.exemplars[pair] = new([storage.PointBuckets]storage.Exemplar)
	}
	t.exemplars[pair][storage.PointBucket(e.Duration)] = e
}

// Totals counts all actions since the process began by service and action, at
// most 2304 of them: whatever has left the window, was cleared, or was
// overwritten in a flood is in it. It is exact as of some moment during the
// call, and never goes back.
func (r *Ring) Totals(ctx context.Context) ([]storage.Total, error) {
	if r.closed.Load() {
		return nil, storage.ErrClosed
	}
	d := &r.counts
	d.mu.Lock()
	defer d.mu.Unlock()
	r.catchUp()
	list := []storage.Total{}
	var seen [kinds / 2]bool
	for _, nm := range *r.names.all.Load() {
		if !seen[nm.pair] {
			seen[nm.pair] = true
			list = d.appendTotal(list, &nm)
		}
	}
	return list, ctx.Err()
}

// appendTotal appends what was counted of a service and action, if anything:
// what is in its accounts, and in the open cells of the time line.
func (d *derived) appendTotal(list []storage.Total, nm *name) []storage.Total {
	total := storage.Total{Service: nm.service, Action: nm.action}
	sum := int64(0)
	add := func(n *int64, moreSum int64, durations *storage.Histogram) {
		*n += int64(durations.Count())
		sum = addSum(sum, moreSum)
		total.Durations.Merge(durations)
	}
	for k, n := range map[kind]*int64{kindOf(nm.pair, false): &total.Success, kindOf(nm.pair, true): &total.Failed} {
		if int(k) < len(d.accounts.kinds) {
			a := &d.accounts.kinds[k]
			add(n, a.sum, &a.durations)
		}
		for i := range d.times.open {
			if by := d.times.open[i].by; int(k) < len(by) {
				add(n, by[k].sum, &by[k].durations)
			}
		}
	}
	if total.Success+total.Failed == 0 {
		return list
	}
	total.Sum = durationOf(sum)
	if t := &d.accounts; int(nm.pair) < len(t.exemplars) && t.exemplars[nm.pair] != nil {
		for _, e := range t.exemplars[nm.pair] {
			if !e.TraceID.IsZero() {
				total.Exemplars = append(total.Exemplars, e)
			}
		}
	}
	return append(list, total)
}
