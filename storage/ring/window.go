package ring

import (
	"math/bits"
	"time"

	"actionlog/storage"
)

// window is what is known of the actions of the window that have been counted.
// What is derived from it is added up when it is asked for, but for how many
// there are of each service: that is asked for each action that leaves.
type window struct {
	actions []windowed // by number, modulo the length
	mask    uint64
	svcs    [2 * maxServices]int32
	sums    []windowSum
}

// windowed is an action of the window.
type windowed struct {
	duration int64
	kind     kind
	svc      svcKind
	there    bool // and not a gap, nor late
	slow     bool // it may be among the slowest of its action
}

// svcKind is the successes, or the failures, of a service, as kind is of a
// service and action.
type svcKind uint16

func svcKindOf(svc int32, hasFailed bool) svcKind { return svcKind(kindOf(svc, hasFailed)) }

// windowSum counts the actions of a service and action in the window.
type windowSum struct {
	counts    storage.Counts
	longest   time.Duration
	durations storage.Histogram
}

func (w *window) init(size int) {
	length := 1 << bits.Len(uint(size+1<<zoneBits-1)) // those of a zone enter before others leave
	w.actions, w.mask = make([]windowed, length), uint64(length-1)
}

// enter takes in actions that were counted.
func (w *window) enter(list []entry, k *keeps) {
	for i := range list {
		e := &list[i]
		a := &w.actions[e.number&w.mask]
		a.duration, a.kind, a.svc, a.there = e.duration, e.kind, e.svc, true // field by field: half the time of a copy
		a.slow = e.duration > k.floor(e.kind.pair())
		w.svcs[e.svc]++
	}
}

// take takes the action of a number out, and returns it, or nil for none. It is
// good until another enters.
func (w *window) take(n uint64) *windowed {
	a := &w.actions[n&w.mask]
	if !a.there {
		return nil
	}
	a.there = false
	w.svcs[a.svc]--
	return a
}

// of returns how many actions of a service there are, and how many failed.
func (w *window) of(svc int32) (total, failed int32) {
	k := svcKindOf(svc, false)
	return w.svcs[k] + w.svcs[k|1], w.svcs[k|1]
}

// sum adds up the actions after low, up to high, by service and action. The
// sums are good until the next call.
func (w *window) sum(low, high uint64) []windowSum {
	for i := range w.sums {
		s := &w.sums[i]
		s.counts, s.longest = storage.Counts{}, 0
		s.durations.Reset()
	}
	for n := low + 1; n <= high; n++ {
		a := &w.actions[n&w.mask]
		if !a.there {
			continue
		}
		for int(a.kind.pair()) >= len(w.sums) {
			w.sums = append(w.sums, windowSum{})
		}
		s := &w.sums[a.kind.pair()]
		s.counts.Total++
		if a.kind.failed() {
			s.counts.Failed++
		}
		d := durationOf(a.duration)
		s.longest = max(s.longest, d)
		s.durations.AddBucket(storage.Bucket(d), 1)
	}
	return w.sums
}

func (w *window) clear() {
	clear(w.actions)
	clear(w.svcs[:])
}

// leave takes out of the window what action n pushes out of it.
func (r *Ring) leave(n uint64) {
	d, w := &r.counts, &r.counts.window
	if n <= uint64(r.opts.Window) {
		return
	}
	for low := n - uint64(r.opts.Window); d.low < low; {
		d.low++
		if a := w.take(d.low); a != nil {
			if total, failures := w.of(int32(a.svc >> 1)); a.slow || total < keepLast || a.kind.failed() && failures < keepLast {
				r.keep(d.low, int32(a.svc>>1), a.kind, a.duration)
			}
		}
	}
}
