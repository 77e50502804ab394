package ring

import (
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

const (
	lookEvery  = 512  // actions between two looks at how far the counting lags
	nudgeEvery = 2048 // actions between two runs of the counting goroutine
	zoneBits   = 6    // the latest time is known of each 64 actions
)

// derived is what is counted from the slots, in the order of their numbers, by
// whoever holds mu.
type derived struct {
	running atomic.Bool   // whether the counting goroutine runs
	done    atomic.Uint64 // the newest number looked at
	left    atomic.Uint64 // low, as of the last run
	_       [128]byte     // what writers read lies apart from what counting writes

	mu      sync.Mutex
	line    uint64   // the number at the last clear
	low     uint64   // the newest number that has left the window
	late    []uint64 // numbers that were being written when they were looked at
	window  []windowed
	total   tally
	svcs    []tally
	pairs   []pairTally
	life    storage.Counts // counted since the line
	since   time.Time
	zone    []int64 // by zone of the ring: the latest time in it
	newest  uint64  // the zone last begun, counted without end
	keeps   keeps
	rescued []kept // overwritten, and not yet left the window

	accounts accounts
	times    timeLine // since the line
}

// windowed is an action of the window as the counters know it.
type windowed struct {
	number   uint64
	duration int64
	handle   storage.Handle
	failed   bool
}

// tally counts the actions of the window, and in all.
type tally struct {
	total, failed int64
}

// pairTally counts the actions of one service and action.
type pairTally struct {
	tally
	durations storage.Histogram
}

func (d *derived) init(slots int, now time.Time) {
	d.window = make([]windowed, slots)
	d.zone = make([]int64, slots>>zoneBits)
	d.since = now
	d.times.clear()
}

// nudge sees to it that what is derived keeps up with action n.
func (d *derived) nudge(r *Ring, n uint64) {
	if n%lookEvery != 0 {
		return
	}
	if n%nudgeEvery == 0 && !d.running.Load() && d.running.CompareAndSwap(false, true) {
		go func() {
			d.mu.Lock()
			r.catchUp()
			d.mu.Unlock()
			d.running.Store(false)
		}()
	}
	if lag := int64(n - d.done.Load()); lag > int64(len(r.slots)-r.opts.Window)/2 && d.mu.TryLock() {
		r.catchUpHurried(true)
		d.mu.Unlock()
	}
}

// catchUp counts all actions recorded so far. The caller holds counts.mu.
func (r *Ring) catchUp() { r.catchUpHurried(false) }

// catchUpHurried does the same, and if hurried leaves to others what of the
// time line can wait.
func (r *Ring) catchUpHurried(hurried bool) {
	d := &r.counts
	d.times.advance(r.clock.wall(r.clock.mono()), hurried)
	r.takeSpilled()
	d.recount(r)
	head := r.head.Load()
	n := d.done.Load()
	if reach := uint64(len(r.slots)); head-n > reach {
		d.late = append(d.late, r.leftBehind(n, head-reach)...)
		counted := n
		n = head - reach    // what else lies before was counted by its overwriters
		r.leave(n, counted) // first, because what is counted next takes the places of those
	}
	for n < head {
		n++
		if r.count(n) == pending {
			d.late = append(d.late, n)
		}
		r.leave(n, n)
	}
	d.done.Store(n)
	d.left.Store(d.low)
	r.keepRescued()
	if n > uint64(len(r.slots)) {
		r.gaps.forget(n - uint64(len(r.slots)))
	}
}

// leftBehind returns the actions after low, up to high, whose slots nobody
// overwrote although the ring went past them.
func (r *Ring) leftBehind(low, high uint64) (numbers []uint64) {
	for i := range r.slots {
		state := r.slots[i].state.Load()
		if n := state >> numShift; state&counted == 0 && low < n && n <= high {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// recount looks again at the numbers that were being written.
func (d *derived) recount(r *Ring) {
	if len(d.late) == 0 {
		return
	}
	still := d.late[:0]
	for _, n := range d.late {
		if r.count(n) == pending && !r.gaps.is(n) {
			still = append(still, n)
		}
	}
	d.late = still
}

// count takes action n into the counters.
func (r *Ring) count(n uint64) found {
	s := &r.slots[n&r.mask]
	if f := s.acquire(n); f != ready {
		return f
	}
	at, duration, handle, flags := s.rec.time, s.rec.duration, s.rec.handle, s.rec.flags
	d, nm := &r.counts, r.names.at(handle)
	if !s.rec.trace.IsZero() {
		d.accounts.example(nm.pair, storage.Exemplar{Duration: durationOf(duration), Time: time.Unix(0, at).UTC(), TraceID: s.rec.trace, SpanID: s.rec.span})
	}
	s.releaseCounted()
	hasFailed, bucket := flags&failed != 0, storage.Bucket(durationOf(duration))
	k := kindOf(nm.pair, hasFailed)
	d.accounts.of(k).add(duration, bucket)
	d.zoneUp(n, at)
	if n <= d.line {
		return ready
	}
	d.lived(k, 1)
	d.times.add(k, at, duration, bucket)
	if n <= d.low { // written so late that it has left the window already
		r.keep(n, handle, duration, hasFailed)
		return ready
	}
	d.window[n&r.mask] = windowed{number: n, duration: duration, handle: handle, failed: hasFailed}
	d.enter(nm, bucket, hasFailed)
	return ready
}

// lived counts actions since the line.
func (d *derived) lived(k kind, n int64) {
	d.life.Total += n
	if k.failed() {
		d.life.Failed += n
	}
}

// zoneUp notes the time of action n.
func (d *derived) zoneUp(n uint64, at int64) {
	z := n >> zoneBits
	latest := &d.zone[z&uint64(len(d.zone)-1)]
	if z > d.newest {
		d.newest, *latest = z, at
		return
	}
	*latest = max(*latest, at)
}

// zonesBelow returns, for each zone of the actions low+1 to high, the latest
// time in it and in the ones before it.
func (d *derived) zonesBelow(low, high uint64) []int64 {
	if low >= high {
		return nil
	}
	first, last := (low+1)>>zoneBits, high>>zoneBits
	latest := make([]int64, 0, last-first+1)
	sofar := int64(minTime)
	for z := first; z <= last; z++ {
		sofar = max(sofar, d.zone[z&uint64(len(d.zone)-1)])
		latest = append(latest, sofar)
	}
	return latest
}

const minTime = -1 << 63

func (d *derived) enter(nm *name, bucket int, hasFailed bool) {
	for int(nm.svc) >= len(d.svcs) {
		d.svcs = append(d.svcs, tally{})
	}
	for int(nm.pair) >= len(d.pairs) {
		d.pairs = append(d.pairs, pairTally{})
	}
	p, s := &d.pairs[nm.pair], &d.svcs[nm.svc]
	d.total.add(1, hasFailed)
	s.add(1, hasFailed)
	p.add(1, hasFailed)
	p.durations.AddBucket(bucket, 1)
}

func (t *tally) add(n int64, hasFailed bool) {
	t.total += n
	if hasFailed {
		t.failed += n
	}
}

// leave takes out of the window what action n pushes out of it. Actions up to
// counted are in the counters.
func (r *Ring) leave(n, counted uint64) {
	d := &r.counts
	if n <= uint64(r.opts.Window) {
		return
	}
	low := n - uint64(r.opts.Window)
	for d.low < min(low, counted) {
		next := d.low + 1
		if w := &d.window[next&r.mask]; w.number == next && next > d.line {
			nm := r.names.at(w.handle)
			p, s := &d.pairs[nm.pair], &d.svcs[nm.svc]
			d.total.add(-1, w.failed)
			s.add(-1, w.failed)
			p.add(-1, w.failed)
			p.durations.SubBucket(storage.Bucket(durationOf(w.duration)), 1)
			r.keep(next, w.handle, w.duration, w.failed)
		}
		d.low = next
	}
	d.low = max(d.low, low)
}

// clear draws the line behind the newest action counted.
func (d *derived) clear(now time.Time) {
	d.line = d.done.Load()
	d.low = max(d.low, d.line)
	d.total = tally{}
	clear(d.svcs)
	for i := range d.pairs {
		d.pairs[i].tally = tally{}
		d.pairs[i].durations.Reset()
	}
	d.life = storage.Counts{}
	d.times.clear()
	d.keeps.clear()
	d.rescued = nil
	d.since = now
}
