package ring

import (
	"slices"
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
	left    atomic.Uint64 // up to here all has been counted, and has left the window, as of the last run
	_       [128]byte     // what each writer reads lies apart from what counting writes

	progress
	_ [128]byte

	mu      sync.Mutex
	line    uint64   // the number at the last clear
	low     uint64   // the newest number that has left the window
	late    []uint64 // numbers that were being written when they were looked at
	entries [1 << zoneBits]entry
	window  window
	life    storage.Counts // counted since the line
	since   time.Time
	zone    []int64 // by zone of the ring: the latest time in it
	newest  uint64  // the zone last begun, counted without end
	keeps   keeps
	rescued []kept // overwritten, and not yet left the window

	accounts accounts
	times    timeLine // since the line
}

func (d *derived) init(opts *Options, now time.Time) {
	d.window.init(opts.Window)
	d.zone = make([]int64, opts.slots()>>zoneBits)
	d.since = now
	d.times.accounts = &d.accounts
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
	r.recount()
	head := r.head.Load()
	for n := d.done.Load(); n < head; {
		to := min(head, (n+1)|(1<<zoneBits-1)) // a zone at a time
		list := r.read(n, to)
		d.tally(&r.names, list)
		d.window.enter(list, &d.keeps)
		r.leave(to)
		n = to
	}
	left := d.low
	if len(d.late) > 0 {
		left = min(left, slices.Min(d.late)-1)
	}
	d.left.Store(left)
	r.keepRescued()
	if head > uint64(len(r.slots)) {
		r.gaps.forget(head - uint64(len(r.slots)))
	}
}

// recount looks again at the numbers that were being written.
func (r *Ring) recount() {
	d := &r.counts
	if len(d.late) == 0 {
		return
	}
	still := d.late[:0]
	for _, n := range d.late {
		switch f := r.readLate(n, &d.entries[0]); {
		case f == ready:
			r.countLate(d.entries[:1])
		case f == pending && !r.gaps.is(n):
			still = append(still, n)
		}
	}
	if len(still) < len(d.late) {
		d.late = still
		d.tellLate(d.late)
	}
}

// countLate counts one that was being written when its turn came.
func (r *Ring) countLate(one []entry) {
	d, e := &r.counts, &one[0]
	if e.number <= d.line {
		k := kindOf(r.names.at(e.handle).pair, e.failed)
		d.accounts.of(k).add(e.duration, storage.Bucket(durationOf(e.duration)))
		return
	}
	d.tally(&r.names, one)
	if e.number <= d.low { // it has left the window already
		r.keep(e.number, int32(e.svc>>1), e.kind, e.duration)
		return
	}
	d.window.enter(one, &d.keeps)
}

// zoneUp notes that some time up to action n's, and in its zone, is at.
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

// clear draws the line behind the newest action counted.
func (d *derived) clear(now time.Time) {
	d.line = d.done.Load()
	d.low = max(d.low, d.line)
	d.window.clear()
	d.life = storage.Counts{}
	d.times.clear()
	d.keeps.clear()
	d.rescued = nil
	d.since = now
}
